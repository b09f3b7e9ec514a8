/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What two ends of a URPC channel share in memory.
 *
 * A channel is two rings, one a direction. A ring is written by its sender only, so that the
 * receiver may map it read-only: a header of control lines, then 2^n slots of one cache line.
 *
 *   slot   7 payload words, then the header word, which is stored last with release order and
 *          polled with acquire order. A slot holds message s when the sequence field of its header
 *          equals s mod 2^16; the slot of message s is s mod slots; the first message is number 1,
 *          so that zeroed memory is an empty ring. A message of more than a slot's payload takes
 *          consecutive slots and numbers; they are stored last first, so that whoever sees the
 *          first slot's header finds the others complete.
 *   ack    number of the last message consumed from the opposite ring. It rides in every header,
 *          and it is stored in the ring's own control line before more than a quarter of a window
 *          was consumed, so that the control line alone never lets a sender stall: it is less than
 *          that behind. The later of the two counts.
 *   armed  the writer of this ring sleeps, or is about to, and wants a doorbell: for the next
 *          message of the opposite ring, for room in its own ring, or for either.
 */
#ifndef URPC_ABI_H
#define URPC_ABI_H

#include <urpc/types.h>

#define URPC_PAYLOAD_WORDS 7
#define URPC_PAYLOAD_BYTES 56
#define URPC_SLOTS_MIN 4u
#define URPC_SLOTS_MAX 4096u /* must stay below 2^15: sequence fields are compared modulo 2^16 */
#define URPC_RING_ALIGN 4096u

/* Bits of urpc_ring.armed: what the sleeper wants to be woken for. */
#define URPC_ARMED_RECV 1u /* message number armed_at has come */
#define URPC_ARMED_SEND 2u /* the opposite control line acknowledges message armed_ack or later */

/*
 * The header word: sequence, acknowledgement, type, payload bytes in this slot, how many further
 * slots belong to the same message, and whether this slot continues one. A slot with further ones
 * is full; slots of one message have type and acknowledgement in common.
 */
#define URPC_HDR_SEQ_SHIFT 0
#define URPC_HDR_ACK_SHIFT 16
#define URPC_HDR_TYPE_SHIFT 32
#define URPC_HDR_LEN_SHIFT 48
#define URPC_HDR_SEQ_MASK 0xffffull
#define URPC_HDR_LEN_MASK 0xffull
#define URPC_HDR_MORE_SHIFT 56
#define URPC_HDR_MORE_MASK 0x7full
#define URPC_HDR_CONTINUES (1ull << 63)

#define URPC_LONG_SLOTS 128u /* of a message, at most; and at most half the ring */
#define URPC_LONG_BYTES (URPC_LONG_SLOTS * URPC_PAYLOAD_BYTES)

struct urpc_slot {
	uint64_t payload[URPC_PAYLOAD_WORDS];
	uint64_t header;
} __attribute__((aligned(URPC_CACHE_LINE)));

/**
 * struct urpc_ring - one direction of a channel, in shared memory
 * @ack:   explicit acknowledgement of the opposite ring: count of messages consumed (mod 2^64)
 * @armed: URPC_ARMED_* bits, not 0 while this ring's writer sleeps or is about to
 * @armed_at: number of the message the sleeper waits for; lets a kernel that does not run the
 *         receiver's code find the slot to look at. Written before @armed
 * @armed_ack: number of the message of this ring whose acknowledgement makes enough room for the
 *         sleeper. Written before @armed
 * @slots: the messages
 *
 * Every field is written by the ring's sender only. @ack and @armed have a line each, because the
 * opposite sender reads @armed after every burst and @ack only when it is out of window.
 */
struct urpc_ring {
	uint64_t ack __attribute__((aligned(URPC_CACHE_LINE)));
	uint32_t armed __attribute__((aligned(URPC_CACHE_LINE)));
	uint32_t reserved;
	uint64_t armed_at;
	uint64_t armed_ack;
	__extension__ struct urpc_slot slots[] __attribute__((aligned(256)));
};

URPC_STATIC_ASSERT(sizeof(struct urpc_slot) == URPC_CACHE_LINE, "a slot is a cache line");
URPC_STATIC_ASSERT(offsetof(struct urpc_slot, header) == 56, "the header is the last word");
URPC_STATIC_ASSERT(offsetof(struct urpc_ring, ack) == 0, "ack line");
URPC_STATIC_ASSERT(offsetof(struct urpc_ring, armed) == 64, "armed line");
URPC_STATIC_ASSERT(offsetof(struct urpc_ring, armed_at) == 72, "armed line");
URPC_STATIC_ASSERT(offsetof(struct urpc_ring, armed_ack) == 80, "armed line");
URPC_STATIC_ASSERT(offsetof(struct urpc_ring, slots) == 256, "slots follow the control lines");
URPC_STATIC_ASSERT(URPC_LONG_SLOTS - 1 <= URPC_HDR_MORE_MASK, "the header counts further slots");

/**
 * urpc_ring_bytes - memory of a ring, a multiple of URPC_RING_ALIGN
 * @slots: number of slots, a power of two from URPC_SLOTS_MIN to URPC_SLOTS_MAX
 */
static inline uint64_t urpc_ring_bytes(uint32_t slots)
{
	uint64_t bytes = sizeof(struct urpc_ring) + (uint64_t)slots * sizeof(struct urpc_slot);

	return (bytes + URPC_RING_ALIGN - 1) & ~(uint64_t)(URPC_RING_ALIGN - 1);
}

static inline bool urpc_slots_valid(uint32_t slots)
{
	return slots >= URPC_SLOTS_MIN && slots <= URPC_SLOTS_MAX && !(slots & (slots - 1));
}

#endif
