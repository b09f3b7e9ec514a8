// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phase 2 of the race: the same CPUs as cores of a partition, which shoot down by message.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "race.h"

/*
 * A row in the making.
 * @row: index in the race
 */
struct lap {
	size_t row;
	struct stats parts[RACE_ROUNDS];
	uint64_t lost[RACE_ROUNDS];
	unsigned int done;
};

struct laps {
	struct race *race;
	struct race_partition partition;
	struct lap *laps;
	size_t count;
};

static uint32_t node_of(const struct remora_report *report, uint32_t cpu)
{
	for (uint32_t i = 0; i < report->status.core_count; i++)
		if (report->cores[i].cpu == cpu)
			return report->cores[i].node;
	return 0;
}

static uint64_t nodes_of(const struct laps *l, uint32_t others)
{
	uint64_t nodes = 0;

	for (uint32_t i = 0; i < others; i++)
		nodes |= 1ull << node_of(l->partition.report, l->race->cpus[i]);
	return nodes;
}

/* Linux's interrupts that met the recipients so far; RACE_UNCOUNTED when nobody says. */
static int64_t foreign_of(struct laps *l, uint32_t others)
{
	struct remora_report *report;
	int64_t sum = 0;

	if (remora_partition_status(l->partition.partition, &report))
		return RACE_UNCOUNTED;
	for (uint32_t i = 0; i < report->status.core_count; i++)
		for (uint32_t k = 0; k < others; k++)
			if (report->cores[i].cpu == l->race->cpus[k])
				sum += (int64_t)report->cores[i].foreign_interrupts;
	remora_report_free(report);
	return sum;
}

static int plan(struct laps *l, const struct race_row *words)
{
	struct lap *laps = realloc(l->laps, (l->count + 1) * sizeof(*laps));

	if (!laps)
		return cli_fail(CLI_FAILED, "no memory for the results");
	l->laps = laps;
	memset(&laps[l->count], 0, sizeof(*laps));
	laps[l->count].row = l->race->row_count;
	if (!race_add(l->race, words))
		return cli_fail(CLI_FAILED, "no memory for the results");
	l->count++;
	return CLI_OK;
}

/* By Linux, and by the last core if that is not among the recipients. */
static int plan_initiators(struct laps *l, struct race_row words)
{
	struct race *race = l->race;
	int code;

	words.initiator = 0;
	code = plan(l, &words);
	if (code || words.others == race->cpu_count)
		return code;
	words.initiator = node_of(l->partition.report, race->cpus[race->cpu_count - 1]);
	return plan(l, &words);
}

static int plan_protocols(struct laps *l, struct race_row words)
{
	int code = CLI_OK;

	for (words.protocol = 1; !code && race_protocol_name(words.protocol); words.protocol++)
		if (l->race->protocols & 1u << words.protocol)
			code = plan_initiators(l, words);
	return code;
}

/* Only one method's cost depends on the number of pages. */
static int plan_methods(struct laps *l, struct race_row words)
{
	const struct race *race = l->race;
	int code = CLI_OK;

	for (words.method = 0; !code && race_method_name(words.method); words.method++) {
		bool by_page = words.method == REMORA_SHOOTDOWN_BY_PAGE;

		if (!(race->methods & 1u << words.method))
			continue;
		for (uint32_t p = 0; !code && p < (by_page ? race->page_count : 1); p++) {
			words.pages = by_page ? race->pages[p] : 0;
			code = plan_protocols(l, words);
		}
	}
	return code;
}

static int plan_all(struct laps *l)
{
	int code = CLI_OK;

	for (uint32_t i = 0; !code && i < l->race->count_count; i++)
		code = plan_methods(l, (struct race_row){ .others = l->race->counts[i] });
	return code;
}

/* What the recipients say to have done must be what they were asked for. */
static int check_handled(const struct race_row *row, const struct remora_shootdown *s)
{
	uint64_t expected = (uint64_t)s->count * row->others * (row->pages ? row->pages : 1);

	if (s->handled == expected && s->samples)
		return CLI_OK;
	return cli_fail(CLI_FAILED, "%s, %u recipients: %" PRIu64 " invalidations were counted, "
			"%" PRIu64 " were ordered", race_protocol_name(row->protocol), row->others,
			(uint64_t)s->handled, expected);
}

/* A way that these CPUs do not have leaves a row that says so; anything else ends the race. */
static int failed(struct race_row *row, const struct remora_shootdown *s, int err)
{
	if (s->error.reason == REMORA_R_SHOOTDOWN_UNSUPPORTED) {
		snprintf(row->why, sizeof(row->why), "%.*s", (int)sizeof(row->why) - 1,
			 s->error.message);
		return CLI_OK;
	}
	return cli_errno(err, &s->error, "shooting down by message");
}

static int run_lap(struct laps *l, struct lap *lap, uint32_t round)
{
	struct race *race = l->race;
	struct race_row *row = &race->rows[lap->row];
	int64_t before = foreign_of(l, row->others), after;
	struct remora_shootdown s = {
		.protocol = row->protocol,
		.method = row->method,
		.pages = row->pages ? row->pages : 1,
		.initiator = row->initiator,
		.nodes = nodes_of(l, row->others),
		.count = (uint32_t)(race->samples * (round + 1) / RACE_ROUNDS -
				    race->samples * round / RACE_ROUNDS),
	};
	int err, code;

	if (!s.count || row->why[0])
		return CLI_OK;
	err = remora_partition_shootdown(l->partition.partition, &s);
	if (err)
		return failed(row, &s, err);
	code = check_handled(row, &s);
	if (code)
		return code;
	lap->parts[lap->done] = (struct stats){ s.count, s.min, s.median, s.p99, s.max };
	lap->lost[lap->done++] = s.lost_median;
	row->lost_max = s.lost_max > row->lost_max ? s.lost_max : row->lost_max;
	row->handled += s.handled;
	after = foreign_of(l, row->others);
	if (before >= 0 && after >= before)
		row->foreign = (row->foreign < 0 ? 0 : row->foreign) + after - before;
	return CLI_OK;
}

static void finish(struct laps *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct race_row *row = &l->race->rows[l->laps[i].row];

		row->times = race_merge(l->laps[i].parts, l->laps[i].done);
		row->lost_median = stats_of(l->laps[i].lost, l->laps[i].done).median;
		if (!row->times.count && !row->why[0])
			snprintf(row->why, sizeof(row->why), "not measured");
	}
	l->race->messages_done = true;
}

/* The CPUs and counts of a partition that was there before. */
static int adopt(struct race *race, const struct remora_report *report)
{
	race->cpu_count = report->status.core_count;
	for (uint32_t i = 0; i < race->cpu_count; i++) {
		race->cpus[i] = report->cores[i].cpu;
		if (report->cores[i].state != REMORA_RUNNING)
			return cli_fail(CLI_DEAD, "core %u does not run (CORE_DEAD, EHOSTDOWN)",
					report->cores[i].node);
	}
	if (!race->count_count)
		race->count_count = race_default_counts(race->cpu_count, race->counts);
	if (race->counts[race->count_count - 1] > race->cpu_count)
		return cli_fail(CLI_FAILED, "--cores: '%s' has %u cores, not %u", race->name,
				race->cpu_count, race->counts[race->count_count - 1]);
	return CLI_OK;
}

static int run_all(struct laps *l)
{
	int code = CLI_OK;

	for (uint32_t round = 0; !code && round < RACE_ROUNDS; round++)
		for (size_t i = 0; !code && i < l->count; i++)
			code = race_stopped() ? cli_fail(CLI_FAILED, "interrupted") :
						run_lap(l, &l->laps[i], round);
	return code;
}

int race_messages(struct race *race)
{
	struct laps l = { .race = race };
	int code, err;

	err = shoot_pin(race->initiator);
	if (err)
		return cli_fail(CLI_FAILED, "CPU %u: %s (%s)", race->initiator, strerror(-err),
				cli_errno_name(err));
	code = race_partition_open(race, &l.partition);
	if (code)
		return code;
	if (l.partition.report->status.tsc_khz)
		race->tsc_khz = l.partition.report->status.tsc_khz;
	if (race->name)
		code = adopt(race, l.partition.report);
	if (!code)
		code = plan_all(&l);
	if (!code)
		code = run_all(&l);
	if (!code)
		finish(&l);
	free(l.laps);
	return race_partition_close(&l.partition, code);
}
