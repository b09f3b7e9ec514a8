// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of a program to its monitor: right ones, spoilt ones and rubbish, floods of them, and words of its
 * ring spoilt at any time. Another program beside it is served throughout, and nothing is left of either.
 */
#include "../monitor/client.h"
#include "asserts.h"
#include "fuzz.h"
#include "script.h"

#include <domain.h>
#include <requests.h>

enum { GREET, ASK, RAW, FLOOD, TAKE, SPOIL, TURN, PASS, STOP, ACTS };

static const struct monitor_handlers none;

/* ---- programs ---- */

static void greet(struct client *c)
{
	(void)monitor_bind(&c->end);
	core_turn();
	(void)monitor_bind(&c->end);
}

static void must_be_served(struct client *c)
{
	struct monitor_hello_reply reply = { 0 };
	struct monitor_hello hello = { 0 };
	struct urpc_call call;

	MUST(!monitor_hello_call(&c->end, &call, &hello, &reply));
	core_turn();
	client_take(c, &none, NULL);
	MUST(!call.status && reply.domain == c->program->setup.domain);
}

/* A message of some type, of bytes of the input; those not there are 0. */
static void raw(struct client *c, struct script *s, uint16_t type, size_t bytes)
{
	static uint8_t data[URPC_LONG_BYTES];
	size_t most = urpc_long_max(ABI_REQUEST_SLOTS), given = next(s, 1);

	bytes = bytes < most ? bytes : most;
	memset(data, 0, bytes);
	for (size_t i = 0; i < given && i < bytes; i++)
		data[i] = (uint8_t)next(s, 1);
	(void)urpc_send_long(&c->chan, type, data, bytes);
}

static void ask_name(struct client *c, struct script *s)
{
	struct monitor_name_change change = { .op = (uint8_t)next(s, 1), .flags = (uint8_t)next(s, 1),
					      .wait_us = next(s, 2), .value_count = 1 };
	static struct urpc_call calls[256];
	static struct monitor_name_change_reply replies[256];
	static uint8_t at;

	change.name[0] = 'a' + next(s, 1) % 4;
	change.value[0] = next(s, 1);
	urpc_call_cancel(&c->end.bound, &calls[at]);
	(void)monitor_name_change_call(&c->end, &calls[at], &change, &replies[at]);
	at++;
}

static void act(struct client *c, unsigned int what, struct script *s)
{
	switch (what) {
	case GREET:
		greet(c);
		break;
	case ASK:
		ask_name(c, s);
		break;
	case RAW:
		raw(c, s, (uint16_t)(MONITOR_INTERFACE << 8 | (next(s, 1) % 64)), next(s, 2));
		break;
	case FLOOD:
		for (uint64_t n = next(s, 1); n; n--)
			raw(c, s, MONITOR_HELLO, 4);
		break;
	case TAKE:
		client_take(c, &none, NULL);
		break;
	case SPOIL:
		((uint64_t *)(void *)c->chan.tx)[next(s, 2) % (ABI_REQUEST_RING / 8)] ^= next(s, 8);
		break;
	case PASS:
		core_pass(next(s, 4));
		break;
	case STOP:
		core_ended(c->program, ABI_DISPATCHER_KILLED, 0);
		break;
	default:
		core_turn();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct client bad, good;
	struct script s = { data, bytes };
	static uint64_t caps;

	if (!caps) {
		core_start();
		caps = core_caps();
	}
	client_open(&good, 1);
	greet(&good);
	client_open(&bad, 0);
	greet(&bad);
	while (s.left) {
		unsigned int what = next(&s, 1) % ACTS;

		act(&bad, what, &s);
		if (what == STOP)
			break;
	}
	core_turn();
	for (uint32_t i = 0; i < DOMAINS_MAX; i++)
		MUST(!requests_at(i) || requests_at(i)->owed <= REQUESTS_OWED_MAX);
	must_be_served(&good);
	core_unbind(0);
	core_unbind(1);
	MUST(!domains_count() && core_caps() == caps);
	return 0;
}
