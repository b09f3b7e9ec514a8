// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The rarely taken paths of a channel end. Barrier pairs are listed in urpc/ops.h.
 */
#include <urpc/chan.h>

URPC_STATIC_ASSERT(sizeof(struct urpc_chan) == URPC_CACHE_LINE, "an end is a cache line");

int urpc_chan_init(struct urpc_chan *c, struct urpc_ring *tx, const struct urpc_ring *rx,
		   uint32_t slots)
{
	if (!c || !tx || !rx || !urpc_slots_valid(slots))
		return -URPC_EINVAL;
	if (((uintptr_t)tx | (uintptr_t)rx) & (URPC_CACHE_LINE - 1))
		return -URPC_EINVAL;

	c->tx = tx;
	c->rx = rx;
	c->slots = (uint16_t)slots;
	c->broken = false;
	c->armed = 0;
	c->acked = false;
	c->run = 0;
	c->sure = 0;
	c->reserved = 0;
	c->tx_next = 1;
	c->tx_acked = 0;
	c->tx_heard = 0;
	c->rx_next = 1;
	c->rx_told = 0;
	return 0;
}

/* Nothing is read from the peer again; whoever waits finds out by urpc_recv() or urpc_send(). */
int urpc_break(struct urpc_chan *c)
{
	c->broken = true;
	return -URPC_EPROTO;
}

/*
 * Does @header, of the right sequence and not that of a message of one slot, begin a longer one?
 * Return: its slots, or 0.
 */
uint32_t urpc_long_slots(const struct urpc_chan *c, uint64_t header)
{
	const uint32_t more = (header >> URPC_HDR_MORE_SHIFT) & URPC_HDR_MORE_MASK;
	const uint32_t len = (header >> URPC_HDR_LEN_SHIFT) & URPC_HDR_LEN_MASK;

	if ((header & URPC_HDR_CONTINUES) || !more || len != URPC_PAYLOAD_BYTES ||
	    more + 1 > c->slots / 2u)
		return 0;
	return more + 1;
}

/* Of a payload, clear what is past its @len bytes, which are fewer than URPC_PAYLOAD_BYTES. */
void urpc_clear_rest(uint64_t *words, size_t len)
{
	size_t i;

	words[len / 8] &= (1ull << (8 * (len % 8))) - 1;
	for (i = len / 8 + 1; i < URPC_PAYLOAD_WORDS; i++)
		words[i] = 0;
}

void urpc_ack(struct urpc_chan *c)
{
	if (c->rx_told == c->rx_next - 1)
		return;
	c->rx_told = c->rx_next - 1;
	c->acked = true;
	urpc_store_release(&c->tx->ack, c->rx_told);
}

/*
 * Read the peer's control line. It may be behind what rode in headers, but by less than a
 * quarter of a window: a receiver writes it before any later header.
 * Return: true when there is room to send message number @last.
 */
bool urpc_window_refresh(struct urpc_chan *c, uint64_t last)
{
	uint64_t ack;

	if (c->broken)
		return false;
	ack = urpc_load_acquire(&c->rx->ack);
	if (ack >= c->tx_next || ack + c->slots / URPC_ACK_PART <= c->tx_acked) {
		urpc_break(c);
		return false;
	}
	if (ack > c->tx_acked)
		c->tx_acked = ack;
	return last - c->tx_acked <= c->slots;
}

static void set_armed(struct urpc_chan *c, uint32_t armed)
{
	c->armed = (uint8_t)armed;
	urpc_store_release(&c->tx->armed, armed);
}

bool urpc_arm(struct urpc_chan *c)
{
	urpc_ack(c);
	urpc_store_relaxed(&c->tx->armed_at, c->rx_next);
	set_armed(c, c->armed | URPC_ARMED_RECV);
	urpc_fence_full();
	if (!urpc_can_recv(c))
		return true;
	set_armed(c, c->armed & ~URPC_ARMED_RECV);
	return false;
}

bool urpc_arm_room(struct urpc_chan *c, uint32_t slots)
{
	urpc_store_relaxed(&c->tx->armed_ack, c->tx_next - 1 + slots - c->slots);
	set_armed(c, c->armed | URPC_ARMED_SEND);
	urpc_fence_full();
	if (!urpc_has_room(c, slots))
		return true;
	set_armed(c, c->armed & ~URPC_ARMED_SEND);
	return false;
}

bool urpc_arm_send(struct urpc_chan *c)
{
	return urpc_arm_room(c, 1);
}

void urpc_disarm(struct urpc_chan *c)
{
	if (c->armed)
		set_armed(c, 0);
}
