// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings. A mapping is a capability for some entries of a page table: its range is the memory of
 * these entries, so it is derived from the table, and no two overlap. It and the copy of the frame
 * or table that it maps know each other; when either is deleted the entries are cleared. A copy is
 * mapped at most once.
 */
#include <cap_arch.h>
#include <cap_mdb.h>
#include <cap_type.h>

#include "ops.h"

/* The range of entries in physical memory. */
static uint64_t entries_base(const struct cap_op *op)
{
	return op->table.at->base + op->index * ABI_CAP_ENTRY_BYTES;
}

static uint64_t entries_end(const struct cap_op *op)
{
	return entries_base(op) + op->count * ABI_CAP_ENTRY_BYTES;
}

/* Does the content fit the entries? @page: bytes of one, 0 for a table. */
static int content_check(const struct cap_op *op, uint64_t page)
{
	uint32_t entries = cap_table_entries(op->table.at->type);
	const struct cap_entry *e = op->from.at;
	uint64_t room = e->end - e->base;

	if (op->index >= entries)
		return -ABI_CAP_E_ENTRY;

	if (!page)
		return op->count != 1 ? -ABI_CAP_E_COUNT : op->offset ? -ABI_CAP_E_RANGE : 0;
	if (!op->count)
		return -ABI_CAP_E_COUNT;
	if (op->count > entries - op->index)
		return -ABI_CAP_E_ENTRY;
	if (op->offset >= room || op->count * page > room - op->offset)
		return -ABI_CAP_E_RANGE;
	return (e->base + op->offset) % page ? -ABI_CAP_E_ALIGN : 0;
}

/* Rights asked for: readable at least, what the frame has, not writable and executable. */
static int rights_check(const struct cap_op *op, uint64_t page)
{
	if (!page)
		return op->rights ? -ABI_CAP_E_RIGHTS : 0;
	if (!(op->rights & ABI_CAP_READ) || (op->rights & ~(op->from.at->rights & ABI_CAP_RWX)))
		return -ABI_CAP_E_RIGHTS;
	if ((op->rights & ABI_CAP_WRITE) && (op->rights & ABI_CAP_EXECUTE))
		return -ABI_CAP_E_WRITE_EXECUTE;
	return 0;
}

int cap_map_decode(struct cap_space *space, const struct cap_op *op)
{
	const struct cap_entry *e = op->from.at, *table = op->table.at;
	int64_t page;
	int rc = cap_from_check(&op->from, ABI_CAP_READ);

	if (!rc)
		rc = cap_from_check(&op->table, ABI_CAP_READ);
	if (rc)
		return rc;
	page = cap_page_bytes(table->type, e->type);
	if (page < 0 || (page == 1ll << 30 && !space->huge))
		return -ABI_CAP_E_TYPE;
	if (!(table->rights & ABI_CAP_WRITE) || !(e->rights & ABI_CAP_READ))
		return -ABI_CAP_E_RIGHTS;
	if (e->mate)
		return -ABI_CAP_E_MAPPED;
	rc = content_check(op, (uint64_t)page);
	if (!rc)
		rc = rights_check(op, (uint64_t)page);
	if (!rc)
		rc = cap_to_check(&op->to, 1);
	if (!rc)
		rc = cap_grow_check(space, e, e->base, e->end);
	if (!rc)
		rc = cap_grow_check(space, table, entries_base(op), entries_end(op));
	if (!rc && cap_mdb_overlap(space, table, entries_base(op), entries_end(op)))
		rc = -ABI_CAP_E_ENTRY;
	return rc;
}

int cap_map_invoke(struct cap_space *space, struct cap_op *op)
{
	struct cap_entry *e = op->from.at, *table = op->table.at, *mapping = op->to.at;
	uint64_t page = (uint64_t)cap_page_bytes(table->type, e->type);
	struct cap_map map = {
		.type = table->type,
		.table = table->base,
		.index = (uint32_t)op->index,
		.count = (uint32_t)op->count,
		.what = e->type,
		.pa = e->base + op->offset,
		.page = page,
		.rights = page ? op->rights : ABI_CAP_RWX,
	};

	mapping->base = entries_base(op);
	mapping->end = entries_end(op);
	mapping->type = ABI_CAP_MAPPING;
	mapping->rights = map.rights;
	mapping->badge = table->type;
	mapping->mate = e;
	e->mate = mapping;
	cap_mdb_insert(space, mapping);
	arch_cap_map(space, &map);
	return 0;
}

void cap_unmap(struct cap_space *space, struct cap_entry *mapping)
{
	uint64_t table = mapping->base & ~(ABI_PAGE_SIZE - 1);
	struct cap_map map = {
		.type = (uint32_t)mapping->badge,
		.table = table,
		.index = (uint32_t)((mapping->base - table) / ABI_CAP_ENTRY_BYTES),
		.count = (uint32_t)((mapping->end - mapping->base) / ABI_CAP_ENTRY_BYTES),
	};

	arch_cap_unmap(space, &map);
	mapping->mate->mate = NULL;
	mapping->mate = NULL;
}
