// SPDX-License-Identifier: GPL-2.0-only
/* Running seeds: one to look at, or very many in several processes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "program.h"

#define JOBS_MAX 64u

/** struct job - one process's seeds, in memory that the parent sees: it may die on the way */
struct job {
	uint64_t seed;
	uint64_t count;
	uint64_t steps;
	uint64_t messages;
	uint64_t nodes;
	uint32_t most_nodes;
	bool failed;
	uint64_t failed_at;
	char failure[400];
};

static volatile bool *stop;

static void job_run(const struct range *range, struct job *job, uint32_t number)
{
	struct sim *sim = sim_open(range->world);

	if (!sim)
		_exit(SIM_EXIT_TROUBLE);
	for (uint64_t seed = range->from + number; seed <= range->to && !*stop;
	     seed += range->jobs) {
		job->seed = seed;
		if (sim_run(sim, seed)) {
			job->failed = true;
			job->failed_at = sim->failed_at;
			snprintf(job->failure, sizeof(job->failure), "%s", sim->failure);
			if (!range->all) {
				*stop = true;
				_exit(SIM_EXIT_FAILED);
			}
			printf("# seed %llu, step %llu: %s\n", (unsigned long long)seed,
			       (unsigned long long)sim->failed_at, sim->failure);
			fflush(stdout);
		}
		job->count++;
		job->steps += sim->steps;
		job->messages += sim->messages;
		job->nodes += sim->nodes;
		if (sim->nodes > job->most_nodes)
			job->most_nodes = sim->nodes;
	}
	_exit(job->failed ? SIM_EXIT_FAILED : 0);
}

static bool job_report(const struct range *range, const struct job *job, int status)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	if (job->failed && range->all)
		return false;
	if (job->failed)
		printf("# seed %llu, step %llu: %s\n", (unsigned long long)job->seed,
		       (unsigned long long)job->failed_at, job->failure);
	else if (WIFSIGNALED(status))
		printf("# seed %llu: signal %d\n", (unsigned long long)job->seed, WTERMSIG(status));
	else
		printf("# seed %llu: status %d\n", (unsigned long long)job->seed,
		       WEXITSTATUS(status));
	printf("# again: selftests/sim/build/sim --world %s --seed %llu --trace\n",
	       range->world->name, (unsigned long long)job->seed);
	*stop = true;
	return false;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int summary(const struct range *range, const struct job *jobs, bool good, double took)
{
	struct job all = { 0 };

	for (uint32_t i = 0; i < range->jobs; i++) {
		all.count += jobs[i].count;
		all.steps += jobs[i].steps;
		all.messages += jobs[i].messages;
		all.nodes += jobs[i].nodes;
		if (jobs[i].most_nodes > all.most_nodes)
			all.most_nodes = jobs[i].most_nodes;
	}
	printf("# %llu schedules in %.1f s: %llu nodes, at most %u; %llu messages, %llu steps\n",
	       (unsigned long long)all.count, took, (unsigned long long)all.nodes, all.most_nodes,
	       (unsigned long long)all.messages, (unsigned long long)all.steps);
	printf("%sok 1 - seeds %llu to %llu of the world \"%s\"\n", good ? "" : "not ",
	       (unsigned long long)range->from, (unsigned long long)range->to, range->world->name);
	return good ? 0 : SIM_EXIT_FAILED;
}

int seeds_run(const struct range *range)
{
	struct job *jobs;
	pid_t pid[JOBS_MAX];
	double start = seconds();
	bool good = true;
	uint32_t i;

	if (!range->jobs || range->jobs > JOBS_MAX || range->from > range->to) {
		fprintf(stderr, "sim: 1 to %u jobs, and seeds FIRST-LAST, are expected\n", JOBS_MAX);
		return SIM_EXIT_USAGE;
	}
	jobs = mmap(NULL, JOBS_MAX * sizeof(*jobs) + 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (jobs == MAP_FAILED)
		return SIM_EXIT_TROUBLE;
	stop = (volatile bool *)(jobs + JOBS_MAX);
	printf("1..1\n");
	fflush(stdout);
	for (i = 0; i < range->jobs; i++) {
		pid[i] = fork();
		if (!pid[i])
			job_run(range, &jobs[i], i);
		if (pid[i] < 0) {
			perror("sim: fork");
			return SIM_EXIT_TROUBLE;
		}
	}
	for (i = 0; i < range->jobs; i++) {
		int status = 0;

		waitpid(pid[i], &status, 0);
		good &= job_report(range, &jobs[i], status);
	}
	return summary(range, jobs, good, seconds() - start);
}

int seed_run(const struct sim_world *world, uint64_t seed, bool trace)
{
	struct sim *sim = sim_open(world);
	int rc;

	if (!sim)
		return SIM_EXIT_TROUBLE;
	sim->trace = trace;
	setvbuf(stdout, NULL, _IOLBF, 0);
	rc = sim_run(sim, seed);
	printf("seed %llu: %u nodes, %llu steps, %llu messages, %.3f us, trace %016llx\n",
	       (unsigned long long)seed, sim->nodes, (unsigned long long)sim->steps,
	       (unsigned long long)sim->messages, (double)sim->now / SIM_US,
	       (unsigned long long)sim->hash);
	if (rc)
		printf("step %llu: %s\n", (unsigned long long)sim->failed_at, sim->failure);
	sim_close(sim);
	return rc ? SIM_EXIT_FAILED : 0;
}
