// SPDX-License-Identifier: GPL-2.0-only
/* The consoles of the cores: readable while they run and after they died, with missed lines counted. */
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

FIXTURE(console)
{
	struct rt_spec s;
	struct remora_console_line lines[64];
	struct remora_console c;
	int fd;
};

FIXTURE_SETUP(console)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "con", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	/* The last line that comes by itself: its monitor begins after the core is said to run. */
	ASSERT_EQ(0, rt_console_wait(self->fd, 1, "for programs", RT_PATIENT_MS));
	self->c = (struct remora_console){
		.size = sizeof(self->c), .node = 1, .next = 1, .count = 64,
		.lines = (__u64)(unsigned long)self->lines,
	};
}

FIXTURE_TEARDOWN(console)
{
	close(self->fd);
	rt_sweep();
}

TEST_F(console, banner)
{
	unsigned int i;

	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	ASSERT_LT(0, self->c.count);
	EXPECT_EQ(0, self->c.missed);
	EXPECT_EQ(self->c.count + 1, self->c.next);
	for (i = 0; i < self->c.count; i++) {
		EXPECT_EQ(i + 1, self->lines[i].number);
		EXPECT_GE(REMORA_CONSOLE_TEXT, self->lines[i].length);
		if (i)
			EXPECT_LE(self->lines[i - 1].tsc, self->lines[i].tsc);
	}
	EXPECT_TRUE(rt_console_has(self->fd, 1, self->s.c.name));
}

TEST_F(console, one_at_a_time)
{
	unsigned int total;

	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	total = self->c.count;
	self->c.next = 0; /* counts as 1 */
	for (unsigned int i = 0; i < total; i++) {
		self->c.count = 1;
		ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
		ASSERT_EQ(1, self->c.count);
		EXPECT_EQ(i + 1, self->lines[0].number);
		EXPECT_EQ(i + 2, self->c.next);
	}
	self->c.count = 1;
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	EXPECT_EQ(0, self->c.count);
	EXPECT_EQ(total + 1, self->c.next);
}

TEST_F(console, beyond_the_end)
{
	self->c.next = 1ull << 62;
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	EXPECT_EQ(0, self->c.count);
	EXPECT_EQ(0, self->c.missed);
}

TEST_F(console, unknown_core)
{
	self->c.node = 9;
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	EXPECT_EQ(ECHRNG, errno);
	self->c.node = 0;
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	EXPECT_EQ(ECHRNG, errno);
}

TEST_F(console, bad_pointer)
{
	self->c.lines = 8;
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	EXPECT_EQ(EFAULT, errno);
}

/* What was said before the crash, and the report of it, can be read afterwards. */
TEST_F(console, after_crash)
{
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_TRUE(rt_console_has(self->fd, 1, self->s.c.name));
	EXPECT_TRUE(rt_console_has(self->fd, 1, "rip"));
}

/* poll() says POLLIN when lines came since the last look, and stops saying it. */
TEST_F(console, poll)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };

	do {
		self->c.count = 64;
		ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	} while (self->c.count);
	EXPECT_EQ(0, poll(&p, 1, 0)) { TH_LOG("revents %#x", p.revents); }
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	EXPECT_EQ(1, poll(&p, 1, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_NE(0, p.revents & POLLIN);
}

/*
 * Each ill-formed message makes the core write: enough of them overwrite the first lines, and the
 * reader is told how many it missed.
 */
/*
 * Who sleeps for a line is woken by the core itself, each time: the watch looks every ten minutes here,
 * and this fault brings a line and no other doorbell. (That the core does not answer has the watch
 * look all the same, after 300 ms: so doorbells are counted.)
 */
TEST_F(console, line_rings)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };
	long watch = rt_param_get("watch_ms");
	struct rt_status before, after;
	pid_t child;

	ASSERT_LT(0, watch);
	ASSERT_EQ(0, rt_param("watch_ms", 600000));
	usleep(watch * 1000 + 200000); /* the last look with the old period */
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
		self->c.count = 64;
		EXPECT_EQ(0, poll(&p, 1, 0));
		ASSERT_EQ(0, rt_status(self->fd, &before));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			usleep(50000);
			_exit(rt_inject(self->fd, 1, REMORA_FAULT_RINGS, NULL) ? 1 : 0);
		}
		EXPECT_EQ(1, poll(&p, 1, RT_PATIENT_MS)) { TH_LOG("line %d", i); }
		EXPECT_NE(0, p.revents & POLLIN);
		waitpid(child, NULL, 0);
		ASSERT_EQ(0, rt_status(self->fd, &after));
		EXPECT_EQ(before.s.doorbells + 1, after.s.doorbells);
	}
	EXPECT_EQ(0, rt_param("watch_ms", watch));
}

TEST_F_TIMEOUT(console, missed, 200)
{
	struct rt_status st = { 0 };
	struct rt_mapped m;

	for (int i = 0; i < 1200 && (!i || st.cores[0].console_lines <= 600); i++) {
		ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 4, &m));
		m.tx->slots[1].header = 1 | URPC_HDR_CONTINUES;
		ASSERT_EQ(0, rt_notify(&m));
		rt_unmap(&m);
		ASSERT_EQ(0, rt_status(self->fd, &st));
	}
	ASSERT_LT(600, st.cores[0].console_lines);
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_CONSOLE, &self->c));
	EXPECT_LT(0, self->c.missed);
	ASSERT_LT(0, self->c.count);
	EXPECT_EQ(self->c.missed + 1, self->lines[0].number);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 5));
}

TEST_HARNESS_MAIN
