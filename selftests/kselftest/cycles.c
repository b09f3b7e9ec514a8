// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cycles of create, start, ping, destroy with 1 to all cores in turn. REMORA_CYCLES: how many
 * (default 10). After them Linux is as before, to the kilobyte of MemTotal, and the CPUs work.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "harness.h"

#define LEAK_SLACK_KB 6144 /* of free memory, over all the cycles: caches that Linux filled */

FIXTURE(cycles)
{
	struct rt_snapshot before;
	struct rt_spec s;
	unsigned int have;
	unsigned int count;
};

FIXTURE_SETUP(cycles)
{
	__u32 cpus[RT_CPUS_ROOM];
	const char *count = getenv("REMORA_CYCLES");

	rt_sweep();
	self->have = rt_cpus(cpus, RT_CPUS_ROOM);
	self->count = count ? (unsigned int)atoi(count) : 10;
	ASSERT_LT(0, self->count);
}

FIXTURE_TEARDOWN(cycles)
{
	rt_sweep();
}

/* One cycle; the failed step's sentence in s->c.error. */
static int cycle(struct rt_spec *s, unsigned int cores, const char **step)
{
	int fd, ret;

	*step = "create and start";
	ret = rt_begin(s, "cycle", 0, cores, &fd);
	if (ret)
		return ret;
	*step = "ping";
	for (unsigned int node = 1; node <= cores && !ret; node++)
		ret = rt_ping(fd, node, 20);
	close(fd);
	if (ret)
		return ret;
	*step = "destroy";
	return rt_destroy(s->c.name, 0, &s->c.error);
}

TEST_F_TIMEOUT(cycles, nothing_is_lost, 1500)
{
	const char *step = "";
	unsigned int i, cores = 1;
	int ret;

	/* The first one fills caches that stay: it is not counted. */
	ASSERT_EQ(0, cycle(&self->s, self->have, &step))
	{
		TH_LOG("%s: %s", step, self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_snapshot(&self->before));
	for (i = 0; i < self->count; i++) {
		ret = cycle(&self->s, cores, &step);
		ASSERT_EQ(0, ret)
		{
			TH_LOG("cycle %u, %u cores, %s: %s", i, cores, step,
			       self->s.c.error.message);
		}
		RT_EXPECT_LEDGER_ZERO();
		cores = cores < self->have ? cores + 1 : 1;
		if ((i + 1) % 10 == 0)
			printf("# %u cycles\n", i + 1);
	}
	RT_EXPECT_AS_BEFORE(&self->before, LEAK_SLACK_KB);
	rt_spec_init(&self->s, "cycle", 0, self->have);
	for (i = 0; i < self->have; i++) {
		EXPECT_EQ(0, rt_cpu_works(self->s.cpus[i])) { TH_LOG("CPU %u", self->s.cpus[i]); }
	}
}

TEST_HARNESS_MAIN
