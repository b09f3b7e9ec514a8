// SPDX-License-Identifier: GPL-2.0-only
/* A channel on which one end breaks the protocol: that channel errs at once, the others go on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "harness.h"
#include "mapped.h"
#include "people.h"

FIXTURE(closed)
{
	struct rt_spec s;
	struct rt_mapped bad;
	int fd;
	int good;
	long watch;
};

/* The watch must not be what brings the news. */
FIXTURE_SETUP(closed)
{
	rt_sweep();
	self->watch = rt_param_get("watch_ms");
	ASSERT_EQ(0, rt_param("watch_ms", 600000));
	ASSERT_EQ(0, rt_begin(&self->s, "closed", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 16, &self->bad));
	self->good = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 16, NULL);
	ASSERT_LE(0, self->good);
}

FIXTURE_TEARDOWN(closed)
{
	rt_param("watch_ms", self->watch);
	rt_unmap(&self->bad);
	close(self->good);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static int poll_one(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, timeout_ms) == 1 ? p.revents : 0;
}

/* A header with rubbish in it, in the slot of the next message. */
static void spoil(struct rt_mapped *m)
{
	struct urpc_slot *slot = &m->tx->slots[m->chan.tx_next & (m->info.slots - 1)];

	urpc_store_release(&slot->header, (m->chan.tx_next & URPC_HDR_SEQ_MASK) | 0xffull << 48);
	ioctl(m->fd, REMORA_IOC_NOTIFY);
}

static __u64 protocol_errors(int fd)
{
	struct rt_status st;

	return rt_status(fd, &st) ? 0 : st.cores[0].protocol_errors;
}

/* Linux's end is the bad one: the core closes the channel and says so. */
TEST_F(closed, by_the_core)
{
	__u64 errors = protocol_errors(self->fd);

	ASSERT_EQ(0, rt_mapped_echo(&self->bad, 5));
	ASSERT_TRUE(urpc_arm(&self->bad.chan));
	EXPECT_EQ(0, poll_one(self->bad.fd, POLLIN, 0));
	spoil(&self->bad);
	EXPECT_EQ(POLLHUP | POLLERR, poll_one(self->bad.fd, POLLIN, RT_PATIENT_MS) & (POLLHUP | POLLERR));
	EXPECT_EQ(-1, ioctl(self->bad.fd, REMORA_IOC_NOTIFY));
	EXPECT_EQ(EPROTO, errno);
	EXPECT_EQ(errors + 1, protocol_errors(self->fd));
	/* The rings stay, with what came before. */
	EXPECT_LT(0, self->bad.rx->ack);

	EXPECT_EQ(0, poll_one(self->good, POLLIN, 0));
	EXPECT_EQ(0, rt_echo(self->good, 50));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 50));
}

/* A sleeper is woken by it. */
TEST_F(closed, wakes_sleeper)
{
	struct remora_error e;
	int status;
	pid_t child;

	ASSERT_TRUE(urpc_arm(&self->bad.chan));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(poll_one(self->bad.fd, POLLIN, RT_PATIENT_MS) & POLLERR ? 0 : 1);
	usleep(200000);
	spoil(&self->bad);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	/* Closing it frees its number: all of a core's channels can be had again. */
	rt_unmap(&self->bad);
	for (int i = 1; i < 64; i++) {
		ASSERT_LE(0, rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 4, &e))
		{
			TH_LOG("%d: %s", i, e.message);
		}
	}
}

/* Again and again: numbers come back, and no news of an old channel reaches a new one. */
TEST_F_TIMEOUT(closed, often, 120)
{
	for (int i = 0; i < 100; i++) {
		struct rt_mapped m;

		ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 4, &m));
		ASSERT_EQ(0, rt_mapped_echo(&m, 3));
		spoil(&m);
		if (i % 2)
			ASSERT_NE(0, poll_one(m.fd, 0, RT_PATIENT_MS) & POLLERR);
		rt_unmap(&m);
		ASSERT_EQ(0, poll_one(self->good, POLLIN, 0));
	}
	EXPECT_EQ(0, rt_echo(self->good, 20));
	EXPECT_EQ(1, rt_ledger("channels") - 1);
}

/* The core's end is the bad one: Linux finds out, on that channel only. */
TEST_F(closed, towards_linux)
{
	struct remora_message m = { .type = 1 };
	int second;

	ASSERT_EQ(0, rt_echo(self->good, 3));
	ASSERT_EQ(0, rt_mapped_echo(&self->bad, 3));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_RINGS, NULL));
	/* Those that were bound then are all spoilt. */
	EXPECT_NE(0, poll_one(self->good, POLLIN, RT_PATIENT_MS) & POLLIN);
	EXPECT_EQ(-1, read(self->good, &m, sizeof(m)));
	EXPECT_EQ(EPROTO, errno);
	EXPECT_NE(0, poll_one(self->good, POLLIN, 0) & POLLERR);
	EXPECT_EQ(-1, read(self->good, &m, sizeof(m)));
	EXPECT_EQ(EPROTO, errno);
	EXPECT_EQ(-1, write(self->good, &m, sizeof(m)));
	EXPECT_EQ(EPROTO, errno);
	EXPECT_EQ(-EPROTO, rt_mapped_echo(&self->bad, 1));
	/* One bound after that works, and so does closing the spoilt ones. */
	second = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 16, NULL);
	ASSERT_LE(0, second);
	EXPECT_EQ(0, rt_echo(second, 50));
	close(self->good);
	self->good = -1;
	EXPECT_EQ(0, rt_echo(second, 50));
	close(second);
}

TEST_HARNESS_MAIN
