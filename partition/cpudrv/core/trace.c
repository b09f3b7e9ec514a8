// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer's half of abi/trace.h. Barrier pair with the reader in node 0:
 *   record n - records in the slot; head = n + 1 (release) | head (acquire); copy; head once more
 * A record is written in full before the head says so; and before a slot is written again, the head
 * has said that its old record may be gone: both by the release order of the head's stores.
 */
#include <abi/ctl.h>
#include <bootinfo.h>
#include <crash.h>
#include <errors.h>
#include <loop.h>
#include <memory.h>
#include <trace.h>

#define COST_SAMPLES 101u

/* Set once; head and what follows from records are this core's own copies. */
static struct abi_trace_ring *ring;
static uint64_t head;
static uint64_t mask;

int trace_init(struct abi_trace_ring *at, uint64_t bytes)
{
	uint32_t records;

	ring = NULL;
	if (bytes < sizeof(*at) || at->revision != ABI_TRACE_REVISION)
		return -ERR_INVAL;
	records = __atomic_load_n(&at->records, __ATOMIC_RELAXED);
	if (!abi_trace_records_valid(records) || bytes < abi_trace_bytes(records))
		return -ERR_INVAL;
	mask = records - 1;
	head = 0;
	ring = at;
	return 0;
}

void trace_start(void)
{
	if (!boot_info->trace)
		return;
	check(!trace_init(memory_at(boot_info->trace), boot_info->trace_size),
	      "the trace ring's revision or number of records is wrong, or it is too small");
	if (trace_on(ABI_TRACE_CORE))
		trace_record(ABI_TRACE_CORE, core_page->start_tsc, 0, ABI_TRACE_CHANNEL_NONE, 0,
			     ABI_CORE_STARTED);
}

/* Half a ring was written: what node 0 does not fetch now will be lost half a ring later. */
static __attribute__((noinline)) void half_full(void)
{
	if (__atomic_load_n(&host_page->trace, __ATOMIC_RELAXED) & ABI_TRACE_BELL)
		notify_node(0);
}

__attribute__((noinline)) void trace_record(enum abi_trace event, uint64_t tsc, uint32_t node,
					    uint32_t channel, uint64_t number, uint64_t arg)
{
	const uint64_t n = head;
	struct abi_trace_record *r;

	if (!ring)
		return;
	r = &ring->record[n & mask];
	r->tsc = tsc;
	r->event = (uint16_t)event;
	r->node = (uint16_t)node;
	r->channel = channel;
	r->number = number;
	r->arg = arg;
	head = n + 1;
	__atomic_store_n(&ring->head, n + 1, __ATOMIC_RELEASE);
	if (__builtin_expect(!((n + 1) & mask >> 1), 0))
		half_full();
}

/* ---- what it costs ---- */

static __attribute__((noinline)) uint64_t batch_with(void)
{
	uint64_t start = arch_cycles_ordered();

	for (uint64_t i = 0; i < ABI_TRACE_COST_BATCH; i++) {
		trace(ABI_TRACE_NOTE, 0, ABI_TRACE_CHANNEL_NONE, i, 0);
		__asm__ volatile("" ::: "memory");
	}
	return arch_cycles_ordered() - start;
}

static __attribute__((noinline)) uint64_t batch_without(void)
{
	uint64_t start = arch_cycles_ordered();

	for (uint64_t i = 0; i < ABI_TRACE_COST_BATCH; i++)
		__asm__ volatile("" : "+r"(i) : : "memory");
	return arch_cycles_ordered() - start;
}

static uint64_t median_of(uint64_t (*batch)(void))
{
	uint64_t sample[COST_SAMPLES];

	for (uint32_t i = 0; i < COST_SAMPLES; i++) {
		uint64_t cycles = batch();
		uint32_t at = i;

		for (; at && sample[at - 1] > cycles; at--)
			sample[at] = sample[at - 1];
		sample[at] = cycles;
	}
	return sample[COST_SAMPLES / 2];
}

void trace_cost(uint64_t *with, uint64_t *without)
{
	*without = median_of(batch_without);
	*with = median_of(batch_with);
}
