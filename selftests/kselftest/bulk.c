// SPDX-License-Identifier: GPL-2.0-only
/* Messages over several slots, between a process with a mapped channel and a core. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <urpc/bulk.h>
#include "harness.h"
#include "mapped.h"

#define SLOTS 256
#define ANSWER_S (RT_PATIENT_MS / 1000)

FIXTURE(bulk)
{
	struct rt_spec s;
	struct rt_mapped m;
	int fd;
};

FIXTURE_SETUP(bulk)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "bulk", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, SLOTS, &self->m));
}

FIXTURE_TEARDOWN(bulk)
{
	rt_unmap(&self->m);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static void fill(unsigned char *bytes, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (unsigned char)(seed * 17 + i * 3 + (i >> 7));
}

static void tell(struct rt_mapped *m)
{
	if (urpc_notify_needed(&m->chan))
		ioctl(m->fd, REMORA_IOC_NOTIFY);
}

/* Take the next message, polling; -ETIMEDOUT when none comes. */
static int take(struct rt_mapped *m, uint16_t *type, void *buffer, size_t room, size_t *len)
{
	time_t end = time(NULL) + ANSWER_S;
	int ret;

	do {
		ret = urpc_recv_long(&m->chan, type, buffer, room, len);
		if (ret != -URPC_EAGAIN)
			return ret;
		urpc_pause();
	} while (time(NULL) <= end);
	return -ETIMEDOUT;
}

/* Send @len bytes, get them back. */
static int trip(struct rt_mapped *m, size_t len, uint16_t seed)
{
	unsigned char out[URPC_LONG_BYTES], in[URPC_LONG_BYTES];
	uint16_t type;
	size_t got;
	int ret;

	fill(out, len, seed);
	memset(in, 0, sizeof(in));
	ret = urpc_send_long(&m->chan, seed, out, len);
	if (ret)
		return ret;
	tell(m);
	ret = take(m, &type, in, sizeof(in), &got);
	if (ret)
		return ret;
	return got == len && type == seed && !memcmp(in, out, len) ? 0 : -EBADMSG;
}

TEST_F(bulk, echo)
{
	size_t len;
	uint16_t n = 0;

	ASSERT_EQ(URPC_LONG_BYTES, urpc_long_max(SLOTS));
	for (len = 0; len <= URPC_LONG_BYTES; len += 101)
		ASSERT_EQ(0, trip(&self->m, len, ++n))
		{
			TH_LOG("%zu bytes", len);
		}
	EXPECT_EQ(0, trip(&self->m, URPC_LONG_BYTES, ++n));
}

/* More under way than either window holds: nothing is lost, nothing cut. */
TEST_F(bulk, pipelined)
{
	static unsigned char bytes[URPC_LONG_BYTES], want[URPC_LONG_BYTES];
	const size_t len = 3000;
	unsigned int out = 0, in = 0, full = 0;
	time_t end = time(NULL) + ANSWER_S;
	uint16_t type;
	size_t got;

	while (in < 300 && time(NULL) <= end) {
		for (; out < 300; out++) {
			fill(bytes, len + out, out);
			if (urpc_send_long(&self->m.chan, (uint16_t)out, bytes, len + out))
				break;
		}
		full += out < 300;
		tell(&self->m);
		while (!urpc_recv_long(&self->m.chan, &type, bytes, sizeof(bytes), &got)) {
			fill(want, len + in, in);
			ASSERT_EQ(in, type);
			ASSERT_EQ(len + in, got);
			ASSERT_EQ(0, memcmp(bytes, want, got));
			in++;
		}
		tell(&self->m);
	}
	EXPECT_EQ(300, in);
	EXPECT_LT(0, full);
}

/* A message of which a further slot is not what it must be, in one piece. */
static int send_damaged(struct rt_mapped *m)
{
	static union {
		struct urpc_ring ring;
		unsigned char bytes[sizeof(struct urpc_ring) + SLOTS * sizeof(struct urpc_slot)];
	} draft;
	unsigned char bytes[600] = { 0 };
	struct urpc_chan c;
	int i, ret;

	memset(&draft, 0, sizeof(draft));
	urpc_chan_init(&c, &draft.ring, m->rx, SLOTS);
	ret = urpc_send_long(&c, 1, bytes, sizeof(bytes));
	draft.ring.slots[4].header ^= URPC_HDR_CONTINUES;
	for (i = (int)urpc_slots_of(sizeof(bytes)); i > 0; i--) {
		memcpy(m->tx->slots[i].payload, draft.ring.slots[i].payload, URPC_PAYLOAD_BYTES);
		urpc_store_release(&m->tx->slots[i].header, draft.ring.slots[i].header);
	}
	urpc_fence_full();
	ioctl(m->fd, REMORA_IOC_NOTIFY);
	return ret;
}

/* The core counts one broken protocol within the time, and runs on. */
static int one_protocol_error(int fd)
{
	time_t end = time(NULL) + ANSWER_S;
	struct rt_status st;
	int ret;

	do {
		ret = rt_status(fd, &st);
		if (ret)
			return ret;
		if (st.cores[0].protocol_errors)
			return st.s.state == REMORA_RUNNING && st.cores[0].protocol_errors == 1 ?
				       0 : -EBADMSG;
	} while (time(NULL) <= end);
	return -ETIMEDOUT;
}

/* The core closes this channel, and serves the next one. */
TEST_F(bulk, damaged)
{
	ASSERT_EQ(0, send_damaged(&self->m));
	EXPECT_EQ(0, one_protocol_error(self->fd));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
}

/* A service that expects none. */
TEST_F(bulk, refused_by_delay)
{
	unsigned char bytes[57] = { 0 };
	struct rt_mapped m;

	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_DELAY, 64, &m));
	ASSERT_EQ(0, urpc_send_long(&m.chan, 1, bytes, sizeof(bytes)));
	tell(&m);
	EXPECT_EQ(0, one_protocol_error(self->fd));
	rt_unmap(&m);
	EXPECT_EQ(0, trip(&self->m, 500, 9));
}

TEST_HARNESS_MAIN
