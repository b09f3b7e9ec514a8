// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAM that node 0 gives while the core runs, and takes back. A range is nobody's, then on its way in, then
 * RAM, then on its way out: memory_within() knows RAM alone, memory_touched() all of them.
 */
#include <abi/ctl.h>
#include <abi/domain.h>

#include <arch.h>
#include <cap_agree.h>
#include <capability.h>
#include <console.h>
#include <dispatcher.h>
#include <errors.h>
#include <memory.h>
#include <userlink.h>

#define ON_ITS_WAY 0u /* the kind of such an extent */

static bool well_formed(const struct abi_ctl_memory *m)
{
	return m->bytes && !((m->base | m->bytes | m->at) % ABI_LARGE_PAGE_SIZE) &&
	       m->base < ABI_WINDOW_SIZE && m->bytes <= ABI_WINDOW_SIZE - m->base &&
	       m->at < m->bytes;
}

static uint64_t step_of(const struct abi_ctl_memory *m)
{
	return m->bytes - m->at < ABI_MEMORY_STEP ? m->bytes - m->at : ABI_MEMORY_STEP;
}

/* Where the monitor has its capability. Return: false: there is no monitor. */
static bool monitors(uint32_t index, struct cap_slot *slot)
{
	struct dispatcher *monitor = userlinks_monitor();

	return monitor && !cap_slot_find(&dispatcher_slots(monitor)[DISPATCHER_ROOT],
					 ABI_SLOT_EXTENTS + index, ABI_DOMAIN_ROOT_BITS, slot);
}

/* Nobody else has anything there: it was Linux's. */
static int give(uint32_t index, const struct abi_extent *e)
{
	struct cap_slot to;

	if (!monitors(index, &to))
		return -ERR_NOENT;
	return cap_create(&cap_space, to.at, ABI_CAP_RAM, e->base, e->size, ABI_CAP_RIGHTS, 0) ?
		       -ERR_EXIST : 0;
}

int memory_add(const struct abi_ctl_memory *m)
{
	struct abi_extent *e;
	uint32_t index;
	int rc;

	if (!well_formed(m))
		return -ERR_INVAL;
	if (!m->at) {
		if (memory_touched(m->base, m->bytes) || memory_reserved(m->base, m->bytes))
			return -ERR_EXIST;
		e = memory_extent(0, 0, &index);
		if (!e)
			return -ERR_NOSPC;
		*e = (struct abi_extent){ .base = m->base, .size = m->bytes, .kind = ON_ITS_WAY,
					  .numa = m->numa };
	}
	e = memory_extent(m->base, m->bytes, &index);
	if (!e || e->kind != ON_ITS_WAY)
		return -ERR_NOENT;
	rc = arch_window_add(m->base + m->at, step_of(m));
	if (rc || m->at + step_of(m) < m->bytes)
		return rc;
	rc = give(index, e);
	if (!rc)
		e->kind = ABI_EXTENT_RAM;
	return rc;
}

/*
 * No capability for it, for what it was part of, or for what was made of it, is left; but the monitor's, of which
 * it may not have heard.
 */
static bool nobodys(const struct abi_ctl_memory *m, uint32_t index)
{
	const struct cap_range range = { m->base, m->bytes, ABI_CAP_RAM };
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE, .agreed = true };

	if (!(cap_agree_relations(&cap_space, &range) & ~(CAP_HAS_COPY | CAP_HAS_OWN)) &&
	    monitors(index, &op.from) && op.from.at->type == ABI_CAP_RAM &&
	    op.from.at->base == m->base && op.from.at->end == m->base + m->bytes)
		capability_do(&op);
	return !cap_agree_relations(&cap_space, &range);
}

int memory_take(const struct abi_ctl_memory *m)
{
	struct abi_extent *e;
	uint32_t index;

	if (!well_formed(m))
		return -ERR_INVAL;
	e = memory_extent(m->base, m->bytes, &index);
	if (!e)
		return -ERR_NOENT;
	if (e->kind != ON_ITS_WAY) {
		if (e->kind != ABI_EXTENT_RAM || m->at || !nobodys(m, index))
			return -ERR_BUSY;
		e->kind = ON_ITS_WAY;
	}
	arch_window_remove(m->base + m->at, step_of(m));
	if (m->at + step_of(m) == m->bytes)
		*e = (struct abi_extent){ 0 };
	return 0;
}
