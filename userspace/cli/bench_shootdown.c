// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora bench shootdown: the race between Linux's TLB shootdown and the one by message.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "cli.h"
#include "race.h"

/* Words of the command line as they stand there. */
struct words {
	const char *cpus;
	const char *cores;
	const char *pages;
	const char *protocols;
	const char *methods;
	const char *csv;
	const char *svg;
	struct cli_number count;
	bool linux_only;
	bool json;
};

/* "1,2-4": numbers from 1 to @most, at most @room of them. */
static int take_list(const char *option, const char *text, uint32_t most, uint32_t *list,
		     uint32_t room, uint32_t *count)
{
	uint32_t numbers[REMORA_CPUS_MAX];
	struct remora_error error;

	if (remora_parse_cpus(text, numbers, count, &error))
		return cli_usage("%s: %s", option, error.message);
	if (*count > room)
		return cli_usage("%s: at most %u numbers were expected, not %u", option, room,
				 *count);
	if (!numbers[0] || numbers[*count - 1] > most)
		return cli_usage("%s: numbers from 1 to %u were expected", option, most);
	memcpy(list, numbers, *count * sizeof(*list));
	return CLI_OK;
}

static int take_words(const char *option, const char *text, const char *(*name)(uint32_t number),
		      uint32_t *mask)
{
	const char *bad;

	if (!text) {
		for (uint32_t number = 0; number < 32; number++)
			if (name(number))
				*mask |= 1u << number;
		return CLI_OK;
	}
	if (race_parse_words(text, name, mask, &bad))
		return CLI_OK;
	return cli_usage("%s: '%.*s' is none of those that 'remora bench shootdown --help' names",
			 option, (int)strcspn(bad, ","), bad);
}

/* All but the first CPU that this process may use, as many as a partition can have. */
static void default_cpus(struct race *race, const cpu_set_t *usable)
{
	bool first = true;

	for (uint32_t cpu = 0; cpu < CPU_SETSIZE && race->cpu_count < REMORA_CPUS_MAX; cpu++) {
		if (!CPU_ISSET(cpu, usable))
			continue;
		if (!first)
			race->cpus[race->cpu_count++] = cpu;
		first = false;
	}
}

static bool is_other(const struct race *race, uint32_t cpu)
{
	for (uint32_t i = 0; i < race->cpu_count; i++)
		if (race->cpus[i] == cpu)
			return true;
	return false;
}

/* The first CPU that stays with Linux. */
static int choose_initiator(struct race *race, const cpu_set_t *usable)
{
	for (uint32_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, usable) || is_other(race, cpu))
			continue;
		race->initiator = cpu;
		return CLI_OK;
	}
	return cli_fail(CLI_FAILED, "too few CPUs: one must stay with Linux, of the %d that this "
			"process may use", CPU_COUNT(usable));
}

static int choose_cpus(struct race *race, const struct words *w)
{
	struct remora_error error;
	cpu_set_t usable;
	int code;

	if (sched_getaffinity(0, sizeof(usable), &usable))
		return cli_errno(-errno, NULL, "asking for the CPUs of this process");
	if (w->cpus && remora_parse_cpus(w->cpus, race->cpus, &race->cpu_count, &error))
		return cli_usage("--cpus: %s", error.message);
	if (!w->cpus && !race->name)
		default_cpus(race, &usable);
	for (uint32_t i = 0; i < race->cpu_count; i++)
		if (race->cpus[i] >= CPU_SETSIZE || !CPU_ISSET(race->cpus[i], &usable))
			return cli_fail(CLI_FAILED, "CPU %u: there is none that is online and that "
					"this process may use", race->cpus[i]);
	code = choose_initiator(race, &usable);
	if (code || race->name)
		return code;
	if (!race->cpu_count)
		return cli_fail(CLI_FAILED, "too few CPUs: two are needed, this process may use %d",
				CPU_COUNT(&usable));
	if (!race->count_count)
		race->count_count = race_default_counts(race->cpu_count, race->counts);
	if (race->counts[race->count_count - 1] > race->cpu_count)
		return cli_usage("--cores: there are %u CPUs to race on, not %u", race->cpu_count,
				 race->counts[race->count_count - 1]);
	return CLI_OK;
}

static int fill(struct race *race, const struct words *w)
{
	int code;

	if (race->name && (w->cpus || race->memory || w->linux_only))
		return cli_usage("a partition that exists excludes --cpus, --memory and --linux");
	code = take_list("--pages", w->pages, SHOOT_PAGES_MAX, race->pages, RACE_PAGES,
			 &race->page_count);
	if (!code && w->cores)
		code = take_list("--cores", w->cores, REMORA_CPUS_MAX, race->counts,
				 REMORA_CPUS_MAX, &race->count_count);
	if (!code)
		code = take_words("--protocol", w->protocols, race_protocol_name, &race->protocols);
	if (!code)
		code = take_words("--method", w->methods, race_method_name, &race->methods);
	if (!code)
		code = choose_cpus(race, w);
	race->samples = w->count.value;
	return code;
}

/* Before anything is measured: could the second phase begin at all? */
static int check_device(const struct race *race)
{
	struct remora_partition *partition;
	struct remora_ctl *ctl;
	int code;

	if (race->name) {
		code = cli_open_partition(&partition, race->name, false);
		if (!code)
			remora_partition_close(partition);
		return code;
	}
	code = cli_open_ctl(&ctl, true);
	if (!code)
		remora_ctl_close(ctl);
	return code;
}

static void describe(struct race *race)
{
	time_t now = time(NULL);
	struct tm utc;

	machine_describe(&race->machine);
	race->tsc_khz = machine_tsc_khz();
	if (gmtime_r(&now, &utc))
		strftime(race->date, sizeof(race->date), "%Y-%m-%d %H:%M UTC", &utc);
}

static int write_csv(const struct race *race, const char *path)
{
	FILE *file = fopen(path, "we");

	if (file)
		race_csv(race, file);
	if (!file || fclose(file))
		return cli_errno(-errno, NULL, path);
	return CLI_OK;
}

static int show(const struct race *race, const struct words *w)
{
	int code = CLI_OK;

	if (w->json)
		race_json(race, stdout);
	else
		race_table(race, stdout);
	if (w->csv)
		code = write_csv(race, w->csv);
	if (!code && w->svg)
		code = race_plot(race, w->svg);
	return code;
}

static int run(struct race *race, const struct words *w)
{
	int code;

	code = fill(race, w);
	if (!code && !w->linux_only)
		code = check_device(race);
	if (code)
		return code;
	race_hold_signals();
	describe(race);
	if (!race->name)
		code = race_linux(race);
	if (!code && !w->linux_only)
		code = race_messages(race);
	if (!code)
		code = show(race, w);
	free(race->rows);
	return code;
}

int bench_shootdown(int argc, char **argv)
{
	struct words w = {
		.pages = "1,32",
		.count = { .value = 1000, .min = 1, .max = 100000 },
	};
	struct race race = { 0 };
	const struct cli_option options[] = {
		{ "cpus", 'c', "LIST", "CPUs that are interrupted, then leave Linux; all but the "
		  "first if not given", NULL, &w.cpus, NULL },
		{ "cores", 0, "N,N,...", "how many of them; 1,2,4,... and all if not given", NULL,
		  &w.cores, NULL },
		{ "pages", 'p', "N,N,...", "pages a shootdown, 1 to 512; 1,32 if not given", NULL,
		  &w.pages, NULL },
		{ "count", 'n', "N", "samples of each row; 1000 if not given", NULL, NULL, &w.count },
		{ "protocol", 0, "LIST", "of broadcast, unicast, multicast, numa; all if not given",
		  NULL, &w.protocols, NULL },
		{ "method", 0, "LIST", "of none, page, pcid, full; all if not given", NULL,
		  &w.methods, NULL },
		{ "memory", 'm', "SPEC", "of the partition, as create takes it", NULL, &race.memory,
		  NULL },
		{ "linux", 0, NULL, "Linux alone: no partition, no module", &w.linux_only, NULL,
		  NULL },
		{ "csv", 0, "FILE", "every row, with its quantiles", NULL, &w.csv, NULL },
		{ "plot", 0, "FILE", "an SVG of both; its script and data lie beside it", NULL,
		  &w.svg, NULL },
		{ "json", 'j', NULL, "JSON", &w.json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"bench shootdown [NAME] [--cpus LIST] [--cores N,N,...] [--count N] [OPTIONS]",
		"Measures what it costs to make other CPUs forget a translation: in Linux, by\n"
		"interrupts, with a busy thread on each of these CPUs; then the same CPUs leave\n"
		"Linux, and it is done by messages between CPU drivers; then they come back.\n"
		"With NAME: by messages alone, in a partition that runs already.",
		options, 0, 1,
	};
	int code;

	code = cli_parse(argc, argv, &syntax, &race.name);
	return code == CLI_PARSED ? run(&race, &w) : code;
}
