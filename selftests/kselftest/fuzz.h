/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer of the module's interface: what its three files share.
 *
 * Step i of worker w is a function of (seed, w, i) alone: never of what an earlier call returned, of
 * time, or of an address the kernel chose. So a seed replays the same calls; only how the workers'
 * calls interleave is the machine's choice. What a call works on is named by slot: whatever
 * descriptor, mapping or child is there by then.
 */
#ifndef RT_FUZZ_H
#define RT_FUZZ_H

#include <linux/remora.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support.h"

#define FZ_PROCESSES 3 /* the last one is without privileges */
#define FZ_THREADS 2   /* in each */
#define FZ_WORKERS (FZ_PROCESSES * FZ_THREADS)
#define FZ_FORKED 100  /* worker numbers of children: this and more */
#define FZ_IOCTLS 32
#define FZ_OPS 48
#define FZ_REASONS 128
#define FZ_ERRNOS 134
#define FZ_NAMES 3

/** struct fz_rng - random numbers of one step */
struct fz_rng {
	__u64 state;
};

static inline __u64 fz_next(struct fz_rng *r)
{
	__u64 x = r->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline unsigned int fz_below(struct fz_rng *r, unsigned int n)
{
	return (unsigned int)(fz_next(r) % n);
}

static inline bool fz_one_in(struct fz_rng *r, unsigned int n)
{
	return !fz_below(r, n);
}

/** struct fz_tally - how calls of one kind ended */
struct fz_tally {
	unsigned long calls;
	unsigned long done; /* did not fail */
	unsigned long failed[FZ_ERRNOS];
};

/** struct fz_shared - one for all processes, in shared memory */
struct fz_shared {
	__u64 seed;
	__u32 cpus[RT_CPUS_ROOM]; /* that may be taken, settled before the first step */
	unsigned int cpu_count;
	bool dry; /* calls are made up but not made: struct fz_worker.digest is what counts */
	bool stop;
	pid_t tids[FZ_WORKERS];
	unsigned long steps[FZ_WORKERS];
	struct fz_tally ops[FZ_OPS];
	struct fz_tally ioctls[FZ_IOCTLS];
	unsigned long reasons[FZ_REASONS];
};

/*
 * An arena of a worker. Its addresses are the same in every run. Structures lie in the good pages, or
 * run from there into what is not mapped.
 */
#define FZ_PAGE 4096ul
#define FZ_GOOD_PAGES 24ul
#define FZ_ARENA_BASE 0x200000000000ul
#define FZ_ARENA_STRIDE (64 * FZ_PAGE)
#define FZ_COMMON_BASE 0x210000000000ul /* one page that all threads of a process write */
#define FZ_MAPS_BASE 0x220000000000ul   /* where mappings of channels go, by slot */
#define FZ_MAPS_STRIDE (1ul << 20)

#define FZ_CONTROLS 2
#define FZ_DEVICES FZ_NAMES
#define FZ_CHANNELS 6
#define FZ_NAMING 4
#define FZ_OFFERS 3
#define FZ_CHILDREN 4
#define FZ_MAPS 6

/** struct fz_process - slots that the threads of a process share; -1: empty */
struct fz_process {
	int control[FZ_CONTROLS];
	int device[FZ_DEVICES];
	int channel[FZ_CHANNELS];
	int names[FZ_NAMING];
	int offer[FZ_OFFERS]; /* after all that is opened anew when it is empty */
	pid_t child[FZ_CHILDREN];
	int epoll;
};

/** struct fz_worker - a thread */
struct fz_worker {
	struct fz_shared *shared;
	struct fz_process *process;
	unsigned int number;
	unsigned long step;
	unsigned char *arena;
	size_t arena_used;
	__u64 digest; /* of all calls made up so far, as they would be made */
};

/** fz_digest - note what a call is made of */
void fz_digest(struct fz_worker *w, const void *bytes, size_t count);

/** fz_note - count how a call ended: @ret as the system call's, errno as it left it */
void fz_note(struct fz_tally *t, long ret);

/**
 * fz_fd - the descriptor in a slot
 * An empty slot is filled first, with what belongs there: otherwise most calls would meet EBADF.
 */
int fz_fd(struct fz_worker *w, int *slot);

/** fz_put - put @fd into a slot, close what was there */
void fz_put(int *slot, long fd);

/* Good names come often, and so that several threads mean the same partition. */
void fz_name(struct fz_rng *r, char *name);

/* ---- fuzz_calls.c ---- */

/** fz_ioctl - make up and make ioctl number @which of the table; -1: any */
long fz_ioctl(struct fz_worker *w, struct fz_rng *r, int which);
/** fz_ioctl_count/name - the table of ioctls; their tallies have the same order */
unsigned int fz_ioctl_count(void);
const char *fz_ioctl_name(unsigned int which);
/** fz_ioctl_alone - can it work without a program on a core, of which there is none here? */
bool fz_ioctl_alone(unsigned int which);
/** fz_ioctl_find - the row of a command, which there is */
int fz_ioctl_find(unsigned long command);

/** fz_place - where @bytes of memory go: mostly good, sometimes running into what is not mapped */
void *fz_place(struct fz_worker *w, struct fz_rng *r, size_t bytes);
/** fz_fill - write there as much as is mapped, from @from or at random (NULL) */
void fz_fill(struct fz_worker *w, struct fz_rng *r, void *at, const void *from, size_t bytes);
/** fz_readable - are all @bytes in the worker's good pages? */
bool fz_readable(const struct fz_worker *w, const void *at, size_t bytes);

/* ---- fuzz_ops.c ---- */

/** fz_step - do the worker's next step. Workers from FZ_FORKED on do not fork. */
void fz_step(struct fz_worker *w);
unsigned int fz_op_count(void);
const char *fz_op_name(unsigned int op);

/** fz_worker_init - map the arena. 0 or -errno */
int fz_worker_init(struct fz_worker *w, struct fz_shared *shared, struct fz_process *process,
		   unsigned int number);
/** fz_process_init - empty slots, signal handlers, reserved addresses. 0 or -errno */
int fz_process_init(struct fz_process *p);

#endif
