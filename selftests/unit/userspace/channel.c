// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of libremora against the fake module: both kinds, every way to wait, every way to fail.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <remora/remora.h>
#include <urpc/chan.h>

#include "fake.h"

#define ROUNDS 3000
#define SLOTS 16
#define LONG_MS 20000 /* a wait that must not end by time */

static struct remora_partition *partition;

static int setup(void **state)
{
	struct remora_create create = { .image_fd = -1, .name = "unit", .cpu_count = 1, .extent_count = 1,
					.flags = REMORA_CREATE_AUTOSTART };
	struct remora_extent extent = { .bytes = 64 << 20, .node = -1 };
	uint32_t cpu = 1;
	struct remora_ctl *ctl;

	(void)state;
	create.cpus = (uintptr_t)&cpu;
	create.extents = (uintptr_t)&extent;
	if (remora_ctl_open(&ctl, true) || remora_ctl_create(ctl, &create))
		return -1;
	remora_ctl_close(ctl);
	return remora_partition_open(&partition, "unit", false);
}

static int teardown(void **state)
{
	struct remora_ctl *ctl;
	int err;

	(void)state;
	remora_partition_close(partition);
	if (remora_ctl_open(&ctl, true))
		return -1;
	err = remora_ctl_destroy(ctl, "unit", REMORA_FORCE, NULL);
	remora_ctl_close(ctl);
	return err;
}

static int reset_peer(void **state)
{
	(void)state;
	fake_peer_set(FAKE_ECHO);
	return 0;
}

static struct remora_chan *bind_echo(uint32_t flags)
{
	struct remora_error error;
	struct remora_chan *chan;

	assert_int_equal(remora_chan_bind(&chan, partition, 1, REMORA_SERVICE_ECHO, SLOTS, flags,
					  &error), 0);
	return chan;
}

static void exchange(struct remora_chan *chan, uint64_t polling)
{
	remora_chan_set_polling(chan, polling);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t payload[7] = { i, ~i, i * i, 4, 5, 6, 7 };
		size_t length = i % (REMORA_PAYLOAD_MAX + 1);
		struct remora_message answer;

		assert_int_equal(remora_chan_send(chan, (uint16_t)i, payload, length, LONG_MS), 0);
		assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), 0);
		assert_int_equal(answer.type, (uint16_t)i);
		assert_int_equal(answer.length, length);
		assert_memory_equal(answer.payload, payload, length);
	}
}

static void test_exchange(void **state)
{
	static const uint32_t kinds[] = { REMORA_BIND_MAPPED, 0 };
	static const uint64_t pollings[] = { 0, 20000, UINT64_MAX };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct remora_chan *chan = bind_echo(kinds[k]);

		assert_int_equal(remora_chan_info(chan)->slots, SLOTS);
		assert_true(!remora_chan_urpc(chan) == !kinds[k]);
		for (size_t p = 0; p < 3; p++)
			exchange(chan, pollings[p]);
		remora_chan_close(chan);
	}
}

/* Bursts as large as the window, one doorbell each. */
static void burst(struct remora_chan *chan)
{
	uint64_t sent = 0, received = 0;

	while (received < ROUNDS) {
		struct remora_message answer;

		while (sent < ROUNDS && sent - received < SLOTS &&
		       !remora_chan_queue(chan, 1, &sent, sizeof(sent)))
			sent++;
		assert_int_equal(remora_chan_flush(chan), 0);
		assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), 0);
		assert_true(answer.payload[0] == received);
		received++;
	}
}

static void test_burst(void **state)
{
	static const uint32_t kinds[] = { REMORA_BIND_MAPPED, 0 };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct remora_chan *chan = bind_echo(kinds[k]);

		remora_chan_set_polling(chan, k ? 0 : 1000);
		burst(chan);
		remora_chan_close(chan);
	}
}

static void *release_later(void *context)
{
	struct timespec ms = { .tv_nsec = 20000000 };

	(void)context;
	nanosleep(&ms, NULL);
	fake_peer_set(FAKE_ECHO);
	return NULL;
}

/* A full window: try says so, a wait with a limit ends, a wait without goes on when there is room. */
static void test_full(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	struct remora_message answer;
	pthread_t thread;
	uint64_t n = 0;

	(void)state;
	fake_peer_set(FAKE_HELD);
	remora_chan_set_polling(chan, 0);
	while (!remora_chan_try_send(chan, 1, &n, sizeof(n)))
		n++;
	assert_int_equal(n, SLOTS);
	assert_int_equal(remora_chan_try_send(chan, 1, &n, sizeof(n)), -EAGAIN);
	assert_int_equal(remora_chan_send(chan, 1, &n, sizeof(n), 10), -ETIMEDOUT);
	assert_int_equal(pthread_create(&thread, NULL, release_later, NULL), 0);
	assert_int_equal(remora_chan_send(chan, 1, &n, sizeof(n), LONG_MS), 0);
	pthread_join(thread, NULL);
	for (uint64_t i = 0; i <= n; i++) {
		assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), 0);
		assert_true(answer.payload[0] == i);
	}
	remora_chan_close(chan);
}

static void test_none(void **state)
{
	static const uint32_t kinds[] = { REMORA_BIND_MAPPED, 0 };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct remora_chan *chan = bind_echo(kinds[k]);
		char payload[REMORA_PAYLOAD_MAX + 1] = { 0 };
		struct remora_message answer;

		assert_int_equal(remora_chan_try_recv(chan, &answer), -EAGAIN);
		assert_int_equal(remora_chan_recv(chan, &answer, 0), -ETIMEDOUT);
		assert_int_equal(remora_chan_recv(chan, &answer, 5), -ETIMEDOUT);
		remora_chan_set_polling(chan, UINT64_MAX);
		assert_int_equal(remora_chan_recv(chan, &answer, 5), -ETIMEDOUT);
		assert_int_equal(remora_chan_try_send(chan, 1, payload, sizeof(payload)),
				 -EMSGSIZE);
		remora_chan_close(chan);
	}
}

static void *kill_later(void *context)
{
	struct timespec ms = { .tv_nsec = 20000000 };

	(void)context;
	nanosleep(&ms, NULL);
	fake_peer_set(FAKE_DEAD);
	return NULL;
}

/* Death wakes a receiver that blocks, and one that polls for ever. */
static void test_death(void **state)
{
	static const uint32_t kinds[] = { REMORA_BIND_MAPPED, 0 };
	static const uint64_t pollings[] = { 0, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct remora_message answer;
		struct remora_chan *chan;
		pthread_t thread;

		fake_peer_set(FAKE_ECHO);
		chan = bind_echo(kinds[i / 2]);
		remora_chan_set_polling(chan, pollings[i % 2]);
		assert_int_equal(pthread_create(&thread, NULL, kill_later, NULL), 0);
		assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), -EHOSTDOWN);
		pthread_join(thread, NULL);
		assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), -EHOSTDOWN);
		remora_chan_close(chan);
	}
}

/* What came before the death is received still. */
static void test_last_words(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	struct remora_message answer;
	struct pollfd pfd = { .fd = remora_chan_fd(chan), .events = POLLIN };
	uint64_t word = 42;

	(void)state;
	assert_int_equal(remora_chan_send(chan, 7, &word, sizeof(word), LONG_MS), 0);
	if (remora_chan_arm(chan))
		assert_int_equal(poll(&pfd, 1, LONG_MS), 1);
	remora_chan_disarm(chan);
	fake_peer_set(FAKE_DEAD);
	remora_chan_set_polling(chan, 0);
	assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), 0);
	assert_int_equal(answer.type, 7);
	assert_true(answer.payload[0] == 42);
	assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), -EHOSTDOWN);
	remora_chan_close(chan);
}

static void test_protocol(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	struct remora_message answer;

	(void)state;
	fake_scribble(remora_chan_fd(chan));
	assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), -EPROTO);
	assert_int_equal(remora_chan_try_send(chan, 1, NULL, 0), -EPROTO);
	assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), -EPROTO);
	remora_chan_close(chan);
}

/* A peer that is awake needs no doorbell: that is the point of the transport. */
static void test_doorbells(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	unsigned int before;
	uint64_t n = 0;

	(void)state;
	fake_peer_set(FAKE_HELD);
	/* The first message may find it asleep; it stays awake, held, from then on. */
	assert_int_equal(remora_chan_try_send(chan, 1, &n, sizeof(n)), 0);
	while (urpc_load_acquire(&remora_chan_urpc(chan)->rx->armed))
		sched_yield();
	before = fake_notifications();
	for (n = 1; n < SLOTS; n++)
		assert_int_equal(remora_chan_try_send(chan, 1, &n, sizeof(n)), 0);
	assert_int_equal(fake_notifications(), before);
	remora_chan_close(chan);
}

/* Batches of every size both ways, larger than the window too, on both kinds. */
static void test_batches(void **state)
{
	static const uint32_t kinds[] = { REMORA_BIND_MAPPED, 0 };
	static struct remora_message out[3 * SLOTS], in[3 * SLOTS];

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct remora_chan *chan = bind_echo(kinds[k]);
		uint64_t sent = 0, got = 0;

		remora_chan_set_polling(chan, 0);
		assert_int_equal(remora_chan_try_send_batch(chan, out, 0), 0);
		assert_int_equal(remora_chan_try_recv_batch(chan, in, 0), 0);
		assert_int_equal(remora_chan_recv_batch(chan, in, 0, LONG_MS), 0);
		assert_int_equal(remora_chan_try_recv_batch(chan, in, 4), -EAGAIN);
		assert_int_equal(remora_chan_recv_batch(chan, in, 4, 5), -ETIMEDOUT);
		for (uint32_t size = 1; size <= SLOTS; size++) {
			for (uint32_t i = 0; i < size; i++)
				out[i] = (struct remora_message){ .length = 8, .payload = { sent++ } };
			assert_int_equal(remora_chan_send_batch(chan, out, size, LONG_MS), size);
			while (got < sent) {
				int n = remora_chan_recv_batch(chan, in, size, LONG_MS);

				assert_true(n > 0 && n <= (int)size);
				for (int i = 0; i < n; i++)
					assert_true(in[i].payload[0] == got++);
			}
		}
		remora_chan_close(chan);
	}
}

/* More than there is room for: as many as go are sent, and that many are said to be. */
static void test_batch_full(void **state)
{
	static struct remora_message out[3 * SLOTS], in[3 * SLOTS];
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	pthread_t thread;
	int done;

	(void)state;
	fake_peer_set(FAKE_HELD);
	remora_chan_set_polling(chan, 0);
	for (uint64_t i = 0; i < 3 * SLOTS; i++)
		out[i] = (struct remora_message){ .length = 8, .payload = { i } };
	assert_int_equal(remora_chan_try_send_batch(chan, out, 3 * SLOTS), SLOTS);
	assert_int_equal(remora_chan_try_send_batch(chan, out, 1), -EAGAIN);
	assert_int_equal(remora_chan_send_batch(chan, out, 1, 10), -ETIMEDOUT);
	out[SLOTS].length = REMORA_PAYLOAD_MAX + 1;
	assert_int_equal(pthread_create(&thread, NULL, release_later, NULL), 0);
	for (done = 0; done < (int)SLOTS;) {
		int n = remora_chan_recv_batch(chan, in, 3 * SLOTS, LONG_MS);

		assert_true(n > 0);
		for (int i = 0; i < n; i++)
			assert_true(in[i].payload[0] == (uint64_t)done++);
	}
	pthread_join(thread, NULL);
	assert_int_equal(remora_chan_send_batch(chan, out + SLOTS - 1, 2, LONG_MS), 1);
	assert_int_equal(remora_chan_send_batch(chan, out + SLOTS, 2, LONG_MS), -EMSGSIZE);
	remora_chan_close(chan);
}

static void test_long(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED), *plain = bind_echo(0);
	static unsigned char out[8192], in[8192];
	size_t most = remora_chan_long_max(chan), length;
	struct remora_message message;
	uint16_t type;

	(void)state;
	assert_int_equal(most, SLOTS / 2 * REMORA_PAYLOAD_MAX);
	assert_int_equal(remora_chan_long_max(plain), REMORA_PAYLOAD_MAX);
	remora_chan_set_polling(chan, 0);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t i = 0; i <= most; i += i % 5 + 1) {
		assert_int_equal(remora_chan_send_long(chan, (uint16_t)i, out, i, LONG_MS), 0);
		assert_int_equal(remora_chan_recv_long(chan, &type, in, sizeof(in), &length, LONG_MS),
				 0);
		assert_int_equal(type, (uint16_t)i);
		assert_int_equal(length, i);
		assert_memory_equal(in, out, i);
	}
	assert_int_equal(remora_chan_send_long(chan, 1, out, most + 1, 0), -EMSGSIZE);
	/* Too long for who asks: it stays, and he is told how long it is. */
	assert_int_equal(remora_chan_send_long(chan, 1, out, 100, LONG_MS), 0);
	assert_int_equal(remora_chan_recv(chan, &message, LONG_MS), -EMSGSIZE);
	assert_int_equal(remora_chan_recv_long(chan, &type, in, 99, &length, LONG_MS), -EMSGSIZE);
	assert_int_equal(length, 100);
	assert_int_equal(remora_chan_recv_long(chan, &type, in, 100, &length, LONG_MS), 0);
	assert_int_equal(remora_chan_recv_long(chan, &type, in, 100, &length, 5), -ETIMEDOUT);

	assert_int_equal(remora_chan_send_long(plain, 3, out, 56, LONG_MS), 0);
	assert_int_equal(remora_chan_recv_long(plain, &type, in, 55, &length, LONG_MS), -EINVAL);
	assert_int_equal(remora_chan_recv_long(plain, &type, in, 56, &length, LONG_MS), 0);
	assert_int_equal(length, 56);
	assert_int_equal(remora_chan_send_long(plain, 3, out, 57, LONG_MS), -EMSGSIZE);
	remora_chan_close(plain);
	remora_chan_close(chan);
}

/* A long message waits for room for all of it. */
static void test_long_full(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	unsigned char out[SLOTS / 2 * REMORA_PAYLOAD_MAX] = { 1 };
	struct remora_message message;
	uint16_t type;
	size_t length;
	pthread_t thread;

	(void)state;
	fake_peer_set(FAKE_HELD);
	remora_chan_set_polling(chan, 0);
	for (unsigned int i = 0; i < SLOTS / 2 + 1; i++)
		assert_int_equal(remora_chan_try_send(chan, 1, NULL, 0), 0);
	assert_int_equal(remora_chan_send_long(chan, 2, out, sizeof(out), 5), -ETIMEDOUT);
	assert_int_equal(pthread_create(&thread, NULL, release_later, NULL), 0);
	assert_int_equal(remora_chan_send_long(chan, 2, out, sizeof(out), LONG_MS), 0);
	pthread_join(thread, NULL);
	for (unsigned int i = 0; i < SLOTS / 2 + 1; i++)
		assert_int_equal(remora_chan_recv(chan, &message, LONG_MS), 0);
	assert_int_equal(remora_chan_recv_long(chan, &type, out, sizeof(out), &length, LONG_MS), 0);
	assert_int_equal(type, 2);
	assert_int_equal(length, sizeof(out));
	remora_chan_close(chan);
}

static void *close_later(void *context)
{
	struct timespec ms = { .tv_nsec = 20000000 };

	(void)context;
	nanosleep(&ms, NULL);
	fake_peer_set(FAKE_CLOSED);
	return NULL;
}

/* A channel that the core closed is something else than a dead core; who waits hears of it. */
static void test_closed(void **state)
{
	static const uint32_t kinds[] = { REMORA_BIND_MAPPED, 0 };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct remora_chan *chan;
		struct remora_message answer;
		pthread_t thread;

		fake_peer_set(FAKE_ECHO);
		chan = bind_echo(kinds[k]);
		assert_int_equal(remora_chan_check(chan), 0);
		remora_chan_set_polling(chan, k ? UINT64_MAX : 0);
		assert_int_equal(pthread_create(&thread, NULL, close_later, NULL), 0);
		assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), -EPROTO);
		pthread_join(thread, NULL);
		assert_int_equal(remora_chan_check(chan), -EPROTO);
		fake_peer_set(FAKE_DEAD);
		assert_int_equal(remora_chan_check(chan), -EHOSTDOWN);
		remora_chan_close(chan);
	}
}

/* Both events armed at once; an end that is armed does not poll ready. */
static void test_arm_for(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	struct pollfd pfd = { .fd = remora_chan_fd(chan), .events = POLLIN | POLLOUT };

	(void)state;
	fake_peer_set(FAKE_HELD);
	assert_false(remora_chan_arm_for(chan, POLLIN | POLLOUT)); /* there is room */
	assert_int_equal(urpc_load_acquire(&remora_chan_urpc(chan)->tx->armed), 0);
	assert_true(remora_chan_arm_for(chan, POLLIN));
	remora_chan_disarm(chan);
	while (!remora_chan_try_send(chan, 1, NULL, 0))
		;
	assert_true(remora_chan_arm_for(chan, POLLIN | POLLOUT));
	assert_int_equal(poll(&pfd, 1, 5), 0);
	fake_peer_set(FAKE_ECHO);
	assert_int_equal(poll(&pfd, 1, LONG_MS), 1);
	remora_chan_disarm(chan);
	remora_chan_close(chan);
}

/* A peer that sleeps for room is rung by who arms, for that acknowledges all he received. */
static void test_arm_acknowledges(void **state)
{
	struct remora_chan *chan = bind_echo(REMORA_BIND_MAPPED);
	struct remora_message answer;
	unsigned int before;

	(void)state;
	assert_int_equal(remora_chan_send(chan, 1, NULL, 0, LONG_MS), 0);
	assert_int_equal(remora_chan_recv(chan, &answer, LONG_MS), 0);
	/* As if the core slept for the acknowledgement of this one answer. */
	fake_peer_set(FAKE_HELD);
	fake_sleep_for_room(remora_chan_fd(chan));
	before = fake_notifications();
	assert_true(remora_chan_arm(chan));
	assert_int_equal(fake_notifications(), before + 1);
	remora_chan_disarm(chan);
	remora_chan_close(chan);
}

static void test_adopt(void **state)
{
	static const uint32_t kinds[] = { REMORA_BIND_MAPPED, 0 };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct remora_bind bind = { .size = sizeof(bind), .flags = kinds[k], .node = 1,
					    .service = REMORA_SERVICE_ECHO, .slots = SLOTS };
		int fd = ioctl(remora_partition_fd(partition), REMORA_IOC_BIND, &bind);
		struct remora_chan *chan;

		assert_true(fd >= 0);
		assert_int_equal(remora_chan_adopt(&chan, fd), 0);
		assert_true(!remora_chan_urpc(chan) == !kinds[k]);
		exchange(chan, 0);
		remora_chan_close(chan);
	}
	assert_int_equal(remora_chan_adopt(&(struct remora_chan *){ NULL }, -1), -EBADF);
}

static void test_bind_refusals(void **state)
{
	struct remora_error error;
	struct remora_chan *chan;

	(void)state;
	assert_int_equal(remora_chan_bind(&chan, partition, 1, 99, 0, 0, &error), -ENOENT);
	assert_int_equal(error.reason, REMORA_R_SERVICE_UNKNOWN);
	assert_int_equal(remora_chan_bind(&chan, partition, 1, REMORA_SERVICE_ECHO, 0, 1u << 9,
					  &error), -EINVAL);
	assert_int_equal(error.reason, REMORA_R_FLAGS_UNKNOWN);
	assert_int_equal(remora_chan_bind(&chan, partition, 1, 99, 0, 0, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_exchange, reset_peer),
		cmocka_unit_test_setup(test_burst, reset_peer),
		cmocka_unit_test_setup(test_full, reset_peer),
		cmocka_unit_test_setup(test_none, reset_peer),
		cmocka_unit_test_setup(test_death, reset_peer),
		cmocka_unit_test_setup(test_last_words, reset_peer),
		cmocka_unit_test_setup(test_protocol, reset_peer),
		cmocka_unit_test_setup(test_doorbells, reset_peer),
		cmocka_unit_test_setup(test_bind_refusals, reset_peer),
		cmocka_unit_test_setup(test_batches, reset_peer),
		cmocka_unit_test_setup(test_batch_full, reset_peer),
		cmocka_unit_test_setup(test_long, reset_peer),
		cmocka_unit_test_setup(test_long_full, reset_peer),
		cmocka_unit_test_setup(test_closed, reset_peer),
		cmocka_unit_test_setup(test_arm_for, reset_peer),
		cmocka_unit_test_setup(test_arm_acknowledges, reset_peer),
		cmocka_unit_test_setup(test_adopt, reset_peer),
	};
	char path[] = "/tmp/remora-fake-XXXXXX";
	int failed, fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	setenv("FAKE_STATE", path, 1);
	alarm(100);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(tests, setup, teardown);
	unlink(path);
	return failed;
}
