// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The channel to the monitor. All is done disabled: threads send, the scheduler's poller receives. The
 * monitor runs on the same core, so what it has to say is there when this dispatcher runs again.
 */
#include <abi/domain.h>
#include <lib/crt.h>
#include <lib/monitor.h>
#include <lib/stream.h>

#include "list.h"

#define ROOM_NS 1000000

static struct urpc_chan chan;
static struct monitor_end end;
static struct rt_queue waiters; /* for answers, and for the greeting's end */
static bool begun;
static uint32_t short_of; /* slots that rt_monitor_say() lacked */

static struct rt_monitor_ticker *tickers;

struct monitor_handlers rt_monitor_handlers;

/* ---- the poller ---- */

static bool receive(void)
{
	bool any = false;

	if (end.bound.state != URPC_BOUND_OPEN)
		return monitor_bind(&end) != -URPC_EAGAIN;
	while (!chan.broken && monitor_receive(&end, &rt_monitor_handlers, NULL, 0) != -URPC_EAGAIN)
		any = true;
	return any || chan.broken;
}

static void poll(void)
{
	if (receive())
		rt_wake(&waiters, UINT32_MAX);
	if (short_of && urpc_has_room(&chan, short_of))
		short_of = 0;
	for (struct rt_monitor_ticker *t = tickers; t; t = t->next)
		t->tick();
	/* Who does not take the notice is awake, and looks at the rings afterwards. */
	if (urpc_ack_notify_needed(&chan))
		rt_stream_hint();
}

static bool arm(void)
{
	return chan.broken || (urpc_arm(&chan) && (!short_of || urpc_arm_room(&chan, short_of)));
}

static void disarm(void)
{
	urpc_disarm(&chan);
}

static bool spin(void)
{
	return false;
}

void rt_monitor_look(void)
{
	if (begun)
		poll();
}

static struct rt_poller poller = { .poll = poll, .arm = arm, .disarm = disarm, .spin = spin };

/* ---- calls ---- */

static int begin(void)
{
	struct abi_requests *rings = (struct abi_requests *)ABI_DOMAIN_REQUESTS;

	if (!rt_startup()->domain)
		return -RT_EOPNOTSUPP;
	if (urpc_chan_init(&chan, (struct urpc_ring *)(void *)rings->ask,
			   (const struct urpc_ring *)(const void *)rings->answer, ABI_REQUEST_SLOTS) ||
	    monitor_client(&end, &chan))
		return -RT_EPROTO;
	begun = true;
	rt_poller_add(&poller);
	return 0;
}

static void ring(void)
{
	if (urpc_notify_needed(&chan))
		rt_stream_tell();
}

/* Return: 0: the monitor speaks this interface. */
static int greet(void)
{
	int rc = begun ? 0 : begin();

	while (!rc) {
		rc = monitor_bind(&end);
		if (!rc)
			return 0;
		ring();
		if (rc != -URPC_EAGAIN)
			return rc == -URPC_EPROTONOSUPPORT ? -RT_EOPNOTSUPP : -RT_EPROTO;
		rt_block_outside(&waiters, RT_NEVER);
		rc = 0;
	}
	return rc;
}

static int ask(rt_monitor_sender send, void *question, void *answer)
{
	struct urpc_call call;
	int rc = greet();

	if (rc)
		return rc;
	/* The monitor takes requests only as fast as it can answer: room comes by and by. */
	while ((rc = send(&end, &call, question, answer)) == -URPC_EAGAIN) {
		ring();
		rt_block_outside(&waiters, rt_deadline_ns(ROOM_NS));
	}
	if (rc)
		return rc == -URPC_EINVAL ? -RT_EINVAL : -RT_EPROTO;
	ring();
	while (call.status == -URPC_EAGAIN && !chan.broken)
		rt_block_outside(&waiters, RT_NEVER);
	if (call.status == -URPC_EAGAIN)
		urpc_call_cancel(&end.bound, &call);
	return call.status ? -RT_EPROTO : 0;
}

int rt_monitor_call(rt_monitor_sender send, void *question, void *answer)
{
	uint32_t was = rt_disable();
	int rc = ask(send, question, answer);

	rt_enable(was);
	return rc;
}

int rt_monitor_say(int (*send)(struct monitor_end *end, const void *message), const void *message)
{
	int rc = send(&end, message);

	if (rc == -URPC_EAGAIN)
		short_of = ABI_REQUEST_SLOTS / 2;
	if (urpc_notify_needed(&chan))
		rt_stream_hint();
	return rc;
}

void rt_monitor_tick(struct rt_monitor_ticker *ticker)
{
	list_add(tickers, ticker);
}

RT_MONITOR_CALL(hello)

int rt_monitor_hello(struct monitor_hello_reply *reply)
{
	struct monitor_hello hello = { 0 };

	return rt_monitor_call(send_hello, &hello, reply);
}
