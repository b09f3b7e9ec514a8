// SPDX-License-Identifier: GPL-2.0-only
#include <urpc/bulk.h>

#include <agreed.h>
#include <bindings.h>
#include <domain.h>
#include <member.h>
#include <requests.h>

#define MESSAGES_A_TURN 16u
#define LONGEST_SLOTS 4u /* of an answer at once, or of a message that is not promised */

_Static_assert(MONITOR_NAME_LIST_REPLY_MAX <= LONGEST_SLOTS * URPC_PAYLOAD_BYTES, "answers at once");
/* What a sleeper can ask room for, urpc_arm_room(). */
_Static_assert(REQUESTS_OWED_MAX + LONGEST_SLOTS <= ABI_REQUEST_SLOTS / 4 * 3, "room");

static struct requests table[DOMAINS_MAX];

static const struct monitor_handlers handlers = {
	.hello = request_hello,
	.name_change = request_name_change,
	.name_get = request_name_get,
	.name_list = request_name_list,
	.name_watch = request_name_watch,
	.name_unwatch = request_name_unwatch,
	.spawn = request_spawn,
	.spawn_kill = request_spawn_kill,
	.image_piece = request_image_piece,
	.bind_offer = request_bind_offer,
	.bind_connect = request_bind_connect,
	.bind_accept = request_bind_accept,
	.bind_refuse = request_bind_refuse,
	.bind_close = request_bind_close,
	.cap_agreed = request_cap_agreed,
	.cap_give = request_cap_give,
	.cap_take = request_cap_take,
	.view_watch = request_view_watch,
	.view_ready = request_view_ready,
	.mem_alloc = request_mem_alloc,
	.mem_free = request_mem_free,
	.mem_info = request_mem_info,
};

struct requests *requests_at(uint32_t i)
{
	return table[i].domain && !table[i].over ? &table[i] : NULL;
}

struct requests *requests_of(uint32_t domain)
{
	for (uint32_t i = 0; domain && i < DOMAINS_MAX; i++) {
		if (table[i].domain == domain)
			return requests_at(i);
	}
	return NULL;
}

void requests_init(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++)
		table[i].domain = 0;
	request_names_init();
	requests_leave(0);
}

void requests_begin(uint32_t i, uint32_t domain, struct abi_requests *rings)
{
	struct requests *r = &table[i];

	*r = (struct requests){ .domain = domain };
	urpc_chan_init(&r->chan, (struct urpc_ring *)(void *)rings->answer,
		       (const struct urpc_ring *)(const void *)rings->ask, ABI_REQUEST_SLOTS);
	monitor_server(&r->end, &r->chan);
}

void requests_end(uint32_t i)
{
	if (!table[i].domain)
		return;
	request_names_end(&table[i]);
	request_view_end(&table[i]);
	request_spawn_end(&table[i]);
	agreed_domain_end(table[i].domain);
	table[i].domain = 0;
}

/* ---- room ---- */

static uint32_t needed(const struct requests *r)
{
	return r->owed + LONGEST_SLOTS;
}

bool requests_room(struct requests *r, uint32_t bytes)
{
	bool room = urpc_has_room(&r->chan, r->owed + urpc_slots_of(bytes));

	r->full |= !room;
	return room;
}

bool requests_owe(struct requests *r, uint32_t count)
{
	if (r->owed + count > REQUESTS_OWED_MAX)
		return false;
	r->owed += count;
	return true;
}

void requests_pay(struct requests *r)
{
	r->owed--;
}

/* ---- messages ---- */

/* Return: 0: that was all, 1: there may be more, or -URPC_EPROTO. */
static int take_messages(struct requests *r)
{
	int rc = monitor_bind(&r->end);

	/* Told by the refusal; a program that knows another version asks for nothing more. */
	if (rc)
		return rc == -URPC_EPROTO ? rc : 0;
	for (uint32_t i = 0; i < MESSAGES_A_TURN; i++) {
		if (!urpc_has_room(&r->chan, needed(r)))
			return 0;
		rc = monitor_receive(&r->end, &handlers, r, r->domain);
		if (rc)
			return rc == -URPC_EAGAIN ? 0 : -URPC_EPROTO;
	}
	return 1;
}

static void break_off(struct requests *r)
{
	const struct domain *d = domain_find(r->domain);

	request_view_end(r);
	r->over = true;
	mon_print("program %u (%s) sent its monitor what is no request: it is served no more", r->domain,
		  d ? d->name : "");
}

/* Whatever found no room needs no more of it than is kept for an answer. */
static void look_for_room(struct requests *r)
{
	if (!r->full || !urpc_has_room(&r->chan, needed(r)))
		return;
	r->full = false;
	member_wake();
}

bool requests_work(void)
{
	bool more = false;

	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		struct requests *r = requests_at(i);
		int rc;

		if (!r)
			continue;
		look_for_room(r);
		rc = take_messages(r);
		more |= rc > 0;
		if (rc < 0)
			break_off(r);
	}
	return more;
}

/* A program that sleeps is told once of what was sent: until it wakes, its end says that it is armed. */
static bool must_tell(struct requests *r)
{
	bool sent = r->told != r->chan.tx_next;

	r->told = r->chan.tx_next;
	return urpc_ack_notify_needed(&r->chan) || (sent && urpc_notify_needed(&r->chan));
}

void requests_flush(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		struct requests *r = requests_at(i);
		struct domain *d = r ? domain_at(i) : NULL;

		if (r)
			request_view_tell(r);
		if (d && (must_tell(r) || d->notify))
			domain_notify(d);
	}
}

bool requests_arm(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		struct requests *r = requests_at(i);

		if (!r)
			continue;
		if (urpc_has_room(&r->chan, needed(r)) ? r->full || !urpc_arm(&r->chan) :
							 !urpc_arm_room(&r->chan, needed(r)))
			return false;
	}
	requests_flush();
	return true;
}

void requests_disarm(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		struct requests *r = requests_at(i);

		if (r)
			urpc_disarm(&r->chan);
	}
}

int request_hello(void *ctx, uint32_t from, const struct monitor_hello *m)
{
	const struct domain_place *place = domains_place();
	struct requests *r = ctx;
	struct monitor_hello_reply reply = { .tag = m->tag, .node = place->node,
					     .nodes = place->nodes, .domain = from };
	const struct view *view = view_current(&member_enter()->view);

	if (protocol_set_has(&view->members, place->node))
		reply.members = view->members.bits[0];
	member_leave();
	return monitor_hello_reply_send(&r->end, &reply);
}
