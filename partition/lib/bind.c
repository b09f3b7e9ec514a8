// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Channels to other programs, as the monitor tells of them. What it says comes disabled, from the
 * scheduler; the thread that waits then does the rest.
 */
#include <base/string.h>

#include <lib/error.h>
#include <lib/monitor.h>
#include <lib/names.h>
#include <lib/thread.h>
#include <lib/vspace.h>

#include "bind_priv.h"
#include "list.h"

#define ROOM_NS 1000000
#define CLOSES 64u /* more than the monitor lets a program have */

RT_MONITOR_CALL(bind_offer)
RT_MONITOR_CALL(bind_connect)

static struct rt_offer *offers;
static struct rt_bound *bounds;
static uint64_t last_binding;
static uint64_t closes[CLOSES]; /* to be said when there is room */
static uint32_t close_count;
static struct rt_queue room;
static bool begun;

static const char *const sentences[BIND_E_COUNT] = {
	[BIND_OK] = "done",
#define SENTENCE(name, sentence) [BIND_E_##name] = sentence,
	BIND_ERRORS(SENTENCE)
#undef SENTENCE
};

static const uint8_t errors[BIND_E_COUNT] = {
	[BIND_E_MISSING] = RT_ENOENT, [BIND_E_NOT_OFFER] = RT_ENOENT,
	[BIND_E_LATE_NAME] = RT_ETIMEDOUT, [BIND_E_LATE_SERVER] = RT_ETIMEDOUT,
	[BIND_E_INTERFACE] = RT_EPROTONOSUPPORT, [BIND_E_VERSION] = RT_EPROTONOSUPPORT,
	[BIND_E_GONE] = RT_EPIPE, [BIND_E_ABANDONED] = RT_EPIPE, [BIND_E_ENDED] = RT_EPIPE,
	[BIND_E_CLOSED] = RT_EPIPE, [BIND_E_NODE] = RT_EPIPE, [BIND_E_STOPPED] = RT_EPIPE,
	[BIND_E_HANDLE] = RT_EPIPE, [BIND_E_REFUSED] = RT_ECONNREFUSED,
	[BIND_E_BUSY] = RT_EBUSY, [BIND_E_CONNECTS] = RT_EBUSY, [BIND_E_CHANNELS] = RT_EBUSY,
	[BIND_E_OFFERS] = RT_EBUSY, [BIND_E_TABLE] = RT_EBUSY,
	[BIND_E_MEMORY] = RT_ENOMEM, [BIND_E_INVALID] = RT_EINVAL,
	[BIND_E_WITHIN] = RT_EOPNOTSUPP,
};

const char *rt_bind_sentence(uint32_t error)
{
	return error < BIND_E_COUNT ? sentences[error] : "no known error";
}

static int error_of(uint32_t error)
{
	return error < BIND_E_COUNT && errors[error] ? -(int)errors[error] : -RT_EIO;
}

/* ---- lists ---- */

static struct rt_bound *bound_of(uint64_t binding)
{
	struct rt_bound *b = bounds;

	while (b && b->binding != binding)
		b = b->next;
	return b;
}

static void bound_list(struct rt_bound *b)
{
	b->binding = ++last_binding;
	list_add(bounds, b);
}

/* ---- what is said to the monitor ---- */

static int send_close(struct monitor_end *end, const void *message)
{
	return monitor_bind_close_send(end, message);
}

static int send_accept(struct monitor_end *end, const void *message)
{
	return monitor_bind_accept_send(end, message);
}

static int send_refuse(struct monitor_end *end, const void *message)
{
	return monitor_bind_refuse_send(end, message);
}

static void say_closes(void)
{
	while (close_count) {
		const struct monitor_bind_close m = { .binding = closes[close_count - 1] };

		if (rt_monitor_say(send_close, &m) == -URPC_EAGAIN)
			return;
		close_count--;
	}
}

static void say_closed(uint64_t binding)
{
	if (close_count < CLOSES)
		closes[close_count++] = binding;
	say_closes();
}

static void tick(void)
{
	say_closes();
	rt_wake(&room, UINT32_MAX);
}

/* By a thread, disabled. */
static void say(int (*send)(struct monitor_end *end, const void *message), const void *message)
{
	while (rt_monitor_say(send, message) == -URPC_EAGAIN)
		rt_block_outside(&room, rt_deadline_ns(ROOM_NS));
}

/* ---- what the monitor says ---- */

static int on_asked(void *ctx, uint32_t from, const struct monitor_bind_asked *m)
{
	struct rt_offer *o = offers;

	(void)ctx, (void)from;
	while (o && o->binding != m->binding)
		o = o->next;
	/* The monitor has refused who asked an offer that was closed. */
	if (!o || o->asks == RT_OFFER_ASKS)
		return 0;
	o->ask[o->asks++] = m->handle;
	rt_wake(&o->waiters, UINT32_MAX);
	rt_event_woken(&o->event);
	return 0;
}

static int on_opened(void *ctx, uint32_t from, const struct monitor_bind_opened *m)
{
	struct rt_bound *b = bound_of(m->binding);

	(void)ctx, (void)from;
	if (!b || b->state != BOUND_ASKED)
		return 0;
	b->state = BOUND_GIVEN;
	b->place = m->place;
	b->slots = m->slots;
	b->near = m->near;
	rt_wake(&b->waiters, UINT32_MAX);
	return 0;
}

static int on_failed(void *ctx, uint32_t from, const struct monitor_bind_failed *m)
{
	struct rt_bound *b = bound_of(m->binding);

	(void)ctx, (void)from;
	if (!b || b->state != BOUND_ASKED)
		return 0;
	b->state = BOUND_OVER;
	b->error = m->error;
	b->detail = m->detail;
	rt_wake(&b->waiters, UINT32_MAX);
	return 0;
}

static void over(struct rt_bound *b, uint32_t error)
{
	if (b->state == BOUND_OPEN)
		rings_copy(b);
	b->state = BOUND_OVER;
	b->error = error ? error : BIND_E_CLOSED;
	rt_wake(&b->waiters, UINT32_MAX);
	rt_event_woken(&b->channel.event);
}

static int on_closed(void *ctx, uint32_t from, const struct monitor_bind_closed *m)
{
	struct rt_bound *b = bound_of(m->binding);

	(void)ctx, (void)from;
	if (!b)
		return 0;
	if (b->state != BOUND_OVER)
		over(b, m->error);
	say_closed(b->binding);
	return 0;
}

/* It did not hear of the end in time, and used the rings: what was unread in them is lost. */
static bool taken(uint64_t address)
{
	struct rt_bound *b = bounds;

	while (b && !((b->state == BOUND_OPEN || b->copying) && rings_have(b, address)))
		b = b->next;
	if (!b)
		return false;
	if (b->copying)
		rings_copy(b);
	else
		over(b, BIND_E_CLOSED);
	return true;
}

static void begin(void)
{
	static struct rt_monitor_ticker ticker = { .tick = tick };

	if (begun)
		return;
	begun = true;
	rt_monitor_handlers.bind_asked = on_asked;
	rt_monitor_handlers.bind_opened = on_opened;
	rt_monitor_handlers.bind_failed = on_failed;
	rt_monitor_handlers.bind_closed = on_closed;
	rt_monitor_tick(&ticker);
	rt_vspace_taken = taken;
}

/* ---- both ends ---- */

static void bound_begin(struct rt_bound *b)
{
	begin();
	memset(b, 0, sizeof(*b));
	bound_list(b);
}

/* Disabled. It is open, or over, or failed to be mapped: then it is on no list. */
static int finish(struct rt_bound *b)
{
	int rc;

	while (b->state == BOUND_ASKED)
		rt_block_outside(&b->waiters, RT_NEVER);
	rc = b->state == BOUND_GIVEN ? rings_map(b) : error_of(b->error);
	if (!rc) {
		b->state = BOUND_OPEN;
		return 0;
	}
	if (b->state == BOUND_GIVEN) {
		/* The rings were taken again: the peer is over, of which the monitor is about to tell. */
		if (rc == -RT_EPERM) {
			b->error = BIND_E_CLOSED;
			rc = error_of(b->error);
		}
		say_closed(b->binding);
	}
	list_remove(bounds, b);
	b->state = BOUND_OVER;
	return rc;
}

int rt_bound_status(struct rt_bound *b)
{
	uint32_t was = rt_disable();
	bool is_over;

	rt_monitor_look();
	is_over = b->state == BOUND_OVER;
	/* It says so for good when all has been received. */
	if (is_over && !urpc_can_recv(&b->channel.urpc))
		b->channel.urpc.broken = true;
	rt_enable(was);
	return is_over ? -RT_EPIPE : 0;
}

void rt_bound_close(struct rt_bound *b)
{
	uint32_t was = rt_disable();

	if (b->binding) {
		rt_channel_close(&b->channel);
		rings_unmap(b);
		if (b->state != BOUND_OVER)
			say_closed(b->binding);
		list_remove(bounds, b);
		b->state = BOUND_OVER;
		b->binding = 0;
	}
	rt_enable(was);
}

/* ---- clients ---- */

int rt_connect(struct rt_bound *b, const struct rt_wish *wish, uint64_t ns)
{
	struct monitor_bind_connect m = {
		.interface = wish->interface,
		.version = wish->version,
		.slots = wish->slots,
		.wait = wish->wait,
		.wait_us = ns == RT_NEVER ? UINT64_MAX : ns / 1000,
	};
	size_t length = base_strlen(wish->name, sizeof(m.name));
	struct monitor_bind_connect_reply reply;
	uint32_t was;
	int rc;

	if (length == sizeof(m.name))
		return -RT_EINVAL;
	memcpy(m.name, wish->name, length + 1);
	was = rt_disable();
	bound_begin(b);
	m.binding = b->binding;
	rc = rt_monitor_call(send_bind_connect, &m, &reply);
	if (!rc && reply.error) {
		b->error = reply.error;
		rc = error_of(reply.error);
	}
	if (rc)
		list_remove(bounds, b);
	else
		rc = finish(b);
	if (rc)
		b->binding = 0;
	rt_enable(was);
	return rc;
}

/* ---- servers ---- */

static bool offer_ready(struct rt_event *event)
{
	return ((struct rt_offer *)event)->asks;
}

static const struct rt_event_kind offer_kind = { .ready = offer_ready };

/* Disabled; it is on the list, since somebody may ask as soon as the record is there. */
static int offer(struct rt_offer *o, uint32_t interface, uint32_t version)
{
	struct monitor_bind_offer m = { .binding = o->binding, .interface = interface,
					.version = version };
	struct monitor_bind_offer_reply reply;
	int rc = rt_monitor_call(send_bind_offer, &m, &reply);

	if (rc)
		return rc;
	if (reply.error) {
		o->error = reply.error;
		return error_of(reply.error);
	}
	rc = rt_name_set(o->name, reply.value, RT_NAME_NEW);
	if (rc)
		say_closed(o->binding);
	return rc;
}

int rt_offer(struct rt_offer *o, const char *name, uint32_t interface, uint32_t version)
{
	size_t length = base_strlen(name, sizeof(o->name));
	uint32_t was;
	int rc;

	memset(o, 0, sizeof(*o));
	if (!length || length == sizeof(o->name))
		return -RT_EINVAL;
	memcpy(o->name, name, length + 1);
	o->event.kind = &offer_kind;
	was = rt_disable();
	begin();
	o->binding = ++last_binding;
	list_add(offers, o);
	rc = offer(o, interface, version);
	if (rc) {
		list_remove(offers, o);
		o->binding = 0;
	}
	rt_enable(was);
	return rc;
}

static uint32_t first_ask(struct rt_offer *o)
{
	uint32_t handle = o->ask[0];

	memmove(o->ask, o->ask + 1, --o->asks * sizeof(o->ask[0]));
	return handle;
}

int rt_accept(struct rt_offer *o, struct rt_bound *b, uint64_t deadline)
{
	struct monitor_bind_accept m;
	uint32_t was = rt_disable();
	int rc = 0;

	rt_monitor_look();
	while (!o->asks && rc != -RT_ETIMEDOUT)
		rc = rt_block_outside(&o->waiters, deadline);
	if (o->asks) {
		bound_begin(b);
		m.handle = first_ask(o);
		m.binding = b->binding;
		say(send_accept, &m);
		rc = finish(b);
		if (rc)
			b->binding = 0;
	}
	rt_enable(was);
	return rc;
}

int rt_refuse(struct rt_offer *o, uint32_t reason)
{
	uint32_t was = rt_disable();
	struct monitor_bind_refuse m = { .reason = reason };
	int rc = o->asks ? 0 : -RT_EAGAIN;

	if (!rc) {
		m.handle = first_ask(o);
		say(send_refuse, &m);
	}
	rt_enable(was);
	return rc;
}

void rt_offer_close(struct rt_offer *o)
{
	uint32_t was = rt_disable();

	if (o->binding) {
		rt_waitset_remove(&o->event);
		rt_name_remove(o->name);
		while (o->asks)
			rt_refuse(o, 0);
		say_closed(o->binding);
		list_remove(offers, o);
		o->binding = 0;
	}
	rt_enable(was);
}
