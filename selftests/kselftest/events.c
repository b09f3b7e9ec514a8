// SPDX-License-Identifier: GPL-2.0-only
/* Event loops: epoll by level and by edge, many channels, and how soon a death is heard of. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include "harness.h"
#include "mapped.h"
#include "people.h"

FIXTURE(events)
{
	struct rt_spec s;
	int fd;
	int ch;
	int ep;
};

FIXTURE_SETUP(events)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "events", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, REMORA_BIND_NONBLOCK, 16, NULL);
	ASSERT_LE(0, self->ch);
	self->ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->ep);
}

FIXTURE_TEARDOWN(events)
{
	close(self->ep);
	close(self->ch);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static int add(int ep, int fd, unsigned int events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

/* The events of the one descriptor, or 0 when the time is up. */
static unsigned int next(int ep, int timeout_ms)
{
	struct epoll_event e;

	return epoll_wait(ep, &e, 1, timeout_ms) == 1 ? e.events : 0;
}

static int send_number(int ch, unsigned int i)
{
	struct remora_message m = { .type = (__u16)i, .length = 8, .payload = { i } };

	return write(ch, &m, sizeof(m)) == sizeof(m) ? 0 : -errno;
}

/* The number of the next message, or -errno. */
static int take_number(int ch)
{
	struct remora_message m;

	return read(ch, &m, sizeof(m)) == sizeof(m) ? (int)m.payload[0] : -errno;
}

TEST_F(events, level)
{
	ASSERT_EQ(0, add(self->ep, self->ch, EPOLLIN));
	EXPECT_EQ(0, next(self->ep, 50));
	ASSERT_EQ(0, send_number(self->ch, 1));
	ASSERT_EQ(0, send_number(self->ch, 2));
	EXPECT_EQ(EPOLLIN, next(self->ep, RT_PATIENT_MS));
	EXPECT_EQ(EPOLLIN, next(self->ep, RT_PATIENT_MS)); /* as long as it is not read */
	EXPECT_EQ(1, take_number(self->ch));
	EXPECT_EQ(EPOLLIN, next(self->ep, RT_PATIENT_MS));
	EXPECT_EQ(2, take_number(self->ch));
	EXPECT_EQ(0, next(self->ep, 50));
}

/*
 * By edge: at once for news, again for more news. A further doorbell, as for an acknowledgement, may tell
 * what is known once more, but what is known is not told for ever.
 */
TEST_F(events, edge)
{
	unsigned int again = 0;

	ASSERT_EQ(0, add(self->ep, self->ch, EPOLLIN | EPOLLET));
	EXPECT_EQ(0, next(self->ep, 50));
	for (unsigned int i = 0; i < 200; i++) {
		ASSERT_EQ(0, send_number(self->ch, i));
		ASSERT_EQ(EPOLLIN, next(self->ep, RT_PATIENT_MS)) { TH_LOG("message %u", i); }
		again += next(self->ep, i % 50 ? 0 : 20) != 0;
		ASSERT_EQ((int)i, take_number(self->ch));
		ASSERT_EQ(-EAGAIN, take_number(self->ch));
	}
	EXPECT_GT(50, again);
	EXPECT_EQ(0, next(self->ep, 50));
}

/* The usual loop by edge, both directions at once: write until EAGAIN, read until EAGAIN, wait. */
TEST_F_TIMEOUT(events, edge_both_ways, 120)
{
	unsigned int sent = 0, got = 0, total = 5000;
	int n;

	ASSERT_EQ(0, add(self->ep, self->ch, EPOLLIN | EPOLLOUT | EPOLLET));
	for (;;) {
		while (sent < total && !send_number(self->ch, sent))
			sent++;
		while ((n = take_number(self->ch)) >= 0)
			ASSERT_EQ((int)got++, n);
		ASSERT_EQ(-EAGAIN, n);
		if (got == total)
			break;
		ASSERT_NE(0, next(self->ep, RT_PATIENT_MS)) { TH_LOG("sent %u, got %u", sent, got); }
	}
}

TEST_F(events, oneshot)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };

	ASSERT_EQ(0, add(self->ep, self->ch, EPOLLIN | EPOLLONESHOT));
	ASSERT_EQ(0, send_number(self->ch, 1));
	EXPECT_EQ(EPOLLIN, next(self->ep, RT_PATIENT_MS));
	EXPECT_EQ(0, next(self->ep, 50));
	ASSERT_EQ(0, epoll_ctl(self->ep, EPOLL_CTL_MOD, self->ch, &e));
	EXPECT_EQ(EPOLLIN, next(self->ep, RT_PATIENT_MS));
}

/* A loop over many channels of one process: each message wakes it, from the channel it came on. */
TEST_F(events, many_channels)
{
	int ch[24];

	for (unsigned int i = 0; i < 24; i++) {
		ch[i] = rt_bind(self->fd, 1, REMORA_SERVICE_DELAY, REMORA_BIND_NONBLOCK, 4, NULL);
		ASSERT_LE(0, ch[i]);
		ASSERT_EQ(0, add(self->ep, ch[i], EPOLLIN | (i % 2 ? EPOLLET : 0)));
	}
	for (unsigned int i = 0; i < 24; i++) {
		struct remora_message m = { .type = (__u16)i, .length = 8 };

		m.payload[0] = (24 - i) * 1000000;
		ASSERT_EQ(sizeof(m), write(ch[i], &m, sizeof(m)));
	}
	for (unsigned int left = 24; left; left--) {
		struct remora_message m;
		struct epoll_event e;

		ASSERT_EQ(1, epoll_wait(self->ep, &e, 1, RT_PATIENT_MS)) { TH_LOG("%u left", left); }
		EXPECT_EQ(EPOLLIN, e.events);
		ASSERT_EQ(sizeof(m), read(e.data.fd, &m, sizeof(m)));
		EXPECT_EQ(ch[m.type], e.data.fd);
		EXPECT_EQ(-1, read(e.data.fd, &m, sizeof(m)));
	}
	for (unsigned int i = 0; i < 24; i++)
		close(ch[i]);
}

/* A mapped channel in epoll, by edge: the process arms its end, looks, and sleeps. */
TEST_F(events, mapped_edge)
{
	struct rt_mapped m;
	struct urpc_msg in;

	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 64, &m));
	ASSERT_EQ(0, add(self->ep, m.fd, EPOLLIN | EPOLLET));
	for (unsigned int i = 0; i < 200; i++) {
		next(self->ep, 0); /* the edge of an end that was not armed */
		ASSERT_EQ(0, urpc_send(&m.chan, (uint16_t)i, NULL, 0));
		if (urpc_notify_needed(&m.chan))
			ASSERT_EQ(0, ioctl(m.fd, REMORA_IOC_NOTIFY));
		while (urpc_recv(&m.chan, &in)) {
			if (urpc_arm(&m.chan))
				ASSERT_EQ(EPOLLIN, next(self->ep, RT_PATIENT_MS) & EPOLLIN);
			urpc_disarm(&m.chan);
		}
		ASSERT_EQ(i, in.type);
	}
	rt_unmap(&m);
}

struct sleeper {
	int ep;
	unsigned int events;
	struct timespec woken;
};

static void *sleep_in_epoll(void *arg)
{
	struct sleeper *s = arg;

	s->events = next(s->ep, RT_PATIENT_MS);
	clock_gettime(CLOCK_MONOTONIC, &s->woken);
	return NULL;
}

static long long us_since(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000000ll + (to->tv_nsec - from->tv_nsec) / 1000;
}

/*
 * A core that dies is heard of by its doorbell: with a watch that looks every ten minutes, the
 * hang-up comes all the same.
 */
TEST_F(events, hangup_by_doorbell)
{
	struct sleeper s = { .ep = self->ep };
	long watch = rt_param_get("watch_ms");
	struct timespec died;
	pthread_t thread;

	ASSERT_LT(0, watch);
	ASSERT_EQ(0, rt_param("watch_ms", 600000));
	usleep(watch * 1000 + 200000); /* the last look with the old period */
	ASSERT_EQ(0, add(self->ep, self->ch, EPOLLIN));
	ASSERT_EQ(0, pthread_create(&thread, NULL, sleep_in_epoll, &s));
	usleep(100000);
	clock_gettime(CLOCK_MONOTONIC, &died);
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, rt_param("watch_ms", watch));
	EXPECT_EQ(EPOLLHUP, s.events & (EPOLLHUP | EPOLLERR));
	TH_LOG("from the order to die to EPOLLHUP: %lld us", us_since(&died, &s.woken));
}

TEST_HARNESS_MAIN
