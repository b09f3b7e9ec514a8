// SPDX-License-Identifier: GPL-2.0-only
/* Channels by read(), write() and poll(). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include "harness.h"

FIXTURE(channel)
{
	struct rt_spec s;
	int fd;
	int ch;
};

FIXTURE_SETUP(channel)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "chan", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, REMORA_BIND_NONBLOCK, 16, NULL);
	ASSERT_LE(0, self->ch);
}

FIXTURE_TEARDOWN(channel)
{
	close(self->ch);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static int wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, RT_PATIENT_MS) == 1 ? p.revents : -1;
}

static void blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

TEST_F(channel, every_length)
{
	blocking(self->ch);
	EXPECT_EQ(0, rt_echo(self->ch, 57 * 3));
}

TEST_F(channel, empty_is_eagain)
{
	struct remora_message m;

	EXPECT_EQ(-1, read(self->ch, &m, sizeof(m)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(channel, poll_in_out)
{
	struct pollfd p = { .fd = self->ch, .events = POLLIN | POLLOUT };
	struct remora_message m = { .type = 5, .length = 8, .payload = { 42 } };

	ASSERT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLOUT, p.revents);
	ASSERT_EQ(sizeof(m), write(self->ch, &m, sizeof(m)));
	EXPECT_NE(0, wait_for(self->ch, POLLIN) & POLLIN);
	memset(&m, 0, sizeof(m));
	ASSERT_EQ(sizeof(m), read(self->ch, &m, sizeof(m)));
	EXPECT_EQ(5, m.type);
	EXPECT_EQ(42, m.payload[0]);
	p.events = POLLIN;
	EXPECT_EQ(0, poll(&p, 1, 0));
}

/* Wrong sizes of the whole, and of the payload: refused before anything is sent. */
TEST_F(channel, wrong_length)
{
	char big[sizeof(struct remora_message) * 2] = { 0 };
	struct remora_message m = { .length = 57 };

	EXPECT_EQ(-1, write(self->ch, big, sizeof(m) - 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, write(self->ch, big, sizeof(m) + 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, write(self->ch, big, 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, write(self->ch, &m, sizeof(m)));
	EXPECT_EQ(EMSGSIZE, errno);
	m.length = 0xffff;
	EXPECT_EQ(-1, write(self->ch, &m, sizeof(m)));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->ch, big, sizeof(m) - 1));
	EXPECT_EQ(EMSGSIZE, errno);
	blocking(self->ch);
	EXPECT_EQ(0, rt_echo(self->ch, 3));
}

TEST_F(channel, reserved_field)
{
	struct remora_message m = { .reserved = 1 };

	EXPECT_EQ(-1, write(self->ch, &m, sizeof(m)));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(channel, bad_pointer)
{
	struct remora_message m = { .type = 1 };

	EXPECT_EQ(-1, write(self->ch, rt_wild(), sizeof(struct remora_message)));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(sizeof(m), write(self->ch, &m, sizeof(m)));
	EXPECT_NE(0, wait_for(self->ch, POLLIN) & POLLIN);
	EXPECT_EQ(-1, read(self->ch, rt_wild(), sizeof(m)));
	EXPECT_EQ(EFAULT, errno);
}

/* Several messages in one call, in order. */
TEST_F(channel, multiple)
{
	struct remora_message out[8], in[8];
	unsigned int got = 0;

	memset(out, 0, sizeof(out));
	for (unsigned int i = 0; i < 8; i++)
		out[i] = (struct remora_message){ .type = i, .length = 8, .payload = { i } };
	ASSERT_EQ(sizeof(out), write(self->ch, out, sizeof(out)));
	while (got < 8 && wait_for(self->ch, POLLIN) > 0) {
		ssize_t n = read(self->ch, in + got, sizeof(in) - got * sizeof(in[0]));

		ASSERT_LT(0, n);
		ASSERT_EQ(0, n % sizeof(in[0]));
		got += n / sizeof(in[0]);
	}
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
}

/*
 * Nobody reads the answers: the window fills up, write() says EAGAIN and poll() no longer POLLOUT;
 * once the answers are read there is room again, and nothing was lost or out of order.
 */
TEST_F(channel, window_full)
{
	struct remora_message m = { .length = 8 };
	unsigned int sent = 0, got = 0;
	struct pollfd p = { .fd = self->ch, .events = POLLOUT };
	int quiet = 0;

	while (quiet < 3 && sent < 1000) {
		m.payload[0] = sent;
		if (write(self->ch, &m, sizeof(m)) == sizeof(m)) {
			sent++;
			quiet = 0;
			continue;
		}
		ASSERT_EQ(EAGAIN, errno);
		if (poll(&p, 1, 100) == 0)
			quiet++;
	}
	EXPECT_LE(16, sent);
	EXPECT_GE(64, sent);
	while (got < sent) {
		ASSERT_NE(0, wait_for(self->ch, POLLIN) & POLLIN) { TH_LOG("%u of %u", got, sent); }
		ASSERT_EQ(sizeof(m), read(self->ch, &m, sizeof(m)));
		EXPECT_EQ(got, m.payload[0]);
		got++;
	}
	EXPECT_NE(0, wait_for(self->ch, POLLOUT) & POLLOUT);
	blocking(self->ch);
	EXPECT_EQ(0, rt_echo(self->ch, 40));
}

/* A blocked read() wakes for the message; the service answers after 50 ms. */
TEST_F(channel, blocking_read)
{
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_DELAY, 0, 0, NULL);
	struct remora_message m = { .type = 3, .length = 8, .payload = { 50000000 } };
	long long start = now_ns();

	ASSERT_LE(0, ch);
	ASSERT_EQ(sizeof(m), write(ch, &m, sizeof(m)));
	ASSERT_EQ(sizeof(m), read(ch, &m, sizeof(m)));
	EXPECT_EQ(3, m.type);
	EXPECT_LE(50000000ll, now_ns() - start);
	EXPECT_GT(5000000000ll, now_ns() - start);
	close(ch);
}

static void nothing(int signal)
{
}

TEST_F(channel, interrupted)
{
	struct sigaction action = { .sa_handler = nothing };
	struct remora_message m;
	pid_t child, parent = getpid();

	blocking(self->ch);
	sigaction(SIGUSR1, &action, NULL);
	child = fork();
	ASSERT_LE(0, child);
	/* Again and again: it may not sleep yet. */
	while (!child) {
		usleep(20000);
		if (getppid() != parent || kill(parent, SIGUSR1))
			_exit(0);
	}
	EXPECT_EQ(-1, read(self->ch, &m, sizeof(m)));
	EXPECT_EQ(EINTR, errno);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

TEST_F(channel, sink_counts)
{
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_SINK, 0, 64, NULL);
	struct remora_message m = { .type = 2, .length = 56 };

	ASSERT_LE(0, ch);
	for (int i = 0; i < 500; i++)
		ASSERT_EQ(sizeof(m), write(ch, &m, sizeof(m)));
	m.type = 1;
	m.length = 8;
	ASSERT_EQ(sizeof(m), write(ch, &m, sizeof(m)));
	ASSERT_EQ(sizeof(m), read(ch, &m, sizeof(m)));
	EXPECT_EQ(1, m.type);
	EXPECT_LE(500, m.payload[0]);
	EXPECT_GE(501, m.payload[0]);
	close(ch);
}

/* The channel lives until its last descriptor is closed. */
TEST_F(channel, dup)
{
	int second = dup(self->ch);

	ASSERT_LE(0, second);
	blocking(self->ch);
	close(self->ch);
	EXPECT_EQ(1, rt_ledger("channels"));
	EXPECT_EQ(0, rt_echo(second, 10));
	close(second);
	EXPECT_EQ(0, rt_ledger("channels"));
	self->ch = -1;
}

TEST_F(channel, fork)
{
	pid_t child;
	int status;

	blocking(self->ch);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(rt_echo(self->ch, 10) ? 1 : 0);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, rt_echo(self->ch, 10));
}

/* The process dies: its channel goes. */
TEST_F(channel, killed)
{
	int pipes[2], status;
	pid_t child;
	char byte;

	close(self->ch);
	self->ch = -1;
	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	if (!child) {
		rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
		if (write(pipes[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	ASSERT_EQ(1, read(pipes[0], &byte, 1));
	EXPECT_EQ(1, rt_ledger("channels"));
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, rt_ledger("channels"));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 5));
}

TEST_F(channel, unknown_ioctl)
{
	char buffer[256] = { 0 };

	EXPECT_EQ(-1, ioctl(self->ch, REMORA_IOC_STATUS, buffer));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(channel, notify)
{
	EXPECT_EQ(0, ioctl(self->ch, REMORA_IOC_NOTIFY));
	blocking(self->ch);
	EXPECT_EQ(0, rt_echo(self->ch, 5));
}

/* Many messages both ways by one process that never blocks on one side only: 2^16 numbers wrap. */
TEST_F_TIMEOUT(channel, sequence_wraps, 300)
{
	struct remora_message out[16], in[16];
	unsigned int sent = 0, got = 0, total = 70000;
	struct pollfd p = { .fd = self->ch };

	memset(out, 0, sizeof(out));
	for (;;) {
		unsigned int n = total - sent < 16 ? total - sent : 16;
		ssize_t ret = 0;

		for (unsigned int i = 0; i < n; i++)
			out[i] = (struct remora_message){ .length = 8, .payload = { sent + i } };
		if (n)
			ret = write(self->ch, out, n * sizeof(out[0]));
		if (ret > 0)
			sent += ret / sizeof(out[0]);
		ret = read(self->ch, in, sizeof(in));
		for (ssize_t i = 0; i < ret / (ssize_t)sizeof(in[0]); i++, got++)
			ASSERT_EQ(got, in[i].payload[0]);
		if (got == total)
			break;
		p.events = sent < total ? POLLIN | POLLOUT : POLLIN;
		ASSERT_EQ(1, poll(&p, 1, RT_PATIENT_MS)) { TH_LOG("sent %u, got %u", sent, got); }
	}
}

TEST_HARNESS_MAIN
