/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux's trace buffer, by its files alone: the events of Remora switched on and off, and read back. */
#ifndef RT_TRACEFS_H
#define RT_TRACEFS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define TR_DIR "/sys/kernel/tracing"
#define TR_PERIOD "/sys/module/remora/parameters/trace_ms"

/* Channels that have no number, as the events name them. */
#define TR_CONTROL 0x100u
#define TR_PEER 0x101u
#define TR_SHOOTDOWN 0x102u
#define TR_NONE 0xffffu

/**
 * struct tr_event - one line of the trace
 * @name: without "remora_"
 * @word: state or step, or ""
 * Fields that an event lacks are 0.
 */
struct tr_event {
	char name[16];
	char word[16];
	unsigned int node;
	unsigned int peer;
	unsigned int channel;
	__u64 number;
	__u64 tsc;
	__u64 type;
	__u64 bytes;
	__u64 lost;
	__u64 bad;
};

/** struct tr_trace - events of one partition, by tr_load() in the order of their tsc */
struct tr_trace {
	struct tr_event *event;
	size_t count;
};

/** tr_begin - an empty buffer, large enough; every event of Remora off. 0 or -errno */
int tr_begin(void);

/** tr_end - events off, buffer empty, period as it was by default */
void tr_end(void);

/** tr_enable - one event ("send"), or all of them (NULL). Off: returns when the rings are empty */
int tr_enable(const char *name, bool on);

/** tr_load - read the trace; -EOVERFLOW when Linux's own buffer had overrun. tr_free() */
int tr_load(struct tr_trace *t, const char *partition);
void tr_free(struct tr_trace *t);

/** tr_sum - over all lost events of a core: what is called missing there */
void tr_sum(const struct tr_trace *t, unsigned int node, __u64 *lost, __u64 *bad);

/** tr_counter - a trace_NAME of a core in sysfs, or -errno */
long tr_counter(const char *partition, unsigned int node, const char *name);

#endif
