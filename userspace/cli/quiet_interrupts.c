// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that a CPU of Linux takes, by /proc/interrupts, and a core of a partition, by the
 * counters that its CPU driver keeps.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "quiet.h"
#include "sysfile.h"

static void add(struct quiet_counts *counts, const char *name, uint64_t count)
{
	if (counts->sources == QUIET_SOURCES)
		return;
	snprintf(counts->source[counts->sources].name, sizeof(counts->source[0].name), "%s", name);
	counts->source[counts->sources++].count = count;
}

/* The position of a CPU in the first line: "   CPU0  CPU1  CPU3". */
static int column_of(char *head, uint32_t cpu)
{
	char name[16], *word, *rest = head;
	int column = 0;

	snprintf(name, sizeof(name), "CPU%u", cpu);
	while ((word = strtok_r(rest, " \n", &rest))) {
		if (!strcmp(word, name))
			return column;
		column++;
	}
	return -1;
}

/* "LOC:  12  34   Local timer interrupts" */
static void take_line(struct quiet_counts *counts, char *line, int column)
{
	char *colon = strchr(line, ':'), *number, *end;
	uint64_t count = 0;

	if (!colon)
		return;
	*colon = 0;
	number = colon + 1;
	for (int i = 0; i <= column; i++, number = end) {
		count = strtoull(number, &end, 10);
		if (end == number)
			return; /* ERR and MIS have one number for all */
	}
	add(counts, line + strspn(line, " "), count);
}

static int count_linux(uint32_t cpu, struct quiet_counts *counts)
{
	FILE *file = sysfile_open("/proc/interrupts");
	size_t room = 0;
	char *line = NULL;
	int column = -1;

	if (!file)
		return -errno;
	if (getline(&line, &room, file) > 0)
		column = column_of(line, cpu);
	while (column >= 0 && getline(&line, &room, file) > 0)
		take_line(counts, line, column);
	free(line);
	fclose(file);
	return column >= 0 ? 0 : -ENODEV;
}

static int count_core(const struct program_place *place, struct quiet_counts *counts)
{
	struct remora_partition *partition;
	struct remora_report *report;
	int err = remora_partition_open(&partition, place->partition, false);

	if (err)
		return err;
	err = remora_partition_status(partition, &report);
	remora_partition_close(partition);
	if (err)
		return err;
	err = -ECHRNG;
	for (uint32_t i = 0; i < report->status.core_count; i++) {
		const struct remora_core_status *c = &report->cores[i];

		if (c->node != place->number)
			continue;
		add(counts, "doorbells", c->doorbells_received);
		add(counts, "timers", c->timers);
		add(counts, "NMIs", c->nmis);
		add(counts, "machine checks", c->machine_checks);
		counts->foreign = c->foreign_interrupts;
		err = 0;
	}
	remora_report_free(report);
	return err;
}

int quiet_count(const struct program_place *place, struct quiet_counts *counts)
{
	*counts = (struct quiet_counts){ 0 };
	return place->partition ? count_core(place, counts) : count_linux(place->number, counts);
}

static uint64_t count_of(const struct quiet_counts *counts, const char *name)
{
	for (unsigned int i = 0; i < counts->sources; i++)
		if (!strcmp(counts->source[i].name, name))
			return counts->source[i].count;
	return 0;
}

void quiet_counted(struct quiet_row *row, const struct quiet_counts *before,
		   const struct quiet_counts *after)
{
	size_t length = 0;

	row->interrupts = 0;
	row->foreign = after->foreign - before->foreign;
	row->what[0] = 0;
	for (unsigned int i = 0; i < after->sources; i++) {
		uint64_t n = after->source[i].count - count_of(before, after->source[i].name);

		if (!n)
			continue;
		row->interrupts += n;
		if (length < sizeof(row->what))
			length += (size_t)snprintf(row->what + length, sizeof(row->what) - length,
						   "%s%s %" PRIu64, length ? ", " : "",
						   after->source[i].name, n);
	}
}
