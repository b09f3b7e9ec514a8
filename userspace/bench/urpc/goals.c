// SPDX-License-Identifier: GPL-2.0-only
/* What the transport is meant to reach, against figures of the same run. No test: figures. */
#include <string.h>

#include "results.h"

/* @what: 0 for round trips, else the queue length of a stream. @least: more is better. */
struct goal {
	const char *text;
	const char *mine;
	const char *others[4];
	unsigned int what;
	bool least;
	double wanted;
};

#define RINGS "ck_ring", "rte_ring", "Boost.Lockfree spsc_queue"

static const struct goal goals[] = {
	{ "latency: urpc / raw cache line", BENCH_URPC, { BENCH_RAW }, 0, false, 1.05 },
	{ "64 slots: urpc / best of ck, rte, Boost", BENCH_URPC, { RINGS }, 64, true, 5 },
	{ "512 slots: urpc / best of ck, rte, Boost", BENCH_URPC, { RINGS }, 512, true, 5 },
	{ "64 slots: urpc / slot cleared by receiver", BENCH_URPC, { BENCH_CLEAR }, 64, true, 1 },
	{ "512 slots: urpc / slot cleared by receiver", BENCH_URPC, { BENCH_CLEAR }, 512, true, 1 },
	{ "round trip: call line / two rings", BENCH_LINE, { BENCH_URPC }, 0, false, 0.65 },
};

bool goals_need(const char *name)
{
	unsigned int i, k;

	for (i = 0; i < sizeof(goals) / sizeof(goals[0]); i++) {
		if (!strcmp(goals[i].mine, name))
			return true;
		for (k = 0; k < 4 && goals[i].others[k]; k++)
			if (!strcmp(goals[i].others[k], name))
				return true;
	}
	return false;
}

/* The median of a subject, cycles; 0 when it was not measured. */
static double median_of(struct results *r, const struct options *o, enum placement p,
			const char *name, unsigned int what)
{
	unsigned int i, k;

	for (i = 0; subjects[i]; i++) {
		if (strcmp(subjects[i]->name, name) || !subject_chosen(subjects[i], o) ||
		    r->failed[i])
			continue;
		if (!what)
			return cell_figure(&r->trip[i], p).median;
		for (k = 0; k < subject_streams(subjects[i]); k++)
			if (lengths[k] == what)
				return cell_figure(&r->stream[i][k], p).median;
	}
	return 0;
}

void goals_report(struct results *r, const struct options *o, enum placement p, FILE *csv)
{
	unsigned int i, k;

	printf("%-44s %8s %10s\n", "goal", "ratio", "wanted");
	for (i = 0; i < sizeof(goals) / sizeof(goals[0]); i++) {
		const struct goal *g = &goals[i];
		double mine = median_of(r, o, p, g->mine, g->what), best = 0, ratio;

		for (k = 0; k < 4 && g->others[k]; k++) {
			double other = median_of(r, o, p, g->others[k], g->what);

			if (other > 0 && (best == 0 || other < best))
				best = other;
		}
		if (mine <= 0 || best <= 0) {
			printf("%-44s %8s %10s not measured\n", g->text, "-", "-");
			continue;
		}
		/* Both are cycles: a rate's ratio is the other way round. */
		ratio = g->least ? best / mine : mine / best;
		printf("%-44s %8.3f %4s %5.2f %s\n", g->text, ratio, g->least ? ">=" : "<=",
		       g->wanted,
		       (g->least ? ratio >= g->wanted : ratio <= g->wanted) ? "PASS" :
									      "BELOW GOAL");
		if (csv)
			fprintf(csv, "%s,\"%s\",goal,%u,%.4f,,,ratio\n", guard_name(p), g->text,
				g->what, ratio);
	}
}
