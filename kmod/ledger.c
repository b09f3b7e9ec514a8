// SPDX-License-Identifier: GPL-2.0-only
/* What the module holds of Linux's, counted. */

#include <linux/atomic.h>

#include "ledger.h"

/* Sum over all partitions, and what belongs to none. */
static struct remora_ledger module_ledger;

const char *const remora_ledger_names[REMORA_LEDGER_COUNT] = {
	[REMORA_LEDGER_CPUS] = "cpus",
	[REMORA_LEDGER_PAGES] = "pages",
	[REMORA_LEDGER_VECTORS] = "vectors",
	[REMORA_LEDGER_LOW_PAGES] = "low_pages",
	[REMORA_LEDGER_CHANNELS] = "channels",
	[REMORA_LEDGER_LINKS] = "links",
	[REMORA_LEDGER_BOUND] = "bound",
	[REMORA_LEDGER_SETTINGS] = "settings",
	[REMORA_LEDGER_IMAGES] = "images",
	[REMORA_LEDGER_PARTITIONS] = "partitions",
};

void remora_ledger_add(struct remora_ledger *own, enum remora_ledger_item item, long count)
{
	if (own)
		atomic64_add(count, &own->item[item]);
	atomic64_add(count, &module_ledger.item[item]);
}

s64 remora_ledger_read(const struct remora_ledger *own, enum remora_ledger_item item)
{
	return atomic64_read(own ? &own->item[item] : &module_ledger.item[item]);
}
