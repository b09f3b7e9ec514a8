// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings to other cores are frames made of the extents of shared memory, so that revoking them takes
 * them from the program, however it copied and mapped them, and from nobody else.
 */
#include <base/string.h>

#include <urpc/chan.h>

#include <bound.h>
#include <build.h>
#include <caps.h>
#include <memory.h>

#define POOL_PAGES 256u /* of rings between programs of this core */
#define POOL CAPS_LOCAL_AT /* slot of its RAM, then two of frames for each channel */

_Static_assert(CAPS_LOCAL_AT + 1 + 2 * BOUND_LOCALS <= CAPS_MESH_AT, "slots");
_Static_assert(ABI_SLOT_BOUND + ABI_BOUND_SLOTS * ABI_BOUND_MAX <= ABI_SLOT_FREE, "slots of programs");

/* Slots of the table for an end to another core. */
enum { SLOT_TX, SLOT_RX, SLOT_URPC };

_Static_assert(SLOT_URPC < CAPS_CHANNEL, "slots");

enum state { FREE, THERE, ENDING };

/**
 * struct bound - @holder: domain that was given it, 0: none; @place: there
 * @patience: TSC, of an ending one with a holder
 * @page, @pages: of the pool, both rings; of the client's end of a channel of this core
 */
static struct bound {
	uint8_t state;
	uint8_t place;
	uint16_t page, pages;
	uint32_t slots;
	uint32_t holder;
	uint64_t patience;
} ends[BOUND_ENDS];

static uint8_t pool_used[POOL_PAGES];
static uint32_t pool_channels;
static int pool_piece;

static bool is_local(uint32_t end)
{
	return end >= ABI_CHANNELS_MAX;
}

static uint32_t twin_of(uint32_t end)
{
	return ABI_CHANNELS_MAX + ((end - ABI_CHANNELS_MAX) ^ 1);
}

static struct abi_cap_at slot(uint32_t end, uint32_t which)
{
	return caps_table(end * CAPS_CHANNEL + which);
}

/* The ring that this end of a channel of this core reads. */
static struct abi_cap_at local_ring(uint32_t end)
{
	return caps_table(POOL + 1 + (end - ABI_CHANNELS_MAX));
}

static int64_t kernel(uint32_t op, uint64_t channel, uint64_t value)
{
	const uint64_t arg[3] = { channel, value, 0 };

	return mon_object(op, caps_root(ABI_SLOT_KERNEL), arg, NULL);
}

void bound_init(void)
{
	memset(ends, 0, sizeof(ends));
	memset(pool_used, 0, sizeof(pool_used));
	pool_channels = 0;
}

uint32_t bound_slots(uint32_t end)
{
	return ends[end].slots;
}

uint32_t bound_count(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < BOUND_ENDS; i++)
		count += ends[i].state != FREE;
	return count;
}

/* ---- to another core ---- */

static int make_ring(uint64_t base, uint64_t bytes, struct abi_cap_at to)
{
	struct abi_cap_at extent = { 0 };
	int64_t offset = memory_shared(base, bytes, &extent);

	if (offset < 0 || base % MON_PAGE)
		return -MON_EINVAL;
	return caps_retype(extent, to, ABI_CAP_FRAME, (uint64_t)offset, bytes, 1) ? -MON_ENOMEM : 0;
}

static int make_end(uint32_t number, uint64_t slots, uint64_t tx, uint64_t rx)
{
	uint64_t bytes;
	int rc;

	if (slots > URPC_SLOTS_MAX || !urpc_slots_valid((uint32_t)slots))
		return -MON_EINVAL;
	bytes = mon_up(urpc_ring_bytes((uint32_t)slots), MON_PAGE);
	rc = make_ring(tx, bytes, slot(number, SLOT_TX));
	if (rc)
		return rc;
	rc = make_ring(rx, bytes, slot(number, SLOT_RX));
	if (!rc && caps_retype(caps_root(ABI_SLOT_URPC), slot(number, SLOT_URPC), ABI_CAP_URPC, number,
			       1, 1)) {
		caps_delete(slot(number, SLOT_RX));
		rc = -MON_ENOMEM;
	}
	if (rc)
		caps_delete(slot(number, SLOT_TX));
	return rc;
}

void bound_bind(const uint64_t word[6])
{
	int rc = -MON_EINVAL;

	/* word[5]: the node of the other end; 0: a program of Linux's. */
	if (word[0] < ABI_CHANNELS_MAX && ends[word[0]].state == FREE)
		rc = make_end((uint32_t)word[0], word[2], word[3], word[4]);
	if (!rc)
		ends[word[0]] = (struct bound){ .state = THERE, .slots = (uint32_t)word[2] };
	kernel(ABI_KERNEL_BOUND, word[0], (uint64_t)-rc);
}

/* From its holder, too, whatever it made of them. */
static void revoke_end(uint32_t number)
{
	for (uint32_t i = 0; i <= SLOT_URPC; i++)
		caps_revoke(slot(number, i));
}

static void free_end(uint32_t number)
{
	for (uint32_t i = 0; i <= SLOT_URPC; i++)
		caps_delete(slot(number, i));
	ends[number].state = FREE;
	kernel(ABI_KERNEL_UNBOUND, number, 0);
}

static void become_ending(struct bound *b)
{
	b->state = ENDING;
	b->patience = mon_cycles() + BOUND_PATIENCE_MS * domains_place()->tsc_khz;
}

bool bound_unbind(uint64_t number)
{
	if (number >= ABI_CHANNELS_MAX || ends[number].state == FREE)
		return false;
	become_ending(&ends[number]);
	if (!ends[number].holder)
		free_end((uint32_t)number);
	return true;
}

/* ---- on this core ---- */

static bool pool_find(uint32_t pages, uint32_t *at)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < POOL_PAGES; i++) {
		run = pool_used[i] ? 0 : run + 1;
		if (run == pages) {
			*at = i + 1 - pages;
			return true;
		}
	}
	return false;
}

static int pool_open(void)
{
	if (pool_channels)
		return 0;
	pool_piece = memory_take(0, POOL_PAGES * MON_PAGE, caps_table(POOL));
	return pool_piece < 0 ? -MON_ENOMEM : 0;
}

static void pool_close(void)
{
	if (!pool_channels)
		memory_give(pool_piece, caps_table(POOL));
}

static void pool_mark(const struct bound *client, uint8_t used)
{
	memset(pool_used + client->page, used, client->pages);
}

/* The ring that each of the ends reads. */
static int make_local(uint32_t client, const struct bound *b)
{
	uint64_t half = b->pages / 2 * MON_PAGE, at = b->page * MON_PAGE;

	if (caps_retype(caps_table(POOL), local_ring(client), ABI_CAP_FRAME, at, half, 1))
		return -MON_ENOMEM;
	if (!caps_retype(caps_table(POOL), local_ring(client + 1), ABI_CAP_FRAME, at + half, half, 1))
		return 0;
	caps_delete(local_ring(client));
	return -MON_ENOMEM;
}

int bound_local(uint32_t slots, uint32_t end[2])
{
	struct bound b = { .state = THERE, .slots = slots };
	uint32_t client = ABI_CHANNELS_MAX, page = 0;

	while (client < BOUND_ENDS && (ends[client].state != FREE || ends[client + 1].state != FREE))
		client += 2;
	b.pages = (uint16_t)(2 * (mon_up(urpc_ring_bytes(slots), MON_PAGE) / MON_PAGE));
	if (client >= BOUND_ENDS || !pool_find(b.pages, &page) || pool_open())
		return -MON_ENOMEM;
	b.page = (uint16_t)page;
	if (make_local(client, &b)) {
		pool_close();
		return -MON_ENOMEM;
	}
	pool_channels++;
	pool_mark(&b, 1);
	ends[client] = ends[client + 1] = b;
	end[0] = client;
	end[1] = client + 1;
	return 0;
}

static void free_local(uint32_t client)
{
	for (uint32_t i = client; i < client + 2; i++) {
		caps_revoke(local_ring(i));
		caps_delete(local_ring(i));
		ends[i].state = FREE;
	}
	pool_mark(&ends[client], 0);
	pool_channels--;
	pool_close();
}

static void free_local_if_over(uint32_t end)
{
	uint32_t twin = twin_of(end);

	if (ends[end].state == ENDING && !ends[end].holder && !ends[twin].holder)
		free_local(end < twin ? end : twin);
}

void bound_unlocal(const uint32_t end[2])
{
	become_ending(&ends[end[0]]);
	become_ending(&ends[end[1]]);
	free_local_if_over(end[0]);
}

bool bound_is_ring(uint64_t base, uint64_t bytes)
{
	uint64_t pool = pool_channels ? caps_identify(caps_table(POOL), ABI_INVOKE_BASE) : base + bytes;
	struct abi_cap_at extent;

	return (base < pool + POOL_PAGES * MON_PAGE && pool < base + bytes) ||
	       memory_shared(base, bytes, &extent) >= 0;
}

/* ---- holders ---- */

static struct abi_cap_at given(const struct domain *d, uint32_t place, uint32_t which)
{
	return build_child(d, ABI_SLOT_BOUND + place * ABI_BOUND_SLOTS + which);
}

static void take_back(const struct domain *d, uint32_t place, uint32_t count)
{
	while (count--)
		caps_delete(given(d, place, count));
}

int bound_give(uint32_t end, const struct domain *d, uint32_t place, const struct domain *other)
{
	bool local = is_local(end);
	const struct {
		struct abi_cap_at from;
		uint8_t rights;
	} caps[ABI_BOUND_SLOTS] = {
		[ABI_BOUND_TX] = { local ? local_ring(twin_of(end)) : slot(end, SLOT_TX), ABI_CAP_RW },
		[ABI_BOUND_RX] = { local ? local_ring(end) : slot(end, SLOT_RX), ABI_CAP_READ },
		[ABI_BOUND_NOTIFY] = { local && other ? build_inner(other, PLAN_SLOT_ENDPOINT) :
				       slot(end, SLOT_URPC), local ? ABI_CAP_WRITE : ABI_CAP_RW },
	};

	if (end >= BOUND_ENDS || ends[end].state != THERE || ends[end].holder || (local && !other))
		return -MON_ENOENT;
	for (uint32_t i = 0; i < ABI_BOUND_SLOTS; i++) {
		if (caps_mint(caps[i].from, given(d, place, i), caps[i].rights, 0)) {
			take_back(d, place, i);
			return -MON_ENOMEM;
		}
	}
	ends[end].holder = d->number;
	ends[end].place = (uint8_t)place;
	return 0;
}

/* Of a channel of this core the other end may go on: only this one's capabilities go. */
void bound_release(uint32_t end)
{
	struct bound *b = &ends[end];
	const struct domain *d = domain_find(b->holder);

	if (b->state == FREE || !b->holder)
		return;
	b->holder = 0;
	if (!is_local(end)) {
		revoke_end(end);
		if (b->state == ENDING)
			free_end(end);
		return;
	}
	if (d)
		take_back(d, b->place, ABI_BOUND_SLOTS);
	free_local_if_over(end);
}

uint64_t bound_work(void)
{
	uint64_t now = mon_cycles(), next = UINT64_MAX;

	for (uint32_t i = 0; i < BOUND_ENDS; i++) {
		const struct bound *b = &ends[i];

		if (b->state != ENDING || !b->holder)
			continue;
		if (b->patience <= now)
			bound_release(i);
		else if (b->patience < next)
			next = b->patience;
	}
	return next;
}
