// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora bench trace: what a trace event costs a core, by the module's file in debugfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "cli.h"
#include "json.h"
#include "machine.h"

#define COST_FILE "/sys/kernel/debug/remora/trace_cost"

/* TSC cycles of @events turns of a loop. */
struct cost {
	uint64_t events;
	uint64_t alone;
	uint64_t off;
	uint64_t on;
};

static int parse(const char *text, struct cost *cost)
{
	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &cost->events,
		   &cost->alone, &cost->off, &cost->on) != 4 || !cost->events)
		return -EPROTO;
	return 0;
}

/* One descriptor a question: the answer is read where it was asked. */
static int ask(const char *name, uint32_t node, struct cost *cost)
{
	char text[128];
	ssize_t length;
	int fd = open(COST_FILE, O_RDWR | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	length = snprintf(text, sizeof(text), "%s %u", name, node);
	if (write(fd, text, (size_t)length) < 0)
		err = -errno;
	if (!err) {
		length = read(fd, text, sizeof(text) - 1);
		err = length < 0 ? -errno : 0;
	}
	close(fd);
	if (err)
		return err;
	text[length] = 0;
	return parse(text, cost);
}

static int complain(int err, const char *name, uint32_t node)
{
	switch (-err) {
	case EBUSY:
		return cli_fail(CLI_FAILED, "somebody traces now, and his records would be lost; try "
				"again when no event of remora is enabled (EBUSY)");
	case EACCES:
	case EPERM:
		return cli_fail(CLI_PERMISSION, COST_FILE " is for root alone (EACCES)");
	case EHOSTDOWN:
		return cli_fail(CLI_DEAD, "core %u of '%s' does not run (CORE_DEAD, EHOSTDOWN)",
				node, name);
	case ENOENT:
		return cli_fail(CLI_FAILED, "there is no " COST_FILE ": this kernel has no debugfs, "
				"or it is not mounted (ENOENT)");
	default:
		return cli_errno(err, NULL, "measuring a trace event");
	}
}

/* Cycles an event: one digit after the point; a loop cheaper with an event than without counts as 0. */
static double each(const struct cost *cost, uint64_t cycles)
{
	return cycles > cost->alone ? (double)(cycles - cost->alone) / (double)cost->events : 0;
}

static void head(const struct machine *m, uint64_t tsc_khz)
{
	printf("cost of a trace event on a core (%s)\n%s, %s%s%s, Linux %s, TSC %" PRIu64 ".%03" PRIu64
	       " MHz\n%-6s %12s %12s %12s %12s\n", m->emulated ? "emulated" : "measured", m->cpu,
	       machine_tag(m), m->hypervisor[0] ? " " : "", m->hypervisor, m->kernel.release,
	       tsc_khz / 1000, tsc_khz % 1000, "CORE", "OFF, cycles", "ON, cycles", "OFF, ns",
	       "ON, ns");
}

static void row(uint32_t node, const struct cost *cost, uint64_t tsc_khz)
{
	double ns = tsc_khz ? 1e6 / (double)tsc_khz : 0;

	printf("%-6u %12.1f %12.1f %12.1f %12.1f\n", node, each(cost, cost->off),
	       each(cost, cost->on), each(cost, cost->off) * ns, each(cost, cost->on) * ns);
}

static void json_row(struct json *j, uint32_t node, const struct cost *cost)
{
	json_open(j, NULL, '{');
	json_number(j, "core", node);
	json_number(j, "events", cost->events);
	json_number(j, "loop_alone", cost->alone);
	json_number(j, "loop_off", cost->off);
	json_number(j, "loop_on", cost->on);
	json_close(j);
}

static void json_head(struct json *j, const struct machine *m, uint64_t tsc_khz)
{
	json_begin(j, stdout, '{');
	json_string(j, "title", "cost of a trace event on a core");
	json_string(j, "kind", m->emulated ? "emulated" : "measured");
	json_string(j, "cpu", m->cpu);
	json_string(j, "kernel", m->kernel.release);
	json_number(j, "tsc_khz", tsc_khz);
	json_string(j, "unit", "cycles of a loop of so many events");
	json_open(j, "rows", '[');
}

static int run(const char *name, const struct remora_report *report, const struct cli_number *core,
	       bool as_json)
{
	uint64_t khz = report->status.tsc_khz;
	struct machine machine;
	struct json j;
	bool any = false;

	machine_describe(&machine);
	for (uint32_t i = 0; i < report->status.core_count; i++) {
		uint32_t node = report->cores[i].node;
		struct cost cost;
		int err;

		if (core->given && core->value != node)
			continue;
		err = ask(name, node, &cost);
		if (err)
			return complain(err, name, node);
		if (!any && as_json)
			json_head(&j, &machine, khz);
		else if (!any)
			head(&machine, khz);
		any = true;
		if (as_json)
			json_row(&j, node, &cost);
		else
			row(node, &cost, khz);
	}
	if (!any)
		return cli_fail(CLI_FAILED, "the partition has no core %" PRIu64 ", it has %u of "
				"them (CORE_UNKNOWN, ECHRNG)", core->value,
				report->status.core_count);
	if (as_json)
		json_end(&j);
	return CLI_OK;
}

int bench_trace(int argc, char **argv)
{
	struct cli_number core = { .min = 1, .max = REMORA_CPUS_MAX };
	bool as_json = false;
	const struct cli_option options[] = {
		{ "core", 'c', "N", "this core only; every core if not given", NULL, NULL, &core },
		{ "json", 'j', NULL, "JSON", &as_json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"bench trace NAME [--core N] [--json]",
		"Measures on the cores of a partition that runs what a trace event costs there,\n"
		"while nobody listens and while it is recorded.",
		options, 1, 1,
	};
	struct remora_partition *partition;
	struct remora_report *report;
	const char *name;
	int code;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	code = cli_open_partition(&partition, name, false);
	if (code)
		return code;
	code = cli_get_report(partition, &report);
	if (!code) {
		code = run(name, report, &core, as_json);
		remora_report_free(report);
	}
	remora_partition_close(partition);
	return code;
}
