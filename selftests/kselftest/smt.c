// SPDX-License-Identifier: GPL-2.0-only
/* Threads of one core split between Linux and a partition: a warning, no refusal. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(smt)
{
	struct rt_spec s;
	unsigned int sibling; /* of the last CPU; 0: none */
};

FIXTURE_SETUP(smt)
{
	char path[128], text[64], *p;

	rt_sweep();
	rt_spec_init(&self->s, "smt", 0, 1);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
		 self->s.cpus[0]);
	ASSERT_LE(0, rt_read_text(path, text, sizeof(text)));
	for (p = text; *p; p += strspn(p, "-,")) {
		unsigned int cpu = (unsigned int)strtoul(p, &p, 10);

		if (cpu != self->s.cpus[0])
			self->sibling = cpu;
	}
}

FIXTURE_TEARDOWN(smt)
{
	rt_sweep();
}

static bool warned(const struct rt_spec *s, unsigned int reason)
{
	for (unsigned int i = 0; i < 8 && s->c.warnings[i]; i++)
		if (s->c.warnings[i] == reason)
			return true;
	return false;
}

TEST_F(smt, split_is_warned_about)
{
	if (!self->sibling)
		SKIP(return, "one thread a core");
	EXPECT_EQ(0, rt_check(&self->s));
	EXPECT_TRUE(warned(&self->s, REMORA_R_CPU_SMT_SPLIT));
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	EXPECT_TRUE(warned(&self->s, REMORA_R_CPU_SMT_SPLIT));
}

TEST_F(smt, whole_core_is_not)
{
	if (self->sibling) {
		self->s.cpus[1] = self->sibling;
		self->s.c.cpu_count = 2;
	}
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	EXPECT_FALSE(warned(&self->s, REMORA_R_CPU_SMT_SPLIT));
}

TEST_HARNESS_MAIN
