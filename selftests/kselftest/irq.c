// SPDX-License-Identifier: GPL-2.0-only
/* The doorbell: an ordinary interrupt of Linux's, that may be moved and whose CPU may go offline. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(irq)
{
	struct rt_spec s;
	struct rt_status st;
	char affinity[64];
	int fd;
	int ch;
};

FIXTURE_SETUP(irq)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "irq", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	snprintf(self->affinity, sizeof(self->affinity), "/proc/irq/%u/smp_affinity_list",
		 self->st.s.irq);
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_DELAY, 0, 0, NULL);
	ASSERT_LE(0, self->ch);
}

FIXTURE_TEARDOWN(irq)
{
	close(self->ch);
	close(self->fd);
	rt_sweep();
}

/* The sum over all CPUs of a line of /proc/interrupts that holds @name, or -1. */
static long interrupts(const char *name)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[8192];
	long sum = -1;

	while (file && fgets(line, sizeof(line), file)) {
		char *p = strchr(line, ':'), *end;

		if (!p || !strstr(line, name))
			continue;
		sum = 0;
		for (p++;; p = end) {
			long value = strtol(p, &end, 10);

			if (end == p)
				break;
			sum += value;
		}
	}
	if (file)
		fclose(file);
	return sum;
}

/* The answer comes 20 ms later: the reader has slept, and the doorbell woke it. */
static int sleep_once(int ch)
{
	struct remora_message m = { .type = 1, .length = 8, .payload = { 20000000 } };

	if (write(ch, &m, sizeof(m)) != sizeof(m))
		return -errno;
	return read(ch, &m, sizeof(m)) == sizeof(m) ? 0 : -errno;
}

TEST_F(irq, in_proc_interrupts)
{
	char name[64];
	long before;

	snprintf(name, sizeof(name), "remora-%s", self->s.c.name);
	before = interrupts(name);
	ASSERT_LE(0, before);
	for (int i = 0; i < 5; i++)
		ASSERT_EQ(0, sleep_once(self->ch));
	EXPECT_LE(before + 5, interrupts(name));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_LE(5, self->st.s.doorbells);
}

TEST_F(irq, moved)
{
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int n = rt_cpus(cpus, RT_CPUS_ROOM);
	char text[16];

	cpus[n++] = 0;
	for (unsigned int i = 0; i < 2 * n; i++) {
		snprintf(text, sizeof(text), "%u", cpus[i % n]);
		ASSERT_EQ(0, rt_write_text(self->affinity, text));
		for (int k = 0; k < 3; k++)
			ASSERT_EQ(0, sleep_once(self->ch)) { TH_LOG("on CPU %s", text); }
	}
}

TEST_F(irq, target_goes_offline)
{
	__u32 cpus[RT_CPUS_ROOM];
	char text[16];

	RT_SKIP_UNLESS_CPUS(1);
	ASSERT_LT(0, rt_cpus(cpus, RT_CPUS_ROOM));
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "%u", cpus[0]);
		ASSERT_EQ(0, rt_write_text(self->affinity, text));
		ASSERT_EQ(0, sleep_once(self->ch));
		ASSERT_EQ(0, rt_cpu_online(cpus[0], false));
		EXPECT_EQ(0, sleep_once(self->ch));
		ASSERT_EQ(0, rt_cpu_online(cpus[0], true));
		EXPECT_EQ(0, sleep_once(self->ch));
	}
}

/* Moved all the time, while messages flow: none is lost. */
TEST_F(irq, moved_while_flowing)
{
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int n = rt_cpus(cpus, RT_CPUS_ROOM);
	char text[16];

	cpus[n++] = 0;
	for (int i = 0; i < 30; i++) {
		struct remora_message m = { .length = 8, .payload = { 3000000 } };

		ASSERT_EQ(sizeof(m), write(self->ch, &m, sizeof(m)));
		snprintf(text, sizeof(text), "%u", cpus[i % n]);
		ASSERT_EQ(0, rt_write_text(self->affinity, text));
		ASSERT_EQ(sizeof(m), read(self->ch, &m, sizeof(m)));
	}
}

TEST_F(irq, gone_after_destroy)
{
	close(self->ch);
	self->ch = -1;
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	EXPECT_EQ(-1, interrupts("remora-"));
	EXPECT_EQ(0, rt_ledger("vectors"));
}

TEST_HARNESS_MAIN
