// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that Linux adds to a partition and takes back: while cores run and while they do not, across a
 * restart, with its core, step by step, and all that is refused. REMORA_GROWS: rounds, 20 by default.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness.h"

#define FAIL_STEP "/sys/kernel/debug/remora/fail_step"
#define FAIL_MESSAGE "/sys/kernel/debug/remora/fail_message"
#define MEMORY_TAKE 0x50a /* partition/interfaces/memory.if */
#define ANYWHERE (~0ull)
#define PAGES(bytes) ((long)((bytes) / 4096))

FIXTURE(grow)
{
	struct rt_spec s;
	struct rt_snapshot before;
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int cores;
	int fd;
};

FIXTURE_SETUP(grow)
{
	rt_sweep();
	self->fd = -1;
	self->cores = rt_cpus(self->cpus, RT_CPUS_ROOM) > 1 ? 2 : 1;
	ASSERT_EQ(0, rt_snapshot(&self->before));
	ASSERT_EQ(0, rt_begin(&self->s, "grow", 0, self->cores, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(grow)
{
	if (!access(FAIL_STEP, W_OK))
		rt_write_text(FAIL_STEP, "\n");
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
}

static int add_extents(int fd, __u32 node, struct remora_extent *e, __u32 count,
		       struct remora_memory_add *a)
{
	*a = (struct remora_memory_add){ .size = sizeof(*a), .node = node, .extent_count = count,
					 .extents = (uintptr_t)e };
	return ioctl(fd, REMORA_IOC_MEMORY_ADD, a) < 0 ? -errno : 0;
}

static int add(int fd, __u32 node, __u64 bytes, struct remora_memory_add *a)
{
	struct remora_extent e = { .bytes = bytes, .node = -1, .source = REMORA_MEMORY_CONTIGUOUS };

	return add_extents(fd, node, &e, 1, a);
}

static int take(int fd, __u64 address, __u64 bytes, struct remora_memory_remove *r)
{
	*r = (struct remora_memory_remove){ .size = sizeof(*r), .address = address, .bytes = bytes };
	return ioctl(fd, REMORA_IOC_MEMORY_REMOVE, r) < 0 ? -errno : 0;
}

/* The last extent of the status: what was added last to the last core. */
static __u64 last_extent(int fd, __u64 *bytes)
{
	struct rt_status st;

	if (rt_status(fd, &st) || !st.s.extent_count)
		return 0;
	*bytes = st.extents[st.s.extent_count - 1].bytes;
	return st.extents[st.s.extent_count - 1].address;
}

TEST_F(grow, comes_and_goes)
{
	long pages = rt_ledger("pages");
	struct remora_memory_remove r;
	struct remora_memory_add a;
	__u64 at, bytes, was;

	ASSERT_NE(0, last_extent(self->fd, &was));
	ASSERT_EQ(0, add(self->fd, self->cores, 8 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_EQ(8 * RT_MIB, a.bytes);
	EXPECT_EQ(self->cores, a.given);
	EXPECT_EQ(pages + PAGES(8 * RT_MIB), rt_ledger("pages"));
	at = last_extent(self->fd, &bytes);
	EXPECT_EQ(8 * RT_MIB, bytes);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	ASSERT_EQ(0, take(self->fd, at, 0, &r)) { TH_LOG("%s", r.error.message); }
	EXPECT_EQ(self->cores, r.node);
	EXPECT_EQ(8 * RT_MIB, r.bytes);
	EXPECT_EQ(pages, rt_ledger("pages"));
	RT_EXPECT_REASON(take(self->fd, at, 0, &r), &r.error, REMORA_R_MEMORY_UNKNOWN, ENOENT);
	EXPECT_EQ(0, rt_ping(self->fd, self->cores, 20));
}

/* By size; the core is chosen; several extents at once. */
TEST_F(grow, by_size)
{
	struct remora_extent e[2] = {
		{ .bytes = 4 * RT_MIB, .node = -1, .source = REMORA_MEMORY_CONTIGUOUS },
		{ .bytes = 2 * RT_MIB, .node = -1 },
	};
	long pages = rt_ledger("pages");
	struct remora_memory_remove r;
	struct remora_memory_add a;
	__u32 first;

	ASSERT_EQ(0, add_extents(self->fd, 0, e, 2, &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_EQ(6 * RT_MIB, a.bytes);
	first = a.given;
	EXPECT_EQ(pages + PAGES(6 * RT_MIB), rt_ledger("pages"));
	/* The one with the least is next. */
	ASSERT_EQ(0, add(self->fd, 0, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	if (self->cores == 2)
		EXPECT_EQ(3 - first, a.given);
	RT_EXPECT_REASON(take(self->fd, ANYWHERE, 16 * RT_MIB, &r), &r.error, REMORA_R_MEMORY_UNKNOWN,
			 ENOENT);
	for (unsigned int i = 0; i < 2; i++)
		ASSERT_EQ(0, take(self->fd, ANYWHERE, 4 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
	RT_EXPECT_REASON(take(self->fd, ANYWHERE, 4 * RT_MIB, &r), &r.error, REMORA_R_MEMORY_UNKNOWN,
			 ENOENT);
	ASSERT_EQ(0, take(self->fd, ANYWHERE, 2 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
	EXPECT_EQ(pages, rt_ledger("pages"));
}

/* Offline, and from there into what the core starts with; and out of that while it runs. */
TEST_F(grow, over_a_restart)
{
	long pages = rt_ledger("pages");
	struct remora_memory_remove r;
	struct remora_memory_add a;
	__u64 at, bytes;

	ASSERT_EQ(0, rt_stop(self->fd, 0, 0, NULL));
	ASSERT_EQ(0, add(self->fd, 1, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	ASSERT_EQ(0, take(self->fd, ANYWHERE, 4 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
	EXPECT_EQ(pages, rt_ledger("pages"));
	ASSERT_EQ(0, add(self->fd, self->cores, 8 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	at = last_extent(self->fd, &bytes);
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_wait_members(self->s.c.name, self->cores));
	EXPECT_EQ(0, rt_ping(self->fd, self->cores, 20));
	ASSERT_EQ(0, take(self->fd, at, 0, &r)) { TH_LOG("%s", r.error.message); }
	EXPECT_EQ(pages, rt_ledger("pages"));
	EXPECT_EQ(0, rt_ping(self->fd, self->cores, 20));
	/* What comes while it runs is there after the next start. */
	ASSERT_EQ(0, add(self->fd, self->cores, 2 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
	ASSERT_EQ(0, rt_wait_members(self->s.c.name, self->cores));
	ASSERT_EQ(0, take(self->fd, ANYWHERE, 2 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
	EXPECT_EQ(pages, rt_ledger("pages"));
}

/* A core that leaves takes it along; what is left at the end destroy gives back. */
TEST_F(grow, goes_with_its_core)
{
	struct remora_remove_cpu leave = { .size = sizeof(leave), .node = 2 };
	long pages = rt_ledger("pages");
	struct remora_memory_add a;

	if (self->cores < 2)
		SKIP(return, "needs 2 CPUs besides CPU 0");
	ASSERT_EQ(0, add(self->fd, 2, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	ASSERT_EQ(0, add(self->fd, 1, 2 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &leave)) { TH_LOG("%s", leave.error.message); }
	EXPECT_EQ(pages + PAGES(2 * RT_MIB), rt_ledger("pages"));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	RT_EXPECT_REASON(add(self->fd, 2, 2 * RT_MIB, &a), &a.error, REMORA_R_CORE_UNKNOWN, ECHRNG);
}

TEST_F_TIMEOUT(grow, many_rounds, 300)
{
	const char *text = getenv("REMORA_GROWS");
	unsigned int rounds = text ? (unsigned int)strtoul(text, NULL, 10) : 20;
	long pages = rt_ledger("pages");
	struct remora_memory_remove r;
	struct remora_memory_add a;

	for (unsigned int i = 0; i < rounds; i++) {
		ASSERT_EQ(0, add(self->fd, 0, (2 + i % 3 * 2) * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
		ASSERT_EQ(0, take(self->fd, ANYWHERE, (2 + i % 3 * 2) * RT_MIB, &r))
		{
			TH_LOG("round %u: %s", i, r.error.message);
		}
	}
	EXPECT_EQ(pages, rt_ledger("pages"));
	for (unsigned int i = 0; i < self->cores; i++)
		EXPECT_EQ(0, rt_ping(self->fd, i + 1, 20));
}

#define ADD_FAILS(reason_, errno_)                                                                 \
	RT_EXPECT_REASON(add_extents(self->fd, node, &e, count, &a), &a.error, reason_, errno_)

TEST_F(grow, add_refuses)
{
	struct remora_extent e = { .bytes = 2 * RT_MIB, .node = -1, .source = REMORA_MEMORY_CONTIGUOUS };
	struct remora_extent many[REMORA_EXTENTS_MAX];
	__u32 node = 9, count = 1, i;
	struct remora_memory_add a;

	ADD_FAILS(REMORA_R_CORE_UNKNOWN, ECHRNG);
	node = ~0u;
	ADD_FAILS(REMORA_R_CORE_UNKNOWN, ECHRNG);
	node = 1;
	count = 0;
	ADD_FAILS(REMORA_R_MEMORY_NONE, EINVAL);
	count = REMORA_EXTENTS_MAX + 1;
	ADD_FAILS(REMORA_R_MEMORY_TOO_MANY, EINVAL);
	count = 1;
	e.bytes = RT_MIB;
	ADD_FAILS(REMORA_R_MEMORY_UNALIGNED, EINVAL);
	e.bytes = 0;
	ADD_FAILS(REMORA_R_MEMORY_TOO_SMALL, EINVAL);
	e.bytes = 1ull << 45;
	ADD_FAILS(REMORA_R_MEMORY_UNAVAILABLE, ENOMEM);
	e.bytes = 2 * RT_MIB;
	e.node = 77;
	ADD_FAILS(REMORA_R_MEMORY_NODE_UNKNOWN, ENODEV);
	e.node = -1;
	e.source = 9;
	ADD_FAILS(REMORA_R_MEMORY_SOURCE_UNKNOWN, EINVAL);
	e.source = REMORA_MEMORY_RESERVED;
	e.address = 1ull << 40;
	ADD_FAILS(REMORA_R_MEMORY_NOT_RESERVED, EFAULT);
	/* More pieces than a core can have. */
	for (i = 0; i < REMORA_EXTENTS_MAX; i++)
		many[i] = (struct remora_extent){ .bytes = 2 * RT_MIB, .node = -1,
						  .source = REMORA_MEMORY_CONTIGUOUS };
	RT_EXPECT_REASON(add_extents(self->fd, 1, many, 7, &a), &a.error, REMORA_R_MEMORY_TOO_MANY, EINVAL);
	ASSERT_EQ(0, add_extents(self->fd, 1, many, 6, &a)) { TH_LOG("%s", a.error.message); }
	RT_EXPECT_REASON(add(self->fd, 1, 2 * RT_MIB, &a), &a.error, REMORA_R_MEMORY_TOO_MANY, EINVAL);
	a = (struct remora_memory_add){ .size = sizeof(a), .flags = 1 };
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_MEMORY_ADD, &a));
	RT_EXPECT_REASON(-errno, &a.error, REMORA_R_FLAGS_UNKNOWN, EINVAL);
	a = (struct remora_memory_add){ .size = sizeof(a), .reserved = 1 };
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_MEMORY_ADD, &a));
	RT_EXPECT_REASON(-errno, &a.error, REMORA_R_RESERVED_FIELD, EINVAL);
	EXPECT_EQ(-EFAULT, add_extents(self->fd, 1, rt_wild(), 1, &a));
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_MEMORY_ADD, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(grow, remove_refuses)
{
	struct remora_memory_remove r = { .size = sizeof(r), .flags = 1 };
	struct remora_memory_add a;
	struct rt_status st;
	__u64 at, bytes;
	int fd;

	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_MEMORY_REMOVE, &r));
	RT_EXPECT_REASON(-errno, &r.error, REMORA_R_FLAGS_UNKNOWN, EINVAL);
	r = (struct remora_memory_remove){ .size = sizeof(r), .timeout_ms = 60001 };
	ASSERT_EQ(-1, ioctl(self->fd, REMORA_IOC_MEMORY_REMOVE, &r));
	RT_EXPECT_REASON(-errno, &r.error, REMORA_R_COUNT_INVALID, EINVAL);
	RT_EXPECT_REASON(take(self->fd, ANYWHERE, 0, &r), &r.error, REMORA_R_MEMORY_NONE, EINVAL);
	RT_EXPECT_REASON(take(self->fd, RT_MIB, RT_MIB, &r), &r.error, REMORA_R_RESERVED_FIELD, EINVAL);
	RT_EXPECT_REASON(take(self->fd, 0, 0, &r), &r.error, REMORA_R_MEMORY_UNKNOWN, ENOENT);
	ASSERT_EQ(0, rt_status(self->fd, &st));
	RT_EXPECT_REASON(take(self->fd, st.extents[0].address, 0, &r), &r.error, REMORA_R_MEMORY_INITIAL,
			 EPERM);
	/* Only by where it begins. */
	ASSERT_EQ(0, add(self->fd, self->cores, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	at = last_extent(self->fd, &bytes);
	RT_EXPECT_REASON(take(self->fd, at + 2 * RT_MIB, 0, &r), &r.error, REMORA_R_MEMORY_UNKNOWN, ENOENT);
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_MEMORY_REMOVE, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	fd = rt_open(self->s.c.name, O_RDONLY);
	ASSERT_LE(0, fd);
	RT_EXPECT_REASON(add(fd, 1, 2 * RT_MIB, &a), &a.error, REMORA_R_PERMISSION, EPERM);
	RT_EXPECT_REASON(take(fd, at, 0, &r), &r.error, REMORA_R_PERMISSION, EPERM);
	close(fd);
}

/* A crashed partition neither takes nor gives; once it is offline it does both. */
TEST_F(grow, crashed)
{
	struct remora_memory_remove r;
	struct remora_memory_add a;
	struct remora_error e;

	close(self->fd);
	rt_sweep();
	rt_spec_init(&self->s, "grow", 0, 1);
	self->s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, add(self->fd, 1, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, &e));
	ASSERT_EQ(0, rt_wait_state(self->fd, 0, REMORA_CRASHED, RT_PATIENT_MS));
	RT_EXPECT_REASON(add(self->fd, 1, 2 * RT_MIB, &a), &a.error, REMORA_R_STATE_WRONG, EBUSY);
	RT_EXPECT_REASON(take(self->fd, ANYWHERE, 4 * RT_MIB, &r), &r.error, REMORA_R_STATE_WRONG, EBUSY);
	ASSERT_EQ(0, rt_stop(self->fd, REMORA_FORCE, 0, NULL));
	ASSERT_EQ(0, take(self->fd, ANYWHERE, 4 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
}

/* A core that does not answer any more keeps what it has, until it is silenced. */
TEST_F(grow, deaf)
{
	struct remora_memory_remove r;
	struct remora_memory_add a;
	struct remora_error e;
	long pages;

	close(self->fd);
	rt_sweep();
	rt_spec_init(&self->s, "grow", 0, 1);
	self->s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, add(self->fd, 1, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	pages = rt_ledger("pages");
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_SPIN, &e));
	EXPECT_NE(0, take(self->fd, ANYWHERE, 4 * RT_MIB, &r));
	EXPECT_EQ(pages, rt_ledger("pages"));
	ASSERT_EQ(0, rt_stop(self->fd, REMORA_FORCE, 0, NULL));
	ASSERT_EQ(0, take(self->fd, ANYWHERE, 4 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
}

/*
 * A core that dies while it is asked for memory ends the call before its time is up. One that says so ends it at
 * once, within the 2 s that are the default; the other monitors' patience with a silent one takes 3 s.
 */
TEST_F_TIMEOUT(grow, dies_meanwhile, 300)
{
	static const unsigned int kinds[] = { REMORA_FAULT_OPCODE, REMORA_FAULT_SPIN };
	struct remora_memory_remove r;
	struct remora_memory_add a;
	struct timespec begin, end;
	char fault[64];

	if (access(FAIL_MESSAGE, W_OK))
		SKIP(return, "no " FAIL_MESSAGE);
	close(self->fd);
	rt_sweep();
	rt_spec_init(&self->s, "grow", 0, 1);
	self->s.c.flags = REMORA_CREATE_FAULTS;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
		ASSERT_EQ(0, rt_wait_members(self->s.c.name, 1));
		ASSERT_EQ(0, add(self->fd, 1, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
		snprintf(fault, sizeof(fault), "%s 1 %x 0 1 %u", self->s.c.name, MEMORY_TAKE, kinds[i]);
		ASSERT_EQ(0, rt_write_text(FAIL_MESSAGE, fault));
		r = (struct remora_memory_remove){ .size = sizeof(r), .address = ANYWHERE,
						   .bytes = 4 * RT_MIB,
						   .timeout_ms = kinds[i] == REMORA_FAULT_SPIN ? 60000 : 0 };
		clock_gettime(CLOCK_MONOTONIC, &begin);
		EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_MEMORY_REMOVE, &r));
		RT_EXPECT_REASON(-errno, &r.error, REMORA_R_CORE_DEAD, EHOSTDOWN);
		clock_gettime(CLOCK_MONOTONIC, &end);
		EXPECT_GT(30, end.tv_sec - begin.tv_sec);
		ASSERT_EQ(0, rt_stop(self->fd, REMORA_FORCE, 0, NULL));
		ASSERT_EQ(0, take(self->fd, ANYWHERE, 4 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
	}
}

/* ---- step by step ---- */

FIXTURE(grow_step)
{
	struct rt_spec s;
	struct rt_snapshot before;
	int fd;
};

/* ../rules/docs holds this list against the module's tables. */
FIXTURE_VARIANT(grow_step)
{
	const char *name;
	bool shrinks;
};

#define GROW(id_, name_, shrinks_)                                                                 \
	FIXTURE_VARIANT_ADD(grow_step, id_)                                                        \
	{                                                                                          \
		.name = name_, .shrinks = shrinks_,                                                \
	}

GROW(memory, "grow-memory", false);
GROW(window, "grow-window", false);
GROW(monitor, "grow-monitor", false);
GROW(take_monitor, "shrink-monitor", true);
GROW(take_window, "shrink-window", true);

FIXTURE_SETUP(grow_step)
{
	rt_sweep();
	ASSERT_EQ(0, rt_snapshot(&self->before));
	ASSERT_EQ(0, rt_begin(&self->s, "grow", 0, 1, &self->fd)) { TH_LOG("%s", self->s.c.error.message); }
}

FIXTURE_TEARDOWN(grow_step)
{
	if (!access(FAIL_STEP, W_OK))
		rt_write_text(FAIL_STEP, "\n");
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
}

TEST_F(grow_step, fails_and_is_undone)
{
	long pages = rt_ledger("pages");
	struct remora_memory_remove r;
	struct remora_memory_add a;

	if (access(FAIL_STEP, W_OK))
		SKIP(return, "no " FAIL_STEP);
	if (!variant->shrinks) {
		ASSERT_EQ(0, rt_write_text(FAIL_STEP, variant->name));
		RT_EXPECT_REASON(add(self->fd, 1, 4 * RT_MIB, &a), &a.error, REMORA_R_FAULT_INJECTED, EIO);
		EXPECT_EQ(pages, rt_ledger("pages"));
	}
	ASSERT_EQ(0, add(self->fd, 1, 4 * RT_MIB, &a)) { TH_LOG("%s", a.error.message); }
	if (variant->shrinks) {
		ASSERT_EQ(0, rt_write_text(FAIL_STEP, variant->name));
		RT_EXPECT_REASON(take(self->fd, ANYWHERE, 4 * RT_MIB, &r), &r.error,
				 REMORA_R_FAULT_INJECTED, EIO);
		EXPECT_EQ(pages + PAGES(4 * RT_MIB), rt_ledger("pages"));
	}
	ASSERT_EQ(0, take(self->fd, ANYWHERE, 4 * RT_MIB, &r)) { TH_LOG("%s", r.error.message); }
	EXPECT_EQ(pages, rt_ledger("pages"));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

TEST_HARNESS_MAIN
