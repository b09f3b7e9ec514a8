/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a core's trace ring, which the core may be writing, or may have ruined. */
#ifndef REMORA_TRACE_RING_H
#define REMORA_TRACE_RING_H

#include <abi/trace.h>

/**
 * struct remora_trace_reader - how far a ring was read
 * @next:     number of the record to read next
 * @tsc:      of the last good record
 * @recorded: good records taken out since the core started
 * @lost:     records that were overwritten before they could be read
 * @bad:      records that made no sense, and heads that did not
 *
 * recorded + lost + bad is the head, once all was read and as long as the head made sense.
 */
struct remora_trace_reader {
	__u64 next;
	__u64 tsc;
	__u64 recorded;
	__u64 lost;
	__u64 bad;
};

/**
 * remora_trace_next - take one record
 * @ring, @records: the ring; @records is the module's own number, valid for abi_trace_records_valid()
 * @clock:  TSC; asked after a record was copied, which is bad when stamped later than that and a slack
 * @record: a good record, read once and checked: a known event, a time stamp not less than the one
 *          before and not in the future
 * Pure, host-tested. At most @records + 1 records are looked at, whatever the ring says.
 * Return: true when *@record was filled, false when there is none (or none any more).
 */
bool remora_trace_next(const struct abi_trace_ring *ring, __u32 records, __u64 (*clock)(void),
		       struct remora_trace_reader *reader, struct abi_trace_record *record);

/**
 * remora_trace_pending - records between the reader and the head, as the ring says: any number
 * May be called while the reader reads.
 */
__u64 remora_trace_pending(const struct abi_trace_ring *ring,
			   const struct remora_trace_reader *reader);

#endif
