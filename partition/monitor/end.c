// SPDX-License-Identifier: GPL-2.0-only
#include <caps.h>
#include <end.h>
#include <memory.h>

static struct abi_cap_at slot(const struct end_place *p, enum end_slot which)
{
	return caps_table(p->slot + which);
}

static int map_ring(const struct end_place *p, uint64_t base, uint64_t bytes, enum end_slot frame)
{
	struct caps_pages pages = {
		.frame = slot(p, frame),
		.table = p->table,
		.index = p->index + (frame == END_RX ? p->pages : 0),
		.count = (uint32_t)(bytes / MON_PAGE),
		.rights = frame == END_RX ? ABI_CAP_READ : ABI_CAP_RW,
	};
	struct abi_cap_at extent = { 0 };
	int64_t offset = memory_shared(base, bytes, &extent);
	int rc;

	if (offset < 0 || base % MON_PAGE || pages.count > p->pages)
		return -MON_EINVAL;
	pages.offset = (uint64_t)offset;
	if (caps_mint(extent, pages.frame, pages.rights, 0))
		return -MON_ENOMEM;
	rc = caps_map(&pages, slot(p, frame + 1));
	if (rc)
		caps_delete(pages.frame);
	return rc ? -MON_ENOMEM : 0;
}

int end_open(const struct end_place *p, const struct end_rings *rings, struct urpc_chan *end)
{
	static const uint64_t none[3];
	uint64_t bytes;
	int rc;

	if (rings->slots > URPC_SLOTS_MAX || !urpc_slots_valid((uint32_t)rings->slots))
		return -MON_EINVAL;
	bytes = urpc_ring_bytes((uint32_t)rings->slots);
	if (caps_retype(caps_root(ABI_SLOT_URPC), slot(p, END_URPC), ABI_CAP_URPC, p->number, 1, 1))
		return -MON_ENOMEM;
	rc = map_ring(p, rings->tx, bytes, END_TX);
	if (rc)
		goto no_tx;
	rc = map_ring(p, rings->rx, bytes, END_RX);
	if (rc)
		goto no_rx;
	rc = urpc_chan_init(end, mon_memory(p->at, bytes),
			    mon_memory(p->at + p->pages * MON_PAGE, bytes), (uint32_t)rings->slots);
	if (!rc && mon_object(ABI_URPC_WAKE, slot(p, END_URPC), none, NULL))
		rc = -MON_EINVAL;
	if (!rc)
		return 0;
	caps_delete(slot(p, END_RX));
no_rx:
	caps_delete(slot(p, END_TX));
no_tx:
	caps_delete(slot(p, END_URPC));
	return rc;
}

void end_close(const struct end_place *p)
{
	caps_delete(slot(p, END_RX));
	caps_delete(slot(p, END_TX));
	caps_delete(slot(p, END_URPC));
}

void end_notify(const struct end_place *p)
{
	static const uint64_t none[3];

	mon_object(ABI_URPC_NOTIFY, slot(p, END_URPC), none, NULL);
}
