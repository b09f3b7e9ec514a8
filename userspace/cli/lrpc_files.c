// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "json.h"
#include "lrpc.h"

#define GOAL_PERCENT 33

static const char *unit(const struct lrpc *lrpc)
{
	return lrpc->instructions ? "instructions" : "TSC cycles";
}

static const char *measured(const struct lrpc *lrpc)
{
	return lrpc->machine.emulated ? "emulated" : "measured";
}

double lrpc_ratio(const struct lrpc *lrpc, bool blocking, const struct lrpc_row **best)
{
	const struct lrpc_row *own = NULL;

	*best = NULL;
	for (unsigned int i = 0; i < lrpc->row_count; i++) {
		const struct lrpc_row *r = &lrpc->rows[i];

		if (r->remora)
			own = own ? own : r;
		else if ((r->blocks || !blocking) &&
			 (!*best || r->one_way.median < (*best)->one_way.median))
			*best = r;
	}
	if (!own || !*best || !(*best)->one_way.median)
		return 0;
	return (double)own->one_way.median / (double)(*best)->one_way.median;
}

static void describe(const struct lrpc *lrpc, FILE *file, const char *prefix)
{
	const struct machine *m = &lrpc->machine;

	fprintf(file, "%sa message of four words, and the CPU, to somebody else on the same CPU (%s)\n",
		prefix, measured(lrpc));
	fprintf(file, "%s%s, %s%s%s, Linux %s, TSC %" PRIu64 ".%03" PRIu64 " MHz, %s\n", prefix,
		m->cpu, machine_tag(m), m->hypervisor[0] ? " " : "", m->hypervisor,
		m->kernel.release, lrpc->tsc_khz / 1000, lrpc->tsc_khz % 1000, lrpc->date);
	fprintf(file, "%s", prefix);
	if (lrpc->place.partition)
		fprintf(file, "LRPC on core %u of %s (CPU %u), ", lrpc->place.number,
			lrpc->place.partition, lrpc->core_cpu);
	fprintf(file, "Linux's on CPU %u; %" PRIu64 " samples a row; figures in %s\n", lrpc->cpu,
		lrpc->count, unit(lrpc));
	if (!lrpc->instructions)
		return;
	fprintf(file, "%sthe TSC counts instructions: loops of %" PRIu64 ", %" PRIu64 " and %" PRIu64
		" took %" PRIu64 ", %" PRIu64 " and %" PRIu64 " ticks on Linux", prefix,
		lrpc->host[0].instructions, lrpc->host[1].instructions, lrpc->host[2].instructions,
		lrpc->host[0].ticks, lrpc->host[1].ticks, lrpc->host[2].ticks);
	if (lrpc->place.partition)
		fprintf(file, ", %" PRIu64 ", %" PRIu64 " and %" PRIu64 " on the core",
			lrpc->core[0].ticks, lrpc->core[1].ticks, lrpc->core[2].ticks);
	fprintf(file, "\n");
}

static void ratio(const struct lrpc *lrpc, FILE *file, bool blocking, const char *what)
{
	const struct lrpc_row *best;
	double r = lrpc_ratio(lrpc, blocking, &best);

	if (!r)
		return;
	fprintf(file, "LRPC / %s (%s, %s), one way: %.3f", what, best->name, best->between, r);
	if (blocking)
		fprintf(file, ", the goal is at most %u.%02u: %s", GOAL_PERCENT / 100,
			GOAL_PERCENT % 100, r * 100 <= GOAL_PERCENT ? "reached" : "missed");
	fprintf(file, "\n");
}

void lrpc_table(const struct lrpc *lrpc, FILE *file)
{
	describe(lrpc, file, "");
	fprintf(file, "%-7s %-14s %-15s %-6s | %8s %8s %8s %8s | %8s %8s\n", "", "", "", "",
		"one way", "", "", "", "round", "trip");
	fprintf(file, "%-7s %-14s %-15s %-6s | %8s %8s %8s %8s | %8s %8s\n", "ON", "BY", "BETWEEN",
		"WAITS", "MIN", "MEDIAN", "P99", "MAX", "MEDIAN", "P99");
	for (unsigned int i = 0; i < lrpc->row_count; i++) {
		const struct lrpc_row *r = &lrpc->rows[i];

		fprintf(file, "%-7s %-14s %-15s %-6s | %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
			" | %8" PRIu64 " %8" PRIu64 "\n", r->remora ? "Remora" : "Linux", r->name,
			r->between, r->blocks ? "asleep" : "awake", r->one_way.min,
			r->one_way.median, r->one_way.p99, r->one_way.max, r->round.median,
			r->round.p99);
	}
	ratio(lrpc, file, true, "the fastest of Linux that sleeps");
	ratio(lrpc, file, false, "the fastest of Linux");
}

static void csv_stats(FILE *file, const struct stats *s)
{
	fprintf(file, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, s->min, s->median, s->p99,
		s->max);
}

void lrpc_csv(const struct lrpc *lrpc, FILE *file)
{
	describe(lrpc, file, "# ");
	fprintf(file, "on,by,between,waits,samples,unit,min,median,p99,max,round_min,round_median,"
		"round_p99,round_max,kind\n");
	for (unsigned int i = 0; i < lrpc->row_count; i++) {
		const struct lrpc_row *r = &lrpc->rows[i];

		fprintf(file, "%s,\"%s\",%s,%s,%" PRIu64 ",%s", r->remora ? "remora" : "linux", r->name,
			r->between, r->blocks ? "asleep" : "awake", lrpc->count, unit(lrpc));
		csv_stats(file, &r->one_way);
		csv_stats(file, &r->round);
		fprintf(file, ",%s\n", measured(lrpc));
	}
}

static void json_stats(struct json *j, const char *key, const struct stats *s)
{
	json_open(j, key, '{');
	json_number(j, "min", s->min);
	json_number(j, "median", s->median);
	json_number(j, "p99", s->p99);
	json_number(j, "max", s->max);
	json_close(j);
}

void lrpc_json(const struct lrpc *lrpc, FILE *file)
{
	struct json j;

	json_begin(&j, file, '{');
	json_string(&j, "title", "messages on one CPU");
	json_string(&j, "kind", measured(lrpc));
	json_string(&j, "machine", machine_tag(&lrpc->machine));
	json_string(&j, "cpu", lrpc->machine.cpu);
	json_string(&j, "kernel", lrpc->machine.kernel.release);
	json_string(&j, "date", lrpc->date);
	json_number(&j, "tsc_khz", lrpc->tsc_khz);
	json_string(&j, "unit", unit(lrpc));
	json_open(&j, "rows", '[');
	for (unsigned int i = 0; i < lrpc->row_count; i++) {
		const struct lrpc_row *r = &lrpc->rows[i];

		json_open(&j, NULL, '{');
		json_string(&j, "on", r->remora ? "remora" : "linux");
		json_string(&j, "by", r->name);
		json_string(&j, "between", r->between);
		json_bool(&j, "sleeps", r->blocks);
		json_number(&j, "samples", lrpc->count);
		json_stats(&j, "one_way", &r->one_way);
		json_stats(&j, "round", &r->round);
		json_close(&j);
	}
	json_end(&j);
}
