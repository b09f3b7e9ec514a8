// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start a program on other cores, and say how it ends. A partition has no files: the program comes by
 * standard input.
 *
 *   remora run PARTITION --core 1 launch 2,3 hello one two < hello
 *
 * "launch -k NODES ..." kills it after a moment; what it writes are lines on the cores' consoles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/spawn.h>

#define FILE_MAX (2u << 20)
#define MOMENT_NS 300000000ull

static char file[FILE_MAX];

/* "1,3": bits 1 and 3. */
static uint64_t nodes_of(const char *list)
{
	uint64_t nodes = 0;
	char *end;

	for (; *list; list = *end ? end + 1 : end) {
		unsigned long node = strtoul(list, &end, 10);

		if (end == list || node > 63)
			return 0;
		nodes |= 1ull << node;
	}
	return nodes;
}

static void tell(const struct rt_job *job)
{
	static const char *const hows[] = { "returned", "died by a fault", "was killed",
					    "went with its node", "is lost" };

	printf("it %s: status %d, node %u\n", job->how < 5 ? hows[job->how] : "?", job->status, job->node);
}

int main(int argc, char **argv)
{
	int kill = argc > 1 && !strcmp(argv[1], "-k");
	struct rt_spawn_program program = { .file = file };
	struct rt_job job;
	int error;

	if (argc - kill < 3) {
		fprintf(stderr, "usage: launch [-k] NODES NAME [ARGUMENTS...] < FILE\n");
		return 2;
	}
	program.nodes = nodes_of(argv[1 + kill]);
	program.name = argv[2 + kill];
	program.argv = (const char *const *)argv + 2 + kill;
	program.memory = 2u << 20;
	program.file_bytes = fread(file, 1, sizeof(file), stdin);
	error = rt_spawn(&job, &program);
	if (error) {
		printf("not started (%d) on node %u: %s\n", -error, job.node, rt_job_sentence(&job));
		return 1;
	}
	printf("started\n");
	fflush(stdout);
	if (kill) {
		rt_sleep_ns(MOMENT_NS);
		error = rt_job_kill(&job);
		if (error)
			printf("not killed (%d)\n", -error);
	}
	if (rt_job_wait(&job, RT_NEVER))
		return 1;
	tell(&job);
	return 0;
}
