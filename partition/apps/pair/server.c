// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include <lib/error.h>
#include <lib/share.h>
#include <lib/thread.h>

#include "pair.h"

/* Both channels, by turns, with the same steps for either. */
static uint64_t echo_both(struct rt_bound *b, struct urpc_chan *raw, bool *ended)
{
	uint64_t count = 0, turn = 0;
	struct urpc_msg m;

	for (;; turn++) {
		if (!urpc_recv(raw, &m)) {
			count++;
			if (raw_send(raw, m.type, m.payload, m.len))
				return count;
		}
		if (!urpc_recv(&b->channel.urpc, &m)) {
			*ended = m.type == PAIR_END;
			if (*ended)
				return count;
			count++;
			if (send(b, m.type, m.payload, m.len, true))
				return count;
		}
		if (turn % PAIR_POLLS == 0 && rt_bound_status(b))
			return count;
		__builtin_ia32_pause();
	}
}

/* Return: 0: the client is told, and both channels are there. */
static int begin_raw(struct rt_bound *b, struct urpc_chan *raw)
{
	int rc = raw_take(raw, b->slots);

	if (rc) {
		printf("take: %d, %s\n", rc, rt_share_sentence(rc));
		return rc;
	}
	return send(b, PAIR_RAW, NULL, 0, true);
}

/* What comes goes back, with the time of its arrival in the second word. Return: how many. */
static uint64_t echo(struct rt_bound *b, const struct options *o, bool *ended)
{
	struct urpc_chan raw;
	uint64_t count = 0;
	struct urpc_msg m;

	*ended = false;
	while (!receive(b, &m, o->poll)) {
		*ended = m.type == PAIR_END;
		if (*ended)
			break;
		if (m.type == PAIR_RAW)
			return begin_raw(b, &raw) ? 0 : echo_both(b, &raw, ended);
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
