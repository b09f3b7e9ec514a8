/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger: everything the module holds of Linux's, counted where it is taken and where it is
 * given back. Readable in sysfs; all zero once no partition exists.
 */
#ifndef REMORA_LEDGER_H
#define REMORA_LEDGER_H

#include <linux/types.h>

enum remora_ledger_item {
	REMORA_LEDGER_CPUS,       /* CPUs taken from Linux */
	REMORA_LEDGER_PAGES,      /* 4 KiB pages of partition memory */
	REMORA_LEDGER_VECTORS,    /* doorbell interrupts */
	REMORA_LEDGER_LOW_PAGES,  /* pages below 1 MiB borrowed at this moment */
	REMORA_LEDGER_CHANNELS,   /* bound channels */
	REMORA_LEDGER_LINKS,      /* links between monitors */
	REMORA_LEDGER_BOUND,      /* channels between programs of two cores */
	REMORA_LEDGER_SETTINGS,   /* saved CPU settings to restore */
	REMORA_LEDGER_IMAGES,     /* image copies */
	REMORA_LEDGER_PARTITIONS,
	REMORA_LEDGER_COUNT
};

struct remora_ledger {
	atomic64_t item[REMORA_LEDGER_COUNT];
};

extern const char *const remora_ledger_names[REMORA_LEDGER_COUNT];

/** remora_ledger_add - count, in the partition's ledger (NULL: none) and in the module's. Any context. */
void remora_ledger_add(struct remora_ledger *own, enum remora_ledger_item item, long count);
/** remora_ledger_read - of a partition's ledger, or the module's with NULL */
s64 remora_ledger_read(const struct remora_ledger *own, enum remora_ledger_item item);

#endif
