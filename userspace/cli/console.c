// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora console
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"

#define LINES_AT_ONCE 64

/* One core's console: how far it was shown. */
struct source {
	uint32_t node;
	uint64_t next;
};

struct view {
	struct remora_partition *partition;
	struct source sources[REMORA_CPUS_MAX];
	uint32_t count;
	bool label; /* lines are led by the core's number, because there are several */
};

static void show_line(const struct view *view, uint32_t node, const struct remora_console_line *l)
{
	if (view->label && !l->continued)
		printf("[%u] ", node);
	else if (view->label)
		printf("[%u]   ", node);
	cli_print_clean(stdout, l->text, l->length);
	putchar('\n');
}

static int show_source(const struct view *view, struct source *source)
{
	struct remora_console_line lines[LINES_AT_ONCE];

	for (;;) {
		uint64_t missed = 0;
		int got = remora_partition_console(view->partition, source->node, &source->next,
						   lines, LINES_AT_ONCE, &missed);

		if (got < 0)
			return got;
		if (missed)
			printf("[%u] ... %" PRIu64 " lines were overwritten before they were "
			       "read ...\n", source->node, missed);
		for (int i = 0; i < got; i++)
			show_line(view, source->node, &lines[i]);
		if (!got && !missed)
			return 0;
	}
}

static int show_all(struct view *view)
{
	for (uint32_t i = 0; i < view->count; i++) {
		int err = show_source(view, &view->sources[i]);

		if (err)
			return err;
	}
	fflush(stdout);
	return 0;
}

/* Return: 0 while one of the cores that are followed can still say something. */
static int all_dead(struct view *view)
{
	struct remora_report *report;
	int err = remora_partition_status(view->partition, &report);
	bool dead = true;

	if (err)
		return err;
	for (uint32_t i = 0; i < view->count; i++)
		for (uint32_t c = 0; c < report->status.core_count; c++)
			if (report->cores[c].node == view->sources[i].node &&
			    report->cores[c].state != REMORA_CRASHED)
				dead = false;
	remora_report_free(report);
	return dead ? -EHOSTDOWN : 0;
}

/* Lines are shown after the state was asked for: a crashed core's last ones are there by then. */
static int follow(struct view *view)
{
	while (!ferror(stdout)) {
		int dead = all_dead(view), err = show_all(view);

		if (err || (dead && dead != -EHOSTDOWN))
			return err ? err : dead;
		if (dead) {
			cli_note("crashed; 'remora status' says how");
			return dead;
		}
		err = remora_partition_poll(view->partition, -1);
		if (err < 0)
			return err;
	}
	return 0;
}

static int choose(struct view *view, const struct cli_number *core)
{
	struct remora_report *report;
	int code = cli_get_report(view->partition, &report);

	if (code)
		return code;
	for (uint32_t i = 0; i < report->status.core_count; i++) {
		if (core->given && core->value != report->cores[i].node)
			continue;
		view->sources[view->count].node = report->cores[i].node;
		view->sources[view->count].next = 1;
		view->count++;
	}
	view->label = view->count > 1;
	if (!view->count)
		code = cli_fail(CLI_FAILED, "the partition has no core %" PRIu64 ", it has %u of "
				"them (CORE_UNKNOWN, ECHRNG)", core->value,
				report->status.core_count);
	remora_report_free(report);
	return code;
}

int cli_console(int argc, char **argv)
{
	struct cli_number core = { .min = 1, .max = REMORA_CPUS_MAX };
	bool keep = false;
	const struct cli_option options[] = {
		{ "core", 'c', "N", "of this core only (cores are numbered from 1)", NULL, NULL,
		  &core },
		{ "follow", 'f', NULL, "go on as lines come, until all cores shown have crashed", &keep, NULL,
		  NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"console NAME [--core N] [--follow]",
		"Shows what the cores of a partition have printed, also after they died.\n"
		"Control characters are shown as \\xNN.",
		options, 1, 1,
	};
	struct view view = { 0 };
	const char *name;
	int code, err = 0;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	code = cli_open_partition(&view.partition, name, false);
	if (code)
		return code;
	code = choose(&view, &core);
	if (!code) {
		err = keep ? follow(&view) : show_all(&view);
		if (err == -EHOSTDOWN)
			code = CLI_DEAD;
		else if (err)
			code = cli_errno(err, NULL, "reading the console");
	}
	remora_partition_close(view.partition);
	return code;
}
