// SPDX-License-Identifier: GPL-2.0-only
/* The tables, and every figure as a line of CSV. */
#include <string.h>

#include "results.h"

static void csv_row(FILE *csv, enum placement p, const char *name, const char *what,
		    unsigned int slots, struct figure f, const char *unit)
{
	if (csv)
		fprintf(csv, "%s,\"%s\",%s,%u,%.2f,%.2f,%.2f,%s\n", guard_name(p), name, what,
			slots, f.median, f.min, f.max, unit);
}

/* Cycles a message to millions of messages a second; the extremes change places. */
static struct figure rate(struct figure cycles)
{
	double ghz = machine_tsc_ghz();
	struct figure f = { 1000 * ghz / cycles.median, 1000 * ghz / cycles.max,
			    1000 * ghz / cycles.min };

	return f;
}

static struct figure scaled(struct figure f, double by)
{
	f.median *= by;
	f.min *= by;
	f.max *= by;
	return f;
}

struct figure cell_figure(struct cell *c, enum placement p)
{
	return bench_figure(c->value[p], c->n[p]);
}

static void report_one(struct results *r, enum placement p, unsigned int i, FILE *csv)
{
	const struct subject *s = subjects[i];
	struct figure trip = cell_figure(&r->trip[i], p);
	struct figure way = scaled(trip, 0.5), f;
	double ns = 1 / machine_tsc_ghz();
	unsigned int k;

	printf("%-28s %8.0f %8.0f %8.0f %8.0f", s->name, way.median, way.median * ns, trip.median,
	       trip.median * ns);
	csv_row(csv, p, s->name, "one-way", 0, way, "cycles");
	csv_row(csv, p, s->name, "one-way", 0, scaled(way, ns), "ns");
	csv_row(csv, p, s->name, "round-trip", 0, trip, "cycles");
	for (k = 0; k < LENGTHS; k++) {
		if (k >= subject_streams(s)) {
			printf(" %8s", "-");
			continue;
		}
		f = rate(cell_figure(&r->stream[i][k], p));
		printf(" %8.1f", f.median);
		csv_row(csv, p, s->name, "stream", s->flags & SUBJECT_SLOTS ? lengths[k] : 0, f,
			"Mmsg/s");
	}
	printf("\n");
}

static bool report_placement(struct results *r, const struct options *o, enum placement p,
			     FILE *csv)
{
	bool all = true;
	unsigned int i;

	printf("\n");
	guard_describe(stdout, p);
	if (o->goals)
		quick_describe_place(stdout, p);
	printf("%-28s %17s %17s %26s\n", "", "one way", "round trip", "M messages/s by slots");
	printf("%-28s %8s %8s %8s %8s %8u %8u %8u\n", "", "cycles", "ns", "cycles", "ns",
	       lengths[0], lengths[1], lengths[2]);
	for (i = 0; subjects[i]; i++) {
		if (!subject_chosen(subjects[i], o))
			continue;
		if (r->failed[i]) {
			printf("%-28s could not be measured, see above\n", subjects[i]->name);
			all = false;
		} else {
			report_one(r, p, i, csv);
		}
	}
	printf("\n");
	goals_report(r, o, p, csv);
	printf("\n");
	shootdown_report(o, p, csv);
	return all;
}

/* Every placement that is complete. */
int report(struct results *r, const struct options *o)
{
	FILE *csv = o->csv ? fopen(o->csv, "w") : NULL;
	bool all = true;
	unsigned int p;

	if (o->csv && !csv) {
		perror(o->csv);
		return 1;
	}
	machine_describe(stdout, o);
	if (o->goals)
		quick_describe(stdout);
	if (csv) {
		machine_describe(csv, o);
		if (o->goals)
			quick_describe(csv);
		fprintf(csv, "placement,subject,what,slots,median,min,max,unit\n");
	}
	for (p = 0; p < PLACEMENTS; p++)
		if (r->complete[p])
			all &= report_placement(r, o, (enum placement)p, csv);
	if (machine_cpus() > 2 && !o->only && !o->goals)
		all &= !pairs_report(o, csv);
	if (csv && fclose(csv)) {
		perror(o->csv);
		return 1;
	}
	return all ? 0 : 1;
}
