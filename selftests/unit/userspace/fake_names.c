// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the fake module.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <remora/remora.h>

#include "fake_names.h"

/* So that a list takes several calls. */
#define AT_ONCE 3u

static const struct remora_names_record table[] = {
	{ .kind = REMORA_NAMES_SEMAPHORE, .node = 2, .domain = 7, .version = 4, .value = { 3 },
	  .name = "seats" },
	{ .kind = REMORA_NAMES_RECORD, .node = 1, .domain = 0xffffffff, .version = 9,
	  .flags = REMORA_NAMES_SHARED, .value = { 11, 0, 0, 44 }, .name = "disk.size" },
	{ .kind = REMORA_NAMES_LOCK, .node = 0, .domain = 5, .version = 6, .name = "disk.lock" },
	{ .kind = REMORA_NAMES_BARRIER, .node = 3, .domain = 1, .version = 7, .value = { 4, 2 },
	  .name = "meeting" },
	{ .kind = REMORA_NAMES_RECORD, .node = 0, .domain = 5, .version = 8, .value = { 1 },
	  .name = "evil\x1b[31m\"" },
};

static int list(struct remora_names_list *l)
{
	struct remora_names_record *to = (void *)(uintptr_t)l->records;
	unsigned int there = getenv("FAKE_NAMES") ? (unsigned int)atoi(getenv("FAKE_NAMES")) : 0;
	unsigned int room = l->count < AT_ONCE ? l->count : AT_ONCE;

	if (there > 5) {
		l->error.reason = REMORA_R_PARTITION_GONE;
		snprintf(l->error.message, sizeof(l->error.message), "fake words: gone");
		return -ENODEV;
	}
	l->count = 0;
	for (; l->at < there && l->count < room; l->at++)
		if (!strncmp(table[l->at].name, l->prefix, strlen(l->prefix)))
			to[l->count++] = table[l->at];
	return 0;
}

int fake_names_ioctl(unsigned long request, void *arg)
{
	return request == REMORA_IOC_NAMES_LIST ? list(arg) : -ENOTTY;
}
