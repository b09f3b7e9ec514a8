// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU driver that turned against its host: the real one, linked with two functions wrapped. In
 * each turn of the event loop it may do harm, and each answer to node 0 may become another. All
 * harm is done in memory that the core shares, and by doorbells: what a core could do to Linux's own
 * memory no module can prevent.
 */
#include <abi/console.h>
#include <abi/ctl.h>
#include <abi/trace.h>
#include <arch.h>
#include <bootinfo.h>
#include <control.h>
#include <link.h>
#include <loop.h>
#include <memory.h>

#include "orders.h"

#define BELLS_MAX 2000u
#define SILENCE_MS_MAX 60u

/* In the image's data, patched in its file before it is loaded. */
static volatile struct hostile_orders orders = { .magic = HOSTILE_MAGIC, .period = 1 };

bool __real_timer_run(uint64_t now);
bool __wrap_timer_run(uint64_t now);
void __real_link_send(struct link *link, uint16_t type, const void *payload, size_t bytes);
void __wrap_link_send(struct link *link, uint16_t type, const void *payload, size_t bytes);

static uint64_t random_state;
static uint64_t turns;

static uint64_t random_next(void)
{
	uint64_t x = random_state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)(random_next() % n);
}

/* What a checker may have forgotten: around @now, around the ends of the ranges, anything. */
static uint64_t spoilt(uint64_t now)
{
	static const uint64_t edges[] = { 0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
					  1ull << 48, 1ull << 63, ~0ull };

	switch (below(4)) {
	case 0: return now + below(9) - 4;
	case 1: return now + below(8192) - 4096;
	case 2: return edges[below(sizeof(edges) / sizeof(edges[0]))];
	default: return random_next();
	}
}

static void scatter(void *at, uint64_t bytes, uint32_t count)
{
	uint64_t *word = at;

	while (bytes >= sizeof(*word) && count--) {
		uint64_t *victim = &word[below((uint32_t)(bytes / sizeof(*word)))];

		__atomic_store_n(victim, spoilt(*victim), __ATOMIC_RELEASE);
	}
}

/* ---- channels ---- */

static uint32_t visits;
static struct link *chosen;

static void choose(struct link *link)
{
	if (!below(++visits))
		chosen = link;
}

/* Any open link; the control channel, whose end is the core's end, less often. */
static struct link *some_link(void)
{
	visits = 0;
	chosen = NULL;
	if (below(8))
		links_each_bound(choose);
	if (!chosen)
		links_each(choose);
	return chosen;
}

/* The next slot, with a header that is right in all but a few fields, or in none. */
static void spoil_header(void)
{
	struct urpc_chan *c = &some_link()->chan;
	uint64_t number = c->tx_next + (below(3) ? 0 : below(8));
	struct urpc_slot *slot = &c->tx->slots[number & (c->slots - 1)];
	uint64_t header = (number & URPC_HDR_SEQ_MASK) |
			  ((c->rx_next - 1) & 0xffff) << URPC_HDR_ACK_SHIFT |
			  (uint64_t)below(4) << URPC_HDR_TYPE_SHIFT |
			  (uint64_t)below(57) << URPC_HDR_LEN_SHIFT;

	switch (below(6)) {
	case 0: header ^= 1ull << below(16); break;
	case 1: header ^= (spoilt(0) & 0xffff) << URPC_HDR_ACK_SHIFT; break;
	case 2: header |= (uint64_t)below(256) << URPC_HDR_LEN_SHIFT; break;
	case 3: header |= (uint64_t)below(256) << 56; break;
	case 4: header |= (uint64_t)below(65536) << URPC_HDR_TYPE_SHIFT; break;
	default: header = random_next(); break;
	}
	urpc_store_release(&slot->header, header);
	/* Often it counts as sent, so that what follows has a place. */
	c->tx_next += below(2);
}

static void spoil_ack(void)
{
	struct urpc_chan *c = &some_link()->chan;

	__atomic_store_n(&c->tx->ack, spoilt(c->rx_next), __ATOMIC_RELEASE);
}

static void spoil_armed(void)
{
	struct urpc_ring *tx = some_link()->chan.tx;

	__atomic_store_n(&tx->armed_at, spoilt(tx->armed_at), __ATOMIC_RELAXED);
	__atomic_store_n(&tx->armed_ack, spoilt(tx->armed_ack), __ATOMIC_RELAXED);
	__atomic_store_n(&tx->armed, below(2) ? below(4) : (uint32_t)random_next(),
			 __ATOMIC_RELEASE);
}

static void spoil_rings(void)
{
	struct link *link = some_link();

	scatter(memory_at(below(2) ? link->tx_base : link->rx_base),
		urpc_ring_bytes(link->chan.slots), 1 + below(32));
}

/* The heads of random pages: rings and lines of anybody begin there. */
static void spoil_shared(void)
{
	for (uint32_t i = 0; i < boot_info->extent_count; i++) {
		const struct abi_extent *e = &boot_info->extents[i];

		for (uint32_t n = below(64); e->kind == ABI_EXTENT_SHARED && n; n--)
			scatter(memory_at(e->base + below((uint32_t)(e->size / ABI_PAGE_SIZE)) *
					  ABI_PAGE_SIZE), 512, 1 + below(8));
	}
}

/* ---- pages ---- */

/* Everything between the state and the crash record. The heartbeat may go back. */
static void spoil_page(void)
{
	uint64_t first = offsetof(struct abi_core, probe_echo);

	scatter((char *)core_page + first / 8 * 8, offsetof(struct abi_core, crash) - first, 1 + below(3));
}

static void spoil_state(void)
{
	scatter(&core_page->crash, sizeof(core_page->crash), 40);
	for (uint32_t i = 0; i < sizeof(core_page->crash.reason); i++)
		core_page->crash.reason[i] = (char)(1 + below(255));
	core_set_state(below(2) ? below(8) : (uint32_t)random_next());
}

static void spoil_console(void)
{
	struct abi_console *console = memory_at(boot_info->console);
	uint64_t records = (boot_info->console_size - sizeof(*console)) / sizeof(console->line[0]);
	struct abi_console_line *line = &console->line[below((uint32_t)records)];

	if (!below(4))
		scatter(console, sizeof(*console), 2);
	line->length = (uint16_t)random_next();
	for (uint32_t i = 0; i < ABI_CONSOLE_TEXT; i++)
		line->text[i] = (char)random_next();
	scatter(line, sizeof(*line), below(4));
	/* Records that number among the written ones, so that they are read. */
	if (below(2))
		line->number = console->written - below(4);
	if (!below(8))
		console->written += below(64);
}

static void spoil_trace(void)
{
	struct abi_trace_ring *ring = memory_at(boot_info->trace);
	uint64_t records;

	if (!boot_info->trace)
		return;
	records = (boot_info->trace_size - sizeof(*ring)) / sizeof(ring->record[0]);
	scatter(&ring->record[below((uint32_t)records)], sizeof(ring->record[0]), 4);
	if (!below(4))
		scatter(ring, sizeof(*ring), 2);
	/* Records that were never written count as written, some in a time to come. */
	ring->record[ring->head % records].tsc = spoilt(arch_cycles());
	ring->record[ring->head % records].event = (uint16_t)below(12);
	ring->head += below(4) ? below(16) : spoilt(0);
}

static void spoil_host(void)
{
	arch_write_protect(false);
	if (below(2))
		scatter((void *)(uintptr_t)host_page, sizeof(*host_page), 2);
	else
		scatter((char *)(uintptr_t)boot_info + offsetof(struct abi_boot, partition),
			ABI_NAME_MAX, 2);
	arch_write_protect(true);
}

/* ---- time ---- */

/*
 * With pauses, in which an emulator lets the others take what was rung, or without. Node 0 is rung
 * where its bell was last seen, also when it is offered no more.
 */
static void ring_bells(void)
{
	static uint64_t seen;
	uint64_t bell = __atomic_load_n(&host_page->bell, __ATOMIC_RELAXED);
	bool relaxed = below(2);

	if (bell & ABI_BELL_VALID)
		seen = bell;
	for (uint32_t n = below(BELLS_MAX); n; n--) {
		if (!below(8))
			notify_node(1 + below(boot_info->nodes));
		else if (seen)
			arch_ring((uint32_t)seen, (uint8_t)(seen >> ABI_BELL_VECTOR_SHIFT));
		if (relaxed)
			arch_relax();
	}
}

static void keep_silent(void)
{
	uint64_t end = arch_cycles() + below(SILENCE_MS_MAX) * boot_info->tsc_khz;

	while (arch_cycles() < end)
		arch_relax();
}

/* ---- answers ---- */

static void unasked(void)
{
	struct link *control = NULL;
	uint64_t payload[URPC_PAYLOAD_WORDS];

	while (!control || control->ops != &control_ops) {
		visits = 0;
		links_each(choose);
		control = chosen;
	}
	for (uint32_t i = 0; i < URPC_PAYLOAD_WORDS; i++)
		payload[i] = below(2) ? random_next() : below(64);
	if (link_has_room(control, 2))
		__real_link_send(control,
				 below(2) ? ABI_CTL_CLOSED : (uint16_t)spoilt(ABI_CTL_REPLY), payload,
				 below(URPC_PAYLOAD_BYTES + 1));
}

/* An answer that becomes another. What it was an answer to was done, or refused, all the same. */
static void lie(struct link *link, uint16_t type, const void *payload, size_t bytes)
{
	uint64_t word[URPC_PAYLOAD_WORDS] = { 0 };

	__builtin_memcpy(word, payload, bytes);
	switch (below(8)) {
	case 0: return;
	case 1: /* the same again */
		if (link_has_room(link, 1))
			__real_link_send(link, type, word, bytes);
		break;
	case 2: word[0] += below(5) - 2; break; /* another's tag */
	case 3: word[0] = (uint32_t)word[0] | random_next() << 32; break; /* another status */
	case 4: word[0] = (uint32_t)word[0]; break; /* "done" */
	case 5: bytes = below(URPC_PAYLOAD_BYTES + 1); break;
	case 6: type ^= (uint16_t)(1u << below(16)); break;
	default:
		for (uint32_t i = 1; i < URPC_PAYLOAD_WORDS; i++)
			word[i] = spoilt(word[i]);
		break;
	}
	__real_link_send(link, type, word, bytes);
}

/* Has the core turned, and is it one of those that do it in this way? */
static bool hostile(uint32_t way)
{
	return turns > orders.peace && orders.ways & way &&
	       (!orders.node || orders.node == boot_info->node);
}

void __wrap_link_send(struct link *link, uint16_t type, const void *payload, size_t bytes)
{
	/* Two may go out in the place of one. */
	if (hostile(HOSTILE_REPLIES) && link->ops == &control_ops && !below(3) && link_has_room(link, 2))
		lie(link, type, payload, bytes);
	else
		__real_link_send(link, type, payload, bytes);
}

/* ---- each turn ---- */

static void (*const ways[HOSTILE_WAYS])(void) = {
	spoil_header, spoil_ack, spoil_armed, spoil_rings, spoil_shared, spoil_page, spoil_state,
	spoil_console, ring_bells, unasked, spoil_host, keep_silent, spoil_trace,
};

/* One of the ways that were ordered and are done by the turn. */
static void harm(void)
{
	uint32_t count = 0, chosen_way = HOSTILE_WAYS;

	for (uint32_t way = 0; way < HOSTILE_WAYS; way++)
		if (orders.ways & 1u << way && !below(++count))
			chosen_way = way;
	if (chosen_way < HOSTILE_WAYS)
		ways[chosen_way]();
}

bool __wrap_timer_run(uint64_t now)
{
	if (!turns++)
		random_state = orders.seed ^ (uint64_t)boot_info->node << 56;
	if (hostile(~0u) && !below(orders.period))
		harm();
	return __real_timer_run(now);
}
