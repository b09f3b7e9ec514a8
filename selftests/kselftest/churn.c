// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races of the life of channels: bound, used, polled, spoilt and closed by several threads while the core
 * crashes and is reset. REMORA_CHURN_MS: how long, 4000 by default.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include "harness.h"
#include "mapped.h"

#define THREADS 4

FIXTURE(churn)
{
	struct rt_spec s;
	int fd;
	int ep;
};

FIXTURE_SETUP(churn)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "churn", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->ep);
}

FIXTURE_TEARDOWN(churn)
{
	close(self->ep);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

/** struct churn - what a thread works on, and what it found wrong */
struct churn {
	int fd;
	int ep;
	unsigned int seed;
	unsigned int bound;
	unsigned int dead;
	const char *wrong;
};

static bool over; /* written once, by the main thread */

static bool stop(void)
{
	return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

static unsigned int dice(struct churn *c, unsigned int sides)
{
	return (unsigned int)rand_r(&c->seed) % sides;
}

/* Did a call end as it may when its core comes and goes? */
static bool expected(int err)
{
	return err == 0 || err == -EAGAIN || err == -EHOSTDOWN || err == -EPROTO ||
	       err == -ETIMEDOUT || err == -ENOSPC;
}

static int read_write(struct churn *c, int ch)
{
	struct remora_message m = { .length = 8 };
	struct pollfd p = { .fd = ch, .events = POLLIN | (dice(c, 2) ? POLLOUT : 0) };

	for (unsigned int i = dice(c, 40); i; i--) {
		if (write(ch, &m, sizeof(m)) < 0 && errno != EAGAIN)
			return -errno;
		poll(&p, 1, (int)dice(c, 3));
		if (read(ch, &m, sizeof(m)) < 0 && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

static void use_unmapped(struct churn *c)
{
	struct epoll_event e = { .events = EPOLLIN | (dice(c, 2) ? EPOLLET : 0) };
	int ch = rt_bind(c->fd, 1, REMORA_SERVICE_ECHO, REMORA_BIND_NONBLOCK, 8, NULL);
	int ret;

	if (ch < 0) {
		c->dead++;
		if (!expected(ch))
			c->wrong = "bind";
		return;
	}
	c->bound++;
	/* Somebody else sleeps on it when it is closed. */
	if (dice(c, 2))
		epoll_ctl(c->ep, EPOLL_CTL_ADD, ch, &e);
	ret = read_write(c, ch);
	c->dead += ret == -EHOSTDOWN;
	if (!expected(ret))
		c->wrong = "read and write";
	close(ch);
}

static void use_mapped(struct churn *c)
{
	struct rt_mapped m;
	int ret = rt_map(c->fd, 1, REMORA_SERVICE_ECHO, 16, &m);

	if (ret) {
		c->dead++;
		if (!expected(ret))
			c->wrong = "map";
		return;
	}
	c->bound++;
	if (dice(c, 3) == 0) {
		memset(m.tx, (int)dice(c, 256), m.info.ring_bytes);
		ioctl(m.fd, REMORA_IOC_NOTIFY);
	} else {
		ret = rt_mapped_echo(&m, dice(c, 20));
		if (!expected(ret))
			c->wrong = "the mapped transport";
	}
	rt_unmap(&m);
}

static void *user(void *arg)
{
	struct churn *c = arg;

	while (!stop() && !c->wrong)
		if (dice(c, 2))
			use_unmapped(c);
		else
			use_mapped(c);
	return NULL;
}

/* Sleeps on whatever the others put there. */
static void *sleeper(void *arg)
{
	struct churn *c = arg;
	struct epoll_event e[8];

	while (!stop())
		if (epoll_wait(c->ep, e, 8, 20) < 0 && errno != EINTR)
			c->wrong = "epoll_wait";
	return NULL;
}

static void *status_reader(void *arg)
{
	struct churn *c = arg;
	struct rt_status st;

	while (!stop()) {
		if (rt_status(c->fd, &st))
			c->wrong = "status";
		usleep(3000);
	}
	return NULL;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* Crash and reset until the time is up. The number of crashes, or -errno. */
static int kill_cores(int fd, int ms)
{
	long long end = now_ms() + ms;
	int crashes = 0, ret;

	while (now_ms() < end) {
		usleep(20000 + crashes % 5 * 20000);
		rt_inject(fd, 1, crashes % 3 ? REMORA_FAULT_OPCODE : REMORA_FAULT_RINGS, NULL);
		if (crashes % 2)
			rt_wait_state(fd, 1, REMORA_CRASHED, 500);
		ret = rt_act(fd, REMORA_IOC_RESET, 0, NULL);
		if (ret)
			return ret;
		crashes++;
	}
	return crashes;
}

TEST_F_TIMEOUT(churn, crash, 300)
{
	const char *ms = getenv("REMORA_CHURN_MS");
	struct churn c[THREADS + 2];
	pthread_t thread[THREADS + 2];
	unsigned int bound = 0, dead = 0;
	int crashes;

	for (unsigned int i = 0; i < THREADS + 2; i++) {
		c[i] = (struct churn){ .fd = self->fd, .ep = self->ep, .seed = i + 1 };
		ASSERT_EQ(0, pthread_create(&thread[i], NULL,
					    i < THREADS ? user :
					    i == THREADS ? sleeper : status_reader, &c[i]));
	}
	crashes = kill_cores(self->fd, ms ? atoi(ms) : 4000);
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < THREADS + 2; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
		EXPECT_EQ(NULL, c[i].wrong) { TH_LOG("thread %u: %s", i, c[i].wrong); }
		bound += c[i].bound;
		dead += c[i].dead;
	}
	TH_LOG("%d crashes, %u channels bound, %u times the core was dead", crashes, bound, dead);
	EXPECT_LT(2, crashes);
	EXPECT_LT(10, bound);
	EXPECT_EQ(0, rt_ledger("channels"));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

TEST_HARNESS_MAIN
