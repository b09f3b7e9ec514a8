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
#include <end.h>
#include <memory.h>
#include <session.h>

#define MESSAGES_A_TURN 16u

_Static_assert(END_SLOTS < CAPS_CHANNEL && ABI_CHANNELS_MAX * CAPS_CHANNEL <= CAPS_DOMAINS_AT, "slots");

static struct channel {
	bool bound;
	bool hungry; /* has something to send */
	struct urpc_chan end;
	struct session session;
} channels[ABI_CHANNELS_MAX];

static uint32_t number_of(const struct channel *c)
{
	return (uint32_t)(c - channels);
}

/* Slot 0 of a CNode has no address. */
static struct end_place place_of(const struct channel *c)
{
	struct end_place place = {
		.number = number_of(c),
		.slot = number_of(c) * CAPS_CHANNEL + 1,
		.at = memory_channel_at(number_of(c)),
		.pages = MEMORY_CHANNEL_PAGES / 2,
	};

	place.table = memory_channel_table(number_of(c), &place.index);
	return place;
}

void channels_init(void)
{
	for (uint32_t i = 0; i < ABI_CHANNELS_MAX; i++)
		channels[i].bound = false;
}

static void notify(const struct channel *c)
{
	struct end_place place = place_of(c);

	end_notify(&place);
}

static int64_t kernel(uint32_t op, uint64_t channel, uint64_t value)
{
	const uint64_t arg[3] = { channel, value, 0 };

	return mon_object(op, caps_root(ABI_SLOT_KERNEL), arg, NULL);
}

void channel_bind(const uint64_t word[6])
{
	const struct end_rings rings = { word[2], word[3], word[4] };
	struct channel *c = &channels[word[0] % ABI_CHANNELS_MAX];
	struct end_place place = place_of(c);
	int rc;

	if (word[1] != ABI_SERVICE_SPAWN)
		rc = -MON_ENOENT;
	else if (word[0] >= ABI_CHANNELS_MAX || c->bound)
		rc = -MON_EINVAL;
	else
		rc = end_open(&place, &rings, &c->end);
	if (!rc) {
		session_begin(&c->session);
		c->hungry = false;
		c->bound = true;
	}
	kernel(ABI_KERNEL_BOUND, word[0], (uint64_t)-rc);
}

static void forget(struct channel *c)
{
	struct end_place place = place_of(c);

	session_end(&c->session);
	end_close(&place);
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
			notify(c);
		if (rc < 0)
			channel_break(c, rc);
	}
	return more;
}

bool channels_arm(void)
{
	for (uint32_t i = 0; i < ABI_CHANNELS_MAX; i++) {
		struct channel *c = &channels[i];

		if (!c->bound)
			continue;
		if ((session_ready(&c->session) && !urpc_arm(&c->end)) ||
		    (c->hungry && !urpc_arm_room(&c->end, room_for_output(c))))
			return false;
		if (urpc_ack_notify_needed(&c->end))
			notify(c);
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
