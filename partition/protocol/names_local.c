// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Requests of this node's domains, from the call to the answer. A request has a number from when
 * it is sent: node 0 takes each number once, so that what is sent again after a change of view is
 * done once.
 */
#include "names_priv.h"

static struct names_pending *pending_free(struct names *n, uint32_t *left)
{
	struct names_pending *found = NULL;

	*left = 0;
	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		if (n->memory.pending[i].state != PENDING_FREE)
			continue;
		++*left;
		found = found ? found : &n->memory.pending[i];
	}
	return found;
}

/* How many requests @domain has; ~0: it is ending. */
static uint32_t pending_of(const struct names *n, uint32_t domain)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		const struct names_pending *p = &n->memory.pending[i];

		if (p->state == PENDING_FREE || p->domain != domain)
			continue;
		if (p->ask.op == NAMES_OP_DOMAIN_END)
			return ~0u;
		count++;
	}
	return count;
}

static void release(struct names_pending *p)
{
	__builtin_memset(p, 0, sizeof(*p));
}

static void answer(struct names *n, const struct names_pending *p, uint32_t error, uint16_t slot)
{
	n->counts.refused += error != NAMES_OK;
	if (p->ask.op == NAMES_OP_DOMAIN_END)
		n->hooks.ended(n->ctx, p->domain);
	else if (!p->silent)
		n->hooks.answer(n->ctx, p->domain, p->tag, error,
				slot == NAMES_NONE ? NULL : &n->memory.slots[slot]);
}

static void begin(struct names *n, struct names_pending *p, uint32_t domain)
{
	p->state = PENDING_NEW;
	p->domain = domain;
	p->order = ++n->order;
}

int names_submit(struct names *n, uint32_t domain, uint64_t tag, const struct names_ask *ask,
		 uint64_t deadline, uint64_t now)
{
	uint32_t left, have = pending_of(n, domain), error = names_ask_error(ask);
	struct names_pending *p = pending_free(n, &left);

	n->now = now;
	if (!error && (ask->op >= NAMES_OP_CANCEL || domain == NAMES_NOBODY))
		error = NAMES_INVALID;
	else if (n->state == STATE_STOPPED || have == ~0u)
		error = NAMES_STOPPED;
	else if (!error && (have >= n->memory.domain_pending || left <= n->memory.domains))
		error = NAMES_PENDING;
	if (error) {
		n->counts.refused++;
		return (int)error;
	}
	begin(n, p, domain);
	p->tag = tag;
	p->deadline = deadline;
	p->ask = *ask;
	names_go_on(n);
	return 0;
}

/*
 * What a domain that ends has not sent is forgotten, and what is answered from now on is not
 * told.
 */
static void forget(struct names *n, uint32_t domain)
{
	names_unwatch_domain(n, domain);
	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		struct names_pending *p = &n->memory.pending[i];

		if (p->state == PENDING_FREE || p->domain != domain)
			continue;
		p->silent = true;
		if (p->state == PENDING_NEW)
			release(p);
		else if (p->state == PENDING_CANCEL_NEW)
			p->state = PENDING_WAITING; /* it goes with the domain */
	}
}

/* Most domains never ask for a name: then the log needs not know that they end. */
static bool has_nothing(const struct names *n, uint32_t domain)
{
	uint32_t records, waits;

	names_count(n, n->self, domain, &records, &waits);
	return n->state == STATE_READY && !records && !waits && !pending_of(n, domain);
}

int names_domain_end(struct names *n, uint32_t domain, uint64_t now)
{
	struct names_pending *p;
	uint32_t left;

	n->now = now;
	if (domain == NAMES_NOBODY)
		return NAMES_INVALID;
	if (pending_of(n, domain) == ~0u)
		return 0;
	forget(n, domain);
	if (n->state == STATE_STOPPED || has_nothing(n, domain)) {
		n->hooks.ended(n->ctx, domain);
		return 0;
	}
	p = pending_free(n, &left);
	if (!p)
		return NAMES_PENDING;
	begin(n, p, domain);
	p->deadline = PROTOCOL_NEVER;
	p->ask.op = NAMES_OP_DOMAIN_END;
	names_go_on(n);
	return 0;
}

/* What has been sent already is looked at when it is in the log: see names_overdue(). */
bool names_give_up(struct names *n, uint32_t domain, uint64_t tag, uint64_t now)
{
	bool found = names_watch_give_up(n, domain, tag, now);

	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		struct names_pending *p = &n->memory.pending[i];

		if (p->state == PENDING_FREE || p->silent || p->domain != domain || p->tag != tag)
			continue;
		p->deadline = now;
		found = true;
	}
	return found;
}

uint32_t names_of(const struct names *n, uint32_t domain)
{
	uint32_t records, waits, pending = pending_of(n, domain);

	names_count(n, n->self, domain, &records, &waits);
	return records + (pending == ~0u ? waits : pending);
}

static void send_pending(struct names *n, const struct names_pending *p)
{
	bool cancel = p->state == PENDING_CANCEL_SENT || p->state == PENDING_ANSWERED;
	struct names_entry e = {
		.ask = p->ask,
		.node = n->self,
		.domain = p->domain,
		.number = cancel ? p->cancel : p->number,
		.cancels = cancel ? p->number : 0,
	};
	struct names_request m = {
		.epoch = n->epoch,
		.domain = e.domain,
		.number = e.number,
		.cancels = e.cancels,
	};

	if (cancel) {
		e.ask.op = NAMES_OP_CANCEL;
		e.ask.flags = 0;
		__builtin_memset(e.ask.value, 0, sizeof(e.ask.value));
	}
	if (names_leads(n)) {
		names_enter(n, 0, &e);
		return;
	}
	m.op = e.ask.op;
	m.flags = e.ask.flags;
	m.value_count = names_values(e.ask.value);
	__builtin_memcpy(m.value, e.ask.value, sizeof(m.value));
	__builtin_memcpy(m.name, e.ask.name, sizeof(m.name));
	names_request_out(&n->port, 0, &m);
}

/* The next to send, in the order in which domains asked. */
static struct names_pending *next_to_send(struct names *n)
{
	struct names_pending *next = NULL;

	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		struct names_pending *p = &n->memory.pending[i];

		if ((p->state == PENDING_NEW || p->state == PENDING_CANCEL_NEW) &&
		    (!next || p->order < next->order))
			next = p;
	}
	return next;
}

/* Send what may be sent; at node 0 into its queue. Bounded, as each is sent once. */
void names_pump(struct names *n)
{
	struct names_pending *p;

	while (n->state == STATE_READY && !n->frozen && n->unordered < NAMES_OUTSTANDING) {
		p = next_to_send(n);
		if (!p)
			break;
		n->unordered++;
		if (p->state == PENDING_NEW) {
			p->state = PENDING_SENT;
			p->number = ++n->number;
		} else {
			p->state = PENDING_CANCEL_SENT;
			p->cancel = ++n->number;
		}
		send_pending(n, p);
	}
}

static uint64_t sent_number(const struct names_pending *p)
{
	if (p->state == PENDING_SENT)
		return p->number;
	return p->state == PENDING_CANCEL_SENT || p->state == PENDING_ANSWERED ? p->cancel : 0;
}

/* After a change of view: all that is not in the log yet once more, in the order of numbers. */
void names_resend(struct names *n)
{
	uint64_t last = 0;

	for (uint32_t sent = 0; sent < n->unordered; sent++) {
		const struct names_pending *next = NULL;

		for (uint32_t i = 0; i < n->memory.pendings; i++) {
			const struct names_pending *p = &n->memory.pending[i];

			if (sent_number(p) > last && (!next || sent_number(p) < sent_number(next)))
				next = p;
		}
		if (!next)
			break;
		last = sent_number(next);
		send_pending(n, next);
	}
}

/* A request of this node that waited has its answer: it was let go, or gave up. */
void names_done(struct names *n, uint32_t node, uint64_t number, uint32_t error, uint16_t slot)
{
	if (node != n->self)
		return;
	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		struct names_pending *p = &n->memory.pending[i];

		if (p->number != number || p->state < PENDING_WAITING ||
		    p->state > PENDING_CANCEL_SENT)
			continue;
		answer(n, p, error, slot);
		if (p->state == PENDING_CANCEL_SENT)
			p->state = PENDING_ANSWERED;
		else
			release(p);
		return;
	}
}

/* An entry of this node is in the log, and was applied: with @error, or NAMES_QUEUED. */
void names_ordered(struct names *n, const struct names_entry *e, uint32_t error, uint16_t slot)
{
	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		struct names_pending *p = &n->memory.pending[i];

		if (sent_number(p) != e->number)
			continue;
		n->unordered--;
		if (p->state == PENDING_SENT && error == NAMES_QUEUED) {
			p->state = PENDING_WAITING;
		} else if (p->state == PENDING_SENT) {
			answer(n, p, error, slot);
			release(p);
		} else if (p->state == PENDING_ANSWERED) {
			release(p);
		} else {
			p->state = PENDING_WAITING; /* cannot be: its waiter is in the table */
		}
		return;
	}
}

/* This node is no member any more: whatever waits is told so. */
void names_stop(struct names *n)
{
	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		struct names_pending *p = &n->memory.pending[i];

		if (p->state == PENDING_FREE)
			continue;
		if (p->state != PENDING_ANSWERED)
			answer(n, p, NAMES_STOPPED, NAMES_NONE);
		release(p);
	}
	n->unordered = 0;
	names_watch_stop(n);
}

/*
 * Deadlines: what was not sent is answered, what waits is given up through the log, since only the
 * log says whether it was let go before. What is on its way to the log is looked at when it is
 * there.
 */
uint64_t names_overdue(struct names *n)
{
	uint64_t next = PROTOCOL_NEVER;

	for (uint32_t i = 0; i < n->memory.pendings; i++) {
		struct names_pending *p = &n->memory.pending[i];

		if (p->state != PENDING_NEW && p->state != PENDING_WAITING)
			continue;
		if (p->silent && p->state == PENDING_WAITING)
			continue;
		if (p->deadline > n->now) {
			next = p->deadline < next ? p->deadline : next;
		} else if (p->state == PENDING_NEW) {
			answer(n, p, NAMES_TIMEOUT, NAMES_NONE);
			release(p);
		} else {
			p->state = PENDING_CANCEL_NEW;
			p->order = ++n->order;
		}
	}
	return next;
}
