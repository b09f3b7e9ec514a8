// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/remora.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"
#include "tracefs.h"

#define BUFFER_KB "16384"

int tr_enable(const char *name, bool on)
{
	char path[128];

	snprintf(path, sizeof(path), TR_DIR "/events/remora/%s%s%senable", name ? "remora_" : "",
		 name ? name : "", name ? "/" : "");
	return rt_write_text(path, on ? "1" : "0");
}

static int empty(void)
{
	int fd = open(TR_DIR "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int tr_begin(void)
{
	int ret = tr_enable(NULL, false);

	if (!ret)
		ret = rt_write_text(TR_DIR "/buffer_size_kb", BUFFER_KB);
	if (!ret)
		ret = rt_write_text(TR_DIR "/tracing_on", "1");
	if (!ret)
		ret = empty();
	return ret;
}

void tr_end(void)
{
	tr_enable(NULL, false);
	rt_write_text(TR_PERIOD, "20");
	empty();
}

static __u64 field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 0) : 0;
}

static void word(char *to, size_t room, const char *text, const char *name)
{
	const char *at = strstr(text, name);
	size_t i = 0;

	if (at)
		for (at += strlen(name); *at > ' ' && i + 1 < room; at++)
			to[i++] = *at;
	to[i] = 0;
}

static unsigned int channel(const char *text)
{
	static const struct {
		const char *name;
		unsigned int number;
	} names[] = {
		{ "control", TR_CONTROL }, { "peer", TR_PEER }, { "shootdown", TR_SHOOTDOWN },
		{ "none", TR_NONE },
	};
	char name[16];

	word(name, sizeof(name), text, " channel=");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i].name))
			return names[i].number;
	return (unsigned int)strtoul(name, NULL, 0);
}

static bool parse(const char *line, const char *partition, struct tr_event *e)
{
	const char *text = strstr(line, ": remora_");
	char of[64];

	if (!text)
		return false;
	memset(e, 0, sizeof(*e));
	word(of, sizeof(of), text, "partition=");
	if (strcmp(of, partition) || sscanf(text, ": remora_%15[a-z_]:", e->name) != 1)
		return false;
	word(e->word, sizeof(e->word), text, " state=");
	if (!e->word[0])
		word(e->word, sizeof(e->word), text, " step=");
	e->node = (unsigned int)field(text, " node=");
	e->peer = (unsigned int)field(text, " peer=");
	e->channel = channel(text);
	e->number = field(text, " number=");
	e->tsc = field(text, " tsc=");
	e->type = field(text, " type=");
	e->bytes = field(text, " bytes=");
	e->lost = field(text, " lost=");
	e->bad = field(text, " bad=");
	return true;
}

/* Of the same time: what causes comes before what is caused. */
static int compare(const void *a, const void *b)
{
	const struct tr_event *x = a, *y = b;

	if (x->tsc != y->tsc)
		return x->tsc < y->tsc ? -1 : 1;
	return !strcmp(y->name, "send") - !strcmp(x->name, "send");
}

static bool overrun(void)
{
	char path[96], text[512];

	for (unsigned int cpu = 0; cpu < 64; cpu++) {
		snprintf(path, sizeof(path), TR_DIR "/per_cpu/cpu%u/stats", cpu);
		if (rt_read_text(path, text, sizeof(text)) > 0 && field(text, "overrun: "))
			return true;
	}
	return false;
}

int tr_load(struct tr_trace *t, const char *partition)
{
	FILE *file = fopen(TR_DIR "/trace", "r");
	size_t room = 0, size = 0;
	char *line = NULL;

	memset(t, 0, sizeof(*t));
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		if (t->count == room) {
			struct tr_event *more;

			room = room ? 2 * room : 1024;
			more = realloc(t->event, room * sizeof(*more));
			if (!more)
				break;
			t->event = more;
		}
		t->count += parse(line, partition, &t->event[t->count]);
	}
	free(line);
	fclose(file);
	if (t->count)
		qsort(t->event, t->count, sizeof(*t->event), compare);
	return overrun() ? -EOVERFLOW : 0;
}

void tr_free(struct tr_trace *t)
{
	free(t->event);
	memset(t, 0, sizeof(*t));
}

void tr_sum(const struct tr_trace *t, unsigned int node, __u64 *lost, __u64 *bad)
{
	*lost = 0;
	*bad = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct tr_event *e = &t->event[i];

		if (strcmp(e->name, "lost") || e->node != node)
			continue;
		*lost += e->lost;
		*bad += e->bad;
	}
}

long tr_counter(const char *partition, unsigned int node, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/core%u/trace_%s", partition, node,
		 name);
	return rt_read_long(path);
}
