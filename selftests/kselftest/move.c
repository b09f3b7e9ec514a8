// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cores that join and leave a partition which goes on: messages on the channels of those that stay,
 * channels of those that leave, memory, refusals, a crashed core that leaves, and races with the other
 * calls of the life cycle. REMORA_MOVES: moves under load, 20 by default.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include "harness.h"
#include "mapped.h"
#include "traffic.h"

static unsigned int moves(void)
{
	const char *text = getenv("REMORA_MOVES");

	return text ? (unsigned int)strtoul(text, NULL, 10) : 20;
}

static int add_with(int fd, __u32 cpu, struct remora_extent *extents, unsigned int count,
		    struct remora_add_cpu *a)
{
	*a = (struct remora_add_cpu){ .size = sizeof(*a), .cpu = cpu, .extent_count = count,
				      .extents = (uintptr_t)extents };
	return ioctl(fd, REMORA_IOC_ADD_CPU, a) < 0 ? -errno : 0;
}

static int add_cpu(int fd, __u32 cpu, struct remora_add_cpu *a)
{
	struct remora_extent e = { .bytes = 8 * RT_MIB, .node = -1,
				   .source = REMORA_MEMORY_CONTIGUOUS };

	return add_with(fd, cpu, &e, 1, a);
}

static int remove_cpu(int fd, __u32 node, __u32 cpu, __u32 flags, struct remora_error *e)
{
	struct remora_remove_cpu r = { .size = sizeof(r), .node = node, .cpu = cpu, .flags = flags };
	int ret = ioctl(fd, REMORA_IOC_REMOVE_CPU, &r) < 0 ? -errno : 0;

	if (e)
		*e = r.error;
	return ret;
}

static bool hung_up(int channel)
{
	struct pollfd p = { .fd = channel, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

static long us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- the tests ---- */

/* The fixture takes two of the three that it wants to find. */
#define NEEDS_CPUS(self)                                                                           \
	do {                                                                                       \
		if ((self)->fd < 0)                                                                \
			SKIP(return, "needs 3 CPUs besides CPU 0");                                \
	} while (0)

FIXTURE(move)
{
	struct rt_spec s;
	struct rt_snapshot before;
	__u32 cpus[RT_CPUS_ROOM];
	int fd;
};

FIXTURE_SETUP(move)
{
	rt_sweep();
	self->fd = -1;
	if (rt_cpus(self->cpus, RT_CPUS_ROOM) < 3)
		return;
	ASSERT_EQ(0, rt_snapshot(&self->before));
	ASSERT_EQ(0, rt_begin(&self->s, "move", 0, 2, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(move)
{
	if (self->fd < 0)
		return;
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
}

TEST_F(move, joins_and_leaves)
{
	struct rt_status st;
	struct remora_add_cpu a;
	char text[256];
	long pages;
	int ch;

	NEEDS_CPUS(self);
	pages = rt_ledger("pages");
	ASSERT_EQ(0, add_cpu(self->fd, self->cpus[2], &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_EQ(3, a.node);
	EXPECT_FALSE(rt_cpu_online(self->cpus[2], true) == 0) { TH_LOG("its CPU could be taken"); }
	EXPECT_EQ(pages + 8 * 256, rt_ledger("pages"));
	EXPECT_EQ(3, rt_ledger("cpus"));
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(3, st.s.core_count);
	EXPECT_EQ(3, st.cores[2].node);
	EXPECT_EQ(self->cpus[2], st.cores[2].cpu);
	EXPECT_EQ(REMORA_RUNNING, st.cores[2].state);
	EXPECT_LT(0, st.cores[2].boot_ns);
	ASSERT_LE(0, rt_read_text("/sys/class/remora/remora-kst-move/core3/state", text,
				  sizeof(text)));
	EXPECT_STREQ("running", text);
	EXPECT_EQ(3, rt_read_long("/sys/class/remora/remora-kst-move/cores"));
	EXPECT_EQ(0, rt_ping(self->fd, 3, 50));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 50));

	ch = rt_bind(self->fd, 3, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, ch);
	EXPECT_EQ(0, rt_echo(ch, 10));
	EXPECT_FALSE(hung_up(ch));
	ASSERT_EQ(0, remove_cpu(self->fd, 0, self->cpus[2], 0, NULL));
	EXPECT_TRUE(hung_up(ch));
	close(ch);
	EXPECT_EQ(0, rt_cpu_works(self->cpus[2]));
	EXPECT_EQ(pages, rt_ledger("pages"));
	EXPECT_EQ(2, rt_ledger("cpus"));
	EXPECT_EQ(-1, access("/sys/class/remora/remora-kst-move/core3", F_OK));
	EXPECT_EQ(-ECHRNG, rt_bind(self->fd, 3, REMORA_SERVICE_ECHO, 0, 0, NULL));
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(2, st.s.core_count);
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
}

/* A core of create leaves; what it leaves behind is the next one's, who gets its number. */
TEST_F(move, hands_its_memory_over)
{
	struct rt_status st;
	struct remora_add_cpu a;
	long pages;
	int old, ch;

	NEEDS_CPUS(self);
	old = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, old);
	pages = rt_ledger("pages");
	ASSERT_EQ(0, remove_cpu(self->fd, 1, 0, 0, NULL));
	EXPECT_TRUE(hung_up(old));
	EXPECT_EQ(0, rt_cpu_works(self->cpus[0]));
	EXPECT_EQ(pages, rt_ledger("pages"));
	EXPECT_EQ(0, rt_ping(self->fd, 2, 20));
	ASSERT_EQ(0, add_with(self->fd, self->cpus[2], NULL, 0, &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_EQ(1, a.node);
	EXPECT_EQ(pages, rt_ledger("pages"));
	ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, ch);
	EXPECT_EQ(0, rt_echo(ch, 50));
	EXPECT_TRUE(hung_up(old));
	close(old);
	EXPECT_EQ(0, rt_echo(ch, 50));
	close(ch);
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(self->cpus[2], st.cores[0].cpu);
	/* Nothing is left over now: the next one brings the default. */
	ASSERT_EQ(0, add_with(self->fd, self->cpus[0], NULL, 0, &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_EQ(pages + 16 * 256, rt_ledger("pages"));
	EXPECT_EQ(0, rt_ping(self->fd, 3, 20));
	/* Stop and start keep them. */
	ASSERT_EQ(0, rt_stop(self->fd, 0, 0, NULL));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	for (unsigned int node = 1; node <= 3; node++)
		EXPECT_EQ(0, rt_ping(self->fd, node, 20));
}

TEST_F(move, moves_while_offline)
{
	struct remora_add_cpu a;

	NEEDS_CPUS(self);
	ASSERT_EQ(0, rt_stop(self->fd, 0, 0, NULL));
	ASSERT_EQ(0, add_cpu(self->fd, self->cpus[2], &a)) { TH_LOG("%s", a.error.message); }
	ASSERT_EQ(0, remove_cpu(self->fd, 2, 0, 0, NULL));
	EXPECT_EQ(0, rt_cpu_works(self->cpus[1]));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	EXPECT_EQ(-ECHRNG, rt_ping(self->fd, 2, 20));
	EXPECT_EQ(0, rt_ping(self->fd, 3, 20));
}

TEST_F_TIMEOUT(move, many_under_load, 900)
{
	unsigned int count = moves(), i;
	long spent[2] = {}, begun;
	struct remora_add_cpu a;
	struct rt_traffic load[2];
	unsigned long sent;
	struct rt_mapped m;
	int ch, ret;

	NEEDS_CPUS(self);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, rt_traffic_begin(&load[i], self->fd, 1));
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 16, &m));
	for (i = 0; i < count; i++) {
		begun = us();
		/* Core 3 joins, core 2 leaves and another takes its number, core 3 leaves. */
		if (i % 2)
			ret = remove_cpu(self->fd, i % 4 == 1 ? 2 : 3, 0, 0, &a.error);
		else
			ret = add_cpu(self->fd, self->cpus[i % 4 ? 1 : 2], &a);
		ASSERT_EQ(0, ret) { TH_LOG("move %u: %s", i, a.error.message); }
		spent[i % 2] += us() - begun;
		EXPECT_EQ(0, rt_mapped_echo(&m, 20));
		if (i % 2)
			continue;
		EXPECT_EQ(i % 4 ? 2 : 3, a.node);
		ch = rt_bind(self->fd, a.node, REMORA_SERVICE_ECHO, 0, 0, NULL);
		ASSERT_LE(0, ch);
		EXPECT_EQ(0, rt_echo(ch, 20));
		close(ch);
	}
	sent = load[0].sent;
	rt_unmap(&m);
	for (i = 0; i < 2; i++) {
		rt_traffic_end(&load[i]);
		EXPECT_EQ(NULL, load[i].wrong) { TH_LOG("%s", load[i].wrong); }
		EXPECT_EQ(load[i].sent, load[i].received);
	}
	EXPECT_LT(count, sent);
	TH_LOG("%u moves, %lu and %lu messages; on average %ld us to join, %ld us to leave", count,
	       load[0].sent, load[1].sent, spent[0] / ((count + 1) / 2), spent[1] / (count / 2 ?: 1));
}

TEST_F(move, a_crashed_core_leaves)
{
	struct remora_add_cpu a;
	struct remora_error e;
	struct rt_status st;

	NEEDS_CPUS(self);
	close(self->fd);
	rt_sweep();
	rt_spec_init(&self->s, "move", 0, 2);
	self->s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, rt_inject(self->fd, 2, REMORA_FAULT_OPCODE, &e));
	ASSERT_EQ(0, rt_wait_state(self->fd, 0, REMORA_CRASHED, RT_PATIENT_MS));
	RT_EXPECT_REASON(add_cpu(self->fd, self->cpus[2], &a), &a.error, REMORA_R_STATE_WRONG, EBUSY);
	ASSERT_EQ(0, remove_cpu(self->fd, 2, 0, 0, &e)) { TH_LOG("%s", e.message); }
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
	EXPECT_EQ(1, st.s.core_count);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	EXPECT_EQ(0, rt_cpu_works(self->cpus[1]));
}

/* A core that does not stop: it stays, until force is used. */
TEST_F(move, a_deaf_core_leaves_by_force)
{
	struct remora_remove_cpu r = { .size = sizeof(r), .node = 2, .timeout_ms = 300 };
	struct remora_error e;

	NEEDS_CPUS(self);
	close(self->fd);
	rt_sweep();
	rt_spec_init(&self->s, "move", 0, 2);
	self->s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, rt_inject(self->fd, 2, REMORA_FAULT_SPIN, &e));
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &r));
	RT_EXPECT_REASON(-errno, &r.error, REMORA_R_CORE_UNSTOPPABLE, ETIMEDOUT);
	ASSERT_EQ(0, remove_cpu(self->fd, 2, 0, REMORA_FORCE, &e)) { TH_LOG("%s", e.message); }
	EXPECT_EQ(0, rt_cpu_works(self->cpus[1]));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

/* What a core that joined has no rings for. */
TEST_F(move, is_no_peer)
{
	struct remora_shootdown want = { .size = sizeof(want), .protocol = REMORA_SHOOTDOWN_UNICAST,
					 .pages = 1, .count = 20, .nodes = 1 << 1 | 1 << 3 };
	struct remora_peer_ping ping = { .size = sizeof(ping), .node = 1, .peer = 3, .count = 5 };
	struct remora_add_cpu a;

	NEEDS_CPUS(self);
	ASSERT_EQ(0, add_cpu(self->fd, self->cpus[2], &a)) { TH_LOG("%s", a.error.message); }
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_PEER_PING, &ping));
	RT_EXPECT_REASON(-errno, &ping.error, REMORA_R_CORE_JOINED, EOPNOTSUPP);
	ping = (struct remora_peer_ping){ .size = sizeof(ping), .node = 1, .peer = 2, .count = 5 };
	EXPECT_EQ(0, ioctl(self->fd, REMORA_IOC_PEER_PING, &ping));
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_SHOOTDOWN, &want)) { TH_LOG("%s", want.error.message); }
	EXPECT_EQ(40, want.handled);
	want.initiator = 3;
	want.nodes = 1 << 1;
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_SHOOTDOWN, &want));
	RT_EXPECT_REASON(-errno, &want.error, REMORA_R_CORE_JOINED, EOPNOTSUPP);
	want.initiator = 0;
	want.nodes = 1 << 3;
	want.protocol = REMORA_SHOOTDOWN_MULTICAST;
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_SHOOTDOWN, &want));
	RT_EXPECT_REASON(-errno, &want.error, REMORA_R_CORE_JOINED, EOPNOTSUPP);
}

#define ADD_FAILS(reason_, errno_)                                                                 \
	RT_EXPECT_REASON(add_with(self->fd, a.cpu, &e, count, &a), &a.error, reason_, errno_)

TEST_F(move, add_refuses)
{
	struct remora_extent e = { .bytes = 8 * RT_MIB, .node = -1,
				   .source = REMORA_MEMORY_CONTIGUOUS };
	struct remora_add_cpu a = { .cpu = 0 };
	unsigned int count = 1;

	NEEDS_CPUS(self);
	ADD_FAILS(REMORA_R_CPU_ZERO, EPERM);
	a.cpu = 100000;
	ADD_FAILS(REMORA_R_CPU_UNKNOWN, ENODEV);
	a.cpu = self->cpus[0];
	ADD_FAILS(REMORA_R_CPU_TAKEN, EBUSY);
	a.cpu = self->cpus[2];
	count = REMORA_EXTENTS_MAX + 1;
	ADD_FAILS(REMORA_R_MEMORY_TOO_MANY, EINVAL);
	count = 1;
	e.bytes = 2 * RT_MIB;
	ADD_FAILS(REMORA_R_MEMORY_TOO_SMALL, EINVAL);
	e.bytes = 8 * RT_MIB + 4096;
	ADD_FAILS(REMORA_R_MEMORY_UNALIGNED, EINVAL);
	e.bytes = 1ull << 50;
	ADD_FAILS(REMORA_R_MEMORY_UNAVAILABLE, ENOMEM);
	e.bytes = 8 * RT_MIB;
	e.source = 9;
	ADD_FAILS(REMORA_R_MEMORY_SOURCE_UNKNOWN, EINVAL);
	e.source = REMORA_MEMORY_CONTIGUOUS;
	e.node = 900;
	ADD_FAILS(REMORA_R_MEMORY_NODE_UNKNOWN, ENODEV);
	e.node = -1;
	EXPECT_EQ(-EFAULT, add_with(self->fd, a.cpu, rt_wild(), 1, &a));
	ASSERT_EQ(0, rt_cpu_online(self->cpus[2], false));
	ADD_FAILS(REMORA_R_CPU_OFFLINE, ENXIO);
	ASSERT_EQ(0, rt_cpu_online(self->cpus[2], true));
	a = (struct remora_add_cpu){ .size = sizeof(a), .flags = 1 };
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_ADD_CPU, &a));
	RT_EXPECT_REASON(-errno, &a.error, REMORA_R_FLAGS_UNKNOWN, EINVAL);
	a = (struct remora_add_cpu){ .size = sizeof(a), .reserved = 1 };
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_ADD_CPU, &a));
	RT_EXPECT_REASON(-errno, &a.error, REMORA_R_RESERVED_FIELD, EINVAL);
	EXPECT_EQ(2, rt_ledger("cpus"));
}

static void only_for_administrators(struct __test_metadata *_metadata, const char *name)
{
	struct remora_add_cpu a;
	struct remora_error e;
	int fd = rt_open(name, O_RDONLY);

	ASSERT_LE(0, fd);
	RT_EXPECT_REASON(add_cpu(fd, 1, &a), &a.error, REMORA_R_PERMISSION, EPERM);
	RT_EXPECT_REASON(remove_cpu(fd, 1, 0, 0, &e), &e, REMORA_R_PERMISSION, EPERM);
	close(fd);
}

TEST_F(move, remove_refuses)
{
	struct remora_remove_cpu r = { .size = sizeof(r), .node = 1, .flags = 2 };
	struct remora_error e;

	NEEDS_CPUS(self);
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &r));
	RT_EXPECT_REASON(-errno, &r.error, REMORA_R_FLAGS_UNKNOWN, EINVAL);
	r = (struct remora_remove_cpu){ .size = sizeof(r), .node = 1, .reserved = 2 };
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &r));
	RT_EXPECT_REASON(-errno, &r.error, REMORA_R_RESERVED_FIELD, EINVAL);
	r = (struct remora_remove_cpu){ .size = sizeof(r), .node = 1, .timeout_ms = 60001 };
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &r));
	RT_EXPECT_REASON(-errno, &r.error, REMORA_R_COUNT_INVALID, EINVAL);
	RT_EXPECT_REASON(remove_cpu(self->fd, 1, self->cpus[0], 0, &e), &e, REMORA_R_RESERVED_FIELD,
			 EINVAL);
	RT_EXPECT_REASON(remove_cpu(self->fd, 9, 0, 0, &e), &e, REMORA_R_CORE_UNKNOWN, ECHRNG);
	RT_EXPECT_REASON(remove_cpu(self->fd, ~0u, 0, 0, &e), &e, REMORA_R_CORE_UNKNOWN, ECHRNG);
	RT_EXPECT_REASON(remove_cpu(self->fd, 0, 0, 0, &e), &e, REMORA_R_CORE_UNKNOWN, ECHRNG);
	RT_EXPECT_REASON(remove_cpu(self->fd, 0, self->cpus[2], 0, &e), &e, REMORA_R_CORE_UNKNOWN,
			 ECHRNG);
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	only_for_administrators(_metadata, self->s.c.name);
	ASSERT_EQ(0, remove_cpu(self->fd, 1, 0, 0, &e));
	RT_EXPECT_REASON(remove_cpu(self->fd, 2, 0, 0, &e), &e, REMORA_R_CORE_LAST, EPERM);
	EXPECT_EQ(0, rt_ping(self->fd, 2, 20));
}

/* ---- races ---- */

static bool over;

static void *race_moves(void *arg)
{
	struct remora_add_cpu a;
	const long *what = arg; /* descriptor, CPU */

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		if (add_cpu((int)what[0], (__u32)what[1], &a) == -ENODEV)
			break;
		remove_cpu((int)what[0], 0, (__u32)what[1], REMORA_FORCE, NULL);
	}
	return NULL;
}

static void *race_channels(void *arg)
{
	const long *what = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
		for (unsigned int node = 1; node <= 3; node++)
			rt_ping((int)what[0], node, 3);
	return NULL;
}

static void *race_readers(void *arg)
{
	struct rt_status *st = malloc(sizeof(*st));
	const long *what = arg;
	char text[256];

	while (st && !__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		rt_status((int)what[0], st);
		rt_read_text("/sys/class/remora/remora-kst-move/core3/heartbeat", text, sizeof(text));
		rt_read_text("/sys/class/remora/remora-kst-move/extents", text, sizeof(text));
		rt_read_text("/sys/class/remora/remora-kst-move/ring_nodes", text, sizeof(text));
		rt_console_has((int)what[0], 3, "nothing");
	}
	free(st);
	return NULL;
}

TEST_F_TIMEOUT(move, races_with_the_others, 300)
{
	void *(*const work[])(void *) = { race_moves, race_channels, race_readers };
	long what[2] = { self->fd, self->cpus[2] };
	pthread_t thread[3];
	struct remora_error e;

	NEEDS_CPUS(self);
	__atomic_store_n(&over, false, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, work[i], what));
	for (unsigned int i = 0; i < moves() / 4 + 1; i++) {
		rt_act(self->fd, REMORA_IOC_RESET, 0, NULL);
		rt_stop(self->fd, REMORA_FORCE, 100, NULL);
		rt_act(self->fd, REMORA_IOC_START, 0, NULL);
		usleep(100000);
	}
	/* Destroyed in the middle of it. */
	EXPECT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, &e)) { TH_LOG("%s", e.message); }
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
}

TEST_HARNESS_MAIN
