/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * An interface over a channel, or over something else that carries messages: what NAME_stub.h of each
 * interface has in common. The client's first message says which interface and which version it speaks,
 * the server's answer is the same of its own; unless both are equal, both ends know both numbers and
 * nothing else is ever sent.
 *
 * Bells and sleep stay the channel's business (urpc/chan.h): after sends ask urpc_notify_needed(),
 * sleep with urpc_bound_arm() in the place of urpc_arm().
 */
#ifndef URPC_BOUND_H
#define URPC_BOUND_H

#include <urpc/bulk.h>
#include <urpc/marshal.h>

#define URPC_EPROTONOSUPPORT 93 /* the other end speaks another interface or version */

/* The greeting: types that no interface's messages have, as there is no interface 0. */
#define URPC_BIND_HELLO 1u /* from the client */
#define URPC_BIND_WELCOME 2u
#define URPC_BIND_REFUSED 3u
#define URPC_BIND_MAGIC 0x52424e44u
#define URPC_BIND_BYTES 8u /* magic, interface, version */

/* What an end does next. A zeroed end is closed. */
enum urpc_bound_state {
	URPC_BOUND_CLOSED,
	URPC_BOUND_HELLO_DUE,
	URPC_BOUND_HELLO_AWAITED,
	URPC_BOUND_ANSWER_AWAITED,
	URPC_BOUND_WELCOME_DUE,
	URPC_BOUND_REFUSAL_DUE,
	URPC_BOUND_OPEN,
	URPC_BOUND_REFUSED,
};

/**
 * struct urpc_call - a call on its way: the caller's memory until it is over
 * @reply:  where the reply goes, of the call's reply type
 * @status: -URPC_EAGAIN until the reply has come; 0: *@reply is filled; -URPC_EPROTO: it was no right
 *          one. Set by NAME_receive()
 * The rest is private.
 */
struct urpc_call {
	struct urpc_call *next;
	void *reply;
	int status;
	uint32_t tag;
	uint16_t type;
};

/**
 * struct urpc_carrier - what carries messages in the place of a channel
 * @flush: send what is left of the last message. Return: 0, -URPC_EAGAIN: not all of it, another
 *         error: it never will be, and nothing else either
 * @send:  after @flush said 0. @payload stays as it is until the next @flush says 0. @cap: slot of a
 *         capability to send along, 0: none. Return: 0, -URPC_EAGAIN: nothing was sent
 * @take:  the next message, and the slot of a capability that came with it. Return: 0, -URPC_EAGAIN:
 *         none, -URPC_EPROTO: what came is no message, and is gone
 * @drop:  a capability that came is not wanted
 */
struct urpc_carrier {
	int (*flush)(struct urpc_carrier *c);
	int (*send)(struct urpc_carrier *c, uint16_t type, const void *payload, uint32_t bytes,
		    uint32_t cap);
	int (*take)(struct urpc_carrier *c, uint16_t *type, void *buffer, uint32_t room,
		    uint32_t *bytes, uint32_t *cap);
	void (*drop)(struct urpc_carrier *c, uint32_t cap);
};

/**
 * struct urpc_bound - what every end has
 * @chan:      the channel, or NULL:
 * @carrier:   what there is in its place
 * @calls:     that wait for their replies
 * @tag:       of the last call
 * @room:      slots that a reply would need: why NAME_receive() takes no request. Else 0. Over a
 *             carrier the caller then waits by time, not for a message
 * @refused:   messages that came and were no right ones
 * @strays:    replies that nobody waits for (any more)
 * @interface, @version: of this end
 * @peer_interface, @peer_version: of the other end, 0 until it has said so
 * @state:     enum urpc_bound_state
 * @server:    this is the server's end
 */
struct urpc_bound {
	struct urpc_chan *chan;
	struct urpc_carrier *carrier;
	struct urpc_call *calls;
	uint32_t tag;
	uint32_t room;
	uint64_t refused;
	uint64_t strays;
	uint16_t interface;
	uint16_t version;
	uint16_t peer_interface;
	uint16_t peer_version;
	uint8_t state;
	bool server;
};

/** urpc_bind_put, urpc_bind_get - the greeting's payload; get: 0 or -URPC_EPROTO */
static inline void urpc_bind_put(uint8_t to[URPC_BIND_BYTES], uint16_t interface, uint16_t version)
{
	struct urpc_writer w = { to };

	urpc_put_u32(&w, URPC_BIND_MAGIC);
	urpc_put_u16(&w, interface);
	urpc_put_u16(&w, version);
}

static inline int urpc_bind_get(const void *from, uint32_t bytes, uint16_t *interface,
				uint16_t *version)
{
	struct urpc_reader r = urpc_read_begin(from, bytes);
	uint32_t magic = urpc_get_u32(&r);

	*interface = urpc_get_u16(&r);
	*version = urpc_get_u16(&r);
	return magic == URPC_BIND_MAGIC ? urpc_read_end(&r) : -URPC_EPROTO;
}

/**
 * urpc_bound_init - an end that has greeted nobody
 * @chan, @carrier: one of them
 * @longest: bytes of the interface's longest message
 * Return: 0, -URPC_EMSGSIZE: the channel's rings are too small for that
 */
static inline int urpc_bound_init(struct urpc_bound *b, struct urpc_chan *chan,
				  struct urpc_carrier *carrier, uint32_t interface, uint32_t version,
				  uint32_t longest, bool server)
{
	__builtin_memset(b, 0, sizeof(*b));
	b->chan = chan;
	b->carrier = carrier;
	b->interface = (uint16_t)interface;
	b->version = (uint16_t)version;
	b->server = server;
	if (chan && urpc_long_max(chan->slots) < longest)
		return -URPC_EMSGSIZE;
	b->state = server ? URPC_BOUND_HELLO_AWAITED : URPC_BOUND_HELLO_DUE;
	return 0;
}

/** urpc_bound_ready - for the stubs: may the buffer of what was sent last be used again? */
static inline int urpc_bound_ready(struct urpc_bound *b)
{
	return b->chan ? 0 : b->carrier->flush(b->carrier);
}

static inline int urpc_bound_push(struct urpc_bound *b, uint16_t type, const void *payload,
				  uint32_t bytes, uint32_t cap)
{
	if (!b->chan)
		return b->carrier->send(b->carrier, type, payload, bytes, cap);
	return cap ? -URPC_EINVAL : urpc_send_long(b->chan, type, payload, bytes);
}

static inline int urpc_bound_pull(struct urpc_bound *b, uint16_t *type, void *buffer, uint32_t room,
				  uint32_t *bytes, uint32_t *cap)
{
	size_t length = 0;
	int err;

	*cap = 0;
	if (!b->chan)
		return b->carrier->take(b->carrier, type, buffer, room, bytes, cap);
	err = urpc_recv_long(b->chan, type, buffer, room, &length);
	*bytes = (uint32_t)length;
	return err;
}

static inline int urpc_bound_close(struct urpc_bound *b, int error)
{
	b->state = URPC_BOUND_CLOSED;
	return error;
}

/* @out: of the end, URPC_BIND_BYTES at least. */
static inline int urpc_bind_say(struct urpc_bound *b, uint8_t *out, uint16_t type,
				enum urpc_bound_state then)
{
	int err = urpc_bound_ready(b);

	if (err)
		return err;
	urpc_bind_put(out, b->interface, b->version);
	err = urpc_bound_push(b, type, out, URPC_BIND_BYTES, 0);
	if (!err)
		b->state = (uint8_t)then;
	return err;
}

/* The other end's word: a HELLO for a server, WELCOME or REFUSED for a client. */
static inline int urpc_bind_hear(struct urpc_bound *b)
{
	uint8_t in[URPC_BIND_BYTES];
	uint32_t bytes = 0, cap;
	uint16_t type;
	bool same;
	int err = urpc_bound_pull(b, &type, in, sizeof(in), &bytes, &cap);

	if (err == -URPC_EAGAIN)
		return err;
	if (cap)
		b->carrier->drop(b->carrier, cap);
	if (err || urpc_bind_get(in, bytes, &b->peer_interface, &b->peer_version))
		return urpc_bound_close(b, -URPC_EPROTO);
	same = b->peer_interface == b->interface && b->peer_version == b->version;
	if (b->server && type == URPC_BIND_HELLO)
		b->state = same ? URPC_BOUND_WELCOME_DUE : URPC_BOUND_REFUSAL_DUE;
	else if (!b->server && type == URPC_BIND_WELCOME && same)
		b->state = URPC_BOUND_OPEN;
	else if (!b->server && type == URPC_BIND_REFUSED && !same)
		b->state = URPC_BOUND_REFUSED;
	else
		return urpc_bound_close(b, -URPC_EPROTO);
	return 0;
}

/**
 * urpc_bind - the next step of the greeting; sends or receives at most a message each way, never waits
 * @out: of the end, URPC_BIND_BYTES at least: stays until all of it is sent
 * Return: 0: open. -URPC_EAGAIN: not yet, call it again when something has come (or there is room).
 * -URPC_EPROTONOSUPPORT: refused, @peer_interface and @peer_version say why. -URPC_EPROTO: the other
 * end said something else; closed.
 */
static inline int urpc_bind(struct urpc_bound *b, uint8_t *out)
{
	int err = 0;

	for (unsigned int step = 0; !err && step < 3; step++) {
		switch (b->state) {
		case URPC_BOUND_HELLO_DUE:
			err = urpc_bind_say(b, out, URPC_BIND_HELLO, URPC_BOUND_ANSWER_AWAITED);
			break;
		case URPC_BOUND_WELCOME_DUE:
			err = urpc_bind_say(b, out, URPC_BIND_WELCOME, URPC_BOUND_OPEN);
			break;
		case URPC_BOUND_REFUSAL_DUE:
			err = urpc_bind_say(b, out, URPC_BIND_REFUSED, URPC_BOUND_REFUSED);
			break;
		case URPC_BOUND_HELLO_AWAITED:
		case URPC_BOUND_ANSWER_AWAITED:
			err = urpc_bind_hear(b);
			break;
		case URPC_BOUND_OPEN:
			return 0;
		case URPC_BOUND_REFUSED:
			return -URPC_EPROTONOSUPPORT;
		default:
			return -URPC_EPROTO;
		}
	}
	return err ? err : b->state == URPC_BOUND_OPEN ? 0 : -URPC_EAGAIN;
}

/**
 * urpc_bound_send - for the stubs; after urpc_bound_ready() said 0
 * Return: 0, -URPC_EAGAIN: no room, -URPC_EINVAL: not open, or a capability over a channel;
 * -URPC_EPROTO: the channel is broken
 */
static inline int urpc_bound_send(struct urpc_bound *b, uint16_t type, const void *payload,
				  uint32_t bytes, uint32_t cap)
{
	return b->state == URPC_BOUND_OPEN ? urpc_bound_push(b, type, payload, bytes, cap) :
					     -URPC_EINVAL;
}

/*
 * A request is taken when its reply can be sent: a handler can always answer at once. Return: 0,
 * -URPC_EAGAIN: no room, or the carrier's error: nothing can be sent any more
 */
static inline int urpc_bound_room(struct urpc_bound *b, uint32_t reply_bytes)
{
	uint32_t slots = urpc_slots_of(reply_bytes);
	int err = urpc_bound_ready(b);

	if (b->server && b->chan && !urpc_has_room(b->chan, slots))
		err = -URPC_EAGAIN;
	b->room = b->server && err == -URPC_EAGAIN ? slots : 0;
	return err;
}

/**
 * urpc_bound_take - for the stubs: the next message
 * @reply_bytes: of the server's longest reply
 * Return: -URPC_EAGAIN: none, or with @room set: no request is taken before there is room for the
 * reply. Over a carrier nobody tells of that, and messages that came stay where they are, so that
 * waiting for one ends at once: the caller waits by time. An error of the carrier's flush closes the
 * end; a client has what came before that first.
 */
static inline int urpc_bound_take(struct urpc_bound *b, uint16_t *type, void *buffer, uint32_t room,
				  uint32_t *bytes, uint32_t *cap, uint32_t reply_bytes)
{
	int err, lost;

	if (b->state != URPC_BOUND_OPEN)
		return -URPC_EINVAL;
	lost = urpc_bound_room(b, reply_bytes);
	if (lost && b->server)
		return lost == -URPC_EAGAIN ? lost : urpc_bound_close(b, lost);
	err = urpc_bound_pull(b, type, buffer, room, bytes, cap);
	if (err == -URPC_EPROTO)
		b->refused++;
	if (err == -URPC_EAGAIN && lost && lost != -URPC_EAGAIN)
		return urpc_bound_close(b, lost);
	/* Longer than any of the interface: it would stay there for ever. */
	return err == -URPC_EMSGSIZE ? urpc_bound_close(b, -URPC_EPROTO) : err;
}

/** urpc_bound_refuse - for the stubs: a message that was no right one */
static inline int urpc_bound_refuse(struct urpc_bound *b, uint32_t cap)
{
	b->refused++;
	if (cap)
		b->carrier->drop(b->carrier, cap);
	return -URPC_EPROTO;
}

/** urpc_bound_arm - urpc_arm(), or for room when that is what NAME_receive() is short of */
static inline bool urpc_bound_arm(struct urpc_bound *b)
{
	return b->room ? urpc_arm_room(b->chan, b->room) : urpc_arm(b->chan);
}

/* Tags are never 0. */
static inline uint32_t urpc_bound_next_tag(const struct urpc_bound *b)
{
	return b->tag + 1 ? b->tag + 1 : 1;
}

/** urpc_call_begin - for the stubs: a call that was sent */
static inline void urpc_call_begin(struct urpc_bound *b, struct urpc_call *call, uint16_t reply_type,
				   void *reply)
{
	b->tag = urpc_bound_next_tag(b);
	call->tag = b->tag;
	call->type = reply_type;
	call->reply = reply;
	call->status = -URPC_EAGAIN;
	call->next = b->calls;
	b->calls = call;
}

/** urpc_call_cancel - nobody waits for it any more: its reply will be a stray. Over already: nothing */
static inline void urpc_call_cancel(struct urpc_bound *b, struct urpc_call *call)
{
	for (struct urpc_call **at = &b->calls; *at; at = &(*at)->next) {
		if (*at == call) {
			*at = call->next;
			return;
		}
	}
}

/**
 * urpc_call_find - for the stubs: the call that a reply is for, which is over then
 * Return: NULL: nobody waits for it
 */
static inline struct urpc_call *urpc_call_find(struct urpc_bound *b, uint16_t type,
					       const void *payload, uint32_t bytes)
{
	struct urpc_reader r = urpc_read_begin(payload, bytes);
	uint32_t tag = urpc_get_u32(&r);

	for (struct urpc_call *call = b->calls; call && !r.bad; call = call->next) {
		if (call->tag == tag && call->type == type) {
			urpc_call_cancel(b, call);
			return call;
		}
	}
	return NULL;
}

#endif
