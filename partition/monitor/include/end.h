/* SPDX-License-Identifier: GPL-2.0-only */
/* The monitor's end of a channel: its rings mapped, the CPU driver asked to wake the monitor for it. */
#ifndef END_H
#define END_H

#include <urpc/bulk.h>

#include <mon.h>

/* Slots of the table that an end needs, in this order. */
enum end_slot { END_URPC, END_TX, END_TX_MAPPING, END_RX, END_RX_MAPPING, END_SLOTS };

/**
 * struct end_place - where an end is
 * @number: of the channel
 * @slot:   of the table, the first of END_SLOTS
 * @at:     address of the ring that is written; the other one is @pages behind it
 * @pages:  room for each ring
 * @table:  page table of both, @index of the first entry
 */
struct end_place {
	uint32_t number;
	uint32_t slot;
	uint64_t at;
	uint32_t pages;
	struct abi_cap_at table;
	uint32_t index;
};

/** struct end_rings - as a BIND tells of them; any values */
struct end_rings {
	uint64_t slots;
	uint64_t tx, rx; /* physical */
};

/**
 * end_open - map the rings
 * Return: 0 and @end; -MON_EINVAL: they are not in shared memory, or too large; -MON_ENOMEM. Then
 * nothing is left.
 */
int end_open(const struct end_place *place, const struct end_rings *rings, struct urpc_chan *end);

/** end_close - the rings are not touched any more */
void end_close(const struct end_place *place);

/** end_notify - ring the peer's doorbell */
void end_notify(const struct end_place *place);

#endif
