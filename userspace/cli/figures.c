// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of measured round trips.
 */
#include <inttypes.h>

#include "figures.h"

void figures_begin(struct figures *figures, const char *title, uint64_t tsc_khz, bool as_json)
{
	const struct machine *m = &figures->machine;

	machine_describe(&figures->machine);
	figures->tsc_khz = tsc_khz;
	figures->as_json = as_json;
	if (as_json) {
		struct json *j = &figures->json;

		json_begin(j, stdout, '{');
		json_string(j, "title", title);
		json_string(j, "kind", m->emulated ? "emulated" : "measured");
		json_string(j, "machine", machine_tag(m));
		json_string(j, "cpu", m->cpu);
		json_string(j, "hypervisor", m->hypervisor);
		json_string(j, "kernel", m->kernel.release);
		json_number(j, "tsc_khz", tsc_khz);
		json_string(j, "unit", "cycles");
		json_open(j, "rows", '[');
		return;
	}
	printf("%s (%s)\n%s, %s%s%s, Linux %s, TSC %" PRIu64 ".%03" PRIu64 " MHz\n", title,
	       m->emulated ? "emulated" : "measured", m->cpu, machine_tag(m),
	       m->hypervisor[0] ? " " : "", m->hypervisor, m->kernel.release, tsc_khz / 1000,
	       tsc_khz % 1000);
	printf("%-12s %-16s %8s | %9s %9s %9s %9s | %9s %9s %9s %9s\n", "", "", "", "cycles", "", "",
	       "", "ns", "", "", "");
	printf("%-12s %-16s %8s | %9s %9s %9s %9s | %9s %9s %9s %9s\n", "BETWEEN", "BY", "SAMPLES",
	       "MIN", "MEDIAN", "P99", "MAX", "MIN", "MEDIAN", "P99", "MAX");
}

static void json_row(struct figures *figures, const char *who, const char *how,
		     const struct stats *s)
{
	struct json *j = &figures->json;
	uint64_t khz = figures->tsc_khz;

	json_open(j, NULL, '{');
	json_string(j, "between", who);
	json_string(j, "by", how);
	json_number(j, "samples", s->count);
	json_number(j, "min", s->min);
	json_number(j, "median", s->median);
	json_number(j, "p99", s->p99);
	json_number(j, "max", s->max);
	json_number(j, "min_ns", stats_ns(s->min, khz));
	json_number(j, "median_ns", stats_ns(s->median, khz));
	json_number(j, "p99_ns", stats_ns(s->p99, khz));
	json_number(j, "max_ns", stats_ns(s->max, khz));
	json_close(j);
}

void figures_row(struct figures *figures, const char *who, const char *how, const struct stats *s)
{
	uint64_t khz = figures->tsc_khz;

	if (figures->as_json) {
		json_row(figures, who, how, s);
		return;
	}
	printf("%-12s %-16s %8zu | %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " | %9" PRIu64
	       " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", who, how, s->count, s->min, s->median,
	       s->p99, s->max, stats_ns(s->min, khz), stats_ns(s->median, khz),
	       stats_ns(s->p99, khz), stats_ns(s->max, khz));
	fflush(stdout);
}

void figures_end(struct figures *figures)
{
	if (figures->as_json)
		json_end(&figures->json);
}
