// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/trace_ring.c: a trace ring whose every byte is the core's. The input is the ring, led by how
 * far it was read before.
 */
#include "fuzz.h"
#include "pure.h"
#include "trace_ring.h"

#define RECORDS 16u
#define NOW 1000000ull

static __u64 clock_now(void)
{
	return NOW;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	size_t room = abi_trace_bytes(RECORDS);
	struct abi_trace_ring *ring = calloc(1, room);
	struct remora_trace_reader reader = { 0 };
	struct abi_trace_record record;
	__u64 last = 0;
	unsigned int n = 0;

	MUST(ring);
	if (bytes >= sizeof(reader.next)) {
		memcpy(&reader.next, data, sizeof(reader.next));
		data += sizeof(reader.next);
		bytes -= sizeof(reader.next);
	}
	memcpy(ring, data, bytes < room ? bytes : room);
	while (remora_trace_next(ring, RECORDS, clock_now, &reader, &record)) {
		MUST(record.event && record.event < ABI_TRACE_EVENTS);
		MUST(record.tsc >= last);
		last = record.tsc;
		/* The ring stands still: no record is given out twice. */
		MUST(++n <= RECORDS);
	}
	remora_trace_pending(ring, &reader);
	free(ring);
	return 0;
}
