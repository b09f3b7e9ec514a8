// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other nodes lent: a frame for each grant, of which programs get parts. A part comes back clear, so that
 * the next program finds nothing of the last one's: its own node's CPU driver cannot reach it, so it is mapped
 * here and cleared, a slice in each turn.
 */
#include <base/string.h>

#include <caps.h>
#include <memory.h>

#include <memory_priv.h>

#define GRANT_AT (CAPS_AGREED_AT + 2 * MEMORY_PARTS)
#define WIPE_AT (GRANT_AT + MEMORY_GRANTS)

_Static_assert(WIPE_AT + 2 <= 1u << CAPS_TABLE_BITS, "slots");

static struct grant {
	bool back; /* to be given back */
	bool held; /* a part that is all of it is being revoked: its own capability comes back (grant_keep) */
	uint64_t base, bytes; /* 0: free */
} grants[MEMORY_GRANTS];

void grants_init(void)
{
	memset(grants, 0, sizeof(grants));
}

static struct abi_cap_at slot(const struct grant *g)
{
	return caps_table(GRANT_AT + (uint32_t)(g - grants));
}

static struct grant *find(uint64_t base, uint64_t bytes)
{
	for (struct grant *g = grants; g < grants + MEMORY_GRANTS; g++) {
		if (g->bytes && base < g->base + g->bytes && g->base < base + bytes)
			return g;
	}
	return NULL;
}

bool memory_parts_borrowed(uint64_t base)
{
	return find(base, 1);
}

/* One whose capability was revoked by its owner is over. */
static void sweep(void)
{
	for (struct grant *g = grants; g < grants + MEMORY_GRANTS; g++) {
		if (g->bytes && !g->back && !g->held && !caps_identify(slot(g), ABI_INVOKE_BYTES))
			g->bytes = 0;
	}
}

bool grant_place(uint64_t base, uint64_t bytes, struct abi_cap_at *at)
{
	struct grant *g = grants;

	sweep();
	if (find(base, bytes))
		return false;
	while (g < grants + MEMORY_GRANTS && g->bytes)
		g++;
	if (g == grants + MEMORY_GRANTS)
		return false;
	*g = (struct grant){ .base = base, .bytes = bytes };
	*at = slot(g);
	return true;
}

int grant_part(uint64_t base, uint64_t bytes, struct abi_cap_at to)
{
	const struct grant *g = find(base, bytes);

	if (!g || base < g->base || bytes > g->bytes - (base - g->base))
		return -ABI_CAP_E_RANGE;
	if (bytes == g->bytes)
		return caps_copy(slot(g), to);
	return caps_retype(slot(g), to, ABI_CAP_FRAME, base - g->base, bytes, 1);
}

void grant_hold(uint64_t base, uint64_t bytes)
{
	struct grant *g = find(base, bytes);

	if (g)
		g->held = g->bytes == bytes;
}

void grant_keep(uint64_t base, uint64_t bytes, struct abi_cap_at from)
{
	struct grant *g = find(base, bytes);

	if (!g || !g->held)
		return;
	g->held = false;
	caps_copy(from, slot(g));
}

uint64_t grant_wipe(struct abi_cap_at from, uint64_t offset, uint64_t bytes)
{
	struct caps_pages pages = {
		.frame = caps_table(WIPE_AT),
		.offset = offset,
		.table = memory_wipe_table(),
		.count = (uint32_t)((bytes < MON_BIG_PAGE ? bytes : MON_BIG_PAGE) / MON_PAGE),
		.rights = ABI_CAP_RW,
	};
	int rc = caps_copy(from, pages.frame);

	if (!rc)
		rc = caps_map(&pages, caps_table(WIPE_AT + 1));
	if (!rc)
		memset(mon_memory(memory_wipe_at(), pages.count * MON_PAGE), 0, pages.count * MON_PAGE);
	caps_delete(pages.frame);
	return rc ? 0 : pages.count * MON_PAGE;
}

bool grant_back(uint64_t base)
{
	struct grant *g = find(base, 1);

	if (g)
		g->back = true;
	return g;
}

bool grants_work(struct memserv *server)
{
	bool any = false;

	for (struct grant *g = grants; g < grants + MEMORY_GRANTS; g++) {
		if (!g->bytes || !g->back)
			continue;
		any = true;
		if (caps_revoke_agreed(slot(g)) == -ABI_CAP_E_AGAIN)
			continue;
		caps_delete(slot(g));
		g->bytes = 0;
		g->back = false;
		memserv_given(server, g->base);
	}
	return any;
}
