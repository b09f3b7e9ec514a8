// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Messages of an interface, in pieces that fit a record. */
#include <base/string.h>

#include <lib/carrier.h>
#include <lib/slot.h>

#define INDEX_SHIFT 16
#define BYTES_SHIFT 32
#define RECORDS_MAX ((URPC_LONG_BYTES + RT_CARRIER_BYTES - 1) / RT_CARRIER_BYTES)

static struct rt_carrier *mine(struct urpc_carrier *carrier)
{
	return (struct rt_carrier *)carrier; /* its first member */
}

static uint32_t piece_of(uint32_t bytes, uint32_t at)
{
	return bytes - at < RT_CARRIER_BYTES ? bytes - at : RT_CARRIER_BYTES;
}

static int send_piece(struct rt_carrier *c, struct abi_cap_at cap)
{
	uint64_t word[ABI_LMP_WORDS] = { 0 };
	const uint32_t piece = piece_of(c->rest_bytes, c->rest_at);

	word[0] = c->rest_type | (uint64_t)(c->rest_at / RT_CARRIER_BYTES) << INDEX_SHIFT |
		  (uint64_t)c->rest_bytes << BYTES_SHIFT;
	memcpy(word + 1, c->rest + c->rest_at, piece);
	return rt_lmp_send(c->to, word, 1 + (piece + 7) / 8, cap);
}

static int flush(struct urpc_carrier *carrier)
{
	struct rt_carrier *c = mine(carrier);
	int rc;

	while (!c->status && c->rest_at < c->rest_bytes) {
		rc = send_piece(c, (struct abi_cap_at){ 0 });
		if (rc == -RT_EAGAIN)
			return -URPC_EAGAIN;
		/* Half a message there: no other can follow. */
		c->status = rc;
		c->rest_at += piece_of(c->rest_bytes, c->rest_at);
	}
	return c->status;
}

static int send(struct urpc_carrier *carrier, uint16_t type, const void *payload, uint32_t bytes,
		uint32_t cap)
{
	struct rt_carrier *c = mine(carrier);
	int rc;

	if (c->status)
		return c->status;
	if (bytes > URPC_LONG_BYTES)
		return -URPC_EMSGSIZE;
	c->rest = payload;
	c->rest_bytes = bytes;
	c->rest_at = 0;
	c->rest_type = type;
	rc = send_piece(c, cap ? rt_slot_at(cap) : (struct abi_cap_at){ 0 });
	/* A server answers at once: what has no room is left for flush(), or the answer would be lost. */
	if (rc == -RT_EAGAIN && !cap)
		return 0;
	if (rc) {
		c->rest_bytes = 0;
		return rc == -RT_EAGAIN ? -URPC_EAGAIN : rc;
	}
	c->rest_at = piece_of(bytes, 0);
	rc = flush(carrier);
	return rc == -URPC_EAGAIN ? 0 : rc;
}

static void forget(struct rt_carrier *c)
{
	if (c->begun && c->cap)
		rt_slot_drop(c->cap);
	c->begun = false;
	c->cap = 0;
	c->bytes = 0;
	c->have = 0;
}

/* Out of the receive slot, or no other one could come. Return: 0: no slot was free, it is deleted. */
static uint32_t take_cap(struct rt_carrier *c)
{
	uint32_t slot = rt_lmp_take(c->lmp);

	if (!slot)
		rt_lmp_discard(c->lmp);
	return slot;
}

/* The first record says what is to come. */
static int open_message(struct rt_carrier *c, const struct rt_lmp_message *m, uint32_t room)
{
	c->type = (uint16_t)m->word[0];
	c->bytes = (uint32_t)(m->word[0] >> BYTES_SHIFT);
	c->have = 0;
	c->begun = true;
	c->cap = m->cap ? take_cap(c) : 0;
	return c->bytes > room || (m->cap && !c->cap) ? -URPC_EPROTO : 0;
}

/* Is it the record that has to come now, with nothing in it that does not belong there? */
static bool is_next(const struct rt_carrier *c, const struct rt_lmp_message *m, uint32_t piece)
{
	const uint64_t head = c->type | (uint64_t)(c->have / RT_CARRIER_BYTES) << INDEX_SHIFT |
			      (uint64_t)c->bytes << BYTES_SHIFT;

	if (m->word[0] != head || m->words != 1 + (piece + 7) / 8)
		return false;
	return !(piece % 8) || !(m->word[m->words - 1] >> (piece % 8 * 8));
}

/* Return: 0: it is all there, -URPC_EAGAIN: not yet, -URPC_EPROTO. */
static int take_piece(struct rt_carrier *c, const struct rt_lmp_message *m, uint8_t *buffer,
		      uint32_t room)
{
	const bool first = !c->begun;
	uint32_t piece;

	if (m->cap && (!m->words || !first)) {
		rt_lmp_discard(c->lmp);
		return -URPC_EPROTO;
	}
	if (!m->words || (first && open_message(c, m, room)))
		return -URPC_EPROTO;
	piece = piece_of(c->bytes, c->have);
	if (!is_next(c, m, piece))
		return -URPC_EPROTO;
	memcpy(buffer + c->have, m->word + 1, piece);
	c->have += piece;
	return c->have == c->bytes ? 0 : -URPC_EAGAIN;
}

/* @buffer is the same until a message is complete. */
static int take(struct urpc_carrier *carrier, uint16_t *type, void *buffer, uint32_t room,
		uint32_t *bytes, uint32_t *cap)
{
	struct rt_carrier *c = mine(carrier);
	struct rt_lmp_message m;
	int rc = -URPC_EAGAIN;

	for (uint32_t i = 0; rc == -URPC_EAGAIN && i < RECORDS_MAX; i++) {
		if (rt_lmp_receive(c->lmp, &m))
			return -URPC_EAGAIN;
		if (!m.kind) /* a notice of the CPU driver is none of ours */
			rc = take_piece(c, &m, buffer, room);
	}
	if (!rc) {
		*type = c->type;
		*bytes = c->bytes;
		*cap = c->cap;
		c->cap = 0;
	}
	if (rc != -URPC_EAGAIN)
		forget(c);
	return rc;
}

static void drop(struct urpc_carrier *carrier, uint32_t cap)
{
	(void)carrier;
	rt_slot_drop(cap);
}

void rt_carrier_init(struct rt_carrier *c, struct rt_lmp *lmp, struct abi_cap_at to)
{
	*c = (struct rt_carrier){ .carrier = { flush, send, take, drop }, .lmp = lmp, .to = to };
}

void rt_carrier_end(struct rt_carrier *c)
{
	forget(c);
	c->status = -RT_EPIPE;
}
