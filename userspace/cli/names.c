// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora names
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

#define NOBODY 0xffffffffu

static const char *kind_name(uint32_t kind)
{
	static const char *const names[] = {
		[REMORA_NAMES_RECORD] = "record",
		[REMORA_NAMES_LOCK] = "lock",
		[REMORA_NAMES_SEMAPHORE] = "semaphore",
		[REMORA_NAMES_BARRIER] = "barrier",
	};

	return kind < sizeof(names) / sizeof(names[0]) && names[kind] ? names[kind] : "?";
}

static void show_owner(const struct remora_names_record *r)
{
	char owner[32];

	if (r->domain == NOBODY)
		snprintf(owner, sizeof(owner), "%u:-", r->node);
	else
		snprintf(owner, sizeof(owner), "%u:%u", r->node, r->domain);
	printf("%-10s ", owner);
}

/* What the numbers of a lock, a semaphore or a barrier mean is said; a record's are its own. */
static void show_values(const struct remora_names_record *r)
{
	switch (r->kind) {
	case REMORA_NAMES_SEMAPHORE:
		printf("%" PRIu64 " may pass", (uint64_t)r->value[0]);
		break;
	case REMORA_NAMES_BARRIER:
		printf("%" PRIu64 " of %" PRIu64 " have come", (uint64_t)r->value[1],
		       (uint64_t)r->value[0]);
		break;
	case REMORA_NAMES_RECORD:
		for (unsigned int i = 0; i < REMORA_NAMES_VALUES; i++)
			printf("%s%" PRIu64, i ? " " : "", (uint64_t)r->value[i]);
		break;
	}
	if (r->flags & REMORA_NAMES_SHARED)
		printf(" (anybody may write it)");
}

static void show(const struct remora_names_record *records, uint32_t count)
{
	if (count)
		printf("%-10s %-10s %-24s %s\n", "KIND", "OWNER", "NAME", "VALUE");
	for (uint32_t i = 0; i < count; i++) {
		size_t length = strnlen(records[i].name, sizeof(records[i].name));

		printf("%-10s ", kind_name(records[i].kind));
		show_owner(&records[i]);
		cli_print_clean(stdout, records[i].name, length);
		printf("%*s ", length < 24 ? (int)(24 - length) : 0, "");
		show_values(&records[i]);
		putchar('\n');
	}
}

static void show_json(const struct remora_names_record *records, uint32_t count)
{
	struct json j;

	json_begin(&j, stdout, '[');
	for (uint32_t i = 0; i < count; i++) {
		const struct remora_names_record *r = &records[i];

		json_open(&j, NULL, '{');
		json_bytes(&j, "name", r->name, strnlen(r->name, sizeof(r->name)));
		json_string(&j, "kind", kind_name(r->kind));
		json_number(&j, "node", r->node);
		if (r->domain != NOBODY)
			json_number(&j, "domain", r->domain);
		json_number(&j, "version", r->version);
		json_number(&j, "shared", !!(r->flags & REMORA_NAMES_SHARED));
		json_open(&j, "value", '[');
		for (unsigned int k = 0; k < REMORA_NAMES_VALUES; k++)
			json_number(&j, NULL, r->value[k]);
		json_close(&j);
		json_close(&j);
	}
	json_end(&j);
}

static int list(struct remora_partition *partition, const char *prefix, bool json)
{
	struct remora_names_record *records;
	struct remora_error error = { 0 };
	struct remora_names *names;
	uint32_t count;
	int err;

	err = remora_names_open(&names, partition, &error);
	if (err)
		return cli_errno(err, &error, "asking for the names");
	err = remora_names_list(names, prefix ? prefix : "", &records, &count, &error);
	remora_names_close(names);
	if (err)
		return cli_errno(err, &error, "asking for the names");
	if (json)
		show_json(records, count);
	else
		show(records, count);
	free(records);
	return CLI_OK;
}

int cli_names(int argc, char **argv)
{
	const char *words[2];
	bool json = false;
	const struct cli_option options[] = {
		{ "json", 'j', NULL, "JSON", &json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"names PARTITION [PREFIX] [--json]",
		"Lists the names that the programs of a partition and of Linux share: records, locks,\n"
		"semaphores and barriers; those that begin with PREFIX.",
		options, 1, 2,
	};
	struct remora_partition *partition;
	int code;

	code = cli_parse(argc, argv, &syntax, words);
	if (code != CLI_PARSED)
		return code;
	code = cli_open_partition(&partition, words[0], false);
	if (code)
		return code;
	code = list(partition, words[1], json);
	remora_partition_close(partition);
	return code;
}
