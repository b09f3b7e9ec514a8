// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each step of create and start made to fail in turn (debugfs remora/fail_step): the failure is
 * reported as such, all before it is undone, and the next try works.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

#define FAIL_STEP "/sys/kernel/debug/remora/fail_step"

FIXTURE(step)
{
	struct rt_snapshot before;
	struct rt_spec s;
};

FIXTURE_VARIANT(step)
{
	const char *name;
	bool start;
};

/* ../rules/docs holds this list and the one of JOIN against the module's tables. */
#define STEP(id_, name_, start_)                                                                   \
	FIXTURE_VARIANT_ADD(step, id_)                                                             \
	{                                                                                          \
		.name = name_, .start = start_,                                                    \
	}

STEP(create_image, "create-image", false);
STEP(create_memory, "create-memory", false);
STEP(create_cpus, "create-cpus", false);
STEP(create_regions, "create-regions", false);
STEP(create_channels, "create-channels", false);
STEP(create_trace, "create-trace", false);
STEP(create_doorbell, "create-doorbell", false);
STEP(create_device, "create-device", false);
STEP(start_fill, "start-fill", true);
STEP(start_map, "start-map", true);
STEP(start_nodes, "start-nodes", true);
STEP(start_doorbell, "start-doorbell", true);
STEP(start_wake, "start-wake", true);
STEP(start_wait, "start-wait", true);
STEP(start_watch, "start-watch", true);

/* Of a core that joins: see joins below. */
#define JOIN(id_, name_)                                                                           \
	FIXTURE_VARIANT_ADD(join, id_)                                                             \
	{                                                                                          \
		.name = name_,                                                                     \
	}

FIXTURE_SETUP(step)
{
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int cores = rt_cpus(cpus, RT_CPUS_ROOM) > 1 ? 2 : 1;

	rt_sweep();
	rt_spec_init(&self->s, "step", 0, cores);
	ASSERT_EQ(0, rt_snapshot(&self->before));
}

FIXTURE_TEARDOWN(step)
{
	if (!access(FAIL_STEP, F_OK))
		rt_write_text(FAIL_STEP, "\n");
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
}

static void expect_injected(struct __test_metadata *_metadata, int ret,
			    const struct remora_error *e, const char *name)
{
	char text[64];

	EXPECT_EQ(-EIO, ret);
	EXPECT_EQ(REMORA_R_FAULT_INJECTED, e->reason);
	EXPECT_NE(NULL, strstr(e->message, name)) { TH_LOG("%s", e->message); }
	/* It was spent. */
	ASSERT_LE(0, rt_read_text(FAIL_STEP, text, sizeof(text)));
	EXPECT_STREQ("", text);
}

static void start_fails(struct __test_metadata *_metadata, struct rt_spec *s, const char *name)
{
	struct remora_error e;
	int fd, ret;

	ASSERT_EQ(0, rt_create(s)) { TH_LOG("%s", s->c.error.message); }
	fd = rt_open(s->c.name, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rt_write_text(FAIL_STEP, name));
	ret = rt_act(fd, REMORA_IOC_START, 0, &e);
	expect_injected(_metadata, ret, &e, name);
	EXPECT_EQ(0, rt_wait_state(fd, 0, REMORA_OFFLINE, 0));
	EXPECT_EQ(0, rt_act(fd, REMORA_IOC_START, 0, &e)) { TH_LOG("%s", e.message); }
	EXPECT_EQ(0, rt_ping(fd, 1, 10));
	close(fd);
}

TEST_F(step, fails_and_is_undone)
{
	int ret;

	if (access(FAIL_STEP, W_OK))
		SKIP(return, "no " FAIL_STEP);
	if (variant->start) {
		start_fails(_metadata, &self->s, variant->name);
		return;
	}
	ASSERT_EQ(0, rt_write_text(FAIL_STEP, variant->name));
	ret = rt_create(&self->s);
	expect_injected(_metadata, ret, &self->s.c.error, variant->name);
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
	EXPECT_EQ(-ENOENT, rt_open(self->s.c.name, O_RDWR));
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
}

/* ---- a core that joins a partition which runs ---- */

FIXTURE(join)
{
	struct rt_snapshot before;
	struct rt_spec s;
	__u32 cpus[RT_CPUS_ROOM];
	int fd;
};

FIXTURE_VARIANT(join)
{
	const char *name;
};

JOIN(place, "join-place");
JOIN(memory, "join-memory");
JOIN(cpu, "join-cpu");
JOIN(regions, "join-regions");
JOIN(directory, "join-directory");
JOIN(fill, "join-fill");
JOIN(map, "join-map");
JOIN(node, "join-node");
JOIN(doorbell, "join-doorbell");
JOIN(wake, "join-wake");
JOIN(wait, "join-wait");

FIXTURE_SETUP(join)
{
	rt_sweep();
	self->fd = -1;
	ASSERT_EQ(0, rt_snapshot(&self->before));
	if (rt_cpus(self->cpus, RT_CPUS_ROOM) < 2)
		return;
	ASSERT_EQ(0, rt_begin(&self->s, "step", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(join)
{
	if (!access(FAIL_STEP, F_OK))
		rt_write_text(FAIL_STEP, "\n");
	if (self->fd >= 0)
		close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
}

static int join(int fd, __u32 cpu, struct remora_add_cpu *a)
{
	*a = (struct remora_add_cpu){ .size = sizeof(*a), .cpu = cpu };
	return ioctl(fd, REMORA_IOC_ADD_CPU, a) < 0 ? -errno : 0;
}

TEST_F(join, fails_and_is_undone)
{
	struct remora_add_cpu a;
	struct rt_status st;
	long pages, cpus;
	int ret, ch;

	if (self->fd < 0)
		SKIP(return, "needs 2 CPUs besides CPU 0");
	if (access(FAIL_STEP, W_OK))
		SKIP(return, "no " FAIL_STEP);
	pages = rt_ledger("pages");
	cpus = rt_ledger("cpus");
	ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, ch);
	ASSERT_EQ(0, rt_write_text(FAIL_STEP, variant->name));
	ret = join(self->fd, self->cpus[1], &a);
	expect_injected(_metadata, ret, &a.error, variant->name);
	EXPECT_EQ(0, a.node);
	EXPECT_EQ(pages, rt_ledger("pages"));
	EXPECT_EQ(cpus, rt_ledger("cpus"));
	EXPECT_EQ(0, rt_cpu_works(self->cpus[1]));
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(1, st.s.core_count);
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
	EXPECT_EQ(0, rt_echo(ch, 20));
	close(ch);
	ASSERT_EQ(0, join(self->fd, self->cpus[1], &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_EQ(2, a.node);
	EXPECT_EQ(0, rt_ping(self->fd, 2, 10));
}

TEST_HARNESS_MAIN
