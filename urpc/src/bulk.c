// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Long messages and batches. Barrier pairs are listed in urpc/ops.h.
 */
#include <urpc/bulk.h>

static struct urpc_slot *slot_of(struct urpc_chan *c, uint64_t number)
{
	return &c->tx->slots[number & (c->slots - 1u)];
}

/* The header of slot @index of a message of @slots; payload bytes are added by the caller. */
static uint64_t long_header(uint64_t first, uint32_t index, uint32_t slots)
{
	uint64_t sequence = (first + index) & URPC_HDR_SEQ_MASK;
	uint64_t more = slots - 1 - index;

	return (first & ~(URPC_HDR_SEQ_MASK | URPC_HDR_LEN_MASK << URPC_HDR_LEN_SHIFT |
			  URPC_HDR_MORE_MASK << URPC_HDR_MORE_SHIFT)) |
	       sequence << URPC_HDR_SEQ_SHIFT | more << URPC_HDR_MORE_SHIFT |
	       (index ? URPC_HDR_CONTINUES : 0);
}

int urpc_send_long(struct urpc_chan *c, uint16_t type, const void *payload, size_t len)
{
	const uint32_t slots = urpc_slots_of(len);
	const unsigned char *bytes = (const unsigned char *)payload;
	uint64_t first;
	uint32_t i;

	if (len <= URPC_PAYLOAD_BYTES)
		return urpc_send(c, type, payload, len);
	if (c->broken)
		return -URPC_EPROTO;
	if (len > urpc_long_max(c->slots))
		return -URPC_EMSGSIZE;
	if (!urpc_has_room(c, slots) || c->broken)
		return c->broken ? -URPC_EPROTO : -URPC_EAGAIN;

	for (i = 0; i < slots; i++)
		urpc_prefetchw(slot_of(c, c->tx_next + i));
	first = (c->tx_next & URPC_HDR_SEQ_MASK) << URPC_HDR_SEQ_SHIFT;
	first |= ((c->rx_next - 1) & URPC_HDR_SEQ_MASK) << URPC_HDR_ACK_SHIFT;
	first |= (uint64_t)type << URPC_HDR_TYPE_SHIFT;
	for (i = slots; i-- > 0;) {
		struct urpc_slot *slot = slot_of(c, c->tx_next + i);
		size_t at = (size_t)i * URPC_PAYLOAD_BYTES;
		size_t part = i + 1 < slots ? URPC_PAYLOAD_BYTES : len - at;

		urpc_copy_in(slot->payload, bytes + at, part);
		urpc_store_release(&slot->header, long_header(first, i, slots) |
							  (uint64_t)part << URPC_HDR_LEN_SHIFT);
	}
	c->tx_next += slots;
	return 0;
}

/*
 * Check the further slots of the message that @first begins. What an honest peer wrote there
 * follows from @first, but for the bytes in the last one.
 * Return: bytes of the whole message, or 0 when the peer broke the protocol.
 */
static size_t long_check(const struct urpc_chan *c, uint64_t first, uint32_t slots)
{
	uint64_t full = (uint64_t)URPC_PAYLOAD_BYTES << URPC_HDR_LEN_SHIFT, header, part = 0;
	uint32_t i;

	for (i = 1; i < slots; i++)
		urpc_prefetch(&c->rx->slots[(c->rx_next + i) & (c->slots - 1u)]);
	for (i = 1; i < slots; i++) {
		const struct urpc_slot *slot = &c->rx->slots[(c->rx_next + i) & (c->slots - 1u)];

		header = urpc_load_relaxed(&slot->header);
		part = (header >> URPC_HDR_LEN_SHIFT) & URPC_HDR_LEN_MASK;
		header &= ~(URPC_HDR_LEN_MASK << URPC_HDR_LEN_SHIFT);
		if (i + 1 < slots)
			header |= part << URPC_HDR_LEN_SHIFT;
		if (header != (long_header(first, i, slots) | (i + 1 < slots ? full : 0)))
			return 0;
	}
	if (!part || part > URPC_PAYLOAD_BYTES)
		return 0;
	return (size_t)(slots - 1) * URPC_PAYLOAD_BYTES + part;
}

/* Copy out @len bytes, whole words and then what is left; nothing past them is written. */
static void copy_bytes(unsigned char *to, const uint64_t *from, size_t len)
{
	size_t i, k;

	for (i = 0; i < len / 8; i++)
		((struct urpc_unaligned *)(void *)(to + 8 * i))->word = from[i];
	if (len % 8) {
		uint64_t last = from[i];

		for (k = 0; k < len % 8; k++)
			to[8 * i + k] = (unsigned char)(last >> (8 * k));
	}
	urpc_compiler_barrier();
}

int urpc_recv_long(struct urpc_chan *c, uint16_t *type, void *buffer, size_t room, size_t *len)
{
	const uint64_t number = c->rx_next;
	unsigned char *to = (unsigned char *)buffer;
	uint32_t slots = 1, i;
	uint64_t header;
	size_t bytes;

	*len = 0;
	if (c->broken)
		return -URPC_EPROTO;
	header = urpc_load_acquire(&c->rx->slots[number & (c->slots - 1u)].header);
	if ((header ^ number) & URPC_HDR_SEQ_MASK)
		return urpc_absent(c, header);
	bytes = (size_t)(header >> URPC_HDR_LEN_SHIFT);
	if (bytes > URPC_PAYLOAD_BYTES) {
		slots = urpc_long_slots(c, header);
		bytes = slots ? long_check(c, header, slots) : 0;
		if (!bytes)
			return urpc_break(c);
	}
	if (!urpc_take_ack(c, header))
		return urpc_break(c);
	*len = bytes;
	if (bytes > room)
		return -URPC_EMSGSIZE;

	*type = (uint16_t)(header >> URPC_HDR_TYPE_SHIFT);
	for (i = 0; i < slots; i++) {
		size_t at = (size_t)i * URPC_PAYLOAD_BYTES;
		size_t part = bytes - at < URPC_PAYLOAD_BYTES ? bytes - at : URPC_PAYLOAD_BYTES;

		copy_bytes(to + at, c->rx->slots[(number + i) & (c->slots - 1u)].payload, part);
	}
	c->rx_next = number + slots;
	c->run = 0;
	c->sure = 0;
	if (c->rx_next - 1 - c->rx_told >= c->slots / URPC_ACK_OFTEN)
		urpc_ack(c);
	return 0;
}

int urpc_send_batch(struct urpc_chan *c, const struct urpc_msg *m, uint32_t count)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = urpc_send(c, m[i].type, m[i].payload, m[i].len);
	if (err)
		i--;
	return i ? (int)i : err;
}

int urpc_recv_batch(struct urpc_chan *c, struct urpc_msg *m, uint32_t count)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = urpc_recv(c, &m[i]);
	if (err)
		i--;
	return i ? (int)i : err;
}
