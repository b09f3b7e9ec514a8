// SPDX-License-Identifier: GPL-2.0-only
/*
 * The remora command: the table of verbs.
 */
#include <string.h>

#include "cli.h"

const struct cli_verb cli_verbs[] = {
	{ "create", cli_create, "take CPUs and memory from Linux and make a partition of them" },
	{ "start", cli_start, "boot the cores of a partition" },
	{ "stop", cli_stop, "stop the cores of a partition" },
	{ "reset", cli_reset, "stop by force and boot again" },
	{ "add-cpu", cli_add_cpu, "take one more CPU from Linux for a partition that runs" },
	{ "remove-cpu", cli_remove_cpu, "give a CPU of a partition that runs back to Linux" },
	{ "add-memory", cli_add_memory, "take more memory from Linux for a partition that runs" },
	{ "remove-memory", cli_remove_memory, "give memory that was added back to Linux" },
	{ "destroy", cli_destroy, "give the CPUs and the memory of a partition back to Linux" },
	{ "list", cli_list, "list the partitions" },
	{ "status", cli_status, "show the state of partitions and their cores" },
	{ "console", cli_console, "show what the cores of a partition have printed" },
	{ "wait", cli_wait, "wait until a partition reaches a state" },
	{ "ping", cli_ping, "measure round trips of messages to the cores of a partition" },
	{ "bench", cli_bench, "measure what Linux offers on this machine, for comparison" },
	{ "check", cli_check, "predict whether create would work, without touching anything" },
	{ "inject", cli_inject, "make a core fail on purpose" },
	{ "run", cli_run, "run a program on a core of a partition" },
	{ "ps", cli_ps, "list the programs on the cores of a partition" },
	{ "kill", cli_kill, "end a program on a core of a partition" },
	{ "names", cli_names, "list the names that the programs of a partition and of Linux share" },
	{ "trace", cli_trace, "show what both kernels do while a command runs, in the order of time" },
	{ "explain", cli_explain, "explain an error" },
	{ "version", cli_version, "show the versions of this command and of the module" },
	{ NULL, NULL, NULL },
};

static const char *current = "";

const char *cli_verb_name(void)
{
	return current;
}

static void help(FILE *file)
{
	fputs("usage: remora VERB [OPTIONS] [ARGUMENTS]\n"
	      "       remora help [VERB]\n\n"
	      "Remora takes CPUs and memory away from a running Linux, boots a multikernel on\n"
	      "them, and gives everything back on request.\n\nverbs:\n", file);
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		fprintf(file, "  %-13s %s\n", v->name, v->help);
	fputs("\nexit codes: 0 ok, 1 failed, 2 usage, 3 no such partition, 4 not allowed,\n"
	      "            5 module not loaded, 6 timeout, 7 partition or core dead;\n"
	      "            of run: the program's, 125 it was not started, 126 it cannot be, 127 no file\n", file);
}

/* "remora help VERB ..." is "remora VERB ... --help". */
static void help_last(int argc, char **argv)
{
	static char flag[] = "--help";

	memmove(&argv[1], &argv[2], (size_t)(argc - 2) * sizeof(argv[0]));
	argv[argc - 1] = flag;
}

int main(int argc, char **argv)
{
	static char version[] = "version";

	if (argc < 2) {
		help(stderr);
		return CLI_USAGE;
	}
	if (argc > 2 && !strcmp(argv[1], "help"))
		help_last(argc, argv);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		help(stdout);
		return cli_close_output(CLI_OK);
	}
	if (!strcmp(argv[1], "--version"))
		argv[1] = version;
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		if (strcmp(v->name, argv[1]))
			continue;
		current = v->name;
		return cli_close_output(v->run(argc - 1, argv + 1));
	}
	fprintf(stderr, "remora: '%s' is no verb; 'remora --help' lists them\n", argv[1]);
	return CLI_USAGE;
}
