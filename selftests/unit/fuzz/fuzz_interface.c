// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that remora-interface makes from the definitions in partition/interfaces/ and from every.if
 * of the tests, against messages that are anything. The first byte says which interface; then messages:
 * a byte of flags, their type, their length, their bytes.
 */
#include <stddef.h>

#include "fuzz.h"
#include "script.h"
#include <urpc/bound.h>

/* The message under test: what handlers are told must be in it, and nothing but that. */
static struct {
	uint8_t *data;
	uint8_t flags;
	uint16_t type;
	uint32_t bytes, cap;
	unsigned int handled;
} now;

/* ---- a carrier of what the script says ---- */

static struct script *script;
static uint32_t dropped;

static int none_left(struct urpc_carrier *c)
{
	(void)c;
	return 0;
}

static int swallow(struct urpc_carrier *c, uint16_t type, const void *payload, uint32_t bytes,
		   uint32_t cap)
{
	uint8_t *copy = malloc(bytes + 1);

	(void)c;
	(void)type;
	(void)cap;
	MUST(copy);
	memcpy(copy, payload, bytes); /* all of it is there */
	free(copy);
	return 0;
}

static int deliver(struct urpc_carrier *c, uint16_t *type, void *buffer, uint32_t room,
		   uint32_t *bytes, uint32_t *cap)
{
	(void)c;
	if (now.bytes > room)
		return -URPC_EPROTO;
	memcpy(buffer, now.data, now.bytes);
	*type = now.type;
	*bytes = now.bytes;
	*cap = now.cap;
	return 0;
}

static void drop(struct urpc_carrier *c, uint32_t cap)
{
	(void)c;
	MUST(cap && cap == now.cap && !dropped);
	dropped = cap;
}

static struct urpc_carrier carrier = { none_left, swallow, deliver, drop };

/* A message of the script, in an allocation of just its size. */
static void read_message(uint8_t interface)
{
	now.flags = (uint8_t)next(script, 1);
	now.cap = now.flags & 1 ? 99 : 0;
	now.type = (uint16_t)(now.flags & 2 ? next(script, 2) : (uint64_t)interface << 8 | next(script, 1));
	now.bytes = (uint32_t)next(script, 2) % 8192;
	if (now.bytes > script->left)
		now.bytes = (uint32_t)script->left;
	now.data = malloc(now.bytes ? now.bytes : 1);
	MUST(now.data);
	memcpy(now.data, script->at, now.bytes);
	script->at += now.bytes;
	script->left -= now.bytes;
	now.handled = 0;
	dropped = 0;
}

/* What was accepted is valid, and written again it is the same. */
#define MESSAGE(interface, message)                                                            \
	static int interface##_##message##_seen(void *ctx, uint32_t from,                      \
						const struct interface##_##message *m)        \
	{                                                                                      \
		uint8_t *again = malloc(now.bytes + 1);                                        \
		(void)ctx;                                                                     \
		MUST(from == 5 && again && interface##_##message##_valid(m));                  \
		MUST(interface##_##message##_encode(m, again) == now.bytes);                   \
		MUST(!memcmp(again, now.data, now.bytes));                                     \
		MUST(!strcmp(interface##_name(now.type), #message));                           \
		free(again);                                                                   \
		now.handled++;                                                                 \
		return 0;                                                                      \
	}

/* ---- both ends ---- */

#define OPEN_FLAG 4
#define CALL_FLAG 8

static uint64_t reply[8192]; /* more than any structure */

/* One end after the other is given the message, greeting or not; calls wait for what may be replies. */
static void end_prepare(struct urpc_bound *b, struct urpc_call *call)
{
	if (now.flags & OPEN_FLAG)
		b->state = URPC_BOUND_OPEN;
	b->calls = NULL;
	if ((now.flags & CALL_FLAG) && !b->server && now.bytes >= 4) {
		call->type = now.type;
		memcpy(&call->tag, now.data, 4);
		call->reply = reply;
		call->status = -URPC_EAGAIN;
		call->next = NULL;
		b->calls = call;
	}
	now.handled = 0;
	dropped = 0;
}

static void end_check(bool open, bool for_it, bool fits, int rc)
{
	MUST(rc == 0 || rc == -URPC_EPROTO || rc == -URPC_EINVAL);
	MUST((rc == -URPC_EINVAL) == !open);
	MUST(!now.handled || (rc == 0 && for_it && open));
	MUST(open || !dropped);
	if (rc == -URPC_EPROTO && fits) /* else the carrier never gave it */
		MUST(dropped == now.cap);
}

/* Straight into the switch, then to both ends. */
#define INTERFACE(interface, number, ...)                                                      \
	static void interface##_run(const uint8_t *data, size_t bytes)                         \
	{                                                                                      \
		static const struct interface##_handlers all = { __VA_ARGS__ }, nobody;        \
		static struct interface##_end end[2];                                          \
		struct script s = { data, bytes };                                             \
		struct urpc_call call;                                                         \
		script = &s;                                                                   \
		interface##_client_by(&end[0], &carrier);                                      \
		interface##_server_by(&end[1], &carrier);                                      \
		while (s.left) {                                                               \
			int rc;                                                                \
			read_message(number);                                                  \
			rc = interface##_dispatch_cap(&all, NULL, 5, now.type, now.data,       \
						      now.bytes, now.cap);                     \
			MUST(rc == (now.handled ? 0 : -URPC_EPROTO));                          \
			MUST(interface##_dispatch(&nobody, NULL, 5, now.type, now.data,        \
						  now.bytes) == -URPC_EPROTO);                 \
			for (int i = 0; i < 2; i++) {                                          \
				bool open;                                                     \
				dropped = 0;                                                   \
				(void)interface##_bind(&end[i]);                               \
				end_prepare(&end[i].bound, &call);                             \
				open = end[i].bound.state == URPC_BOUND_OPEN;                  \
				rc = interface##_receive(&end[i], &all, NULL, 5);              \
				end_check(open, i ? interface##_for_server(now.type) :         \
						    interface##_for_client(now.type),          \
					  now.bytes <= sizeof(end[i].in), rc);                 \
			}                                                                      \
			free(now.data);                                                        \
		}                                                                              \
	}

#include "interface_cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	if (bytes)
		interfaces[data[0] % (sizeof(interfaces) / sizeof(interfaces[0]))](data + 1, bytes - 1);
	return 0;
}
