// SPDX-License-Identifier: GPL-2.0-only
/*
 * urpc: an end whose receive ring the input writes. The input is a script: what an honest peer sends
 * and takes, what a hostile one does to the ring in between, and what the end under test is asked.
 */
#include "fuzz.h"
#include "script.h"
#include <urpc/bulk.h>

#define SLOTS 16u
#define LONGEST (SLOTS / 2 * URPC_PAYLOAD_BYTES)
#define RING_BYTES (sizeof(struct urpc_ring) + SLOTS * sizeof(struct urpc_slot))

enum { PEER_SENDS, PEER_TAKES, FLIP, STORE, RECV, RECV_LONG, SEND, SLEEP, BATCH, SERVE, ACTS };

/* Exactly as large as the ring, so that a byte past it is seen. */
static struct urpc_ring *ring_open(void)
{
	struct urpc_ring *ring = aligned_alloc(256, RING_BYTES);

	MUST(ring && RING_BYTES % 256 == 0);
	memset(ring, 0, RING_BYTES);
	return ring;
}

static void must_be_known(int err)
{
	MUST(err == 0 || err == -URPC_EAGAIN || err == -URPC_EPROTO || err == -URPC_EMSGSIZE);
}

static void end_recv_long(struct urpc_chan *c, size_t room)
{
	uint64_t before = c->rx_next;
	unsigned char *buffer = malloc(room + 1);
	uint16_t type;
	size_t len;
	int err;

	MUST(buffer);
	err = urpc_recv_long(c, &type, buffer, room, &len);
	must_be_known(err);
	MUST((err == -URPC_EPROTO) == c->broken);
	MUST(len <= LONGEST);
	MUST(err || len <= room);
	MUST(err != -URPC_EMSGSIZE || len > room);
	MUST(c->rx_next == before + (err ? 0 : urpc_slots_of(len)));
	free(buffer);
}

static void end_recv(struct urpc_chan *c)
{
	uint64_t before = c->rx_next;
	struct urpc_msg m;
	size_t i;
	int err = urpc_recv(c, &m);

	must_be_known(err);
	MUST((err == -URPC_EPROTO) == c->broken);
	MUST(c->rx_next == before + !err);
	if (err)
		return;
	MUST(m.len <= URPC_PAYLOAD_BYTES && !m.reserved);
	for (i = m.len; i < URPC_PAYLOAD_BYTES; i++)
		MUST(!((unsigned char *)m.payload)[i]);
}

static void end_send(struct urpc_chan *c, size_t len)
{
	static const unsigned char bytes[LONGEST + 64];
	uint64_t before = c->tx_next;
	int err = urpc_send_long(c, 1, bytes, len);

	must_be_known(err);
	MUST((err == -URPC_EMSGSIZE) == (len > LONGEST && !c->broken));
	MUST(c->tx_next == before + (err ? 0 : urpc_slots_of(len)));
}

static void end_sleep(struct urpc_chan *c, uint32_t slots)
{
	(void)urpc_notify_needed(c);
	(void)urpc_ack_notify_needed(c);
	if (urpc_arm(c))
		MUST(!c->broken && c->tx->armed_at == c->rx_next);
	if (urpc_arm_room(c, slots % 12 + 1))
		MUST(!c->broken);
	urpc_disarm(c);
	MUST(!c->tx->armed);
}

static void end_act(struct urpc_chan *c, unsigned int act, struct script *s)
{
	struct urpc_msg m[4];

	switch (act) {
	case RECV:
		end_recv(c);
		break;
	case RECV_LONG:
		end_recv_long(c, next(s, 2) % (LONGEST + 60));
		break;
	case SEND:
		end_send(c, next(s, 2) % (LONGEST + 60));
		break;
	case SLEEP:
		end_sleep(c, (uint32_t)next(s, 1));
		break;
	case BATCH:
		must_be_known(urpc_recv_batch(c, m, 4) < 0 ? urpc_recv_batch(c, m, 4) : 0);
		break;
	default: /* as a kernel does that serves a mapped end */
		(void)urpc_ring_ready(c->rx, SLOTS, next(s, 8));
		(void)urpc_ring_acked(c->rx, next(s, 8));
	}
}

static void peer_act(struct urpc_chan *peer, struct urpc_ring *ring, unsigned int act,
		     struct script *s)
{
	uint64_t *word = (uint64_t *)(void *)ring;
	static unsigned char bytes[LONGEST];
	uint16_t type;
	size_t len;

	switch (act) {
	case PEER_SENDS:
		(void)urpc_send_long(peer, (uint16_t)s->left, bytes, next(s, 2) % (LONGEST + 1));
		break;
	case PEER_TAKES:
		while (!urpc_recv_long(peer, &type, bytes, sizeof(bytes), &len))
			;
		break;
	case FLIP:
		word[next(s, 2) % (RING_BYTES / 8)] ^= 1ull << next(s, 1) % 64;
		break;
	default:
		word[next(s, 2) % (RING_BYTES / 8)] = next(s, 8);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct urpc_ring *in = ring_open(), *out = ring_open();
	struct script s = { data, bytes };
	struct urpc_chan end, peer;
	bool broken = false;

	MUST(!urpc_chan_init(&end, out, in, SLOTS) && !urpc_chan_init(&peer, in, out, SLOTS));
	while (s.left) {
		unsigned int act = next(&s, 1) % ACTS;

		if (act >= RECV)
			end_act(&end, act, &s);
		else
			peer_act(&peer, in, act, &s);
		MUST(!broken || end.broken);
		broken = end.broken;
		MUST(end.tx_acked < end.tx_next && end.tx_next - 1 - end.tx_acked <= SLOTS);
		MUST(end.tx_heard <= end.tx_acked);
		MUST(end.rx_told < end.rx_next);
		MUST(end.rx_next - 1 - end.rx_told < SLOTS / URPC_ACK_PART);
		MUST(out->ack == end.rx_told);
	}
	free(in);
	free(out);
	return 0;
}
