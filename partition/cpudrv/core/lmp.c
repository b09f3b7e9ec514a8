// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that wait in the receiver's buffer: abi/lmp.h. Pairs with the receiver: the words of a record
 * are stored before its number (release), @taken is loaded (acquire) before its slot is written again.
 */
#include <abi/syscall.h>
#include <base/string.h>

#include <arch.h>
#include <bootinfo.h>
#include <capability.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <errors.h>
#include <irq.h>
#include <userlink.h>

#define WATCH_US 2000u
#define ALARM_AGAIN_US 1000u

static struct timer watch;

/* ---- buffers; the dispatcher is intact ---- */

static struct abi_lmp_buffer *buffer_of(struct dispatcher *d, const struct endpoint *e)
{
	return memory_at(dispatcher_slots(d)[DISPATCHER_FRAME].base + e->offset);
}

/* How many messages are not taken. Whatever @taken is, no other memory depends on it. */
static uint64_t waiting(struct dispatcher *d, const struct endpoint *e)
{
	return e->number - __atomic_load_n(&buffer_of(d, e)->taken, __ATOMIC_ACQUIRE);
}

static bool has_room(struct dispatcher *d, const struct endpoint *e)
{
	return waiting(d, e) < e->records;
}

static void put(struct dispatcher *to, uint32_t number, struct endpoint *e,
		const struct abi_lmp_record *message)
{
	uint32_t at = (uint32_t)e->number % e->records;
	struct abi_lmp_record *r = &buffer_of(to, e)->record[at];

	memcpy(&r->badge, &message->badge,
	       sizeof(*r) - offsetof(struct abi_lmp_record, badge));
	__atomic_store_n(&r->number, ++e->number, __ATOMIC_RELEASE);
	to->messages.fresh |= 1u << number;
	dispatcher_wake(to);
}

static struct endpoint *endpoint_at(struct dispatcher *d, uint32_t number)
{
	return memory_at(memory_physical(dispatcher_slots(d)) + ABI_CAP_ENDPOINTS_AT +
			 number * sizeof(struct endpoint));
}

/* ---- room ---- */

static void wake_senders(struct dispatcher *to, uint32_t number)
{
	for (uint32_t i = 0; i < DISPATCHERS_MAX; i++) {
		struct dispatcher *d = dispatcher_number(i);

		if (!d || d->messages.full != to || d->messages.full_number != number)
			continue;
		d->messages.full = NULL;
		dispatcher_event(d);
	}
}

static void tell_died(struct dispatcher *d)
{
	const struct cap_entry *endpoint = &dispatcher_slots(d)[DISPATCHER_NOTICES];
	const uint64_t domain = d->domain;

	d->messages.died_untold =
		lmp_notice(endpoint, ABI_LMP_DIED, &domain, 1) == NOTICE_WAITS;
}

/* Notices wait at their sources: these are asked again. */
static void retry(void)
{
	irq_tell();
	userlinks_tell();
	capabilities_left = true; /* what may go only when the monitor was asked */
	for (uint32_t i = 0; i < DISPATCHERS_MAX; i++) {
		struct dispatcher *d = dispatcher_number(i);

		if (d && d->messages.died_untold)
			tell_died(d);
	}
}

void lmp_room(struct dispatcher *d)
{
	uint32_t wanted = d->messages.wanted;

	if (!wanted)
		return;
	for (uint32_t i = 0; i < ABI_LMP_BUFFERS; i++) {
		struct endpoint *e = endpoint_at(d, i);

		if (!(wanted & 1u << i) ||
		    (!d->messages.over && dispatcher_intact(d) && e->offset && !has_room(d, e)))
			continue;
		d->messages.wanted &= ~(1u << i);
		wake_senders(d, i);
	}
	if (d->messages.wanted != wanted)
		retry();
}

/* The receiver may empty its buffer without a system call. */
static void look(struct timer *timer)
{
	bool any = false;

	for (uint32_t i = 0; i < DISPATCHERS_MAX; i++) {
		struct dispatcher *d = dispatcher_number(i);

		if (!d)
			continue;
		lmp_room(d);
		any |= d->messages.wanted;
	}
	if (any)
		timer_start(timer, arch_cycles() + WATCH_US * boot_info->tsc_khz / 1000, look);
}

static void want_room(struct dispatcher *to, uint32_t number)
{
	to->messages.wanted |= 1u << number;
	if (!watch.slot)
		timer_start(&watch, arch_cycles() + WATCH_US * boot_info->tsc_khz / 1000, look);
}

/* ---- send ---- */

/* Copy a capability into the receiver's slot. */
static int pass(struct dispatcher *from, struct dispatcher *to, const struct endpoint *e,
		uint64_t address, uint32_t depth)
{
	struct cap_op op = { .kind = ABI_CAP_DO_COPY };

	if (cap_slot_find(&dispatcher_slots(from)[DISPATCHER_ROOT], address, depth, &op.from) ||
	    op.from.at->type == ABI_CAP_NONE)
		return -ERR_INVAL;
	if (!e->depth || cap_slot_find(&dispatcher_slots(to)[DISPATCHER_ROOT], e->slot, e->depth,
				       &op.to) ||
	    !(op.to.rights & ABI_CAP_WRITE))
		return -ERR_BUSY;
	switch (cap_decode(&cap_space, &op)) {
	case 0:
		return cap_invoke(&cap_space, &op);
	case -ABI_CAP_E_AGAIN:
		return LMP_REPEAT;
	case -ABI_CAP_E_OCCUPIED:
	case -ABI_CAP_E_BUSY:
		return -ERR_BUSY;
	default:
		return -ERR_PERM;
	}
}

/* All but the record: what can be refused. */
static int prepare(struct dispatcher *from, const struct cap_entry *cap, struct endpoint *e,
		   const uint64_t args[4], struct abi_lmp_record *message)
{
	struct dispatcher *to = endpoint_owner(cap);
	uint32_t cap_depth = (uint32_t)(args[1] >> 24);
	uint64_t words = args[1] >> 8 & 0xff;

	if (words > ABI_LMP_WORDS || cap_depth > ABI_CAP_DEPTH_MAX ||
	    args[1] >> 16 & 0xff & ~(uint64_t)(ABI_LMP_YIELD | ABI_LMP_SLEEP) || args[1] >> 32)
		return -ERR_INVAL;
	if (!e->offset)
		return -ERR_NOENT;
	if (!dispatcher_copy_in(from, message->word, args[2], words * sizeof(uint64_t)))
		return -ERR_FAULT;
	if (cap_depth && !(cap->rights & ABI_CAP_GRANT))
		return -ERR_PERM;
	if (!has_room(to, e)) {
		from->messages.full = to;
		from->messages.full_number = endpoint_number(cap);
		want_room(to, endpoint_number(cap));
		return -ERR_AGAIN;
	}
	message->badge = cap->badge;
	message->words = (uint16_t)words;
	message->flags = cap_depth ? ABI_LMP_CAP : 0;
	return cap_depth ? pass(from, to, e, args[3], cap_depth) : 0;
}

int lmp_send(struct dispatcher *from, const uint64_t args[4])
{
	struct abi_lmp_record message = { 0 };
	const struct cap_entry *cap;
	struct endpoint *e;
	struct dispatcher *to;
	int rc = endpoint_find(from, args[0], args[1] & 0xff, &cap);

	if (rc)
		return rc;
	e = endpoint_of(cap);
	rc = prepare(from, cap, e, args, &message);
	if (rc)
		return rc;
	to = endpoint_owner(cap);
	put(to, endpoint_number(cap), e, &message);
	if (args[1] >> 16 & ABI_LMP_YIELD && !to->stopped)
		dispatcher_hand_over(from, to, args[1] >> 16 & ABI_LMP_SLEEP);
	else if (args[1] >> 16 & ABI_LMP_SLEEP)
		dispatcher_sleep(from, UINT64_MAX);
	return 0;
}

enum notice lmp_notice(const struct cap_entry *endpoint, enum abi_lmp_notice kind,
		       const uint64_t *words, unsigned int count)
{
	struct abi_lmp_record message = { .badge = ABI_LMP_KERNEL, .kind = kind,
					  .words = (uint16_t)count };
	struct dispatcher *to = endpoint_live(endpoint);
	struct endpoint *e = to ? endpoint_of(endpoint) : NULL;

	/* In the midst of a revocation, the receiver may have lost its frame and not been killed yet. */
	if (!to || !e->offset || dispatcher_slots(to)[DISPATCHER_FRAME].type == ABI_CAP_NONE)
		return NOTICE_NOBODY;
	if (!has_room(to, e)) {
		want_room(to, endpoint_number(endpoint));
		return NOTICE_WAITS;
	}
	memcpy(message.word, words, count * sizeof(*words));
	put(to, endpoint_number(endpoint), e, &message);
	return NOTICE_TOLD;
}

/* ---- sleep ---- */

void dispatcher_event(struct dispatcher *d)
{
	if (d->task.runnable)
		d->messages.event = true;
	else
		dispatcher_wake(d);
}

bool messages_news(struct dispatcher *d)
{
	struct messages *m = &d->messages;
	bool any;

	lmp_room(d);
	any = m->event;
	m->event = false;
	for (uint32_t i = 0; m->fresh >> i; i++) {
		const struct endpoint *e = endpoint_at(d, i);

		if (m->fresh & 1u << i && e->offset && waiting(d, e) - 1 < e->records)
			any = true;
	}
	m->fresh = 0;
	return (m->channels && userlinks_news(d)) || any;
}

/*
 * Enabled, it is entered by `run` next, as one that sleeps is. Disabled, it finds a flag; it may have been
 * just about to become enabled, past its last look at that: so once more, until it has cleared it.
 */
static void alarm_expire(struct timer *timer)
{
	struct messages *m = (struct messages *)((char *)timer - offsetof(struct messages, alarm));
	struct dispatcher *d = (struct dispatcher *)((char *)m - offsetof(struct dispatcher,
									  messages));

	if (m->alarm_told && !__atomic_load_n(&d->shared->alarm, __ATOMIC_RELAXED))
		return;
	dispatcher_stop(d);
	if (!d->task.runnable)
		dispatcher_wake(d);
	if (d->upcall)
		return;
	__atomic_store_n(&d->shared->alarm, 1, __ATOMIC_RELAXED);
	m->event |= !m->alarm_told;
	m->alarm_told = true;
	/* Counted from now: the deadline may be any time that is past. */
	timer_start(timer, arch_cycles() + ALARM_AGAIN_US * boot_info->tsc_khz / 1000,
		    alarm_expire);
}

int dispatcher_alarm(struct dispatcher *d, uint64_t at)
{
	timer_cancel(&d->messages.alarm);
	d->messages.alarm_told = false;
	if (at != UINT64_MAX && !timer_start(&d->messages.alarm, at, alarm_expire))
		return -ERR_NOMEM;
	return 0;
}

/* ---- the end, and the event loop ---- */

void messages_over(struct dispatcher *d)
{
	struct messages *m = &d->messages;

	if (m->over)
		return;
	m->over = true;
	timer_cancel(&m->alarm);
	m->full = NULL;
	m->fresh = 0;
	lmp_room(d);
	userlinks_over(d);
	tell_died(d);
}

bool messages_poll(void)
{
	bool any = irq_poll();

	return userlinks_poll() || any;
}
