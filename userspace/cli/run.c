// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora run
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

#define VARIABLES_MAX 64
#define ANSWER_MS 30000

struct run {
	const char *partition_name;
	struct cli_number core, weight, variables;
	const char *memory, *name, *soft, *hard;
	const char *variable[VARIABLES_MAX + 2]; /* the last but one may be @terminals */
	char terminals[16];
	const char *path;
	struct remora_program_spec spec;
	struct remora_partition *partition;
	struct remora_report *report;
};

/* ---- words ---- */

/* "BUDGET/PERIOD" in microseconds. */
static int take_rate(struct run *run, const char *option, const char *text, uint32_t class)
{
	unsigned long long budget, period;
	int middle = 0, end = 0;

	if (*text < '0' || *text > '9' ||
	    sscanf(text, "%llu/%n%llu%n", &budget, &middle, &period, &end) != 2 ||
	    text[middle] < '0' || text[middle] > '9' || text[end])
		return cli_usage("--%s: BUDGET/PERIOD in microseconds was expected, not '%s'", option, text);
	run->spec.class_ = class;
	run->spec.budget_us = budget;
	run->spec.period_us = period;
	return CLI_OK;
}

static int take_words(struct run *run)
{
	int code = CLI_OK;

	if (run->weight.given + !!run->soft + !!run->hard > 1)
		return cli_usage("--weight, --soft and --hard exclude each other");
	run->spec.weight = (uint32_t)run->weight.value;
	run->spec.name = run->name;
	if (run->name && !*run->name)
		return cli_usage("--name: a name was expected");
	if (run->memory && (remora_parse_size(run->memory, &run->spec.memory, NULL) || !run->spec.memory))
		return cli_usage("--memory: a size such as 32M was expected, not '%s'", run->memory);
	for (uint32_t i = 0; i < run->variables.value; i++) {
		const char *word = run->variable[i];

		if (!strchr(word, '=') || *word == '=')
			return cli_usage("--env: NAME=VALUE was expected, not '%s'", word);
	}
	if (run->soft)
		code = take_rate(run, "soft", run->soft, REMORA_SPAWN_SOFT);
	if (run->hard)
		code = take_rate(run, "hard", run->hard, REMORA_SPAWN_HARD);
	return code;
}

/* The program's C library buffers streams that are terminals as one expects. */
static void tell_terminals(struct run *run)
{
	size_t bytes = strlen(strcpy(run->terminals, "REMORA_TTY="));

	for (int fd = 0; fd < 3; fd++) {
		if (isatty(fd))
			run->terminals[bytes++] = (char)('0' + fd);
	}
	if (run->terminals[bytes - 1] != '=')
		run->variable[run->variables.value] = run->terminals;
}

/* ---- the file ---- */

static int cannot_open(const char *path, int error)
{
	return cli_fail(error == ENOENT || error == ENOTDIR ? RUN_NOT_FOUND : RUN_CANNOT, "%s: %s", path,
			strerror(error));
}

static int map_file(struct run *run, int fd)
{
	struct stat st;
	void *file;

	if (fstat(fd, &st))
		return cannot_open(run->path, errno);
	if (!S_ISREG(st.st_mode))
		return cli_fail(RUN_CANNOT, "%s: no regular file", run->path);
	if (!st.st_size)
		return cli_fail(RUN_CANNOT, "%s: the file is empty (ENOEXEC)", run->path);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		return cannot_open(run->path, errno);
	run->spec.file = file;
	run->spec.bytes = (size_t)st.st_size;
	return CLI_OK;
}

static int open_file(struct run *run)
{
	int fd = open(run->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait */
	const char *wrong;
	int code;

	if (fd < 0)
		return cannot_open(run->path, errno);
	code = map_file(run, fd);
	close(fd);
	if (code)
		return code;
	wrong = remora_program_check(run->spec.file, run->spec.bytes);
	return wrong ? cli_fail(RUN_CANNOT, "%s: %s (ENOEXEC)", run->path, wrong) : CLI_OK;
}

/* ---- the core ---- */

/* The one with the fewest programs, then the most memory, of those that answer. */
static uint32_t choose_core(struct run *run)
{
	uint32_t best = run->report->cores[0].node, least = UINT32_MAX;
	uint64_t most = 0;

	for (uint32_t i = 0; run->report->status.core_count > 1 && i < run->report->status.core_count; i++) {
		struct remora_spawn_entry *entries;
		struct remora_spawn_counts counts;
		uint32_t count;

		if (run->report->cores[i].state != REMORA_RUNNING ||
		    remora_program_list(run->partition, run->report->cores[i].node, &entries, &count,
					&counts, NULL))
			continue;
		free(entries);
		if (counts.domains > least || (counts.domains == least && counts.ram_free <= most))
			continue;
		best = run->report->cores[i].node;
		least = counts.domains;
		most = counts.ram_free;
	}
	return best;
}

static int start(struct run *run, struct remora_program **program)
{
	struct remora_error error = { 0 };
	int err;

	run->spec.node = run->core.given ? (uint32_t)run->core.value : choose_core(run);
	tell_terminals(run);
	run->spec.environment = run->variable;
	err = remora_program_start(program, run->partition, &run->spec, ANSWER_MS, &error);
	if (!err)
		return CLI_OK;
	if (err == -ETIMEDOUT && !error.message[0])
		return cli_fail(RUN_FAILED, "core %u did not answer (ETIMEDOUT)", run->spec.node);
	if (err == -EHOSTDOWN && !error.message[0])
		return cli_fail(RUN_FAILED, "core %u died (CORE_DEAD, EHOSTDOWN)", run->spec.node);
	if (error.message[0] && !error.reason)
		cli_fail(0, "%s: %s (%s)", run->path, error.message, cli_errno_name(err));
	else
		cli_errno(err, &error, run->path);
	return err == -ENOEXEC ? RUN_CANNOT : RUN_FAILED;
}

/* The module takes the rings away when the partition is destroyed: touching them is SIGBUS. */
static void on_bus_error(int signal)
{
	static const char text[] = "remora: run: the partition was destroyed meanwhile\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal;
	(void)ignored;
	_exit(RUN_FAILED);
}

static int run_it(struct run *run)
{
	struct remora_program *program;
	int code = cli_core(run->report, run->core.given ? run->core.value : 0);

	if (code)
		return RUN_FAILED;
	signal(SIGBUS, on_bus_error);
	code = start(run, &program);
	if (code)
		return code;
	code = run_attend(program, run->path);
	remora_program_close(program);
	return code;
}

static int open_and_run(struct run *run)
{
	int code = open_file(run);

	if (code)
		return code;
	if (cli_open_partition(&run->partition, run->partition_name, false))
		return RUN_FAILED;
	code = RUN_FAILED;
	if (!cli_get_report(run->partition, &run->report)) {
		code = run_it(run);
		remora_report_free(run->report);
	}
	remora_partition_close(run->partition);
	return code;
}

int cli_run(int argc, char **argv)
{
	struct run run = {
		.core = { .min = 1, .max = REMORA_CPUS_MAX },
		.weight = { .min = 1, .max = 1000 },
		.variables = { .max = VARIABLES_MAX },
	};
	const struct cli_option options[] = {
		{ "core", 'c', "N", "on this core; if not given, where the fewest programs are", NULL, NULL,
		  &run.core },
		{ "memory", 'm', "SIZE", "what the program begins with; the core's choice if not given", NULL,
		  &run.memory, NULL },
		{ "name", 'n', "NAME", "in 'remora ps'; the file's if not given", NULL, &run.name, NULL },
		{ "weight", 'w', "N", "share of the core, 1 to 1000; 100 if not given", NULL, NULL,
		  &run.weight },
		{ "soft", 0, "B/P", "soft real time: B us in every P us", NULL, &run.soft, NULL },
		{ "hard", 0, "B/P", "hard real time: B us in every P us", NULL, &run.hard, NULL },
		{ "env", 'e', "K=V", "a variable of its environment; as often as you like", NULL,
		  run.variable, &run.variables },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"run PARTITION [OPTIONS] [--] PROGRAM [ARGS...]",
		"Runs a program, made by remora-cc, on a core of a partition. Its streams are this\n"
		"command's, an interrupt is the program's, and its exit code is this command's.",
		options, 1, 1,
	};
	int end, code, program;

	program = cli_split(argc, argv, options, &end);
	code = cli_parse(end, argv, &syntax, &run.partition_name);
	if (code != CLI_PARSED)
		return code ? RUN_FAILED : CLI_OK;
	if (program >= argc)
		return cli_usage("a program is missing: remora %s", syntax.usage), RUN_FAILED;
	run.path = argv[program];
	run.spec.arguments = (const char *const *)&argv[program];
	return take_words(&run) ? RUN_FAILED : open_and_run(&run);
}
