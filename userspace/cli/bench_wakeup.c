// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora bench wakeup: what Linux offers between two CPUs, for comparison with remora ping.
 *
 * Two threads, pinned to a CPU each, hand a token to and fro: through a pair of pipes (64 bytes
 * each way), through a futex, and through a shared cache line that both spin on, which is what the
 * hardware allows at best.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "cli.h"
#include "figures.h"

#define WARM_UP 100
#define TOKEN_BYTES 64

struct arena;

/* A way to hand over: both return 0 or a negative errno value. */
struct means {
	const char *name;
	int (*give)(struct arena *arena, unsigned int side);
	int (*take)(struct arena *arena, unsigned int side);
};

/*
 * @words[s]: tokens handed to side s; its own cache line
 * @pipes[s]: the pipe that side s reads
 */
struct arena {
	struct {
		uint32_t token;
		uint32_t taken; /* by side s itself */
	} __attribute__((aligned(64))) words[2];
	int pipes[2][2];
	const struct means *means;
	uint64_t rounds;
	unsigned int cpus[2];
	int error; /* of the answering thread */
};

static int pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static int pipe_give(struct arena *arena, unsigned int side)
{
	char token[TOKEN_BYTES] = { 0 };

	return write(arena->pipes[!side][1], token, sizeof(token)) == sizeof(token) ? 0 : -EIO;
}

static int pipe_take(struct arena *arena, unsigned int side)
{
	char token[TOKEN_BYTES];

	return read(arena->pipes[side][0], token, sizeof(token)) == sizeof(token) ? 0 : -EIO;
}

static long futex(uint32_t *word, int operation, uint32_t value)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static int spin_give(struct arena *arena, unsigned int side)
{
	__atomic_fetch_add(&arena->words[!side].token, 1, __ATOMIC_RELEASE);
	return 0;
}

static int futex_give(struct arena *arena, unsigned int side)
{
	spin_give(arena, side);
	return futex(&arena->words[!side].token, FUTEX_WAKE, 1) < 0 ? -errno : 0;
}

static int futex_take(struct arena *arena, unsigned int side)
{
	uint32_t seen = arena->words[side].taken;

	while (__atomic_load_n(&arena->words[side].token, __ATOMIC_ACQUIRE) == seen)
		if (futex(&arena->words[side].token, FUTEX_WAIT, seen) < 0 && errno != EAGAIN &&
		    errno != EINTR)
			return -errno;
	arena->words[side].taken++;
	return 0;
}

static int spin_take(struct arena *arena, unsigned int side)
{
	uint32_t seen = arena->words[side].taken;

	while (__atomic_load_n(&arena->words[side].token, __ATOMIC_ACQUIRE) == seen)
		__builtin_ia32_pause();
	arena->words[side].taken++;
	return 0;
}

static const struct means all_means[] = {
	{ "pipe", pipe_give, pipe_take },
	{ "futex", futex_give, futex_take },
	{ "spinning", spin_give, spin_take },
};

static void *answer(void *context)
{
	struct arena *arena = context;

	arena->error = pin(arena->cpus[1]);
	for (uint64_t i = 0; i < arena->rounds; i++) {
		int err = arena->means->take(arena, 1);

		if (!err)
			err = arena->means->give(arena, 1);
		if (err)
			arena->error = err;
	}
	return NULL;
}

static int ask(struct arena *arena, uint64_t *samples)
{
	for (uint64_t i = 0; i < arena->rounds; i++) {
		uint64_t start = machine_tsc();
		int err = arena->means->give(arena, 0);

		if (!err)
			err = arena->means->take(arena, 0);
		if (err)
			return err;
		samples[i < WARM_UP ? 0 : i - WARM_UP] = machine_tsc() - start;
	}
	return 0;
}

static int open_pipes(struct arena *arena)
{
	if (pipe2(arena->pipes[0], O_CLOEXEC))
		return -errno;
	if (pipe2(arena->pipes[1], O_CLOEXEC)) {
		int err = -errno;

		close(arena->pipes[0][0]);
		close(arena->pipes[0][1]);
		return err;
	}
	return 0;
}

static void close_pipes(struct arena *arena)
{
	for (unsigned int i = 0; i < 4; i++)
		close(arena->pipes[i / 2][i % 2]);
}

static int measure(const struct means *means, const unsigned int *cpus, uint64_t *samples,
		   uint64_t count)
{
	struct arena arena = {
		.means = means,
		.rounds = WARM_UP + count,
		.cpus = { cpus[0], cpus[1] },
	};
	pthread_t thread;
	int err;

	err = pin(cpus[0]);
	if (!err)
		err = open_pipes(&arena);
	if (err)
		return err;
	err = -pthread_create(&thread, NULL, answer, &arena);
	if (!err) {
		err = ask(&arena, samples);
		/* The other thread waits for a token that will never come: nothing to join. */
		if (err)
			exit(cli_errno(err, NULL, "handing over"));
		pthread_join(thread, NULL);
		err = arena.error;
	}
	close_pipes(&arena);
	return err;
}

/* The CPUs asked for, or the first two that this process may run on. */
static int choose_cpus(const char *list, unsigned int *cpus)
{
	uint32_t given[REMORA_CPUS_MAX], count = 0;
	struct remora_error error;
	cpu_set_t set;

	if (list && remora_parse_cpus(list, given, &count, &error))
		return cli_usage("--cpus: %s", error.message);
	if (list && count != 2)
		return cli_usage("--cpus: two CPUs were expected, not %u", count);
	if (list) {
		cpus[0] = given[0];
		cpus[1] = given[1];
		return CLI_OK;
	}
	if (sched_getaffinity(0, sizeof(set), &set))
		return cli_errno(-errno, NULL, "asking for the CPUs of this process");
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && count < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[count++] = cpu;
	if (count < 2)
		return cli_fail(CLI_FAILED, "two CPUs are needed, this process may use only %u",
				count);
	return CLI_OK;
}

static int run(const unsigned int *cpus, uint64_t count, bool json)
{
	uint64_t *samples = calloc(count, sizeof(*samples));
	struct figures figures;
	char who[32];
	int err = 0;

	if (!samples)
		return cli_fail(CLI_FAILED, "no memory for the samples");
	snprintf(who, sizeof(who), "cpu%u-cpu%u", cpus[0], cpus[1]);
	figures_begin(&figures, "round trips between two threads of Linux", machine_tsc_khz(),
		      json);
	for (size_t m = 0; !err && m < sizeof(all_means) / sizeof(all_means[0]); m++) {
		struct stats stats;

		err = measure(&all_means[m], cpus, samples, count);
		if (err)
			break;
		stats = stats_of(samples, count);
		figures_row(&figures, who, all_means[m].name, &stats);
	}
	figures_end(&figures);
	free(samples);
	return err ? cli_errno(err, NULL, "running on the two CPUs") : CLI_OK;
}

int bench_wakeup(int argc, char **argv)
{
	struct cli_number count = { .value = 10000, .min = 1, .max = 1000000 };
	const char *list = NULL;
	bool json = false;
	const struct cli_option options[] = {
		{ "cpus", 'c', "LIST", "two CPUs; the first two if not given", NULL, &list, NULL },
		{ "count", 'n', "N", "samples of each line; 10000 if not given", NULL, NULL,
		  &count },
		{ "json", 'j', NULL, "JSON", &json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"bench wakeup [--cpus A,B] [--count N] [--json]",
		"Measures round trips between two threads of Linux, through pipes and a futex,\n"
		"and through a shared line that both spin on, beside which the figures of\n"
		"'remora ping' can be read.",
		options, 0, 0,
	};
	unsigned int cpus[2];
	int code;

	code = cli_parse(argc, argv, &syntax, NULL);
	if (code != CLI_PARSED)
		return code;
	code = choose_cpus(list, cpus);
	return code ? code : run(cpus, count.value, json);
}
