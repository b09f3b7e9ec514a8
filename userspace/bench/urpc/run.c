// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two pinned threads over one channel, timed by the time-stamp counter of the CPU that waits for
 * the result: end 0 for round trips, end 1 for streams.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include <urpc/barrier.h>

#include "bench.h"

#define TRIPS 64
#define TRIP_BATCHES 400
#define CHUNK 16384
#define CHUNKS 24
#define WARM_UP 4 /* batches not counted */
#define SLOWER 16 /* subjects that enter the kernel do this much less */

struct job {
	const struct subject *subject;
	void *chan;
	bool stream;
	unsigned int batches;
	uint64_t size; /* messages or round trips in a batch */
	double *figure; /* per message or trip, one a batch; WARM_UP extra at its head */
	bool fifo;
	int cpu[2];
	uint32_t ready;
	bool wrong;
};

struct worker {
	struct job *job;
	int end;
	int err;
};

uint64_t bench_cycles(void)
{
	unsigned int cpu;

	return __rdtscp(&cpu);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct figure bench_figure(double *values, unsigned int n)
{
	struct figure f;

	qsort(values, n, sizeof(*values), compare);
	f.min = values[0];
	f.max = values[n - 1];
	f.median = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
	return f;
}

int bench_pin(int cpu, bool fifo)
{
	struct sched_param param = { .sched_priority = 1 };
	cpu_set_t set;
	int err;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	err = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (!err && fifo)
		err = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	return err;
}

/* Word k of message m is m + k. */
uint64_t bench_sum(uint64_t first, uint64_t n)
{
	return BENCH_WORDS * (n * first + n * (n - 1) / 2) + n * BENCH_WORDS * (BENCH_WORDS - 1) / 2;
}

static void measure_trips(struct job *j, int end)
{
	unsigned int i;

	if (end) {
		j->subject->echo(j->chan, j->batches * j->size);
		return;
	}
	for (i = 0; i < j->batches; i++) {
		uint64_t start = bench_cycles();

		j->subject->ping(j->chan, j->size);
		j->figure[i] = (double)(bench_cycles() - start) / (double)j->size;
	}
}

static void measure_stream(struct job *j, int end)
{
	uint64_t first = 1, sum;
	unsigned int i;

	if (!end) {
		j->subject->source(j->chan, first, j->batches * j->size);
		return;
	}
	for (i = 0; i < j->batches; i++, first += j->size) {
		uint64_t start = bench_cycles();

		sum = j->subject->sink(j->chan, j->size);
		j->figure[i] = (double)(bench_cycles() - start) / (double)j->size;
		j->wrong |= sum != bench_sum(first, j->size);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct job *j = w->job;

	w->err = bench_pin(j->cpu[w->end], j->fifo);
	__atomic_fetch_add(&j->ready, 1, __ATOMIC_SEQ_CST);
	while (urpc_load_acquire(&j->ready) < 2)
		urpc_pause();
	if (j->stream)
		measure_stream(j, w->end);
	else
		measure_trips(j, w->end);
	return NULL;
}

/* One run; its median goes to @median. */
static bool run_job(struct job *j, double *median)
{
	struct worker w[2] = { { j, 0, 0 }, { j, 1, 0 } };
	pthread_t thread[2];
	bool ok;
	int i, err;

	j->batches += WARM_UP;
	j->figure = calloc(j->batches, sizeof(*j->figure));
	for (i = 0; i < 2; i++) {
		err = pthread_create(&thread[i], NULL, work, &w[i]);
		if (err) {
			fprintf(stderr, "bench: no thread: %s\n", strerror(err));
			exit(1);
		}
	}
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	for (i = 0, ok = !j->wrong; i < 2; i++) {
		if (w[i].err)
			fprintf(stderr, "bench: cannot run on CPU %d%s: %s\n", j->cpu[i],
				j->fifo ? " with SCHED_FIFO" : "", strerror(w[i].err));
		ok = ok && !w[i].err;
	}
	if (j->wrong)
		fprintf(stderr, "bench: %s lost or damaged messages\n", j->subject->name);
	*median = bench_figure(j->figure + WARM_UP, j->batches - WARM_UP).median;
	free(j->figure);
	return ok;
}

static bool open_and_run(struct job *j, const struct options *o, unsigned int slots, double *median)
{
	bool ok;

	j->fifo = o->fifo;
	j->cpu[0] = o->cpu[0];
	j->cpu[1] = o->cpu[1];
	j->chan = j->subject->open(slots);
	if (!j->chan) {
		fprintf(stderr, "bench: cannot open %s: %s\n", j->subject->name, strerror(errno));
		return false;
	}
	ok = run_job(j, median);
	j->subject->close(j->chan);
	return ok;
}

bool bench_round_trip(const struct subject *s, const struct options *o, double *cycles)
{
	struct job j = { .subject = s, .batches = TRIP_BATCHES, .size = TRIPS };

	if (s->flags & SUBJECT_SLOW)
		j.batches /= SLOWER;
	return open_and_run(&j, o, 64, cycles);
}

bool bench_stream(const struct subject *s, const struct options *o, unsigned int slots,
		  double *cycles_per_message)
{
	struct job j = { .subject = s, .stream = true, .batches = CHUNKS, .size = CHUNK };

	if (s->flags & SUBJECT_SLOW)
		j.size /= SLOWER;
	return open_and_run(&j, o, slots, cycles_per_message);
}
