// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora status
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "sysfile.h"

static const char *state_name(uint32_t state)
{
	const char *name = remora_state_name(state);

	return name ? name : "unknown";
}

/*
 * The view that the nodes have agreed on, its members as a list. The module says it in sysfs alone.
 * Return: false: there is none.
 */
static bool view_of(const char *name, uint64_t *number, char *members, size_t room)
{
	char text[256], *list;

	if (sysfile_read(text, sizeof(text), "/sys/class/remora/remora-%s/view", name) < 0)
		return false;
	*number = strtoull(text, &list, 10);
	if (!*number || *list != ' ')
		return false;
	snprintf(members, room, "%s", list + 1);
	return true;
}

static void show_head(const struct remora_report *report)
{
	const struct remora_status *s = &report->status;
	char size[24], members[200];
	uint64_t view;

	printf("partition  %s\nstate      %s\n", s->name, state_name(s->state));
	printf("image      %s\n", s->image[0] ? s->image : "-");
	if (s->flags)
		printf("options   %s%s%s\n", s->flags & REMORA_CREATE_FAULTS ? " allow-faults" : "",
		       s->flags & REMORA_CREATE_NO_SLEEP ? " no-sleep" : "",
		       s->flags & REMORA_CREATE_AUTOSTART ? " start" : "");
	if (view_of(s->name, &view, members, sizeof(members)))
		printf("view       %" PRIu64 ", nodes %s\n", view, members);
	printf("channels   %u\n", s->channels);
	printf("doorbell   interrupt %u, rung %" PRIu64 " times\n", s->irq, (uint64_t)s->doorbells);
	remora_format_size(s->memory, size, sizeof(size));
	printf("memory     %s\n", size);
	for (uint32_t i = 0; i < s->extent_count; i++) {
		const struct remora_extent *e = &report->extents[i];
		const char *source = remora_source_name(e->source);

		remora_format_size(e->bytes, size, sizeof(size));
		printf("           %s at 0x%" PRIx64 ", node %d, %s\n", size,
		       (uint64_t)e->address, e->node, source ? source : "unknown source");
	}
}

static void show_cores(const struct remora_report *report)
{
	printf("\n%4s %4s %4s %4s %-8s %8s %10s %10s %9s %8s %5s\n", "CORE", "CPU", "APIC", "NUMA",
	       "STATE", "BOOT_US", "RECEIVED", "SENT", "DOORBELLS", "FOREIGN", "NMIS");
	for (uint32_t i = 0; i < report->status.core_count; i++) {
		const struct remora_core_status *c = &report->cores[i];

		printf("%4u %4u %4u %4d %-8s %8" PRIu64 " %10" PRIu64 " %10" PRIu64 " %9" PRIu64
		       " %8" PRIu64 " %5" PRIu64 "\n",
		       c->node, c->cpu, c->apic_id, (int)c->numa,
		       c->state == REMORA_RUNNING && c->sleeping ? "asleep" : state_name(c->state),
		       (uint64_t)c->boot_ns / 1000, (uint64_t)c->messages_received,
		       (uint64_t)c->messages_sent, (uint64_t)c->doorbells_received,
		       (uint64_t)c->foreign_interrupts, (uint64_t)c->nmis);
	}
}

static void show_crashes(const struct remora_report *report)
{
	for (uint32_t i = 0; i < report->status.core_count; i++) {
		const struct remora_core_status *c = &report->cores[i];

		if (c->protocol_errors)
			printf("core %u (CPU %u): %" PRIu64 " protocol errors\n", c->node, c->cpu,
			       (uint64_t)c->protocol_errors);
		if (c->state != REMORA_CRASHED)
			continue;
		printf("core %u (CPU %u) crashed: ", c->node, c->cpu);
		cli_print_clean(stdout, c->crash_reason, strlen(c->crash_reason));
		printf("\n  vector %u error 0x%x rip 0x%" PRIx64 " rsp 0x%" PRIx64 " cr2 0x%" PRIx64
		       "\n", c->crash_vector, c->crash_error, (uint64_t)c->crash_rip,
		       (uint64_t)c->crash_rsp, (uint64_t)c->crash_cr2);
	}
}

static void json_core(struct json *j, const struct remora_core_status *c)
{
	json_open(j, NULL, '{');
	json_number(j, "core", c->node);
	json_number(j, "cpu", c->cpu);
	json_number(j, "apic_id", c->apic_id);
	json_signed(j, "numa", (int32_t)c->numa);
	json_string(j, "state", state_name(c->state));
	json_bool(j, "sleeping", c->sleeping);
	json_number(j, "channels", c->channels);
	json_bool(j, "x2apic", c->x2apic);
	json_number(j, "boot_ns", c->boot_ns);
	json_number(j, "heartbeat", c->heartbeat);
	json_number(j, "doorbells_received", c->doorbells_received);
	json_number(j, "doorbells_sent", c->doorbells_sent);
	json_number(j, "foreign_interrupts", c->foreign_interrupts);
	json_number(j, "foreign_last", c->foreign_last);
	json_number(j, "nmis", c->nmis);
	json_number(j, "machine_checks", c->machine_checks);
	json_number(j, "timers", c->timers);
	json_number(j, "sleeps", c->sleeps);
	json_number(j, "messages_received", c->messages_received);
	json_number(j, "messages_sent", c->messages_sent);
	json_number(j, "protocol_errors", c->protocol_errors);
	json_number(j, "poll_cycles", c->poll_cycles);
	json_number(j, "block_cycles", c->block_cycles);
	json_number(j, "console_lines", c->console_lines);
	if (c->state == REMORA_CRASHED) {
		json_open(j, "crash", '{');
		json_string(j, "reason", c->crash_reason);
		json_number(j, "vector", c->crash_vector);
		json_number(j, "error", c->crash_error);
		json_hex(j, "rip", c->crash_rip);
		json_hex(j, "rsp", c->crash_rsp);
		json_hex(j, "cr2", c->crash_cr2);
		json_close(j);
	}
	json_close(j);
}

static void json_report(struct json *j, const struct remora_report *report)
{
	const struct remora_status *s = &report->status;
	char members[200];
	uint64_t view;

	json_open(j, NULL, '{');
	json_string(j, "name", s->name);
	json_string(j, "state", state_name(s->state));
	json_string(j, "image", s->image);
	json_bool(j, "allow_faults", s->flags & REMORA_CREATE_FAULTS);
	json_bool(j, "no_sleep", s->flags & REMORA_CREATE_NO_SLEEP);
	json_number(j, "memory", s->memory);
	json_number(j, "tsc_khz", s->tsc_khz);
	json_number(j, "generation", s->generation);
	if (view_of(s->name, &view, members, sizeof(members))) {
		json_open(j, "view", '{');
		json_number(j, "number", view);
		json_string(j, "members", members);
		json_close(j);
	}
	json_number(j, "channels", s->channels);
	json_number(j, "irq", s->irq);
	json_number(j, "doorbells", s->doorbells);
	json_open(j, "extents", '[');
	for (uint32_t i = 0; i < s->extent_count; i++) {
		const struct remora_extent *e = &report->extents[i];
		const char *source = remora_source_name(e->source);

		json_open(j, NULL, '{');
		json_number(j, "bytes", e->bytes);
		json_hex(j, "address", e->address);
		json_signed(j, "node", e->node);
		json_string(j, "source", source ? source : "unknown");
		json_close(j);
	}
	json_close(j);
	json_open(j, "cores", '[');
	for (uint32_t i = 0; i < s->core_count; i++)
		json_core(j, &report->cores[i]);
	json_close(j);
	json_close(j);
}

static int show_one(const char *name, struct json *j, bool more)
{
	struct remora_partition *partition;
	struct remora_report *report;
	int code;

	code = cli_open_partition(&partition, name, false);
	if (code)
		return code;
	code = cli_get_report(partition, &report);
	if (!code) {
		if (j) {
			json_report(j, report);
		} else {
			show_head(report);
			show_cores(report);
			show_crashes(report);
			if (more)
				putchar('\n');
		}
		remora_report_free(report);
	}
	remora_partition_close(partition);
	return code;
}

static int show_all(struct json *j)
{
	char(*names)[REMORA_NAME_MAX];
	struct remora_ctl *ctl;
	uint32_t count;
	int code, err;

	code = cli_open_ctl(&ctl, false);
	if (code)
		return code;
	err = remora_ctl_list(ctl, &names, &count);
	remora_ctl_close(ctl);
	if (err)
		return cli_errno(err, NULL, "asking for the list");
	for (uint32_t i = 0; i < count; i++) {
		int one = show_one(names[i], j, i + 1 < count);

		code = code ? code : one;
	}
	if (!count && !j)
		puts("there are no partitions");
	free(names);
	return code;
}

int cli_status(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {
		{ "json", 'j', NULL, "JSON: an array of partitions", &json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"status [--json] [NAME]",
		"Shows the state of a partition, or of all, and of their cores.", options, 0, 1,
	};
	const char *name;
	struct json j;
	int code;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	if (json)
		json_begin(&j, stdout, '[');
	code = name ? show_one(name, json ? &j : NULL, false) : show_all(json ? &j : NULL);
	if (json)
		json_end(&j);
	return code;
}
