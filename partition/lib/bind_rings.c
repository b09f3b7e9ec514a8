// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The rings of channels to other programs. When a channel is over the monitor takes them away; a program
 * that is just using them must not notice more than that nothing comes any more. So memory of its own is
 * put in their place: that of the ring that it reads has what was in it.
 */
#include <base/string.h>

#include <lib/error.h>
#include <lib/vspace.h>

#include "bind_priv.h"

#define PAGE 4096ull

static struct abi_cap_at given(const struct rt_bound *b, uint32_t which)
{
	return (struct abi_cap_at){ ABI_SLOT_BOUND + b->place * ABI_BOUND_SLOTS + which,
				    ABI_DOMAIN_ROOT_BITS, 0 };
}

static int open_channel(struct rt_bound *b)
{
	struct urpc_ring *tx = (struct urpc_ring *)b->tx;
	const struct urpc_ring *rx = (const struct urpc_ring *)b->rx;

	if (b->near)
		return rt_channel_open_near(&b->channel, tx, rx, b->slots, given(b, ABI_BOUND_NOTIFY));
	return rt_channel_open(&b->channel, tx, rx, b->slots, given(b, ABI_BOUND_NOTIFY));
}

int rings_map(struct rt_bound *b)
{
	int rc;

	b->bytes = (urpc_ring_bytes(b->slots) + PAGE - 1) & ~(PAGE - 1);
	b->tx = b->rx = 0;
	rc = rt_vspace_map_frame(given(b, ABI_BOUND_TX), 0, b->bytes, RT_READ | RT_WRITE, 0, &b->tx);
	if (rc)
		return rc;
	rc = rt_vspace_map_frame(given(b, ABI_BOUND_RX), 0, b->bytes, RT_READ, 0, &b->rx);
	if (!rc) {
		rc = open_channel(b);
		if (!rc)
			return 0;
		rt_vspace_unmap(b->rx, b->bytes);
	}
	rt_vspace_unmap(b->tx, b->bytes);
	b->tx = b->rx = 0;
	return rc;
}

/* Zeros in the place of a ring. Without memory for it a touch ends the program, as it would have. */
static void replace(uint64_t at, uint64_t bytes)
{
	if (!rt_vspace_unmap(at, bytes))
		rt_vspace_map(&at, bytes, RT_READ | RT_WRITE, RT_MAP_EXACTLY);
}

void rings_copy(struct rt_bound *b)
{
	uint64_t copy = 0;
	bool have;

	/* The monitor may take the ring away just now. */
	if (b->copying) {
		replace(b->rx, b->bytes);
		return;
	}
	b->copying = true;
	have = !rt_vspace_map(&copy, b->bytes, RT_READ | RT_WRITE, RT_MAP_NOW);
	if (have)
		memcpy((void *)copy, (const void *)b->rx, b->bytes);
	replace(b->rx, b->bytes);
	replace(b->tx, b->bytes);
	if (have) {
		memcpy((void *)b->rx, (const void *)copy, b->bytes);
		rt_vspace_unmap(copy, b->bytes);
	}
	b->copying = false;
	b->channel.cap = (struct abi_cap_at){ 0 };
	b->channel.over = true;
}

void rings_unmap(struct rt_bound *b)
{
	if (b->rx)
		rt_vspace_unmap(b->rx, b->bytes);
	if (b->tx)
		rt_vspace_unmap(b->tx, b->bytes);
	b->tx = b->rx = 0;
}

bool rings_have(const struct rt_bound *b, uint64_t address)
{
	return (b->rx && address - b->rx < b->bytes) || (b->tx && address - b->tx < b->bytes);
}
