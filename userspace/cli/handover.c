// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages between two processes or threads of one CPU, by what Linux has for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handover.h"
#include "machine.h"

#define WARM_UP 1000
#define WORDS 4 /* as many as an LRPC carries */

/*
 * Shared by both sides. Word 0 of each message is its number, which the receiver checks.
 * @token:   messages to side s; @taken: those it took
 * @words:   the message, where the mechanism carries none
 * @arrived: TSC when side 1 had a message
 */
struct handover_arena {
	struct {
		uint32_t token;
		uint32_t taken;
		uint64_t words[WORDS];
	} __attribute__((aligned(64))) to[2];
	uint64_t message[2][WORDS]; /* what side s has got, or sends */
	uint64_t arrived;
	int pipes[2][2];
	int events[2];
	const struct handover *means;
	uint64_t rounds;
	int error; /* of side 1 */
};

/* ---- the mechanisms ---- */

static int pipe_give(struct handover_arena *a, unsigned int side)
{
	ssize_t n = write(a->pipes[!side][1], a->message[side], sizeof(a->message[side]));

	return n == sizeof(a->message[side]) ? 0 : -EIO;
}

static int pipe_take(struct handover_arena *a, unsigned int side)
{
	ssize_t n = read(a->pipes[side][0], a->message[side], sizeof(a->message[side]));

	return n == sizeof(a->message[side]) ? 0 : -EIO;
}

static void put(struct handover_arena *a, unsigned int side)
{
	memcpy(a->to[!side].words, a->message[side], sizeof(a->message[side]));
	__atomic_store_n(&a->to[!side].token, a->to[!side].token + 1, __ATOMIC_RELEASE);
}

static void get(struct handover_arena *a, unsigned int side)
{
	memcpy(a->message[side], a->to[side].words, sizeof(a->message[side]));
	a->to[side].taken++;
}

static bool there(struct handover_arena *a, unsigned int side)
{
	return __atomic_load_n(&a->to[side].token, __ATOMIC_ACQUIRE) != a->to[side].taken;
}

static int wake(struct handover_arena *a, unsigned int side, int private)
{
	put(a, side);
	return syscall(SYS_futex, &a->to[!side].token, FUTEX_WAKE | private, 1, NULL, NULL, 0) < 0 ?
		       -errno : 0;
}

static int wait_for(struct handover_arena *a, unsigned int side, int private)
{
	while (!there(a, side))
		if (syscall(SYS_futex, &a->to[side].token, FUTEX_WAIT | private, a->to[side].taken,
			    NULL, NULL, 0) < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
	get(a, side);
	return 0;
}

static int futex_give(struct handover_arena *a, unsigned int side)
{
	return wake(a, side, 0);
}

static int futex_take(struct handover_arena *a, unsigned int side)
{
	return wait_for(a, side, 0);
}

static int private_give(struct handover_arena *a, unsigned int side)
{
	return wake(a, side, FUTEX_PRIVATE_FLAG);
}

static int private_take(struct handover_arena *a, unsigned int side)
{
	return wait_for(a, side, FUTEX_PRIVATE_FLAG);
}

static int event_give(struct handover_arena *a, unsigned int side)
{
	put(a, side);
	return write(a->events[!side], &(uint64_t){ 1 }, sizeof(uint64_t)) > 0 ? 0 : -EIO;
}

static int event_take(struct handover_arena *a, unsigned int side)
{
	uint64_t count;

	if (read(a->events[side], &count, sizeof(count)) != sizeof(count))
		return -EIO;
	get(a, side);
	return 0;
}

static int yield_give(struct handover_arena *a, unsigned int side)
{
	put(a, side);
	return 0;
}

static int yield_take(struct handover_arena *a, unsigned int side)
{
	while (!there(a, side))
		sched_yield();
	get(a, side);
	return 0;
}

const struct handover handovers[] = {
	{ "pipe", false, true, pipe_give, pipe_take },
	{ "pipe", true, true, pipe_give, pipe_take },
	{ "futex", false, true, futex_give, futex_take },
	{ "futex", true, true, private_give, private_take },
	{ "eventfd", false, true, event_give, event_take },
	{ "eventfd", true, true, event_give, event_take },
	{ "sched_yield", false, false, yield_give, yield_take },
	{ "sched_yield", true, false, yield_give, yield_take },
	{ NULL, false, false, NULL, NULL },
};

/* ---- the two sides ---- */

static int pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static void *answer(void *context)
{
	struct handover_arena *a = context;

	for (uint64_t i = 0; i < a->rounds && !a->error; i++) {
		int err = a->means->take(a, 1);

		a->arrived = machine_tsc();
		if (!err && a->message[1][0] != i)
			err = -EPROTO;
		a->message[1][0]++;
		if (!err)
			err = a->means->give(a, 1);
		if (err)
			a->error = err;
	}
	return NULL;
}

static int ask(struct handover_arena *a, uint64_t *one_way, uint64_t *round)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		uint64_t sample = i < WARM_UP ? 0 : i - WARM_UP, start, end;
		int err;

		a->message[0][0] = i;
		start = machine_tsc();
		err = a->means->give(a, 0);
		if (!err)
			err = a->means->take(a, 0);
		end = machine_tsc();
		if (!err && a->message[0][0] != i + 1)
			err = -EPROTO;
		if (err)
			return err;
		one_way[sample] = a->arrived - start;
		round[sample] = end - start;
	}
	return 0;
}

/* The other side is killed when this one fails: it would wait for ever. */
static int with_process(struct handover_arena *a, uint64_t *one_way, uint64_t *round)
{
	int err, status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer(a);
		_exit(0);
	}
	err = ask(a, one_way, round);
	if (err)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return err ? err : a->error;
}

static int with_thread(struct handover_arena *a, uint64_t *one_way, uint64_t *round)
{
	pthread_t thread;
	int err = -pthread_create(&thread, NULL, answer, a);

	if (err)
		return err;
	err = ask(a, one_way, round);
	/* It waits in a system call that is a cancellation point, or can be woken in vain no more. */
	if (err)
		pthread_cancel(thread);
	pthread_join(thread, NULL);
	return err ? err : a->error;
}

static void close_files(struct handover_arena *a)
{
	for (unsigned int i = 0; i < 4; i++)
		if (a->pipes[i / 2][i % 2] >= 0)
			close(a->pipes[i / 2][i % 2]);
	for (unsigned int i = 0; i < 2; i++)
		if (a->events[i] >= 0)
			close(a->events[i]);
}

static int open_files(struct handover_arena *a)
{
	memset(a->pipes, -1, sizeof(a->pipes));
	memset(a->events, -1, sizeof(a->events));
	for (unsigned int i = 0; i < 2; i++) {
		a->events[i] = eventfd(0, EFD_CLOEXEC);
		if (a->events[i] < 0 || pipe2(a->pipes[i], O_CLOEXEC)) {
			int err = -errno;

			close_files(a);
			return err;
		}
	}
	return 0;
}

int handover_measure(const struct handover *handover, unsigned int cpu, uint64_t *one_way,
		     uint64_t *round, uint64_t count)
{
	struct handover_arena *a;
	int err = pin(cpu);

	if (err)
		return err;
	a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a == MAP_FAILED)
		return -errno;
	a->means = handover;
	a->rounds = WARM_UP + count;
	err = open_files(a);
	if (!err) {
		err = handover->threads ? with_thread(a, one_way, round) :
					  with_process(a, one_way, round);
		close_files(a);
	}
	munmap(a, sizeof(*a));
	return err;
}
