// SPDX-License-Identifier: GPL-2.0-only
/* When a channel has something for who waits: messages, room, and what is left when its peer is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <lib/channel.h>
#include <lib/lmp.h>

#define SLOTS 4u

static struct rt_channel channel;
static struct urpc_chan peer;
static struct urpc_ring *ring[2];

/* ---- what the channel needs of others ---- */

int rt_lmp_send(struct abi_cap_at endpoint, const uint64_t *words, unsigned int count, struct abi_cap_at cap)
{
	(void)endpoint, (void)words, (void)count, (void)cap;
	return 0;
}

void rt_waitset_remove(struct rt_event *event)
{
	(void)event;
}

/* ---- the tests ---- */

static int setup(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		ring[i] = aligned_alloc(64, urpc_ring_bytes(SLOTS));
		assert_non_null(ring[i]);
		memset(ring[i], 0, urpc_ring_bytes(SLOTS));
	}
	assert_int_equal(rt_channel_open_near(&channel, ring[0], ring[1], SLOTS, (struct abi_cap_at){ 0 }), 0);
	return urpc_chan_init(&peer, ring[1], ring[0], SLOTS);
}

static int teardown(void **state)
{
	(void)state;
	free(ring[0]);
	free(ring[1]);
	return 0;
}

static bool ready(void)
{
	return channel.event.kind->ready(&channel.event);
}

static void fill(void)
{
	while (!urpc_send(&channel.urpc, 1, NULL, 0))
		;
}

static void messages(void **state)
{
	struct urpc_msg m;

	(void)state;
	assert_false(ready());
	assert_int_equal(urpc_send(&peer, 1, NULL, 0), 0);
	assert_true(ready());
	channel.deaf = true;
	assert_false(ready());
	channel.deaf = false;
	assert_int_equal(urpc_recv(&channel.urpc, &m), 0);
	assert_false(ready());
}

static void room(void **state)
{
	struct urpc_msg m;

	(void)state;
	fill();
	assert_false(ready());
	channel.want_room = 1;
	assert_false(ready());
	while (!urpc_recv(&peer, &m))
		;
	assert_int_equal(urpc_send(&peer, 1, NULL, 0), 0);
	assert_true(ready());
	channel.deaf = true;
	assert_true(ready());
}

/* What it sent is still received; then it is broken. */
static void peer_gone(void **state)
{
	struct urpc_msg m;

	(void)state;
	assert_int_equal(urpc_send(&peer, 1, NULL, 0), 0);
	channel.over = true;
	assert_true(ready());
	assert_int_equal(urpc_recv(&channel.urpc, &m), 0);
	assert_true(ready());
	assert_int_equal(urpc_recv(&channel.urpc, &m), -URPC_EPROTO);
}

/* Who wants room, and so takes nothing, hears of it as well: there will be none. */
static void peer_gone_without_room(void **state)
{
	struct urpc_msg m;

	(void)state;
	fill();
	assert_int_equal(urpc_send(&peer, 1, NULL, 0), 0);
	channel.deaf = true;
	channel.want_room = 1;
	assert_false(ready());
	channel.over = true;
	assert_true(ready());
	assert_int_equal(urpc_recv(&channel.urpc, &m), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(messages), T(room), T(peer_gone), T(peer_gone_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
