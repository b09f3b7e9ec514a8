// SPDX-License-Identifier: GPL-2.0-only
/* What programs ask about connections. A number of theirs that is in use, or none, breaks the interface. */
#include <base/string.h>

#include <bindings_priv.h>
#include <member.h>
#include <requests.h>

int request_bind_offer(void *ctx, uint32_t from, const struct monitor_bind_offer *m)
{
	struct monitor_bind_offer_reply reply = { .tag = m->tag, .error = BIND_E_OFFERS };
	struct requests *r = ctx;
	struct binding *b;
	uint32_t offer = 0;

	if (binding_find(from, m->binding))
		return -URPC_EPROTO;
	b = binding_take(BINDING_OFFER, from);
	if (b) {
		b->tag = m->binding;
		member_enter();
		reply.error = (uint32_t)bind_offer_open(&bindings_machine, from, binding_number(b),
							m->interface, m->version, &offer);
		member_leave();
	}
	if (!reply.error) {
		b->handle = offer;
		reply.value_count = NAMES_VALUES;
		bind_record(offer, m->interface, m->version, reply.value);
	} else if (b) {
		binding_free(b);
	}
	return monitor_bind_offer_reply_send(&r->end, &reply);
}

int request_bind_connect(void *ctx, uint32_t from, const struct monitor_bind_connect *m)
{
	struct monitor_bind_connect_reply reply = { .tag = m->tag, .error = BIND_E_CHANNELS };
	struct bind_ask ask = { .interface = m->interface, .version = m->version, .slots = m->slots,
				.wait = m->wait };
	struct requests *r = ctx;
	struct binding *b;
	struct node *n;

	if (binding_find(from, m->binding))
		return -URPC_EPROTO;
	b = binding_take(BINDING_CLIENT, from);
	if (b) {
		uint64_t deadline = PROTOCOL_NEVER;

		b->tag = m->binding;
		memcpy(ask.name, m->name, sizeof(ask.name));
		n = member_enter();
		if (m->wait_us < PROTOCOL_NEVER - n->now)
			deadline = n->now + m->wait_us;
		reply.error = (uint32_t)bind_connect(&bindings_machine, from, binding_number(b), &ask,
						     deadline, n->now, &b->handle);
		member_leave();
	}
	if (b && reply.error)
		binding_free(b);
	return monitor_bind_connect_reply_send(&r->end, &reply);
}

/* It may be over by now: then it is told of the end. */
int request_bind_accept(void *ctx, uint32_t from, const struct monitor_bind_accept *m)
{
	const struct monitor_bind_closed closed = { .binding = m->binding, .error = BIND_E_ABANDONED };
	struct binding *b = binding_asked(from, m->handle);
	struct requests *r = ctx;
	struct node *n;

	if (binding_find(from, m->binding))
		return -URPC_EPROTO;
	/* Not there any more: the offer was closed meanwhile. That takes no record: there may be none left. */
	if (!b)
		return monitor_bind_closed_send(&r->end, &closed);
	if (b->tell)
		return -URPC_EPROTO;
	b->kind = BINDING_SERVER;
	b->tag = m->binding;
	if (b->over) {
		b->tell = TELL_CLOSED;
		return 0;
	}
	n = member_enter();
	bind_accept(&bindings_machine, from, b->handle, binding_number(b), n->now);
	member_leave();
	return 0;
}

int request_bind_refuse(void *ctx, uint32_t from, const struct monitor_bind_refuse *m)
{
	struct binding *b = binding_asked(from, m->handle);

	(void)ctx;
	if (!b || b->tell)
		return -URPC_EPROTO;
	if (!b->over) {
		member_enter();
		bind_refuse(&bindings_machine, from, b->handle, m->reason);
		member_leave();
	}
	binding_free(b);
	return 0;
}

/* What has ended meanwhile, and was told, is there no more. */
int request_bind_close(void *ctx, uint32_t from, const struct monitor_bind_close *m)
{
	struct binding *b = binding_find(from, m->binding);
	uint32_t handle;
	bool offer, over;

	(void)ctx;
	if (!b)
		return 0;
	handle = b->handle;
	offer = b->kind == BINDING_OFFER;
	over = b->over;
	binding_free(b);
	if (over)
		return 0;
	member_enter();
	if (offer) {
		bind_offer_close(&bindings_machine, from, handle);
		bindings_unask(from, m->binding);
	} else {
		bind_close(&bindings_machine, from, handle);
	}
	member_leave();
	return 0;
}
