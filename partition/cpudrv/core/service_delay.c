// SPDX-License-Identifier: GPL-2.0-only
/*
 * ABI_SERVICE_DELAY: a message comes back after payload[0] nanoseconds. Each message that waits
 * holds one entry of a common pool and a promise of room in its link's window.
 */
#include <arch.h>
#include <bootinfo.h>
#include <crash.h>
#include <service.h>
#include <timer.h>

#define DELAY_POOL 256u
#define DELAY_MAX_NS 10000000000ull

URPC_STATIC_ASSERT(DELAY_POOL < TIMERS_MAX, "a message that waits needs a timer");

/** struct delayed - a message that waits; free while link is NULL */
struct delayed {
	struct timer timer; /* first: expire() gets its address */
	struct link *link;
	struct urpc_msg msg;
};

static struct delayed pool[DELAY_POOL];
static uint32_t pool_used;

static void delayed_free(struct delayed *d)
{
	d->link->promised--;
	d->link = NULL;
	pool_used--;
}

static void delay_expire(struct timer *timer)
{
	struct delayed *d = (struct delayed *)timer;
	struct link *link = d->link;

	delayed_free(d);
	link_send(link, d->msg.type, d->msg.payload, d->msg.len);
}

static bool delay_ready(struct link *link)
{
	return pool_used < DELAY_POOL && link_has_room(link, 1);
}

static void delay_message(struct link *link, const struct urpc_msg *msg)
{
	uint64_t ns = msg->payload[0] < DELAY_MAX_NS ? msg->payload[0] : DELAY_MAX_NS;
	struct delayed *d = pool;
	uint64_t due;

	while (d->link)
		d++;
	d->link = link;
	d->msg = *msg;
	link->promised++;
	pool_used++;
	due = arch_cycles() + ns * boot_info->tsc_khz / 1000000;
	check(timer_start(&d->timer, due, delay_expire), "no timer for a delayed message");
}

static void delay_close(struct link *link)
{
	for (uint32_t i = 0; i < DELAY_POOL; i++) {
		if (pool[i].link != link)
			continue;
		timer_cancel(&pool[i].timer);
		delayed_free(&pool[i]);
	}
}

const struct link_ops service_delay = {
	.name = "delay",
	.ready = delay_ready,
	.message = delay_message,
	.close = delay_close,
};
