// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records out of a trace ring whose other side is not trusted. Pairs with the writer's releases of
 * the head, as drawn in abi/trace.h.
 */
#include <abi/boot.h>
#include "pure.h"
#include "trace_ring.h"

/* No core writes that many records: a larger head is a ruined one. */
#define HEAD_MAX (1ull << 56)

/* TSC cycles by which two CPUs' counters may differ before a record counts as made up. */
#define TSC_SLACK (1ull << 20)

/* Copies record @number; false when the writer may have been at its slot meanwhile. */
static bool copy_record(const struct abi_trace_ring *ring, __u32 records, __u64 number,
			struct abi_trace_record *to)
{
	const struct abi_trace_record *from = &ring->record[number & (records - 1)];

	to->tsc = READ_ONCE(from->tsc);
	to->event = READ_ONCE(from->event);
	to->node = READ_ONCE(from->node);
	to->channel = READ_ONCE(from->channel);
	to->number = READ_ONCE(from->number);
	to->arg = READ_ONCE(from->arg);
	smp_rmb(); /* the second look at the head comes after the copy */
	return READ_ONCE(ring->head) - number < records;
}

static bool record_good(const struct abi_trace_record *r, const struct remora_trace_reader *reader,
			__u64 now)
{
	return r->event >= ABI_TRACE_SEND && r->event < ABI_TRACE_EVENTS &&
	       r->node < ABI_NODES_MAX && r->tsc >= reader->tsc && r->tsc <= now + TSC_SLACK;
}

/* A head that went back, or to where no core gets: what lies before it is nobody's business. */
static bool head_good(struct remora_trace_reader *reader, __u64 head)
{
	if (head >= reader->next && head <= HEAD_MAX)
		return true;
	reader->bad++;
	reader->next = head;
	return false;
}

bool remora_trace_next(const struct abi_trace_ring *ring, __u32 records, __u64 (*clock)(void),
		       struct remora_trace_reader *reader, struct abi_trace_record *record)
{
	__u64 head = smp_load_acquire(&ring->head);
	__u32 turns;

	for (turns = 0; turns <= records; turns++) {
		/* An unchanged bad head is counted once: the reader stands at it already. */
		if (head == reader->next || !head_good(reader, head))
			return false;
		if (head - reader->next >= records) {
			reader->lost += head - reader->next - (records - 1);
			reader->next = head - (records - 1);
		}
		if (!copy_record(ring, records, reader->next, record)) {
			head = smp_load_acquire(&ring->head);
			continue;
		}
		reader->next++;
		if (record_good(record, reader, clock())) {
			reader->tsc = record->tsc;
			reader->recorded++;
			return true;
		}
		reader->bad++;
	}
	return false;
}

__u64 remora_trace_pending(const struct abi_trace_ring *ring,
			   const struct remora_trace_reader *reader)
{
	return READ_ONCE(ring->head) - READ_ONCE(reader->next);
}
