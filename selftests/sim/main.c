// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "fig8.h"
#include "program.h"
#include "tiny.h"
#include "world.h"

static const struct sim_world *const worlds[] = { &nodes_world, &tiny_world };

#define WORLDS (sizeof(worlds) / sizeof(worlds[0]))

static void usage(FILE *out)
{
	fprintf(out, "usage: sim [--world NAME] --seeds FIRST-LAST [--jobs N] [--all]\n"
		     "       sim [--world NAME] --seed SEED [--trace]\n"
		     "       sim --selftest | --worlds | --fig8\n"
		     "Run protocols on simulated nodes; everything follows from the seed.\n\n"
		     "  --seeds FIRST-LAST  all these schedules; TAP\n"
		     "  --jobs N            in so many processes; default: one a CPU\n"
		     "  --all               do not end with the first that fails\n"
		     "  --seed SEED         one schedule; ends with a hash of all that happened\n"
		     "  --trace             print each step\n"
		     "  --world NAME        what runs on the nodes:");
	for (size_t i = 0; i < WORLDS; i++)
		fprintf(out, " %s", worlds[i]->name);
	fprintf(out, "; default: %s\n"
		     "  --selftest          test the simulator itself; TAP\n"
		     "  --fig8              what an agreement costs on 2 to 512 nodes; CSV\n"
		     "  --fig8-test         is that as it should be? TAP\n"
		     "  --worlds            names of the worlds, one a line\n"
		     "  --help              this text\n\n"
		     "Exit status: 0 all is well, 1 an invariant does not hold or a test failed, 2 wrong\n"
		     "usage, 3 no memory or no process.\n", worlds[0]->name);
}

static int worlds_list(void)
{
	for (size_t i = 0; i < WORLDS; i++)
		puts(worlds[i]->name);
	return 0;
}

static const struct sim_world *world_find(const char *name)
{
	for (size_t i = 0; i < WORLDS; i++)
		if (!strcmp(worlds[i]->name, name))
			return worlds[i];
	fprintf(stderr, "sim: no world is called \"%s\"\n", name);
	exit(SIM_EXIT_USAGE);
}

/* A number that ends at @end; @next: behind it. */
static uint64_t number(const char *text, char end, const char **next)
{
	char *stop;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &stop, 10);
	if (*text < '0' || *text > '9' || *stop != end || errno) {
		fprintf(stderr, "sim: \"%s\" is no number%s\n", text, end ? " before a dash" : "");
		exit(SIM_EXIT_USAGE);
	}
	if (next)
		*next = stop + 1;
	return value;
}

static const struct option options[] = {
	{ "seeds", required_argument, NULL, 'r' }, { "seed", required_argument, NULL, 's' },
	{ "trace", no_argument, NULL, 't' },       { "world", required_argument, NULL, 'w' },
	{ "jobs", required_argument, NULL, 'j' },  { "selftest", no_argument, NULL, 'S' },
	{ "worlds", no_argument, NULL, 'W' },      { "fig8", no_argument, NULL, 'F' },
	{ "fig8-test", no_argument, NULL, 'T' },
	{ "all", no_argument, NULL, 'a' },
	{ "help", no_argument, NULL, 'h' },        { 0 },
};

int main(int argc, char **argv)
{
	struct range range = { .world = worlds[0], .jobs = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN) };
	const char *last;
	bool trace = false;
	int c, what = 0;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			range.from = number(optarg, '-', &last);
			range.to = number(last, 0, NULL);
			what = c;
			break;
		case 's':
			range.from = number(optarg, 0, NULL);
			what = c;
			break;
		case 'F':
		case 'T':
		case 'S':
		case 'W':
			what = c;
			break;
		case 'a':
			range.all = true;
			break;
		case 't':
			trace = true;
			break;
		case 'w':
			range.world = world_find(optarg);
			break;
		case 'j':
			range.jobs = (uint32_t)number(optarg, 0, NULL);
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return SIM_EXIT_USAGE;
		}
	}
	if (optind == argc && what == 'r')
		return seeds_run(&range);
	if (optind == argc && what == 's')
		return seed_run(range.world, range.from, trace);
	if (optind == argc && what == 'S')
		return selftest();
	if (optind == argc && what == 'W')
		return worlds_list();
	if (optind == argc && what == 'F')
		return fig8();
	if (optind == argc && what == 'T')
		return fig8_test();
	usage(stderr);
	return SIM_EXIT_USAGE;
}
