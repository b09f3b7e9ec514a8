// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures by pair of CPUs: what distance costs. The pairs are grouped by the closest thing that
 * both CPUs are part of (hwloc's topology; without hwloc, what sysfs says), and a few of each group are
 * measured, so that a machine of hundreds of CPUs takes no hours.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_HWLOC
#include <hwloc.h>
#endif

#include "results.h"

#define GROUPS_MAX 16
#define PAIRS_A_GROUP 3
#define PAIR_SLOTS 512

struct group {
	char name[64];
	unsigned int pairs; /* that exist */
	int pair[PAIRS_A_GROUP][2];
};

#ifdef HAVE_HWLOC
static hwloc_topology_t topology;

static void topology_open(void)
{
	if (hwloc_topology_init(&topology))
		topology = NULL;
	else if (hwloc_topology_load(topology)) {
		hwloc_topology_destroy(topology);
		topology = NULL;
	}
}

static void topology_close(void)
{
	if (topology)
		hwloc_topology_destroy(topology);
}

/* The closest object that holds both: "Core", "L2Cache", "L3Cache", "Package", "Machine". */
static void distance(int a, int b, char *name, size_t size)
{
	hwloc_obj_t x = NULL, y = NULL;

	if (topology) {
		x = hwloc_get_pu_obj_by_os_index(topology, (unsigned int)a);
		y = hwloc_get_pu_obj_by_os_index(topology, (unsigned int)b);
	}
	if (!x || !y) {
		snprintf(name, size, "%s", machine_distance(a, b));
		return;
	}
	x = hwloc_get_common_ancestor_obj(topology, x, y);
	if (hwloc_obj_type_snprintf(name, size, x, 1) <= 0)
		snprintf(name, size, "unknown");
}
#else
static void topology_open(void)
{
}

static void topology_close(void)
{
}

static void distance(int a, int b, char *name, size_t size)
{
	snprintf(name, size, "%s", machine_distance(a, b));
}
#endif

static struct group *group_find(struct group *groups, unsigned int *count, const char *name)
{
	unsigned int i;

	for (i = 0; i < *count; i++)
		if (!strcmp(groups[i].name, name))
			return &groups[i];
	if (*count == GROUPS_MAX)
		return NULL;
	snprintf(groups[i].name, sizeof(groups[i].name), "%s", name);
	++*count;
	return &groups[i];
}

/* Keep the first pair of a group, the last, and one between. */
static void group_add(struct group *g, int a, int b)
{
	unsigned int at = g->pairs < PAIRS_A_GROUP ? g->pairs : PAIRS_A_GROUP - 1;

	g->pair[at][0] = a;
	g->pair[at][1] = b;
	g->pairs++;
}

static unsigned int groups_find(struct group *groups)
{
	unsigned int count = 0;
	struct group *g;
	char name[64];
	cpu_set_t set;
	int a, b;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (a = 0; a < CPU_SETSIZE; a++) {
		for (b = a + 1; b < CPU_SETSIZE && CPU_ISSET(a, &set); b++) {
			if (!CPU_ISSET(b, &set))
				continue;
			distance(a, b, name, sizeof(name));
			g = group_find(groups, &count, name);
			if (g)
				group_add(g, a, b);
		}
	}
	return count;
}

static const struct subject *find(const char *name)
{
	unsigned int i;

	for (i = 0; subjects[i]; i++)
		if (!strcmp(subjects[i]->name, name))
			return subjects[i];
	return NULL;
}

/* Medians of one pair: round trips of the raw line, of urpc and of the call line, and a stream. */
static bool pair_measure(const struct options *o, double median[4])
{
	double value[4][MAX_RUNS];
	unsigned int run, i;

	for (run = 0; run < o->runs; run++)
		if (!bench_round_trip(find(BENCH_RAW), o, &value[0][run]) ||
		    !bench_round_trip(find(BENCH_URPC), o, &value[1][run]) ||
		    !bench_round_trip(find(BENCH_LINE), o, &value[2][run]) ||
		    !bench_stream(find(BENCH_URPC), o, PAIR_SLOTS, &value[3][run]))
			return false;
	for (i = 0; i < 4; i++)
		median[i] = bench_figure(value[i], o->runs).median;
	return true;
}

static bool pair_report(const struct group *g, unsigned int i, struct options o, FILE *csv)
{
	double m[4], rate;

	o.cpu[0] = g->pair[i][0];
	o.cpu[1] = g->pair[i][1];
	if (!pair_measure(&o, m))
		return false;
	rate = 1000 * machine_tsc_ghz() / m[3];
	printf("%4d %4d  %-16s %8.0f %8.0f %8.0f %10.1f\n", o.cpu[0], o.cpu[1], g->name, m[0] / 2,
	       m[1] / 2, m[2], rate);
	if (csv)
		fprintf(csv,
			"%s,\"%d-%d raw\",pair,0,%.1f,,,cycles\n"
			"%s,\"%d-%d urpc\",pair,0,%.1f,,,cycles\n"
			"%s,\"%d-%d call line\",pair,0,%.1f,,,cycles\n"
			"%s,\"%d-%d urpc\",pair,%d,%.1f,,,Mmsg/s\n",
			g->name, o.cpu[0], o.cpu[1], m[0] / 2, g->name, o.cpu[0], o.cpu[1],
			m[1] / 2, g->name, o.cpu[0], o.cpu[1], m[2], g->name, o.cpu[0], o.cpu[1],
			PAIR_SLOTS, rate);
	return true;
}

int pairs_report(const struct options *o, FILE *csv)
{
	static struct group groups[GROUPS_MAX];
	unsigned int count, i, k;
	int status = 0;

	topology_open();
	count = groups_find(groups);
	topology_close();
	printf("\n%9s  %-16s %8s %8s %8s %10s\n", "CPUs", "both in one", "raw", "urpc", "call",
	       "Mmsg/s");
	printf("%9s  %-16s %8s %8s %8s %10d\n", "", "", "one way", "one way", "there+back",
	       PAIR_SLOTS);
	for (i = 0; i < count; i++)
		for (k = 0; k < groups[i].pairs && k < PAIRS_A_GROUP; k++)
			if (!pair_report(&groups[i], k, *o, csv))
				status = 1;
	return status;
}
