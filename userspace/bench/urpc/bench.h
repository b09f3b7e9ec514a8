/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured, how, and what comes out: the nouns of `make bench-urpc`.
 */
#ifndef BENCH_URPC_BENCH_H
#define BENCH_URPC_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_WORDS 7 /* payload of a message: 56 bytes, a cache line with its header */

/* Names of the subjects that goals and pairs of CPUs are about. */
#define BENCH_RAW "raw cache line, two words"
#define BENCH_URPC "urpc"
#define BENCH_LINE "urpc call line"
#define BENCH_CLEAR "slot cleared by receiver"

/* What is called inside a measured loop, whatever the subject. */
#define bench_inline static inline __attribute__((always_inline))

/* What a subject can do. */
#define SUBJECT_STREAM 1u /* pipelined throughput has a meaning */
#define SUBJECT_SLOTS 2u /* has a queue length */
#define SUBJECT_SLOW 4u /* enters the kernel: measure fewer */

/**
 * struct subject - one way to pass messages between two threads
 * @name:   as printed
 * @flags:  SUBJECT_*
 * @open:   a channel in both directions with @slots places each; NULL when it cannot be had
 * @close:  its end
 * @ping:   end 0 sends a message and waits for one, @n times
 * @echo:   end 1 does the opposite
 * @source: end 0 sends @n messages, numbered from @first
 * @sink:   end 1 takes @n and returns the sum of all their words
 *
 * subject.h makes the last four out of an inline try_send() and try_recv(), so that no call
 * through a pointer is inside a measured loop.
 */
struct subject {
	const char *name;
	unsigned int flags;
	void *(*open)(unsigned int slots);
	void (*close)(void *chan);
	void (*ping)(void *chan, uint64_t n);
	void (*echo)(void *chan, uint64_t n);
	void (*source)(void *chan, uint64_t first, uint64_t n);
	uint64_t (*sink)(void *chan, uint64_t n);
};

/* All that were built in, ended by NULL. */
extern const struct subject *const subjects[];

/* A figure: the median over runs of each run's median, and the extremes of the latter. */
struct figure {
	double median;
	double min;
	double max;
};

struct options {
	int cpu[2];
	unsigned int runs;
	const char *csv; /* NULL: none */
	const char *only; /* NULL: every subject; else those whose name contains it */
	bool fifo; /* SCHED_FIFO, so that other work does not interrupt */
	bool both; /* wait for a change of places */
	bool pairs; /* figures by pair of CPUs instead */
	bool goals; /* only what the goals need, in short rounds */
	unsigned int seconds; /* after these, one complete placement will do */
};

/* What to measure: a round trip, or a stream through @slots places when that is not 0. */
struct measurement {
	const struct subject *subject;
	const struct options *options;
	unsigned int slots;
};

/*
 * Where the two CPUs really were, by the raw line's round trip: nearest of what was seen, farther by
 * half as much or more, farther by far. The last two are no places.
 */
enum placement {
	PLACED_NEAREST,
	PLACED_NEAR,
	PLACED_APART,
	PLACEMENTS,
	PLACED_UNSTEADY,
	PLACED_FAILED
};

/* guard.c: keeps figures of different placements apart. */
void guard_init(const struct options *o);
enum placement guard_measure(const struct measurement *m, double *value);
void guard_describe(FILE *to, enum placement chosen);
const char *guard_name(enum placement p);
enum placement guard_place(double cycles); /* of the raw line's round trip */
unsigned int guard_renamed(void); /* by how many places are all figures so far farther? Asked once. */
bool guard_moved(void); /* did they change places? */

/* shootdown.c: a table of its own; a round, and what came of all. @csv may be NULL. */
bool shootdown_chosen(const struct options *o);
void shootdown_measure(const struct options *o);
void shootdown_rename(unsigned int by); /* see guard_renamed() */
unsigned int shootdown_fewest(const struct options *o, enum placement p); /* values of a row */
void shootdown_report(const struct options *o, enum placement p, FILE *csv);

/* run.c: figures in TSC cycles. False, with a sentence on stderr, when it cannot be measured. */
bool bench_round_trip(const struct subject *s, const struct options *o, double *cycles);
bool bench_stream(const struct subject *s, const struct options *o, unsigned int slots,
		  double *cycles_per_message);
struct figure bench_figure(double *values, unsigned int n);
uint64_t bench_cycles(void);
uint64_t bench_sum(uint64_t first, uint64_t n); /* of the words of the messages so numbered */
int bench_pin(int cpu, bool fifo); /* the calling thread. Return: 0 or an errno */

/* machine.c */
double machine_tsc_ghz(void);
void machine_describe(FILE *to, const struct options *o);
bool machine_default_cpus(int cpu[2]);
const char *machine_distance(int a, int b);
unsigned int machine_cpus(void); /* that this process may use */
double machine_seconds(void); /* since some moment */

#ifdef __cplusplus
}
#endif

#endif
