// SPDX-License-Identifier: GPL-2.0-only
/* What the users of channels see when the core dies or the partition stops. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "harness.h"
#include "mapped.h"

FIXTURE(hangup)
{
	struct rt_spec s;
	struct rt_mapped m;
	int fd;
	int ch;
};

FIXTURE_SETUP(hangup)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "hup", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, self->ch);
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 64, &self->m));
	ASSERT_EQ(0, rt_echo(self->ch, 5));
}

FIXTURE_TEARDOWN(hangup)
{
	rt_unmap(&self->m);
	close(self->ch);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static bool hung_up(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLHUP);
}

static void expect_dead(struct __test_metadata *_metadata, int ch, int mapped)
{
	struct remora_message m = { .type = 1 };

	EXPECT_TRUE(hung_up(ch, RT_PATIENT_MS));
	EXPECT_TRUE(hung_up(mapped, RT_PATIENT_MS));
	EXPECT_EQ(-1, write(ch, &m, sizeof(m)));
	EXPECT_EQ(EHOSTDOWN, errno);
	EXPECT_EQ(-1, read(ch, &m, sizeof(m)));
	EXPECT_EQ(EHOSTDOWN, errno);
	EXPECT_EQ(-1, ioctl(ch, REMORA_IOC_NOTIFY));
	EXPECT_EQ(EHOSTDOWN, errno);
	EXPECT_EQ(-1, ioctl(mapped, REMORA_IOC_NOTIFY));
	EXPECT_EQ(EHOSTDOWN, errno);
}

TEST_F(hangup, crash)
{
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_PAGE, NULL));
	expect_dead(_metadata, self->ch, self->m.fd);
}

TEST_F(hangup, spin)
{
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_SPIN, NULL));
	expect_dead(_metadata, self->ch, self->m.fd);
}

TEST_F(hangup, stop)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, NULL));
	expect_dead(_metadata, self->ch, self->m.fd);
}

/* A channel of before the reset is dead after it; a new one works. */
TEST_F(hangup, reset)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
	expect_dead(_metadata, self->ch, self->m.fd);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

TEST_F(hangup, epoll)
{
	struct epoll_event e = { .events = EPOLLIN }, got;
	int ep = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_LE(0, ep);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->ch, &e));
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(1, epoll_wait(ep, &got, 1, RT_PATIENT_MS));
	EXPECT_NE(0, got.events & EPOLLHUP);
	close(ep);
}

/* The partition's own device: an error while a core is crashed, not afterwards. */
TEST_F(hangup, device_polls_error)
{
	struct pollfd p = { .fd = self->fd, .events = POLLPRI };

	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_NE(0, p.revents & POLLERR);
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
	poll(&p, 1, 0);
	EXPECT_EQ(0, p.revents & POLLERR);
}

/* A reader that sleeps when the core dies wakes up. */
TEST_F(hangup, sleeping_reader)
{
	struct remora_message m;
	pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		alarm(RT_PATIENT_MS / 1000);
		_exit(read(self->ch, &m, sizeof(m)) < 0 && errno == EHOSTDOWN ? 0 : 1);
	}
	usleep(200000);
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* What the core sent before it died can still be read. */
TEST_F(hangup, last_messages)
{
	struct remora_message m = { .type = 77, .length = 8, .payload = { 1 } };
	struct pollfd p = { .fd = self->ch, .events = POLLIN };

	ASSERT_EQ(sizeof(m), write(self->ch, &m, sizeof(m)));
	ASSERT_EQ(1, poll(&p, 1, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_EQ(sizeof(m), read(self->ch, &m, sizeof(m)));
	EXPECT_EQ(77, m.type);
	EXPECT_EQ(-1, read(self->ch, &m, sizeof(m)));
	EXPECT_EQ(EHOSTDOWN, errno);
}

TEST_HARNESS_MAIN
