// SPDX-License-Identifier: GPL-2.0-only
/* The server: one client, until that says stop. */
#include <stdio.h>
#include <string.h>

#include "clock_ends.h"

struct serving {
	struct clock_end end;
	uint32_t ticks; /* to send before the end */
	bool stop;
};

static uint64_t now(enum clock_unit unit)
{
	return unit == CLOCK_UNIT_KILOTICKS ? __builtin_ia32_rdtsc() / 1000 : __builtin_ia32_rdtsc();
}

/* A server takes a request only when the answer has room: this send cannot be refused. */
static int on_get(void *ctx, uint32_t from, const struct clock_get *m)
{
	struct serving *s = ctx;
	struct clock_get_reply reply = { .tag = m->tag, .when = now(m->in) };
	size_t length = strlen(m->name), at = 0;

	(void)from;
	for (uint32_t i = 0; i < m->repeat && at + length < sizeof(reply.text); i++, at += length)
		memcpy(reply.text + at, m->name, length);
	return clock_get_reply_send(&s->end, &reply);
}

static int on_stop(void *ctx, uint32_t from, const struct clock_stop *m)
{
	struct serving *s = ctx;

	(void)from;
	s->ticks = m->ticks;
	s->stop = true;
	return 0;
}

static const struct clock_handlers handlers = { .get = on_get, .stop = on_stop };

int server(struct rt_lmp *lmp, struct abi_cap_at other)
{
	static struct serving s;
	struct rt_carrier carrier;
	int err;

	rt_carrier_init(&carrier, lmp, other);
	clock_server_by(&s.end, &carrier.carrier);
	while ((err = clock_bind(&s.end)) == -URPC_EAGAIN)
		wait_for(&s.end.bound, lmp);
	while (!err && !s.stop) {
		err = clock_receive(&s.end, &handlers, &s, 0);
		if (err == -URPC_EAGAIN) {
			wait_for(&s.end.bound, lmp);
			err = 0;
		}
	}
	for (uint32_t number = 1; !err && number <= s.ticks; number++) {
		const struct clock_tick tick = { number };

		while ((err = clock_tick_send(&s.end, &tick)) == -URPC_EAGAIN)
			wait_for_room();
	}
	while (!err && (err = urpc_bound_ready(&s.end.bound)) == -URPC_EAGAIN)
		wait_for_room();
	rt_carrier_end(&carrier);
	return err;
}
