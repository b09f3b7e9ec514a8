// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor has the rings mapped from the answer to BIND on until it answers UNBIND, or says CLOSED;
 * Linux keeps them as long.
 */
#include <abi/ctl.h>
#include <base/string.h>
#include <urpc/bulk.h>

#include <caps.h>
#include <channel.h>
#include <memory.h>
#include <session.h>

#define MESSAGES_A_TURN 16u

/* Slots of the table, for each channel. */
enum channel_slot { URPC_END, TX_FRAME, TX_MAPPING, RX_FRAME, RX_MAPPING };

_Static_assert(RX_MAPPING < CAPS_CHANNEL && ABI_CHANNELS_MAX * CAPS_CHANNEL <= CAPS_DOMAINS_AT, "slots");

static struct channel {
	bool bound;
	bool hungry; /* has something to send */
	struct urpc_chan end;
	struct session session;
} channels[ABI_CHANNELS_MAX];

/* Slot 0 of a CNode has no address. */
static struct abi_cap_at slot(uint32_t channel, enum channel_slot which)
{
	return caps_table(channel * CAPS_CHANNEL + which + 1);
}

static uint32_t number_of(const struct channel *c)
{
	return (uint32_t)(c - channels);
}

void channels_init(void)
{
	for (uint32_t i = 0; i < ABI_CHANNELS_MAX; i++)
		channels[i].bound = false;
}

static int64_t kernel(uint32_t op, uint64_t channel, uint64_t value)
{
	const uint64_t arg[3] = { channel, value, 0 };

	return mon_object(op, caps_root(ABI_SLOT_KERNEL), arg, NULL);
}

/* ---- rings ---- */

struct ring {
	uint64_t base, bytes;
	enum channel_slot frame;
	uint32_t page; /* of the channel's part of the address space */
	uint8_t rights;
};

static int map_ring(uint32_t channel, const struct ring *ring)
{
	struct caps_pages pages = {
		.frame = slot(channel, ring->frame),
		.count = (uint32_t)(ring->bytes / MON_PAGE),
		.rights = ring->rights,
	};
	struct abi_cap_at extent = { 0 };
	int64_t offset = memory_shared(ring->base, ring->bytes, &extent);
	int rc;

	if (offset < 0 || ring->base % MON_PAGE)
		return -MON_EINVAL;
	pages.offset = (uint64_t)offset;
	pages.table = memory_channel_table(channel, &pages.index);
	pages.index += ring->page;
	if (caps_mint(extent, pages.frame, ring->rights, 0))
		return -MON_ENOMEM;
	rc = caps_map(&pages, slot(channel, ring->frame + 1));
	if (rc)
		caps_delete(pages.frame);
	return rc ? -MON_ENOMEM : 0;
}

static void unmap(uint32_t channel)
{
	caps_delete(slot(channel, RX_FRAME));
	caps_delete(slot(channel, TX_FRAME));
	caps_delete(slot(channel, URPC_END));
}

static int open_end(struct channel *c, uint32_t slots, uint64_t tx, uint64_t rx)
{
	static const uint64_t none[3];
	uint64_t bytes = urpc_ring_bytes(slots), at = memory_channel_at(number_of(c));
	const struct ring rings[2] = {
		{ tx, bytes, TX_FRAME, 0, ABI_CAP_RW },
		{ rx, bytes, RX_FRAME, MEMORY_CHANNEL_PAGES / 2, ABI_CAP_READ },
	};
	int rc;

	if (caps_retype(caps_root(ABI_SLOT_URPC), slot(number_of(c), URPC_END), ABI_CAP_URPC,
			number_of(c), 1, 1))
		return -MON_ENOMEM;
	rc = map_ring(number_of(c), &rings[0]);
	if (rc)
		goto no_tx;
	rc = map_ring(number_of(c), &rings[1]);
	if (rc)
		goto no_rx;
	rc = urpc_chan_init(&c->end, mon_memory(at, bytes),
			    mon_memory(at + MEMORY_CHANNEL_BYTES / 2, bytes), slots);
	if (!rc && mon_object(ABI_URPC_WAKE, slot(number_of(c), URPC_END), none, NULL))
		rc = -MON_EINVAL;
	if (!rc)
		return 0;
	caps_delete(slot(number_of(c), RX_FRAME));
no_rx:
	caps_delete(slot(number_of(c), TX_FRAME));
no_tx:
	caps_delete(slot(number_of(c), URPC_END));
	return rc;
}

void channel_bind(const uint64_t word[5])
{
	struct channel *c = &channels[word[0] % ABI_CHANNELS_MAX];
	int rc;

	if (word[1] != ABI_SERVICE_SPAWN)
		rc = -MON_ENOENT;
	else if (word[0] >= ABI_CHANNELS_MAX || c->bound || word[2] > URPC_SLOTS_MAX ||
		 !urpc_slots_valid((uint32_t)word[2]))
		rc = -MON_EINVAL;
	else
		rc = open_end(c, (uint32_t)word[2], word[3], word[4]);
	if (!rc) {
		session_begin(&c->session);
		c->hungry = false;
		c->bound = true;
	}
	kernel(ABI_KERNEL_BOUND, word[0], (uint64_t)-rc);
}

static void forget(struct channel *c)
{
	session_end(&c->session);
	unmap(number_of(c));
	c->bound = false;
}

void channel_unbind(uint64_t number)
{
	if (number < ABI_CHANNELS_MAX && channels[number].bound)
		forget(&channels[number]);
	kernel(ABI_KERNEL_UNBOUND, number, 0);
}

static void channel_break(struct channel *c, int error)
{
	forget(c);
	kernel(ABI_KERNEL_CLOSED, number_of(c), (uint64_t)-error);
}

/* ---- messages ---- */

static struct channel *channel_of(const struct session *s)
{
	return (struct channel *)((char *)(uintptr_t)s - offsetof(struct channel, session));
}

uint32_t session_most(const struct session *s)
{
	return (uint32_t)urpc_long_max(channel_of(s)->end.slots);
}

/* A broken end is found out by the next receive. */
int session_send(struct session *s, uint16_t type, const void *data, uint32_t bytes)
{
	struct channel *c = channel_of(s);
	uint32_t most = session_most(s);
	int rc = urpc_send_long(&c->end, type, data, bytes < most ? bytes : most);

	return rc == -URPC_EAGAIN ? -MON_EAGAIN : 0;
}

/* Return: 0: that was all, 1: there may be more, or -errno. */
static int take_messages(struct channel *c)
{
	static uint8_t buffer[URPC_LONG_BYTES];

	for (uint32_t i = 0; i < MESSAGES_A_TURN; i++) {
		uint16_t type;
		size_t bytes;
		int rc;

		if (!session_ready(&c->session))
			return 0;
		rc = urpc_recv_long(&c->end, &type, buffer, sizeof(buffer), &bytes);
		if (rc == -URPC_EAGAIN)
			return 0;
		if (!rc)
			rc = session_message(&c->session, type, buffer, (uint32_t)bytes);
		if (rc)
			return rc;
	}
	return 1;
}

/* Room for the longest message that is sent, as far as a sleeper may ask for it. */
static uint32_t room_for_output(const struct channel *c)
{
	uint32_t most = session_most(&c->session);

	return urpc_slots_of(most < SESSION_OUTPUT + 1 ? most : SESSION_OUTPUT + 1);
}

bool channels_work(void)
{
	static const uint64_t none[3];
	bool more = false;

	for (uint32_t i = 0; i < ABI_CHANNELS_MAX; i++) {
		struct channel *c = &channels[i];
		int rc;

		if (!c->bound)
			continue;
		rc = take_messages(c);
		if (rc >= 0) {
			c->hungry = session_work(&c->session);
			more |= rc || (c->hungry && urpc_has_room(&c->end, room_for_output(c)));
			rc = c->end.broken ? -MON_EPROTO : rc;
		}
		if (urpc_notify_needed(&c->end))
			mon_object(ABI_URPC_NOTIFY, slot(i, URPC_END), none, NULL);
		if (rc < 0)
			channel_break(c, rc);
	}
	return more;
}

bool channels_arm(void)
{
	static const uint64_t none[3];

	for (uint32_t i = 0; i < ABI_CHANNELS_MAX; i++) {
		struct channel *c = &channels[i];

		if (!c->bound)
			continue;
		if ((session_ready(&c->session) && !urpc_arm(&c->end)) ||
		    (c->hungry && !urpc_arm_room(&c->end, room_for_output(c))))
			return false;
		if (urpc_ack_notify_needed(&c->end))
			mon_object(ABI_URPC_NOTIFY, slot(i, URPC_END), none, NULL);
	}
	return true;
}

void channels_disarm(void)
{
	for (uint32_t i = 0; i < ABI_CHANNELS_MAX; i++) {
		if (channels[i].bound)
			urpc_disarm(&channels[i].end);
	}
}
