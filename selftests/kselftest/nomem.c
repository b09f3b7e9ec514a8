// SPDX-License-Identifier: GPL-2.0-only
/*
 * The n-th allocation of a call fails, for growing n until the call needs fewer: each failure is
 * an error that leaves nothing behind, and the same call works right afterwards. By the kernel's own
 * fault injection (failslab), which only debug kernels have.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

#define FAILSLAB "/sys/kernel/debug/failslab/"
#define FAIL_NTH "/proc/thread-self/fail-nth"
#define NTH_MAX 2000

FIXTURE(nomem)
{
	struct rt_spec s;
	bool able;
	int nth;
	int control;
	int fd;
};

/* Other kinds of injected faults count along: none of theirs has a stack through address 1. */
static const char *const others[] = { "fail_usercopy", "fail_page_alloc", "fail_futex",
				      "fail_make_request", "fail_io_timeout" };

static void silence(const char *kind)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-start", kind);
	rt_write_text(path, "1");
	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-end", kind);
	rt_write_text(path, "2");
	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", kind);
	rt_write_text(path, "0");
}

/* The next n: each of the first ones, then one in ever more, as a call has hundreds. */
static unsigned int after(unsigned int n)
{
	return n + 1 + n / 12;
}

FIXTURE_SETUP(nomem)
{
	rt_sweep();
	rt_spec_init(&self->s, "nomem", 0, 1);
	self->fd = -1;
	self->nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	self->control = rt_control(O_RDWR);
	ASSERT_LE(0, self->control);
	self->able = self->nth >= 0 && !access(FAILSLAB, F_OK);
	if (self->able) {
		/* Sleeping allocations fail too, and nothing is said about it in the log. */
		ASSERT_EQ(0, rt_write_text(FAILSLAB "ignore-gfp-wait", "N"));
		ASSERT_EQ(0, rt_write_text(FAILSLAB "verbose", "0"));
		for (unsigned int i = 0; i < ARRAY_SIZE(others); i++)
			silence(others[i]);
	}
}

FIXTURE_TEARDOWN(nomem)
{
	close(self->nth);
	close(self->control);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

#define SKIP_UNLESS_ABLE()                                                                         \
	do {                                                                                       \
		if (!self->able)                                                                   \
			SKIP(return, "this kernel has no failslab with fail-nth");                 \
	} while (0)

static void arm(int nth, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(nth, text, (size_t)length, 0) != length)
		abort();
}

/* Was the n-th allocation reached? Disarms. */
static bool reached(int nth)
{
	char text[16] = "";

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		abort();
	arm(nth, 0);
	return atoi(text) == 0;
}

TEST_F_TIMEOUT(nomem, create, 600)
{
	unsigned int n, failed = 0, said = 0;
	bool hit = true;

	SKIP_UNLESS_ABLE();
	for (n = 1; hit && n < NTH_MAX; n = after(n)) {
		int ret;

		arm(self->nth, n);
		ret = ioctl(self->control, REMORA_IOC_CREATE, &self->s.c) ? -errno : 0;
		hit = reached(self->nth);
		if (!ret) {
			ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
		} else {
			failed++;
			said += self->s.c.error.reason == REMORA_R_NO_MEMORY;
		}
		RT_EXPECT_LEDGER_ZERO();
		ASSERT_EQ(0, rt_cpu_works(self->s.cpus[0])) { TH_LOG("n = %u", n); }
	}
	TH_LOG("up to %u allocations, %u failures, %u of them with reason NO_MEMORY", n, failed, said);
	EXPECT_FALSE(hit);
	EXPECT_LT(0, failed);
	EXPECT_LT(0, said);
}

TEST_F_TIMEOUT(nomem, start, 600)
{
	unsigned int n, failed = 0;
	struct remora_error e;
	bool hit = true;

	SKIP_UNLESS_ABLE();
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (n = 1; hit && n < NTH_MAX; n = after(n)) {
		int ret;

		arm(self->nth, n);
		ret = rt_act(self->fd, REMORA_IOC_START, 0, &e);
		hit = reached(self->nth);
		if (ret) {
			failed++;
			EXPECT_NE(0, e.reason) { TH_LOG("n = %u: %d", n, ret); }
			ASSERT_EQ(0, rt_wait_state(self->fd, 0, REMORA_OFFLINE, 0));
			ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, &e));
		}
		ASSERT_EQ(0, rt_ping(self->fd, 1, 3)) { TH_LOG("n = %u", n); }
		ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, &e));
	}
	TH_LOG("up to %u allocations, %u failures", n, failed);
	EXPECT_FALSE(hit);
}

TEST_F_TIMEOUT(nomem, bind, 300)
{
	unsigned int n, failed = 0;
	struct remora_error e;
	bool hit = true;
	int ch;

	SKIP_UNLESS_ABLE();
	self->s.c.flags = REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (n = 1; hit && n < NTH_MAX; n = after(n)) {
		arm(self->nth, n);
		ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, &e);
		hit = reached(self->nth);
		if (ch < 0)
			failed++;
		else
			close(ch);
		EXPECT_EQ(0, rt_ledger("channels")) { TH_LOG("n = %u", n); }
	}
	TH_LOG("up to %u allocations, %u failures", n, failed);
	EXPECT_FALSE(hit);
	EXPECT_LT(0, failed);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

static int shoot(int fd, struct remora_shootdown *d)
{
	*d = (struct remora_shootdown){
		.size = sizeof(*d), .protocol = REMORA_SHOOTDOWN_UNICAST,
		.method = REMORA_SHOOTDOWN_BY_PAGE, .pages = 3, .count = 2, .nodes = 1 << 1,
	};
	return ioctl(fd, REMORA_IOC_SHOOTDOWN, d) ? -errno : 0;
}

/* A partition each time: its first run allocates what the others use. Each failure may be made up for. */
TEST_F_TIMEOUT(nomem, shootdown, 300)
{
	struct remora_shootdown d;
	unsigned int n, failed = 0;
	bool hit = true;

	SKIP_UNLESS_ABLE();
	self->s.c.flags = REMORA_CREATE_AUTOSTART;
	for (n = 1; hit && n < NTH_MAX; n++) {
		int ret;

		ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
		self->fd = rt_open(self->s.c.name, O_RDWR);
		ASSERT_LE(0, self->fd);
		arm(self->nth, n);
		ret = shoot(self->fd, &d);
		hit = reached(self->nth);
		if (ret) {
			failed++;
			EXPECT_NE(0, d.error.reason) { TH_LOG("n = %u: %d", n, ret); }
		}
		EXPECT_EQ(0, shoot(self->fd, &d)) { TH_LOG("n = %u: %s", n, d.error.message); }
		EXPECT_EQ(6, d.handled);
		close(self->fd);
		self->fd = -1;
		ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	}
	TH_LOG("up to %u allocations, %u failures", n, failed);
	EXPECT_FALSE(hit);
}

TEST_F_TIMEOUT(nomem, looks, 300)
{
	struct rt_status st;
	bool hit = true;
	unsigned int n;

	SKIP_UNLESS_ABLE();
	self->s.c.flags = REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	for (n = 1; hit && n < NTH_MAX; n = after(n)) {
		arm(self->nth, n);
		rt_status(self->fd, &st);
		rt_console_has(self->fd, 1, "no such text");
		rt_check(&self->s);
		hit = reached(self->nth);
	}
	EXPECT_FALSE(hit);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

TEST_HARNESS_MAIN
