// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora ps
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

struct ps {
	const char *name;
	struct cli_number core;
	bool json;
	struct remora_partition *partition;
	struct remora_report *report;
	struct json out;
	bool headed;
};

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[REMORA_SPAWN_IS_NEW] = "loading",     [REMORA_SPAWN_IS_RUNNABLE] = "runnable",
		[REMORA_SPAWN_IS_SLEEPING] = "asleep", [REMORA_SPAWN_IS_STOPPED] = "stopped",
		[REMORA_SPAWN_IS_EXITED] = "exited",   [REMORA_SPAWN_IS_KILLED] = "died",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static double seconds(const struct ps *ps, uint64_t cycles)
{
	uint64_t khz = ps->report->status.tsc_khz;

	return khz ? (double)cycles / (double)khz / 1000 : 0;
}

static void show_entry(struct ps *ps, uint32_t node, const struct remora_spawn_entry *e)
{
	char memory[24];

	remora_format_size(e->ram_bytes, memory, sizeof(memory));
	if (!ps->headed)
		printf("%-10s %-9s %10s %8s %s\n", "NODE:ID", "STATE", "SECONDS", "MEMORY", "NAME");
	ps->headed = true;
	printf("%3u:%-6u %-9s %10.3f %8s ", node, e->domain, state_name(e->state),
	       seconds(ps, e->cycles), memory);
	cli_print_clean(stdout, e->name, strnlen(e->name, sizeof(e->name)));
	putchar('\n');
}

static void entry_json(struct ps *ps, uint32_t node, const struct remora_spawn_entry *e)
{
	json_open(&ps->out, NULL, '{');
	json_number(&ps->out, "node", node);
	json_number(&ps->out, "id", e->domain);
	json_string(&ps->out, "state", state_name(e->state));
	json_number(&ps->out, "cycles", e->cycles);
	json_number(&ps->out, "memory", e->ram_bytes);
	json_bytes(&ps->out, "name", e->name, strnlen(e->name, sizeof(e->name)));
	json_close(&ps->out);
}

static void counts_json(struct ps *ps, const struct remora_spawn_counts *c)
{
	json_number(&ps->out, "domains", c->domains);
	json_number(&ps->out, "ram_free", c->ram_free);
	json_number(&ps->out, "ram_total", c->ram_total);
	json_number(&ps->out, "caps", c->caps);
	json_number(&ps->out, "kernel_pages", c->kernel_pages);
	json_number(&ps->out, "spawned", c->spawned);
}

static void show_core(struct ps *ps, uint32_t node, const struct remora_spawn_entry *entries,
		      uint32_t count, const struct remora_spawn_counts *c)
{
	if (!ps->json) {
		for (uint32_t i = 0; i < count; i++)
			show_entry(ps, node, &entries[i]);
		printf("core %u: domains %u ram_free %" PRIu64 " ram_total %" PRIu64 " caps %" PRIu64
		       " kernel_pages %" PRIu64 " spawned %" PRIu64 "\n", node, c->domains,
		       (uint64_t)c->ram_free, (uint64_t)c->ram_total, (uint64_t)c->caps,
		       (uint64_t)c->kernel_pages, (uint64_t)c->spawned);
		return;
	}
	json_open(&ps->out, NULL, '{');
	json_number(&ps->out, "core", node);
	counts_json(ps, c);
	json_open(&ps->out, "programs", '[');
	for (uint32_t i = 0; i < count; i++)
		entry_json(ps, node, &entries[i]);
	json_close(&ps->out);
	json_close(&ps->out);
}

/* A core that is dead is told of; the others are still shown. */
static int run(struct ps *ps)
{
	int code = cli_core(ps->report, ps->core.given ? ps->core.value : 0);

	if (code)
		return code;
	if (ps->json)
		json_begin(&ps->out, stdout, '[');
	for (uint32_t i = 0; i < ps->report->status.core_count; i++) {
		uint32_t node = ps->report->cores[i].node, count;
		struct remora_error error = { 0 };
		struct remora_spawn_entry *entries;
		struct remora_spawn_counts counts;
		int err;

		if (ps->core.given && ps->core.value != node)
			continue;
		err = remora_program_list(ps->partition, node, &entries, &count, &counts, &error);
		if (err) {
			code = cli_errno(err, &error, "asking a core");
			continue;
		}
		show_core(ps, node, entries, count, &counts);
		free(entries);
	}
	if (ps->json)
		json_end(&ps->out);
	return code;
}

int cli_ps(int argc, char **argv)
{
	struct ps ps = { .core = { .min = 1, .max = REMORA_CPUS_MAX } };
	const struct cli_option options[] = {
		{ "core", 'c', "N", "this core only; every core if not given", NULL, NULL, &ps.core },
		{ "json", 'j', NULL, "JSON", &ps.json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"ps PARTITION [--core N] [--json]",
		"Lists the programs on the cores of a partition, and what is in use on each core.",
		options, 1, 1,
	};
	int code;

	code = cli_parse(argc, argv, &syntax, &ps.name);
	if (code != CLI_PARSED)
		return code;
	code = cli_open_partition(&ps.partition, ps.name, false);
	if (code)
		return code;
	code = cli_get_report(ps.partition, &ps.report);
	if (!code) {
		code = run(&ps);
		remora_report_free(ps.report);
	}
	remora_partition_close(ps.partition);
	return code;
}
