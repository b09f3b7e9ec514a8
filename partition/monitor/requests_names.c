// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for programs. What a program asks goes to this node's replica of the name service, which answers
 * by its hooks, later or within the call.
 */
#include <base/string.h>

#include <domain.h>
#include <member.h>
#include <parts.h>
#include <requests.h>

#define FOREVER UINT64_MAX
/* Bits of a tag above the program's own. */
#define TAG_GET (1ull << 32)

/* Programs that have used the name service, until all nodes know that they are gone. */
static uint32_t known;

static uint64_t deadline(const struct node *n, uint64_t wait_us)
{
	return wait_us < PROTOCOL_NEVER - n->now ? n->now + wait_us : PROTOCOL_NEVER;
}

/* Nobody comes in whose end could not be told then. */
static bool enter(struct requests *r)
{
	if (!r->named && known == DOMAINS_MAX)
		return false;
	known += !r->named;
	r->named = true;
	return true;
}

void request_names_init(void)
{
	known = 0;
}

void request_names_end(struct requests *r)
{
	struct node *n;

	if (!r->named)
		return;
	n = member_enter();
	/* There is room for DOMAINS_MAX of them: only a node that is out of the partition refuses. */
	if (names_domain_end(&n->names, r->domain, n->now))
		known--;
	member_leave();
}

/* ---- requests ---- */

static int refuse_change(struct requests *r, uint32_t tag, uint32_t error)
{
	const struct monitor_name_change_reply reply = { .tag = tag, .error = error };

	return monitor_name_change_reply_send(&r->end, &reply);
}

int request_name_change(void *ctx, uint32_t from, const struct monitor_name_change *m)
{
	struct names_ask ask = { .op = m->op, .flags = m->flags };
	struct requests *r = ctx;
	struct node *n;
	int rc;

	if (!enter(r) || !requests_owe(r, 1))
		return refuse_change(r, m->tag, MONITOR_REFUSAL_PENDING);
	memcpy(ask.value, m->value, m->value_count * sizeof(m->value[0]));
	memcpy(ask.name, m->name, sizeof(ask.name));
	n = member_enter();
	rc = names_submit(&n->names, from, m->tag, &ask, deadline(n, m->wait_us), n->now);
	member_leave();
	if (!rc)
		return 0;
	requests_pay(r);
	return refuse_change(r, m->tag, (uint32_t)rc);
}

static int reply_get(struct requests *r, uint32_t tag, uint32_t error, const struct names_slot *slot)
{
	struct monitor_name_get_reply reply = { .tag = tag, .error = error,
						.value_count = NAMES_VALUES };

	if (slot) {
		reply.kind = slot->kind;
		reply.flags = slot->flags;
		reply.node = slot->node;
		reply.domain = slot->domain;
		memcpy(reply.value, slot->value, sizeof(reply.value));
	}
	return monitor_name_get_reply_send(&r->end, &reply);
}

static int await(struct requests *r, uint32_t from, const struct monitor_name_get *m)
{
	struct node *n;
	int rc;

	if (!enter(r) || !requests_owe(r, 1))
		return reply_get(r, m->tag, MONITOR_REFUSAL_PENDING, NULL);
	n = member_enter();
	rc = names_await(&n->names, from, m->tag | TAG_GET, m->name, deadline(n, m->wait_us), n->now);
	member_leave();
	if (!rc)
		return 0;
	requests_pay(r);
	return reply_get(r, m->tag, (uint32_t)rc, NULL);
}

int request_name_get(void *ctx, uint32_t from, const struct monitor_name_get *m)
{
	const struct names_slot *slot;
	struct requests *r = ctx;
	int rc;

	if (m->wait_us)
		return await(r, from, m);
	slot = names_get(&member_enter()->names, m->name);
	rc = reply_get(r, m->tag, slot ? NAMES_OK : NAMES_MISSING, slot);
	member_leave();
	return rc;
}

int request_name_list(void *ctx, uint32_t from, const struct monitor_name_list *m)
{
	struct monitor_name_list_reply reply = { .tag = m->tag, .value_count = NAMES_VALUES };
	const struct names_slot *slot;
	struct requests *r = ctx;

	(void)from;
	reply.next = m->at;
	slot = names_list(&member_enter()->names, m->prefix, &reply.next);
	reply.error = slot ? NAMES_OK : NAMES_MISSING;
	if (slot) {
		reply.kind = slot->kind;
		reply.flags = slot->flags;
		reply.node = slot->node;
		reply.domain = slot->domain;
		memcpy(reply.value, slot->value, sizeof(reply.value));
		memcpy(reply.name, slot->name, sizeof(reply.name));
	}
	member_leave();
	return monitor_name_list_reply_send(&r->end, &reply);
}

int request_name_watch(void *ctx, uint32_t from, const struct monitor_name_watch *m)
{
	struct monitor_name_watch_reply reply = { .tag = m->tag, .error = MONITOR_REFUSAL_PENDING };
	struct requests *r = ctx;

	if (enter(r)) {
		reply.error = (uint32_t)names_watch(&member_enter()->names, from, m->watch, m->prefix);
		member_leave();
	}
	return monitor_name_watch_reply_send(&r->end, &reply);
}

int request_name_unwatch(void *ctx, uint32_t from, const struct monitor_name_unwatch *m)
{
	struct monitor_name_unwatch_reply reply = { .tag = m->tag };
	struct requests *r = ctx;

	reply.error = names_unwatch(&member_enter()->names, from, m->watch) ? 0 :
									      MONITOR_REFUSAL_MISSING;
	member_leave();
	return monitor_name_unwatch_reply_send(&r->end, &reply);
}

/* ---- hooks ---- */

static void answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		   const struct names_slot *slot)
{
	struct requests *r = requests_of(domain);

	(void)ctx;
	if (!r)
		return;
	requests_pay(r);
	if (tag & TAG_GET)
		reply_get(r, (uint32_t)tag, error, slot);
	else
		refuse_change(r, (uint32_t)tag, error);
}

static bool changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
		    const struct names_slot *slot)
{
	struct monitor_name_changed m = { .watch = tag, .what = (uint8_t)what };
	struct requests *r = requests_of(domain);

	(void)ctx;
	if (!r)
		return true;
	if (!requests_room(r, MONITOR_NAME_CHANGED_MAX))
		return false;
	if (slot) {
		m.flags = slot->flags;
		m.node = slot->node;
		m.domain = slot->domain;
		m.value_count = NAMES_VALUES;
		memcpy(m.value, slot->value, sizeof(m.value));
		memcpy(m.name, slot->name, sizeof(m.name));
	}
	monitor_name_changed_send(&r->end, &m);
	return true;
}

static void ended(void *ctx, uint32_t domain)
{
	(void)ctx, (void)domain;
	known--;
}

struct names_hooks parts_names_hooks(void)
{
	return (struct names_hooks){ .answer = answer, .changed = changed, .ended = ended };
}
