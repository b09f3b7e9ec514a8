// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TLB shootdown's request and acknowledgement over the call line, beside what a busy thread on
 * the other CPU adds to Linux's madvise(DONTNEED), and to membarrier, which interrupts that CPU and
 * does nothing else. Measured in the same rounds as everything else.
 *
 * The recipient here acknowledges only: a program cannot execute INVLPG, which costs 100 to 300
 * cycles. `remora bench shootdown` has it executed.
 */
#include <stdlib.h>
#include <string.h>

#include <shoot/shoot.h>
#include <urpc/barrier.h>
#include <urpc/fan.h>

#include "line_pair.h"
#include "results.h"

#define GOAL 0.2 /* request and acknowledgement / shootdown part of madvise */
#define SAMPLES 1000 /* of a call, a run */
#define INVALIDATE 1 /* type of the request; its words: first page, number of pages */

/*
 * Linux's calls are timed one by one, by the team of shoot.h: it sees to it that the busy thread
 * does run at that moment, also on a machine that has other work.
 * @cpu: the two CPUs; @median: of the last row measured, 0 before
 */
static struct {
	int cpu[2];
	double median;
} linux_call;

static inline void look(const struct urpc_line_end *e, bool fetch)
{
	if (fetch) {
		urpc_pause();
		urpc_line_fetch(e);
	} else {
		urpc_line_pause();
	}
}

static inline void request_by(void *chan, uint64_t n, bool fetch)
{
	struct urpc_line_end *e = &((struct chan *)chan)->end[0].line;
	struct urpc_msg m = { 0 };

	for (; n; n--) {
		uint64_t words[2] = { n << 12, 1 };

		urpc_line_call(e, INVALIDATE, words, sizeof(words));
		while (urpc_line_finish(e, &m) == -URPC_EAGAIN)
			look(e, fetch);
		if (m.payload[0] != words[0])
			abort(); /* no figure of acknowledgements of something else */
	}
}

static inline void acknowledge_by(void *chan, uint64_t n, bool fetch)
{
	struct urpc_line_end *e = &((struct chan *)chan)->end[1].line;
	struct urpc_msg m = { 0 };

	while (n--) {
		while (urpc_line_accept(e, &m) == -URPC_EAGAIN)
			look(e, fetch);
		urpc_line_reply(e, INVALIDATE, m.payload, sizeof(m.payload[0]));
	}
}

static void request(void *chan, uint64_t n)
{
	request_by(chan, n, false);
}

static void acknowledge(void *chan, uint64_t n)
{
	acknowledge_by(chan, n, false);
}

static void request_fetch(void *chan, uint64_t n)
{
	request_by(chan, n, true);
}

static void acknowledge_fetch(void *chan, uint64_t n)
{
	acknowledge_by(chan, n, true);
}

/* A fan of one callee: what a shootdown is made of. The two ends are more than a line apart. */
struct fan_pair {
	struct urpc_line shared;
	struct urpc_fan fan __attribute__((aligned(256)));
	struct urpc_fan_callee callee __attribute__((aligned(256)));
};

static void *fan_open(unsigned int slots)
{
	struct fan_pair *f = aligned_alloc(256, sizeof(*f));

	(void)slots;
	if (!f)
		return NULL;
	memset(f, 0, sizeof(*f));
	if (urpc_fan_init(&f->fan, NULL) || urpc_fan_add(&f->fan, &f->shared, 1) ||
	    urpc_fan_callee_init(&f->callee, NULL, &f->shared)) {
		free(f);
		return NULL;
	}
	return f;
}

static void request_fan(void *chan, uint64_t n)
{
	struct urpc_fan *fan = &((struct fan_pair *)chan)->fan;

	for (; n; n--) {
		const uint64_t words[2] = { n << 12, 1 };

		urpc_fan_call(fan, INVALIDATE, words, sizeof(words));
		while (urpc_fan_poll(fan, INVALIDATE) == -URPC_EAGAIN)
			urpc_fan_relax(fan);
		if (fan->waiting)
			abort(); /* no figure of what is not answered */
	}
}

static void acknowledge_fan(void *chan, uint64_t n)
{
	struct urpc_fan_callee *c = &((struct fan_pair *)chan)->callee;
	struct urpc_msg m = { 0 };

	while (n--) {
		while (urpc_fan_callee_accept(c, &m) == -URPC_EAGAIN)
			urpc_fan_callee_relax(c);
		urpc_fan_callee_answer(c, INVALIDATE);
	}
}

static double median_of(struct shoot_run *run)
{
	double values[SAMPLES];
	unsigned int i;

	for (i = 0; i < SAMPLES; i++)
		values[i] = (double)run->cycles[i];
	return bench_figure(values, SAMPLES).median;
}

/* A whole row at the first call; run.c's own figure of it is not used. */
static void call_linux(unsigned int call, unsigned int busy)
{
	const unsigned int other = (unsigned int)linux_call.cpu[1];
	uint64_t cycles[SAMPLES];
	struct shoot_run run = {
		.call = &shoot_calls[call],
		.pages = 1,
		.cpu = (unsigned int)linux_call.cpu[0],
		.sharers = &other,
		.sharer_count = busy,
		.warm_up = 64,
		.count = SAMPLES,
		.cycles = cycles,
	};
	struct shoot_team *team;

	if (linux_call.median > 0)
		return;
	if (shoot_membarrier_register() || shoot_team_open(&team, &other, busy))
		abort();
	if (shoot_team_run(team, &run))
		abort(); /* the second CPU gave no sign of life, or Linux refused */
	shoot_team_close(team);
	linux_call.median = median_of(&run);
}

static void madvise_alone(void *chan, uint64_t n)
{
	(void)chan;
	(void)n;
	call_linux(SHOOT_MADVISE, 0);
}

static void madvise_busy(void *chan, uint64_t n)
{
	(void)chan;
	(void)n;
	call_linux(SHOOT_MADVISE, 1);
}

static void membarrier_alone(void *chan, uint64_t n)
{
	(void)chan;
	(void)n;
	call_linux(SHOOT_MEMBARRIER, 0);
}

static void membarrier_busy(void *chan, uint64_t n)
{
	(void)chan;
	(void)n;
	call_linux(SHOOT_MEMBARRIER, 1);
}

static void be_gone(void *chan, uint64_t n)
{
	(void)chan;
	(void)n;
}

/* In this order below. */
enum { LINE, LINE_FETCH, LINE_FAN, MADVISE_ALONE, MADVISE_BUSY, BARRIER_ALONE, BARRIER_BUSY, ROWS };

static const struct subject rows[ROWS] = {
	{ "request and acknowledgement", 0, line_open, chan_close, request, acknowledge, 0, 0 },
	{ "the same, line fetched", 0, line_open, chan_close, request_fetch, acknowledge_fetch, 0,
	  0 },
	{ "the same, by a fan of one", 0, fan_open, chan_close, request_fan, acknowledge_fan, 0, 0 },
	{ "madvise, alone", SUBJECT_SLOW, line_open, chan_close, madvise_alone, be_gone, 0, 0 },
	{ "madvise, other CPU busy", SUBJECT_SLOW, line_open, chan_close, madvise_busy, be_gone, 0,
	  0 },
	{ "membarrier, alone", SUBJECT_SLOW, line_open, chan_close, membarrier_alone, be_gone, 0,
	  0 },
	{ "membarrier, other CPU busy", SUBJECT_SLOW, line_open, chan_close, membarrier_busy,
	  be_gone, 0, 0 },
};

/* By row and placement, a run each. */
static struct {
	double value[PLACEMENTS][MAX_RUNS];
	unsigned int n[PLACEMENTS];
	bool failed;
} cells[ROWS];

bool shootdown_chosen(const struct options *o)
{
	return !o->goals && (!o->only || strstr("shootdown", o->only));
}

void shootdown_measure(const struct options *o)
{
	unsigned int i;

	for (i = 0; i < ROWS && shootdown_chosen(o); i++) {
		struct measurement m = { &rows[i], o, 0 };
		enum placement place;
		double value;

		if (cells[i].failed)
			continue;
		memcpy(linux_call.cpu, o->cpu, sizeof(linux_call.cpu));
		linux_call.median = 0;
		place = guard_measure(&m, &value);
		if (linux_call.median > 0)
			value = linux_call.median;
		cells[i].failed = place == PLACED_FAILED;
		if (place < PLACEMENTS && cells[i].n[place] < MAX_RUNS)
			cells[i].value[place][cells[i].n[place]++] = value;
	}
}

void shootdown_rename(unsigned int by)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++)
		cell_rename(cells[i].value, cells[i].n, by);
}

unsigned int shootdown_fewest(const struct options *o, enum placement p)
{
	unsigned int i, n = MAX_RUNS;

	for (i = 0; i < ROWS && shootdown_chosen(o); i++)
		if (!cells[i].failed && cells[i].n[p] < n)
			n = cells[i].n[p];
	return n;
}

static void report_row(enum placement p, const char *name, double cycles, unsigned int runs,
		       FILE *csv)
{
	printf("%-34s %8.0f %8.0f %5u\n", name, cycles, cycles / machine_tsc_ghz(), runs);
	if (csv)
		fprintf(csv, "%s,\"%s\",shootdown,0,%.1f,,,cycles\n", guard_name(p), name, cycles);
}

void shootdown_report(const struct options *o, enum placement p, FILE *csv)
{
	double median[ROWS], best, part;
	unsigned int i;

	if (!shootdown_chosen(o))
		return;
	printf("%-34s %8s %8s %5s\n", "TLB shootdown, one other CPU", "cycles", "ns", "runs");
	for (i = 0; i < ROWS; i++) {
		if (cells[i].failed || !cells[i].n[p]) {
			printf("%-34s was not measured in this placement\n", rows[i].name);
			return;
		}
		median[i] = bench_figure(cells[i].value[p], cells[i].n[p]).median;
		report_row(p, rows[i].name, median[i], cells[i].n[p], csv);
	}
	part = median[MADVISE_BUSY] - median[MADVISE_ALONE];
	best = median[LINE] < median[LINE_FETCH] ? median[LINE] : median[LINE_FETCH];
	report_row(p, "shootdown part of madvise", part, cells[MADVISE_BUSY].n[p], csv);
	report_row(p, "interrupt part of membarrier", median[BARRIER_BUSY] - median[BARRIER_ALONE],
		   cells[BARRIER_BUSY].n[p], csv);
	if (part <= 0) {
		printf("no ratio: the other CPU adds nothing to madvise here\n");
		return;
	}
	printf("message / shootdown part of madvise: %.3f (goal: at most %.2f: %s)\n", best / part,
	       GOAL, best / part <= GOAL ? "reached" : "BELOW GOAL");
	if (csv)
		fprintf(csv,
			"%s,\"message / shootdown part of madvise\",goal,0,%.4f,,,ratio\n",
			guard_name(p), best / part);
}
