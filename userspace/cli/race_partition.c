// SPDX-License-Identifier: GPL-2.0-only
/*
 * The partition raced on: an existing one, or one made for the race. The latter goes whatever
 * happens: by its maker, or, should that be killed, by a guard, which is a process that waits at
 * the other end of a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "race.h"

#define MEMORY_MIB 32 /* unless told otherwise; and for each core: */
#define MEMORY_MIB_A_CORE 8

static int remove_partition(const char *name, struct remora_error *error)
{
	struct remora_ctl *ctl;
	int err = remora_ctl_open(&ctl, true);

	if (err)
		return err;
	err = remora_ctl_destroy(ctl, name, REMORA_FORCE, error);
	remora_ctl_close(ctl);
	return err;
}

/* The pipe ends without a word when the maker was killed. */
static void be_guard(int fd, const char *name)
{
	char word;

	while (read(fd, &word, 1) < 0)
		if (errno != EINTR)
			_exit(1);
	_exit(word ? 0 : -remove_partition(name, NULL));
}

/* Before the partition exists: from then on there is no moment without somebody to remove it. */
static int start_guard(struct race_partition *p)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	p->guard_pid = fork();
	if (p->guard_pid < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!p->guard_pid) {
		close(fds[1]);
		be_guard(fds[0], p->name);
	}
	close(fds[0]);
	p->guard = fds[1];
	return 0;
}

/* It is told that all is done, or would be. */
static void end_guard(struct race_partition *p)
{
	static const char done = 1;
	ssize_t ignored = write(p->guard, &done, 1);

	(void)ignored;
	close(p->guard);
	while (waitpid(p->guard_pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int create(const struct race *race, const char *name)
{
	char memory[32], cpus[512];
	struct cli_create_words words = { .name = name, .cpus = cpus, .memory = race->memory };
	struct cli_request request;
	struct remora_ctl *ctl;
	int code, err;

	snprintf(memory, sizeof(memory), "%uM", MEMORY_MIB + MEMORY_MIB_A_CORE * race->cpu_count);
	if (!words.memory)
		words.memory = memory;
	remora_format_cpus(race->cpus, race->cpu_count, cpus, sizeof(cpus));
	words.start = true;
	code = cli_request_fill(&request, &words);
	if (code)
		return code;
	code = cli_open_ctl(&ctl, true);
	if (!code) {
		err = remora_ctl_create(ctl, &request.create);
		cli_show_warnings(request.create.warnings, 8);
		if (err)
			code = cli_errno(err, &request.create.error, name);
		remora_ctl_close(ctl);
	}
	cli_request_close(&request);
	return code;
}

static int make(const struct race *race, struct race_partition *p)
{
	int code, err;

	snprintf(p->name, sizeof(p->name), "shootdown-%d", (int)getpid());
	err = start_guard(p);
	if (err)
		return cli_errno(err, NULL, "starting the partition's guard");
	code = create(race, p->name);
	if (code)
		end_guard(p);
	else
		p->mine = true;
	return code;
}

int race_partition_open(const struct race *race, struct race_partition *p)
{
	int code = CLI_OK;

	memset(p, 0, sizeof(*p));
	if (race->name)
		snprintf(p->name, sizeof(p->name), "%s", race->name);
	else
		code = make(race, p);
	if (code)
		return code;
	code = cli_open_partition(&p->partition, p->name, false);
	if (!code)
		code = cli_get_report(p->partition, &p->report);
	if (!code && p->report->status.state == REMORA_RUNNING)
		return CLI_OK;
	if (!code)
		code = cli_fail(CLI_DEAD, "'%s' is %s; a race needs it running (PARTITION_DEAD, "
				"EHOSTDOWN)", p->name,
				remora_state_name(p->report->status.state));
	return race_partition_close(p, code);
}

int race_partition_close(struct race_partition *p, int code)
{
	struct remora_error error = { 0 };
	int err;

	remora_report_free(p->report);
	remora_partition_close(p->partition);
	p->report = NULL;
	p->partition = NULL;
	if (!p->mine)
		return code;
	err = remove_partition(p->name, &error);
	if (err)
		code = cli_errno(err, &error, p->name);
	end_guard(p);
	p->mine = false;
	return code;
}
