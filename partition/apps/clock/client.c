// SPDX-License-Identifier: GPL-2.0-only
/* The client: two calls at a time, with answers of several records; then it counts ticks. */
#include <stdio.h>
#include <string.h>

#include "clock_ends.h"

#define TICKS 100u

static uint32_t ticks;

/* They come in order, all of them. */
static int on_tick(void *ctx, uint32_t from, const struct clock_tick *m)
{
	(void)ctx;
	(void)from;
	return m->number == ++ticks ? 0 : -URPC_EPROTO;
}

static const struct clock_handlers handlers = { .tick = on_tick };

/* Take one message, or wait for one. */
static int turn(struct clock_end *end, struct rt_lmp *lmp)
{
	int err = clock_receive(end, &handlers, NULL, 0);

	if (err != -URPC_EAGAIN)
		return err;
	wait_for(&end->bound, lmp);
	return 0;
}

static int ask(struct clock_end *end, struct rt_lmp *lmp)
{
	struct clock_get question[2] = { { .name = "tick ", .repeat = 60 },
					 { .name = "tock", .repeat = 1, .in = CLOCK_UNIT_KILOTICKS } };
	static struct clock_get_reply answer[2];
	struct urpc_call call[2];
	int err = 0;

	for (int i = 0; i < 2; i++)
		while ((err = clock_get_call(end, &call[i], &question[i], &answer[i])) == -URPC_EAGAIN)
			wait_for_room();
	while (!err && (call[0].status == -URPC_EAGAIN || call[1].status == -URPC_EAGAIN))
		err = turn(end, lmp);
	if (err)
		return err;
	printf("answers: %zu characters, %zu characters, in order: %s\n", strlen(answer[0].text),
	       strlen(answer[1].text),
	       answer[0].when / 1000 <= answer[1].when + 1 ? "yes" : "no");
	return 0;
}

int client(struct rt_lmp *lmp, struct abi_cap_at other, unsigned int version)
{
	static struct clock_end end;
	const struct clock_stop stop = { TICKS };
	struct rt_carrier carrier;
	int err;

	rt_carrier_init(&carrier, lmp, other);
	clock_client_by(&end, &carrier.carrier);
	end.bound.version = (uint16_t)version; /* a real client says CLOCK_VERSION */
	while ((err = clock_bind(&end)) == -URPC_EAGAIN)
		wait_for(&end.bound, lmp);
	if (err == -URPC_EPROTONOSUPPORT)
		printf("refused: I speak version %u, the server %u of interface %u\n", version,
		       end.bound.peer_version, end.bound.peer_interface);
	if (!err)
		err = ask(&end, lmp);
	while (!err && (err = clock_stop_send(&end, &stop)) == -URPC_EAGAIN)
		wait_for_room();
	while (!err && ticks < TICKS)
		err = turn(&end, lmp);
	rt_carrier_end(&carrier);
	printf("ticks: %u\n", ticks);
	return err;
}
