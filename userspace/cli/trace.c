// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora trace: the events of both kernels in the order of time. They are recorded in an instance
 * of tracefs of its own, so that nobody else's trace is touched and this one ends with the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "sysfile.h"
#include "trace.h"

#define TRACEFS "/sys/kernel/tracing"
#define TRACE_MS "/sys/module/remora/parameters/trace_ms"
#define EVENTS_MAX 16
#define NOT_STARTED 127 /* the command, as shells say */

struct tracing {
	const char *partition;
	const char *event[EVENTS_MAX + 1];
	struct cli_number events, seconds, buffer;
	char **command; /* NULL: none */
	char instance[SYSFILE_PATH_MAX];
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* Return: 0 or -errno. */
static int instance_write(const struct tracing *t, const char *file, const char *text)
{
	char path[SYSFILE_PATH_MAX + 128];
	ssize_t written;
	int fd, err;

	snprintf(path, sizeof(path), "%s/%s", t->instance, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	err = written < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int cannot(int err, const char *what)
{
	return cli_fail(err == -EACCES || err == -EPERM ? CLI_PERMISSION : CLI_FAILED, "%s: %s", what,
			strerror(-err));
}

static int instance_make(struct tracing *t)
{
	sysfile_path(t->instance, TRACEFS "/instances/remora-%d", (int)getpid());
	if (!sysfile_exists(TRACEFS "/instances"))
		return cli_fail(geteuid() ? CLI_PERMISSION : CLI_FAILED,
				"no tracefs at " TRACEFS
				"; it must be mounted, and open to the caller (root)");
	if (!sysfile_exists(TRACEFS "/events/remora"))
		return cli_fail(CLI_NO_MODULE, "there are no events of remora: the module is not loaded");
	if (mkdir(t->instance, 0700))
		return cannot(-errno, t->instance);
	return CLI_OK;
}

static void instance_remove(const struct tracing *t)
{
	instance_write(t, "events/remora/enable", "0");
	if (rmdir(t->instance))
		cli_note("%s: %s; it can be removed by hand", t->instance, strerror(errno));
}

/* From here on events are recorded. */
static int events_enable(const struct tracing *t)
{
	char text[32], file[128];
	int err;

	snprintf(text, sizeof(text), "%" PRIu64, t->buffer.value);
	err = instance_write(t, "buffer_size_kb", text);
	if (err)
		return cannot(err, "--buffer: so much memory for each CPU");
	if (!t->events.value)
		err = instance_write(t, "events/remora/enable", "1");
	for (uint64_t i = 0; !err && i < t->events.value; i++) {
		snprintf(file, sizeof(file), "events/remora/remora_%s/enable", t->event[i]);
		err = strchr(t->event[i], '/') ? -ENOENT : instance_write(t, file, "1");
		if (err == -ENOENT)
			return cli_usage("--event: '%s' is no event; " TRACEFS "/events/remora has them, "
					 "remora_ left out", t->event[i]);
	}
	return err ? cannot(err, "enabling the events") : CLI_OK;
}

/* Signals of the terminal end the command, and this one goes on to print. Return: exit status. */
static int run_command(char **command)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return cannot(-errno, "starting the command");
	if (!child) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		execvp(command[0], command);
		fprintf(stderr, "remora: trace: %s: %s\n", command[0], strerror(errno));
		_exit(NOT_STARTED);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return cannot(-errno, "waiting for the command");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void wait_seconds(const struct cli_number *seconds)
{
	int ms = seconds->given ? (int)seconds->value * 1000 : -1;

	if (!interrupted)
		poll(NULL, 0, ms); /* until then, or until a signal comes */
}

/* What the cores have recorded last comes with the module's next two looks at their rings. */
static void wait_for_cores(void)
{
	uint64_t period = 0;

	sysfile_number(&period, 10, TRACE_MS);
	poll(NULL, 0, 2 * (int)period);
}

static int print_trace(const struct tracing *t)
{
	char path[SYSFILE_PATH_MAX + 16];
	struct trace_counts counts;
	FILE *in;
	int err;

	snprintf(path, sizeof(path), "%s/trace", t->instance);
	in = fopen(path, "re");
	if (!in)
		return cannot(-errno, path);
	err = trace_merge(in, stdout, t->partition, &counts);
	fclose(in);
	if (err)
		return cannot(err, "reading the trace");
	if (counts.lost)
		cli_note("%" PRIu64 " records of cores were lost; a smaller trace_ms of the module helps",
			 counts.lost);
	if (counts.overrun)
		cli_note("Linux's buffer was too small, events are missing; --buffer makes it larger");
	return CLI_OK;
}

static int record(struct tracing *t)
{
	struct sigaction act = { .sa_handler = interrupt };
	int code = instance_make(t), status = CLI_OK;

	if (code)
		return code;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	/* So that Linux's own events, if somebody adds some, have comparable times. Not on each CPU. */
	instance_write(t, "trace_clock", "x86-tsc");
	code = events_enable(t);
	if (!code) {
		if (t->command)
			status = run_command(t->command);
		else
			wait_seconds(&t->seconds);
		wait_for_cores();
		instance_write(t, "tracing_on", "0");
		code = print_trace(t);
	}
	instance_remove(t);
	return code ? code : status;
}

int cli_trace(int argc, char **argv)
{
	struct tracing t = {
		.events = { .max = EVENTS_MAX },
		.seconds = { .min = 1, .max = 86400 },
		.buffer = { .value = 4096, .min = 4, .max = 1 << 20 },
	};
	const struct cli_option options[] = {
		{ "event", 'e', "EVENT", "only these, as send or shootdown; may be given several times", NULL,
		  t.event, &t.events },
		{ "partition", 'p', "NAME", "only those of one partition", NULL, &t.partition, NULL },
		{ "seconds", 's', "N", "without a command: for so long; until ^C if not given", NULL, NULL,
		  &t.seconds },
		{ "buffer", 'b', "KIB", "Linux's trace buffer for each CPU (4096)", NULL, NULL, &t.buffer },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"trace [--event EVENT]... [--partition NAME] [--seconds N] [-- COMMAND [ARGS...]]",
		"Records what the module and the cores do while a command runs, and prints the events of\n"
		"both in the order of time, in cycles from the first one on. Ends as the command did.",
		options, 0, 0,
	};
	int words = 1, code;

	while (words < argc && strcmp(argv[words], "--"))
		words++;
	code = cli_parse(words, argv, &syntax, NULL);
	if (code != CLI_PARSED)
		return code;
	if (words < argc && !argv[words + 1])
		return cli_usage("a command was expected after --");
	t.command = words < argc ? &argv[words + 1] : NULL;
	if (t.command && t.seconds.given)
		return cli_usage("--seconds: a command says itself how long it takes");
	return record(&t);
}
