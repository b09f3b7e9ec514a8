// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora list
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

struct row {
	const char *name;
	const char *state;
	char cpus[256];
	char memory[24];
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* What cannot be learned (not permitted, destroyed meanwhile) stays "-". */
static void learn(struct row *row)
{
	struct remora_partition *partition;
	struct remora_report *report;
	uint32_t cpus[REMORA_CPUS_MAX];

	row->state = "-";
	strcpy(row->cpus, "-");
	strcpy(row->memory, "-");
	if (remora_partition_open(&partition, row->name, false))
		return;
	if (!remora_partition_status(partition, &report)) {
		const struct remora_status *s = &report->status;

		if (remora_state_name(s->state))
			row->state = remora_state_name(s->state);
		for (uint32_t i = 0; i < s->core_count; i++)
			cpus[i] = report->cores[i].cpu;
		qsort(cpus, s->core_count, sizeof(*cpus), by_number);
		remora_format_cpus(cpus, s->core_count, row->cpus, sizeof(row->cpus));
		remora_format_size(s->memory, row->memory, sizeof(row->memory));
		remora_report_free(report);
	}
	remora_partition_close(partition);
}

static void show(char (*names)[REMORA_NAME_MAX], uint32_t count, bool json)
{
	struct json j;

	if (json)
		json_begin(&j, stdout, '[');
	else if (count)
		printf("%-31s %-9s %-12s %s\n", "NAME", "STATE", "MEMORY", "CPUS");
	for (uint32_t i = 0; i < count; i++) {
		struct row row = { .name = names[i] };

		learn(&row);
		if (!json) {
			printf("%-31s %-9s %-12s %s\n", row.name, row.state, row.memory, row.cpus);
			continue;
		}
		json_open(&j, NULL, '{');
		json_string(&j, "name", row.name);
		json_string(&j, "state", row.state);
		json_string(&j, "memory", row.memory);
		json_string(&j, "cpus", row.cpus);
		json_close(&j);
	}
	if (json)
		json_end(&j);
}

int cli_list(int argc, char **argv)
{
	bool json = false, plain = false;
	const struct cli_option options[] = {
		{ "json", 'j', NULL, "JSON", &json, NULL, NULL },
		{ "names", 'n', NULL, "the names alone, one a line", &plain, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"list [--json | --names]", "Lists the partitions of this machine.", options, 0, 0,
	};
	char(*names)[REMORA_NAME_MAX];
	struct remora_ctl *ctl;
	uint32_t count;
	int code, err;

	code = cli_parse(argc, argv, &syntax, NULL);
	if (code != CLI_PARSED)
		return code;
	code = cli_open_ctl(&ctl, false);
	if (code)
		return code;
	err = remora_ctl_list(ctl, &names, &count);
	remora_ctl_close(ctl);
	if (err)
		return cli_errno(err, NULL, "asking for the list");
	if (plain)
		for (uint32_t i = 0; i < count; i++)
			puts(names[i]);
	else
		show(names, count, json);
	free(names);
	return CLI_OK;
}
