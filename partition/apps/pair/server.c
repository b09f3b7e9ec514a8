// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include <lib/error.h>
#include <lib/thread.h>

#include "pair.h"

/* What comes goes back, with the time of its arrival in the second word. Return: how many. */
static uint64_t echo(struct rt_bound *b, const struct options *o, bool *ended)
{
	uint64_t count = 0;
	struct urpc_msg m;

	*ended = false;
	while (!receive(b, &m, o->poll)) {
		*ended = m.type == PAIR_END;
		if (*ended)
			break;
		m.payload[1] = pair_ticks();
		count++;
		if (send(b, m.type, m.payload, m.len, o->poll))
			break;
	}
	return count;
}

static int answer(struct rt_offer *offer, const struct options *o)
{
	struct rt_bound b;
	uint64_t count;
	bool ended;
	int rc;

	if (o->silent) {
		rt_sleep_ns(UINT64_C(3600000000000));
		return 0;
	}
	if (o->refuse) {
		struct rt_waitset set = { 0 };
		struct rt_event *event;

		rt_waitset_add(&set, &offer->event);
		rt_waitset_wait(&set, RT_NEVER, &event);
		rt_waitset_remove(&offer->event);
		return rt_refuse(offer, 42);
	}
	rc = rt_accept(offer, &b, RT_NEVER);
	if (rc) {
		fail("accept", rc, b.error, b.detail);
		return rc == -RT_EPIPE ? 0 : rc;
	}
	count = echo(&b, o, &ended);
	printf("served %" PRIu64 " %s\n", count, ended ? "end" : rt_bind_sentence(b.error));
	fflush(stdout);
	rt_bound_close(&b);
	return 0;
}

int serve(const struct options *o)
{
	struct rt_offer offer;
	int rc = rt_offer(&offer, o->name, PAIR_INTERFACE, o->version);

	if (rc)
		return fail("offer", rc, offer.error, 0);
	printf("offered %s\n", o->name);
	fflush(stdout);
	for (uint32_t i = 0; !rc && (!o->count || i < o->count); i++)
		rc = answer(&offer, o);
	rt_offer_close(&offer);
	return rc ? 1 : 0;
}
