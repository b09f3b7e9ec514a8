// SPDX-License-Identifier: GPL-2.0-only
/*
 * Short rounds of what the goals need, for a machine that is busy or whose CPUs change places: a
 * sample takes a few milliseconds, a round some dozens. The two threads stay for a whole round and
 * take its steps together; between any two samples is a look at the raw line. A sample counts
 * where both looks beside it were in one placement, unless one of the threads was preempted
 * meanwhile or the host took time from one of the CPUs. What is thrown away is counted, and none
 * of the reasons has to do with the sample's own figure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <urpc/barrier.h>

#include "results.h"

#define MAX_STEPS (2 * MAX_SUBJECTS * (1 + LENGTHS) + 1)
#define LOOK_TRIPS 16
#define LOOK_BATCHES 16
#define TRIPS 64
#define TRIP_BATCHES 40
#define CHUNK 4096 /* a lap of the longest queue */
#define CHUNKS 6
#define ONE_CORE 1.4 /* so much slower on both at once: the two are threads of a core */
#define WARM_UP 2 /* batches of a step that are not counted */

/*
 * One thing for both threads to do. Written by main() before they start; then by end 0: figure of
 * round trips, stolen; by end 1: figure of streams, wrong.
 * @cell:     where the sample goes; NULL: a look at the raw line
 * @figure:   cycles a trip or a message, one a batch
 * @switches: involuntary context switches of the thread during the step, by end
 * @stolen:   ticks that the host took from the two CPUs meanwhile
 */
struct step {
	const struct subject *subject;
	void *chan;
	struct cell *cell;
	unsigned int slots; /* 0: round trips */
	unsigned int batches;
	uint64_t size;
	double figure[TRIP_BATCHES + WARM_UP];
	long switches[2];
	uint64_t stolen;
	bool wrong;
};

struct quick_round {
	const struct options *options;
	struct step step[MAX_STEPS];
	unsigned int steps;
	int stat; /* /proc/stat, or -1 */
	uint32_t arrived __attribute__((aligned(256))); /* ends, at the beginnings of steps */
	int err[2];
};

/* What fills a core's only square root unit: @n times eight of them. */
static void fill_core(void *chan, uint64_t n)
{
	double in = 1.5, out;
	int i;

	(void)chan;
	while (n--)
#pragma GCC unroll 8
		for (i = 0; i < 8; i++)
			__asm__ __volatile__("sqrtsd %1, %0" : "=x"(out) : "x"(in));
}

static void be_idle(void *chan, uint64_t n)
{
	(void)chan;
	(void)n;
}

static void be_gone(void *chan)
{
	(void)chan;
}

static void *open_nothing(unsigned int slots)
{
	static char nothing;

	(void)slots;
	return &nothing;
}

/* On one CPU and on both: two threads of a core are slower together, two cores are not. */
static const struct subject fillers[] = {
	{ "one core filled", 0, open_nothing, be_gone, fill_core, be_idle, NULL, NULL },
	{ "both filled", 0, open_nothing, be_gone, fill_core, fill_core, NULL, NULL },
};
static struct cell filled[2];

static struct {
	unsigned long taken, kept[PLACEMENTS], moved, preempted, stolen;
} count;

/* Ticks that the host has taken from the two CPUs: the 8th number of their lines in /proc/stat. */
static uint64_t stolen_ticks(const struct quick_round *r)
{
	char text[8192], key[16], *at;
	uint64_t sum = 0, ticks;
	ssize_t got;
	int i;

	got = r->stat < 0 ? -1 : pread(r->stat, text, sizeof(text) - 1, 0);
	if (got < 0)
		return 0;
	text[got] = '\0';
	for (i = 0; i < 2; i++) {
		snprintf(key, sizeof(key), "\ncpu%d ", r->options->cpu[i]);
		at = strstr(text, key);
		if (at && sscanf(at + strlen(key), "%*u %*u %*u %*u %*u %*u %*u %lu", &ticks) == 1)
			sum += ticks;
	}
	return sum;
}

static long preemptions(void)
{
	struct rusage u;

	return getrusage(RUSAGE_THREAD, &u) ? 0 : u.ru_nivcsw;
}

static void step_end0(struct step *s)
{
	unsigned int i;

	if (s->slots) {
		s->subject->source(s->chan, 1, s->batches * s->size);
		return;
	}
	for (i = 0; i < s->batches; i++) {
		uint64_t start = bench_cycles();

		s->subject->ping(s->chan, s->size);
		s->figure[i] = (double)(bench_cycles() - start) / (double)s->size;
	}
}

static void step_end1(struct step *s)
{
	uint64_t first = 1;
	unsigned int i;

	if (!s->slots) {
		s->subject->echo(s->chan, s->batches * s->size);
		return;
	}
	for (i = 0; i < s->batches; i++, first += s->size) {
		uint64_t start = bench_cycles(), sum = s->subject->sink(s->chan, s->size);

		s->figure[i] = (double)(bench_cycles() - start) / (double)s->size;
		s->wrong |= sum != bench_sum(first, s->size);
	}
}

static void take_steps(struct quick_round *r, int end)
{
	unsigned int i;

	r->err[end] = bench_pin(r->options->cpu[end], r->options->fifo);
	for (i = 0; i < r->steps; i++) {
		struct step *s = &r->step[i];
		uint64_t stolen = end ? 0 : stolen_ticks(r);
		long switches = preemptions();

		__atomic_fetch_add(&r->arrived, 1, __ATOMIC_SEQ_CST);
		while (urpc_load_acquire(&r->arrived) < 2 * (i + 1))
			urpc_pause();
		if (end)
			step_end1(s);
		else
			step_end0(s);
		s->switches[end] = preemptions() - switches;
		if (!end)
			s->stolen = stolen_ticks(r) - stolen;
	}
}

static void *work(void *arg)
{
	take_steps(arg, 1);
	return NULL;
}

static void *work_first(void *arg)
{
	take_steps(arg, 0);
	return NULL;
}

/* Return: false, and a sentence on stderr, when there is no such channel. */
static bool add_step(struct quick_round *r, const struct subject *s, unsigned int slots,
		     struct cell *cell)
{
	struct step *step = &r->step[r->steps];

	memset(step, 0, sizeof(*step));
	step->subject = s;
	step->cell = cell;
	step->slots = slots;
	step->batches = WARM_UP + (cell ? TRIP_BATCHES : LOOK_BATCHES);
	step->size = cell ? TRIPS : LOOK_TRIPS;
	if (slots) {
		step->batches = CHUNKS;
		step->size = CHUNK;
	}
	step->chan = s->open(slots ? slots : 64);
	if (!step->chan) {
		fprintf(stderr, "bench: cannot open %s: %s\n", s->name, strerror(errno));
		return false;
	}
	r->steps++;
	return true;
}

/* A sample, and the look at the raw line that ends it. */
static bool add_sample(struct quick_round *r, const struct subject *s, unsigned int slots,
		       struct cell *cell)
{
	return add_step(r, s, slots, cell) && add_step(r, subjects[0], 0, NULL);
}

/* Every round begins with another subject, so that none is always first after a pause. */
static bool add_all(struct quick_round *q, struct results *r, unsigned int round)
{
	unsigned int i, k, n = 0;

	while (subjects[n])
		n++;
	if (!add_step(q, subjects[0], 0, NULL) || !add_sample(q, &fillers[0], 0, &filled[0]) ||
	    !add_sample(q, &fillers[1], 0, &filled[1]))
		return false;
	for (i = 0; i < n; i++) {
		const unsigned int at = (i + round) % n;
		const struct subject *s = subjects[at];

		if (!subject_chosen(s, q->options))
			continue;
		if (!add_sample(q, s, 0, &r->trip[at]))
			return false;
		for (k = 0; k < subject_streams(s); k++)
			if (!add_sample(q, s, lengths[k], &r->stream[at][k]))
				return false;
	}
	return true;
}

static double median(struct step *s)
{
	return bench_figure(s->figure + WARM_UP, s->batches - WARM_UP).median;
}

/* A sample between two looks: keep it or count why not. */
static void judge(struct step *sample, enum placement before, enum placement after)
{
	struct cell *c = sample->cell;

	count.taken++;
	if (before != after || before >= PLACEMENTS) {
		count.moved++;
	} else if (sample->switches[0] || sample->switches[1]) {
		count.preempted++;
	} else if (sample->stolen) {
		count.stolen++;
	} else {
		count.kept[before]++;
		if (c->n[before] < MAX_RUNS)
			c->value[before][c->n[before]++] = median(sample);
	}
}

static bool all_right(const struct quick_round *r)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (r->err[i]) {
			fprintf(stderr, "bench: cannot run on CPU %d%s: %s\n", r->options->cpu[i],
				r->options->fifo ? " with SCHED_FIFO" : "", strerror(r->err[i]));
			return false;
		}
	}
	for (i = 0; i < r->steps; i++) {
		if (r->step[i].wrong) {
			fprintf(stderr, "bench: %s lost or damaged messages\n",
				r->step[i].subject->name);
			return false;
		}
	}
	return true;
}

/* A new placement among the looks: what was kept so far is of the other. */
static void rename_kept(struct quick_round *r, struct results *results)
{
	unsigned int i, by;

	for (i = 0; i < r->steps; i += 2)
		guard_place(median(&r->step[i]));
	by = guard_renamed();
	results_rename(results, by);
	for (i = 0; i < 2; i++)
		cell_rename(filled[i].value, filled[i].n, by);
	for (i = PLACEMENTS; by && i-- > 0;)
		count.kept[i] = i < by ? 0 : count.kept[i - by];
}

static void evaluate(struct quick_round *r, struct results *results)
{
	enum placement before, after;
	unsigned int i;

	rename_kept(r, results);
	before = guard_place(median(&r->step[0]));
	for (i = 1; i + 1 < r->steps; i += 2, before = after) {
		after = guard_place(median(&r->step[i + 1]));
		judge(&r->step[i], before, after);
	}
}

static void run_threads(struct quick_round *r)
{
	void *(*const start[2])(void *) = { work_first, work };
	pthread_t thread[2];
	int i, err;

	for (i = 0; i < 2; i++) {
		err = pthread_create(&thread[i], NULL, start[i], r);
		if (err) {
			fprintf(stderr, "bench: no thread: %s\n", strerror(err));
			exit(1);
		}
	}
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}

bool quick_measure(struct results *results, const struct options *o, unsigned int round)
{
	static struct quick_round r;
	unsigned int i;
	bool ok;

	r.options = o;
	r.steps = 0;
	r.arrived = 0;
	r.stat = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	ok = add_all(&r, results, round);
	if (ok) {
		run_threads(&r);
		ok = all_right(&r);
	}
	if (ok)
		evaluate(&r, results);
	for (i = 0; i < r.steps; i++)
		r.step[i].subject->close(r.step[i].chan);
	if (r.stat >= 0)
		close(r.stat);
	return ok;
}

void quick_describe(FILE *to)
{
	fprintf(to,
		"# of %lu short samples %lu count with the CPUs nearest, %lu near, %lu apart; thrown away: "
		"%lu in which they\n# moved, %lu in which a thread was preempted, %lu in which the "
		"host took time from a CPU\n",
		count.taken, count.kept[PLACED_NEAREST], count.kept[PLACED_NEAR],
		count.kept[PLACED_APART], count.moved, count.preempted, count.stolen);
}

void quick_describe_place(FILE *to, enum placement p)
{
	double alone, both;

	if (!filled[0].n[p] || !filled[1].n[p])
		return;
	alone = cell_figure(&filled[0], p).median;
	both = cell_figure(&filled[1], p).median;
	fprintf(to, "# a loop that fills a core took %.2f times as long on both at once as on one: %s\n",
		both / alone, both / alone < ONE_CORE ? "two cores" : "threads of one core");
}
