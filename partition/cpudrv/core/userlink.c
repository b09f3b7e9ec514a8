// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>

#include <arch.h>
#include <bootinfo.h>
#include <capability.h>
#include <console.h>
#include <control.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <errors.h>
#include <loop.h>
#include <memory.h>
#include <object.h>
#include <own.h>
#include <userlink.h>

#define NO_ANSWER 1
#define BIND_MS 1000u   /* less than node 0 waits itself */
#define UNBIND_MS 500u

enum state {
	FREE = 0,
	BINDING,   /* the monitor has to answer, then node 0 is answered */
	OPEN,
	UNBINDING, /* the same */
};

/**
 * struct userlink - the channel of that number
 * @told:    the monitor has been told of what it has to answer
 * @cancelled: node 0 wants it unbound since before the monitor answered the bind
 * @asked:   node 0's request that waits for an answer: ABI_CTL_BIND, ABI_CTL_UNBIND or 0, with @tag
 * @slots:   of either ring; @tx, @rx: what the program writes and reads, physical
 * @owner:   woken by its news, or NULL
 * @peer:    node at the other end, @peer_apic_id: of it, if it is a core
 * @patience: how long node 0 can be kept waiting
 */
struct userlink {
	uint8_t state;
	bool told;
	bool cancelled;
	uint16_t asked;
	uint32_t tag;
	uint32_t service;
	uint32_t peer;
	uint32_t peer_apic_id;
	uint32_t slots;
	uint64_t tx;
	uint64_t rx;
	struct dispatcher *owner;
	struct timer patience;
};

#define WORDS (ABI_CHANNEL_NUMBERS / 64)

static struct userlink links[ABI_CHANNEL_NUMBERS];
static uint64_t used[WORDS];  /* bit n: link n is not free */
static uint64_t owned[WORDS]; /* bit n: it has an owner */
static struct cap_entry *serve; /* slot for the ENDPOINT of ABI_KERNEL_SERVE; NULL: none yet */
static struct dispatcher *monitor; /* whose endpoint that is */
static struct link *control; /* node 0 asked there */

URPC_STATIC_ASSERT(ABI_CHANNEL_MONITOR(ABI_NODES_MAX) == ABI_CHANNEL_NUMBERS, "a link for each node");
URPC_STATIC_ASSERT(ABI_CHANNEL_NUMBERS % 64 == 0, "masks of links are words of 64 bits");

/* For each link of a mask, which may lose bits meanwhile; in two loops: `break` leaves the inner one. */
#define each_link(l, left, mask)                                                                  \
	for (uint32_t word = 0; word < WORDS; word++)                                              \
		for (uint64_t left = (mask)[word];                                                 \
		     left && ((l) = &links[word * 64 + (uint32_t)__builtin_ctzll(left)], true);    \
		     left &= left - 1)

static void mark(uint64_t mask[WORDS], const struct userlink *l, bool on)
{
	uint64_t number = (uint64_t)(l - links), bit = 1ull << number % 64;

	mask[number / 64] = on ? mask[number / 64] | bit : mask[number / 64] & ~bit;
}

bool userlink_taken(uint32_t number)
{
	return links[number].state != FREE;
}

bool userlinks_overlap(uint64_t base, uint64_t bytes)
{
	const struct userlink *l;

	each_link(l, left, used) {
		uint64_t other = urpc_ring_bytes(l->slots);

		if (memory_overlap(base, bytes, l->tx, other) ||
		    memory_overlap(base, bytes, l->rx, other))
			return true;
	}
	return false;
}

/* ---- node 0 ---- */

/* Room for it was kept since the request. */
static void answer(struct userlink *l, int status)
{
	timer_cancel(&l->patience);
	if (!l->asked)
		return;
	if (control) {
		control->promised--;
		control_reply_status(control, l->asked, l->tag, status);
	}
	l->asked = 0;
}

/*
 * The monitor is silent: node 0 learns that the bind failed; or that the rings may still be in use,
 * which it takes for the core's breach of the protocol, and keeps the rings.
 */
static void impatient(struct timer *timer)
{
	struct userlink *l =
		(struct userlink *)((char *)timer - offsetof(struct userlink, patience));

	console_warning("the monitor does not answer about channel %lu", l - links);
	answer(l, l->asked == ABI_CTL_BIND ? -ERR_TIMEDOUT : -ERR_PROTO);
}

static void asks(struct userlink *l, struct link *from, uint16_t type, uint32_t tag)
{
	uint64_t ms = type == ABI_CTL_BIND ? BIND_MS : UNBIND_MS;

	/* A bind that is not answered yet is given up by whoever unbinds it. */
	answer(l, -ERR_CANCELED);
	control = from;
	control->promised++;
	l->asked = type;
	l->tag = tag;
	timer_start(&l->patience, arch_cycles() + ms * boot_info->tsc_khz, impatient);
}

static void set_owner(struct userlink *l, struct dispatcher *d)
{
	if (l->owner)
		l->owner->messages.channels--;
	if (d)
		d->messages.channels++;
	l->owner = d;
	mark(owned, l, d);
}

static void set_free(struct userlink *l)
{
	set_owner(l, NULL);
	mark(used, l, false);
	*l = (struct userlink){ .state = FREE };
}

/*
 * The end of a channel: node 0 waits for an answer that says so, or learns it by an event. Without a monitor
 * programs may go on using their rings.
 */
static void end(struct userlink *l, int status)
{
	bool open = l->state == OPEN;

	if (l->asked == ABI_CTL_UNBIND)
		status = l->service == ABI_SERVICE_PROGRAM && !userlinks_monitor() ? -ERR_PROTO : 0;
	answer(l, status);
	set_free(l);
	if (open)
		links_closed((uint32_t)(l - links), status);
}

/* ---- the monitor ---- */

/* The core's first program has begun, but not come so far as to serve: it is told then. */
static bool monitor_begins(void)
{
	const struct dispatcher *first = dispatcher_number(0);

	return !serve && first && dispatcher_intact(first);
}

/* Tell what it has to answer, if that was not told. */
static enum notice tell(struct userlink *l)
{
	uint64_t words[6] = { (uint64_t)(l - links), l->service, l->slots, l->tx, l->rx, l->peer };
	enum notice rc = NOTICE_NOBODY;

	if (l->told || l->state == OPEN)
		return NOTICE_TOLD;
	if (!serve)
		return monitor_begins() ? NOTICE_WAITS : rc;
	if (l->state == BINDING)
		rc = lmp_notice(serve, ABI_LMP_BIND, words, 6);
	else
		rc = lmp_notice(serve, ABI_LMP_UNBIND, words, 1);
	l->told = rc == NOTICE_TOLD;
	return rc;
}

void userlinks_tell(void)
{
	struct userlink *l;

	each_link(l, left, used) {
		if (tell(l) == NOTICE_NOBODY)
			end(l, -ERR_NOENT);
	}
}

static void unbinding(struct userlink *l)
{
	l->state = UNBINDING;
	l->told = false;
	l->cancelled = false;
	set_owner(l, NULL);
	if (tell(l) == NOTICE_NOBODY)
		end(l, 0);
}

/* A link of monitors has its peer's number, all others one of the rest. */
static bool sensible(const struct abi_ctl_bind *b)
{
	if (b->peer >= ABI_NODES_MAX || b->peer == boot_info->node ||
	    (b->peer ? b->peer_apic_id == boot_info->apic_id : b->peer_apic_id))
		return false;
	return b->service == ABI_SERVICE_MONITOR ? b->channel == ABI_CHANNEL_MONITOR(b->peer) :
						   b->channel < ABI_CHANNELS_MAX;
}

int userlink_bind(struct link *from, const struct abi_ctl_bind *bind)
{
	struct userlink *l;
	int rc = sensible(bind) ? links_bind_check(bind) : -ERR_INVAL;

	if (rc)
		return rc;
	l = &links[bind->channel];
	*l = (struct userlink){ .state = BINDING, .service = bind->service, .slots = bind->slots,
				.tx = bind->tx, .rx = bind->rx, .peer = bind->peer,
				.peer_apic_id = bind->peer_apic_id };
	mark(used, l, true);
	if (tell(l) == NOTICE_NOBODY) {
		set_free(l);
		return -ERR_NOENT;
	}
	asks(l, from, ABI_CTL_BIND, bind->tag);
	return NO_ANSWER;
}

int userlink_unbind(struct link *from, const struct abi_ctl_unbind *unbind)
{
	struct userlink *l = &links[unbind->channel];

	if (l->asked == ABI_CTL_UNBIND || l->cancelled)
		return -ERR_PROTO;
	/* Nobody has heard of it yet. */
	if (l->state == BINDING && !l->told) {
		end(l, -ERR_CANCELED);
		return 0;
	}
	asks(l, from, ABI_CTL_UNBIND, unbind->tag);
	if (l->state == BINDING)
		l->cancelled = true;
	else if (l->state == OPEN)
		unbinding(l);
	return NO_ANSWER;
}

void userlinks_forget(void)
{
	control = NULL;
}

void userlinks_over(struct dispatcher *d)
{
	struct userlink *l;

	each_link(l, left, used) {
		if (l->owner == d)
			set_owner(l, NULL);
		if (monitor == d)
			end(l, l->state == OPEN ? -ERR_CANCELED : -ERR_NOENT);
	}
	/*
	 * The endpoint is one of somebody who is over: nobody is told anything there. What waited for his answer
	 * goes on.
	 */
	if (monitor == d) {
		monitor = NULL;
		capabilities_left = true;
	}
}

struct dispatcher *userlinks_monitor(void)
{
	return serve ? endpoint_live(serve) : NULL;
}

bool userlinks_last_copy(uint64_t base, uint64_t bytes, uint32_t type, bool *told)
{
	const uint64_t words[3] = { base, bytes, type };
	enum notice rc = serve ? lmp_notice(serve, ABI_LMP_LAST_COPY, words, 3) : NOTICE_NOBODY;

	*told = rc == NOTICE_TOLD;
	return rc == NOTICE_NOBODY;
}

/* ---- doorbells ---- */

/* Anything may be in the rings: the memory read is theirs whatever it is. */
static bool has_news(const struct userlink *l)
{
	const struct urpc_ring *tx = memory_at(l->tx), *rx = memory_at(l->rx);
	uint32_t armed = urpc_load_acquire(&tx->armed);

	return ((armed & URPC_ARMED_RECV) &&
		urpc_ring_ready(rx, l->slots, urpc_load_relaxed(&tx->armed_at))) ||
	       ((armed & URPC_ARMED_SEND) &&
		urpc_ring_acked(rx, urpc_load_relaxed(&tx->armed_ack)));
}

/*
 * Whoever sends to an armed end also rings. The links of monitors are many and quiet: in each turn they would
 * cost others too much, so they are looked at after doorbells alone.
 */
bool userlinks_poll(void)
{
	static uint64_t seen;
	uint64_t bells = core_page->count.doorbells, mask[WORDS] = { owned[0] };
	const struct userlink *l;
	bool any = false;

	if (bells != seen)
		memcpy(mask, owned, sizeof(mask));
	seen = bells;
	each_link(l, left, mask) {
		if (l->owner->task.runnable || !has_news(l))
			continue;
		dispatcher_wake(l->owner);
		any = true;
	}
	return any;
}

bool userlinks_news(const struct dispatcher *d)
{
	const struct userlink *l;

	each_link(l, left, owned) {
		if (l->owner == d && has_news(l))
			return true;
	}
	return false;
}

/* ---- operations ---- */

static struct userlink *link_of(uint64_t number)
{
	return number < ABI_CHANNEL_NUMBERS && links[number].state != FREE ? &links[number] : NULL;
}

/* The channel of an URPC capability of one. */
static struct userlink *channel_of(const struct object_call *c)
{
	return c->cap->end - c->cap->base == 1 ? link_of(c->cap->base) : NULL;
}

int urpc_wake(struct object_call *c)
{
	struct userlink *l = channel_of(c);

	if (!l || l->state == UNBINDING)
		return OBJECT_ERRNO(ERR_NOENT);
	set_owner(l, c->d);
	return 0;
}

int urpc_notify(struct object_call *c)
{
	const struct userlink *l = channel_of(c);

	if (!l)
		return OBJECT_ERRNO(ERR_NOENT);
	if (l->peer)
		notify_core(l->peer, l->peer_apic_id, (uint32_t)c->cap->base);
	else
		notify_node_about(0, (uint32_t)c->cap->base, 0);
	return 0;
}

int kernel_serve(struct object_call *c)
{
	int rc;

	if (!serve)
		serve = capability_own();
	rc = own_copy_endpoint(c->d, c->arg[0], c->arg[1], serve);

	if (!rc) {
		monitor = endpoint_live(serve);
		userlinks_tell();
	}
	return rc;
}

int kernel_bound(struct object_call *c)
{
	struct userlink *l = link_of(c->arg[0]);

	if (!l || l->state != BINDING || !l->told)
		return OBJECT_ERRNO(ERR_NOENT);
	if (c->arg[1] > ERR_MAX)
		return OBJECT_ERRNO(ERR_INVAL);
	if (c->arg[1]) {
		end(l, -(int)c->arg[1]);
	} else if (l->cancelled || !l->asked) {
		unbinding(l);
	} else {
		l->state = OPEN;
		answer(l, 0);
	}
	/* Ring 3 may go on for long before the event loop has its turn. */
	links_flush();
	return 0;
}

int kernel_unbound(struct object_call *c)
{
	struct userlink *l = link_of(c->arg[0]);

	if (!l || l->state != UNBINDING || !l->told)
		return OBJECT_ERRNO(ERR_NOENT);
	end(l, 0);
	links_flush();
	return 0;
}

int kernel_closed(struct object_call *c)
{
	struct userlink *l = link_of(c->arg[0]);

	if (!l || (l->state != OPEN && l->state != UNBINDING))
		return OBJECT_ERRNO(ERR_NOENT);
	if (!c->arg[1] || c->arg[1] > ERR_MAX)
		return OBJECT_ERRNO(ERR_INVAL);
	end(l, -(int)c->arg[1]);
	links_flush();
	return 0;
}
