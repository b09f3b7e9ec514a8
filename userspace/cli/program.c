// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "program.h"

#define ARGS_MAX 16
#define TEXT_MAX (1u << 20)

/* In the child. Does not return. */
static void become(const struct program_place *place, const char *file, const char *const *args)
{
	const char *argv[ARGS_MAX + 8];
	char core[16];
	int n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (place->partition) {
		snprintf(core, sizeof(core), "%u", place->number);
		argv[n++] = "remora";
		argv[n++] = "run";
		argv[n++] = place->partition;
		argv[n++] = "--core";
		argv[n++] = core;
	} else {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(place->number, &set);
		if (sched_setaffinity(0, sizeof(set), &set)) {
			cli_fail(CLI_FAILED, "CPU %u: %s", place->number, strerror(errno));
			_exit(CLI_FAILED);
		}
	}
	argv[n++] = file;
	for (int i = 0; i < ARGS_MAX && args[i]; i++)
		argv[n++] = args[i];
	argv[n] = NULL;
	execv(place->partition ? "/proc/self/exe" : file, (char *const *)argv);
	cli_fail(CLI_FAILED, "%s: %s", file, strerror(errno));
	_exit(CLI_FAILED);
}

static int find_core(const struct program_place *place, const struct remora_report *report,
		     uint32_t *cpu)
{
	for (uint32_t i = 0; i < report->status.core_count; i++) {
		const struct remora_core_status *core = &report->cores[i];

		if (core->node != place->number)
			continue;
		*cpu = core->cpu;
		if (core->state == REMORA_RUNNING)
			return CLI_OK;
		return cli_fail(CLI_DEAD, "core %u of '%s' does not run (CORE_DEAD, EHOSTDOWN)",
				place->number, place->partition);
	}
	return cli_core(report, place->number);
}

int program_core(const struct program_place *place, uint32_t *cpu)
{
	struct remora_partition *partition;
	struct remora_report *report;
	int code = cli_open_partition(&partition, place->partition, false);

	if (code)
		return code;
	code = cli_get_report(partition, &report);
	remora_partition_close(partition);
	if (code)
		return code;
	code = find_core(place, report, cpu);
	remora_report_free(report);
	return code;
}

const char *program_system(const struct program_place *place)
{
	return place->partition ? "remora" : "linux";
}

int program_start(struct program *program, const struct program_place *place,
		  const char *directory, const char *name, const char *const *args)
{
	char file[4096];
	int ends[2], err;

	*program = (struct program){ .fd = -1 };
	if ((size_t)snprintf(file, sizeof(file), "%s/%s/%s", directory,
			     program_system(place), name) >= sizeof(file))
		return -ENAMETOOLONG;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	program->pid = fork();
	if (program->pid < 0) {
		err = -errno;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (!program->pid) {
		dup2(ends[1], STDOUT_FILENO);
		become(place, file, args);
	}
	close(ends[1]);
	program->fd = ends[0];
	return 0;
}

/* Return: bytes that came, 0 at the end, or a negative errno value. */
static ssize_t fill(struct program *p, int timeout_ms)
{
	struct pollfd poller = { .fd = p->fd, .events = POLLIN };
	ssize_t n;

	if (p->given) {
		memmove(p->text, p->text + p->given, p->have - p->given);
		p->have -= p->given;
		p->given = 0;
	}
	if (p->room - p->have < 4096) {
		char *more = p->room < TEXT_MAX ? realloc(p->text, p->room + 65536) : NULL;

		if (!more)
			return p->room < TEXT_MAX ? -ENOMEM : -E2BIG;
		p->text = more;
		p->room += 65536;
	}
	n = poll(&poller, 1, timeout_ms);
	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	n = read(p->fd, p->text + p->have, p->room - p->have - 1);
	if (n < 0)
		return -errno;
	p->have += (size_t)n;
	return n;
}

int program_line(struct program *p, unsigned int timeout_ms, char **line)
{
	for (;;) {
		char *begin = p->text ? p->text + p->given : NULL;
		char *end = begin ? memchr(begin, '\n', p->have - p->given) : NULL;
		ssize_t n;

		if (end) {
			*end = 0;
			*line = begin;
			p->given += (size_t)(end - begin) + 1;
			return 1;
		}
		n = fill(p, (int)timeout_ms);
		if (n <= 0 && n != -EINTR)
			return (int)n;
	}
}

int program_end(struct program *p, bool end)
{
	int status = 0;

	if (end)
		kill(p->pid, SIGKILL);
	close(p->fd);
	free(p->text);
	p->text = NULL;
	while (waitpid(p->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int program_numbers(const char *line, const char *word, uint64_t *numbers, size_t room)
{
	size_t length = strlen(word), count = 0;
	char *end;

	if (strncmp(line, word, length) || line[length] != ' ')
		return -EPROTO;
	for (line += length; *line == ' ' && count < room; line = end) {
		if (line[1] < '0' || line[1] > '9')
			return -EPROTO;
		errno = 0;
		numbers[count++] = strtoull(line + 1, &end, 10);
		if (errno)
			return -EPROTO;
	}
	return *line ? -EPROTO : (int)count;
}
