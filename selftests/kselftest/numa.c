// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings lie on the NUMA node of who reads them. That the module knows where its memory is, is asked
 * of Linux: by the memory blocks in the directories of the NUMA nodes. Needs a machine of two NUMA
 * nodes with CPUs and memory; skips elsewhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "harness.h"
#include "mapped.h"

#define NODES 2
#define EXTENT (64 * RT_MIB)

/* The NUMA node of a CPU, or -1. */
static int node_of_cpu(unsigned int cpu)
{
	char path[96];
	int n;

	for (n = 0; n < 64; n++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/node%d", cpu, n);
		if (!access(path, F_OK))
			return n;
	}
	return -1;
}

/* The NUMA node of a physical address, by Linux's memory blocks; -1 when it cannot be told. */
static int node_of_address(unsigned long long address)
{
	char path[128], text[64];
	unsigned long long block;
	int n;

	if (rt_read_text("/sys/devices/system/memory/block_size_bytes", text, sizeof(text)) < 0)
		return -1;
	block = strtoull(text, NULL, 16);
	for (n = 0; block && n < 64; n++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/memory%llu", n,
			 address / block);
		if (!access(path, F_OK))
			return n;
	}
	return -1;
}

/* Lines of channel_memory whose NUMA node is not what Linux says of their address; -1: no line. */
static int misplaced(const char *name)
{
	char path[128], text[1024], *line, *rest = text;
	unsigned long long at, bytes;
	int numa, lines = 0, wrong = 0;

	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/channel_memory", name);
	if (rt_read_text(path, text, sizeof(text)) < 0)
		return -1;
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%llx %llu %d", &at, &bytes, &numa) != 3)
			continue;
		lines++;
		wrong += node_of_address(at) != numa || node_of_address(at + bytes - 1) != numa;
	}
	return lines ? wrong : -1;
}

static void run_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* What the attribute says of a node's rings, or -1. */
static int ring_node(const char *name, unsigned int node)
{
	char path[128], text[1024], *line, *rest = text;
	unsigned int n;
	int numa;

	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/ring_nodes", name);
	if (rt_read_text(path, text, sizeof(text)) < 0)
		return -1;
	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "%u %d", &n, &numa) == 2 && n == node)
			return numa;
	return -1;
}

FIXTURE(numa)
{
	struct rt_spec s;
	unsigned int cpu[NODES]; /* a CPU to take on each NUMA node */
	unsigned int count;
	int fd;
};

FIXTURE_SETUP(numa)
{
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int n = rt_cpus(cpus, RT_CPUS_ROOM), i;
	bool seen[NODES] = { false };

	self->fd = -1;
	self->count = 0;
	rt_sweep();
	for (i = 0; i < n; i++) {
		int node = node_of_cpu(cpus[i]);

		if (node < 0 || node >= NODES || seen[node])
			continue;
		seen[node] = true;
		self->cpu[node] = cpus[i];
		self->count++;
	}
}

FIXTURE_TEARDOWN(numa)
{
	if (self->fd >= 0)
		close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

/* A core on each NUMA node, and memory of the nodes in @with. */
static int begin(struct rt_spec *s, const unsigned int *cpu, unsigned int with, int *fd)
{
	unsigned int n, extents = 0;
	int ret;

	rt_spec_init(s, "numa", 0, NODES);
	for (n = 0; n < NODES; n++)
		s->cpus[n] = cpu[n];
	for (n = 0; n < NODES; n++)
		if (with & 1u << n)
			s->extents[extents++] = (struct remora_extent){
				.bytes = EXTENT, .node = (int)n, .source = REMORA_MEMORY_CONTIGUOUS
			};
	s->c.extent_count = extents;
	ret = rt_create(s);
	if (ret)
		return ret;
	*fd = rt_open(s->c.name, O_RDWR);
	return *fd < 0 ? *fd : rt_act(*fd, REMORA_IOC_START, 0, &s->c.error);
}

#define NEEDS_NODES()                                                                              \
	do {                                                                                       \
		if (self->count < NODES)                                                           \
			SKIP(return, "needs two NUMA nodes with a CPU to take on each");           \
	} while (0)

TEST_F(numa, rings_near_their_readers)
{
	struct rt_status st;
	unsigned int i;

	NEEDS_NODES();
	ASSERT_EQ(0, begin(&self->s, self->cpu, 3, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(node_of_cpu(0), ring_node(self->s.c.name, 0));
	for (i = 0; i < NODES; i++) {
		EXPECT_EQ(node_of_cpu(st.cores[i].cpu), ring_node(self->s.c.name, i + 1));
		EXPECT_EQ(0, rt_ping(self->fd, i + 1, 200));
	}
}

TEST_F(numa, channels_near_their_readers)
{
	struct rt_status st;
	struct rt_mapped m;
	unsigned int i;

	NEEDS_NODES();
	ASSERT_EQ(0, begin(&self->s, self->cpu, 3, &self->fd));
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(0, misplaced(self->s.c.name));
	run_on(0);
	for (i = 0; i < NODES; i++) {
		ASSERT_EQ(0, rt_map(self->fd, i + 1, REMORA_SERVICE_ECHO, 64, &m));
		EXPECT_EQ(0, rt_mapped_echo(&m, 200));
		EXPECT_EQ(node_of_cpu(st.cores[i].cpu), m.info.tx_numa);
		EXPECT_EQ(node_of_cpu(0), m.info.rx_numa);
		rt_unmap(&m);
	}
}

/* No memory near one of the cores: it does with what there is. */
TEST_F(numa, one_node_only)
{
	struct rt_mapped m;
	unsigned int i;

	NEEDS_NODES();
	ASSERT_EQ(0, begin(&self->s, self->cpu, 2, &self->fd));
	for (i = 0; i <= NODES; i++)
		EXPECT_EQ(1, ring_node(self->s.c.name, i));
	for (i = 0; i < NODES; i++) {
		ASSERT_EQ(0, rt_map(self->fd, i + 1, REMORA_SERVICE_ECHO, 64, &m));
		EXPECT_EQ(0, rt_mapped_echo(&m, 200));
		EXPECT_EQ(1, m.info.tx_numa);
		EXPECT_EQ(1, m.info.rx_numa);
		rt_unmap(&m);
	}
}

/* Once the near channel memory is used up, the other node's serves. */
TEST_F(numa, far_memory_serves)
{
	unsigned int near = 0, far = 0, i;
	struct rt_mapped m[40];
	int core = node_of_cpu(0) + 1, ret;

	NEEDS_NODES();
	ASSERT_EQ(0, begin(&self->s, self->cpu, 3, &self->fd));
	run_on(0); /* on the NUMA node of that core: both rings are wanted there */
	for (i = 0; i < 40; i++) {
		ret = rt_map(self->fd, (unsigned int)core, REMORA_SERVICE_SINK, URPC_SLOTS_MAX,
			     &m[i]);
		if (ret)
			break;
		if (m[i].info.tx_numa == node_of_cpu(0))
			near++;
		else
			far++;
	}
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_LT(3, near);
	EXPECT_LT(3, far);
	while (i > 0)
		rt_unmap(&m[--i]);
	EXPECT_EQ(0, rt_ping(self->fd, (unsigned int)core, 10));
}

/* The attribute of the partition; "": there is none. */
static void attribute(const char *name, const char *which, char *text, size_t bytes)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/%s", name, which);
	if (rt_read_text(path, text, bytes) < 0)
		text[0] = 0;
}

/* Packages are as far from each other as messages between their cores were slow, not as ACPI says. */
TEST_F(numa, distances_are_measured)
{
	unsigned int distance[2][2];
	char text[256];
	int count;

	NEEDS_NODES();
	ASSERT_EQ(0, begin(&self->s, self->cpu, 3, &self->fd));
	ASSERT_EQ(0, rt_wait_members(self->s.c.name, 2));
	attribute(self->s.c.name, "distances", text, sizeof(text));
	count = sscanf(text, "%u %u %u %u", &distance[0][0], &distance[0][1], &distance[1][0],
		       &distance[1][1]);
	ASSERT_LT(0, count);
	if (count != 4)
		SKIP(return, "needs two packages");
	EXPECT_EQ(distance[0][1], distance[1][0]);
	/* ACPI's unit is a tenth of what is near: no message is that fast. */
	EXPECT_LT(100, distance[0][1])
	{
		TH_LOG("distances: %s", text);
	}
	/* One core each: what is near was not measured, but guessed from that. */
	EXPECT_GT(distance[0][1], distance[0][0]);
	attribute(self->s.c.name, "distances_unit", text, sizeof(text));
	EXPECT_STREQ("cycles", text);
}

TEST_HARNESS_MAIN
