// SPDX-License-Identifier: GPL-2.0-only
/* Several partitions at once, and several cores each: apart from each other in every respect. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "harness.h"

FIXTURE(several)
{
	struct rt_snapshot before;
	struct rt_spec a, b;
	int fa, fb;
};

FIXTURE_SETUP(several)
{
	rt_sweep();
	self->fa = self->fb = -1;
	ASSERT_EQ(0, rt_snapshot(&self->before));
}

FIXTURE_TEARDOWN(several)
{
	close(self->fa);
	close(self->fb);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
}

TEST_F(several, crash_of_one)
{
	struct rt_status st;

	RT_SKIP_UNLESS_CPUS(2);
	ASSERT_EQ(0, rt_begin(&self->a, "a", 0, 1, &self->fa));
	ASSERT_EQ(0, rt_begin(&self->b, "b", 0, 1, &self->fb));
	EXPECT_NE(self->a.cpus[0], self->b.cpus[0]);
	ASSERT_EQ(0, rt_inject(self->fa, 1, REMORA_FAULT_SCRIBBLE, NULL));
	EXPECT_EQ(0, rt_wait_state(self->fa, 0, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_status(self->fb, &st));
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
	EXPECT_EQ(0, rt_ping(self->fb, 1, 200));
	EXPECT_EQ(0, rt_destroy(self->a.c.name, 0, NULL));
	EXPECT_EQ(0, rt_ping(self->fb, 1, 200));
}

TEST_F(several, destroy_in_any_order)
{
	RT_SKIP_UNLESS_CPUS(2);
	for (int turn = 0; turn < 2; turn++) {
		ASSERT_EQ(0, rt_begin(&self->a, "a", 0, 1, &self->fa));
		ASSERT_EQ(0, rt_begin(&self->b, "b", 0, 1, &self->fb));
		EXPECT_EQ(0, rt_destroy(turn ? self->a.c.name : self->b.c.name, 0, NULL));
		EXPECT_EQ(0, rt_ping(turn ? self->fb : self->fa, 1, 20));
		EXPECT_EQ(0, rt_destroy(turn ? self->b.c.name : self->a.c.name, 0, NULL));
		close(self->fa);
		close(self->fb);
		self->fa = self->fb = -1;
	}
}

/* Their own doorbells, their own memory. */
TEST_F(several, nothing_shared)
{
	struct rt_status sa, sb;

	RT_SKIP_UNLESS_CPUS(2);
	ASSERT_EQ(0, rt_begin(&self->a, "a", 0, 1, &self->fa));
	ASSERT_EQ(0, rt_begin(&self->b, "b", 0, 1, &self->fb));
	ASSERT_EQ(0, rt_status(self->fa, &sa));
	ASSERT_EQ(0, rt_status(self->fb, &sb));
	EXPECT_NE(sa.s.irq, sb.s.irq);
	for (unsigned int i = 0; i < sa.s.extent_count; i++) {
		for (unsigned int j = 0; j < sb.s.extent_count; j++) {
			EXPECT_TRUE(sa.extents[i].address + sa.extents[i].bytes <=
					    sb.extents[j].address ||
				    sb.extents[j].address + sb.extents[j].bytes <=
					    sa.extents[i].address);
		}
	}
}

/* Each core of one partition answers, also while all are asked at once. */
TEST_F(several, all_cores_at_once)
{
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int cores = rt_cpus(cpus, RT_CPUS_ROOM);
	int status;

	RT_SKIP_UNLESS_CPUS(2);
	ASSERT_EQ(0, rt_begin(&self->a, "a", 0, cores, &self->fa))
	{
		TH_LOG("%s", self->a.c.error.message);
	}
	for (unsigned int node = 1; node <= cores; node++) {
		if (!fork())
			_exit(rt_ping(self->fa, node, 200) ? 1 : 0);
	}
	for (unsigned int node = 1; node <= cores; node++) {
		ASSERT_LT(0, wait(&status));
		EXPECT_EQ(0, status);
	}
}

/* A core that crashed leaves the others of its partition and their channels alone. */
TEST_F(several, neighbour_crashes)
{
	int ch;

	RT_SKIP_UNLESS_CPUS(2);
	ASSERT_EQ(0, rt_begin(&self->a, "a", 0, 2, &self->fa));
	ch = rt_bind(self->fa, 2, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, ch);
	ASSERT_EQ(0, rt_inject(self->fa, 1, REMORA_FAULT_DOUBLE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fa, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_EQ(0, rt_echo(ch, 200));
	close(ch);
}

/* Two that want the same CPU at the same moment: one gets it, the other a clear refusal. */
TEST_F(several, same_cpu_at_once)
{
	int status, won = 0, lost = 0;
	struct rt_spec s;

	/* Before the race: later a CPU that is taken is in no list. */
	rt_spec_init(&s, "race", 0, 1);
	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		snprintf(s.c.name, sizeof(s.c.name), "%srace%d", RT_PREFIX, i);
		int ret = rt_create(&s);

		_exit(ret == 0 ? 10 : ret == -EBUSY || ret == -ENXIO ? 11 : 12);
	}
	for (int i = 0; i < 4; i++) {
		ASSERT_LT(0, wait(&status));
		ASSERT_TRUE(WIFEXITED(status));
		EXPECT_NE(12, WEXITSTATUS(status));
		won += WEXITSTATUS(status) == 10;
		lost += WEXITSTATUS(status) == 11;
	}
	EXPECT_LE(1, won);
	EXPECT_EQ(4, won + lost);
	EXPECT_EQ(won, rt_ledger("cpus"));
}

TEST_HARNESS_MAIN
