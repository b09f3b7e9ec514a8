// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of a trace, "TASK-PID [CPU] FLAGS TIME: remora_EVENT: partition=NAME ... tsc=N": a core's
 * records are in it where the module found them, later than they were made.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

struct event {
	uint64_t tsc;
	size_t number; /* of the line that it was */
	char *text; /* from the event's name on */
};

struct events {
	struct event *event;
	size_t count, room;
};

static int compare(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->tsc != y->tsc)
		return x->tsc < y->tsc ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* The value of a field, at its first character; NULL when the line has none of that name. */
static const char *field(const char *line, const char *name)
{
	const size_t length = strlen(name);
	const char *at = line;

	while ((at = strstr(at, name))) {
		if (at > line && at[-1] == ' ' && at[length] == '=')
			return at + length + 1;
		at++;
	}
	return NULL;
}

static bool chosen(const char *line, const char *partition)
{
	const char *is = field(line, "partition");
	const size_t length = partition ? strlen(partition) : 0;

	return !partition || (is && !strncmp(is, partition, length) && is[length] == ' ');
}

static int events_add(struct events *all, uint64_t tsc, const char *text)
{
	struct event *e;

	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 1024;

		e = realloc(all->event, room * sizeof(*e));
		if (!e)
			return -ENOMEM;
		all->event = e;
		all->room = room;
	}
	e = &all->event[all->count];
	e->tsc = tsc;
	e->number = all->count;
	e->text = strdup(text);
	if (!e->text)
		return -ENOMEM;
	all->count++;
	return 0;
}

static int take_line(struct events *all, const char *line, const char *partition,
		     struct trace_counts *counts)
{
	const char *text = strstr(line, ": remora_"), *tsc;

	if (strstr(line, "LOST") && strstr(line, "EVENTS"))
		counts->overrun = true;
	if (!text)
		return 0;
	text += 2;
	tsc = field(text, "tsc");
	if (!tsc || !chosen(text, partition))
		return 0;
	if (!strncmp(text, "remora_lost:", 12)) {
		const char *lost = field(text, "lost");

		counts->lost += lost ? strtoull(lost, NULL, 0) : 0;
	}
	return events_add(all, strtoull(tsc, NULL, 10), text);
}

int trace_merge(FILE *in, FILE *out, const char *partition, struct trace_counts *counts)
{
	struct events all = { 0 };
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	memset(counts, 0, sizeof(*counts));
	while (!err && getline(&line, &room, in) >= 0)
		err = take_line(&all, line, partition, counts);
	if (!err && ferror(in))
		err = -EIO;
	free(line);
	if (!err) {
		if (all.count)
			qsort(all.event, all.count, sizeof(*all.event), compare);
		for (size_t i = 0; i < all.count; i++)
			fprintf(out, "%14" PRIu64 "  %s", all.event[i].tsc - all.event[0].tsc,
				all.event[i].text);
		counts->events = all.count;
	}
	for (size_t i = 0; i < all.count; i++)
		free(all.event[i].text);
	free(all.event);
	return err;
}
