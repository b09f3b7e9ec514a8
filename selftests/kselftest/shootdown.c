// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shootdowns by message: every protocol, method and initiator; every refusal; and what happens when
 * somebody dies meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "harness.h"
#include "people.h"

#define ROUNDS 20
#define BOUND_MS RT_PATIENT_MS /* within which a run that cannot go on must end; emulated, on a busy host */

/* In each test: the harness of 6.1 runs a test whose set-up was skipped. */
#define SKIP_WITHOUT_CORES()                                                                       \
	do {                                                                                       \
		if (self->cores < 2)                                                               \
			SKIP(return, "needs 2 CPUs besides CPU 0");                                \
	} while (0)

/* A partition of all the cores that can be had. Return: how many; 0, and no *@fd: not two. */
static unsigned int begin(struct __test_metadata *_metadata, struct rt_spec *s, const char *name,
			  int *fd)
{
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int cores;

	rt_sweep();
	*fd = -1;
	cores = rt_cpus(cpus, RT_CPUS_ROOM);
	if (cores < 2)
		return 0;
	ASSERT_EQ(0, rt_begin(s, name, 0, cores, fd)) { TH_LOG("%s", s->c.error.message); }
	return cores;
}

static void end(struct __test_metadata *_metadata, int fd)
{
	close(fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

FIXTURE(shootdown)
{
	struct rt_spec s;
	struct remora_shootdown d;
	unsigned int cores;
	int fd;
};

FIXTURE_SETUP(shootdown)
{
	self->cores = begin(_metadata, &self->s, "shoot", &self->fd);
}

FIXTURE_TEARDOWN(shootdown)
{
	end(_metadata, self->fd);
}

static __u64 all_but(unsigned int cores, unsigned int initiator)
{
	return ((2ull << cores) - 2) & ~(1ull << initiator);
}

static void fill(struct remora_shootdown *d, unsigned int protocol, unsigned int method,
		 unsigned int initiator, __u64 nodes)
{
	*d = (struct remora_shootdown){
		.size = sizeof(*d),
		.protocol = protocol,
		.method = method,
		.pages = 1,
		.initiator = initiator,
		.count = ROUNDS,
		.nodes = nodes,
	};
}

static int shoot(int fd, struct remora_shootdown *d)
{
	return ioctl(fd, REMORA_IOC_SHOOTDOWN, d) < 0 ? -errno : 0;
}

static __u64 handled(const struct remora_shootdown *d)
{
	__u64 each = d->method == REMORA_SHOOTDOWN_BY_PAGE ? d->pages : 1;

	return (__u64)d->count * __builtin_popcountll(d->nodes) * each;
}

/* A run that must work, and whose figures must make sense. */
static void expect_good(struct __test_metadata *_metadata, int fd, struct remora_shootdown *d)
{
	int ret = shoot(fd, d);

	if (d->method == REMORA_SHOOTDOWN_BY_PCID && ret) {
		RT_EXPECT_REASON(ret, &d->error, REMORA_R_SHOOTDOWN_UNSUPPORTED, EOPNOTSUPP);
		return;
	}
	ASSERT_EQ(0, ret)
	{
		TH_LOG("protocol %u, method %u, %u pages, initiator %u: %s", d->protocol, d->method,
		       d->pages, d->initiator, d->error.message);
	}
	EXPECT_EQ(handled(d), d->handled);
	EXPECT_LT(0, d->min);
	EXPECT_LE(d->min, d->median);
	EXPECT_LE(d->median, d->p99);
	EXPECT_LE(d->p99, d->max);
	EXPECT_LT(0, d->lost_median);
	EXPECT_LE(d->lost_median, d->lost_max);
	if (d->count <= 4096)
		EXPECT_EQ(d->count, d->samples);
}

TEST_F_TIMEOUT(shootdown, every_way, 300)
{
	unsigned int protocol, method, initiator, pages;

	SKIP_WITHOUT_CORES();
	for (initiator = 0; initiator <= 1; initiator++)
		for (protocol = REMORA_SHOOTDOWN_BROADCAST;
		     protocol <= REMORA_SHOOTDOWN_NUMA_MULTICAST; protocol++)
			for (method = REMORA_SHOOTDOWN_BY_NONE;
			     method <= REMORA_SHOOTDOWN_BY_FULL; method++)
				for (pages = 1; pages <= 32; pages += 31) {
					fill(&self->d, protocol, method, initiator,
					     all_but(self->cores, initiator));
					self->d.pages = pages;
					expect_good(_metadata, self->fd, &self->d);
				}
}

/* Each core alone, and some sets, with each core as initiator. */
TEST_F_TIMEOUT(shootdown, every_subset, 300)
{
	unsigned int initiator, i;
	unsigned int seed = 1;

	SKIP_WITHOUT_CORES();
	for (initiator = 0; initiator <= self->cores; initiator++) {
		__u64 all = all_but(self->cores, initiator);

		for (i = 1; i <= self->cores; i++) {
			if (i == initiator)
				continue;
			fill(&self->d, 1 + i % 4, REMORA_SHOOTDOWN_BY_PAGE, initiator, 1ull << i);
			expect_good(_metadata, self->fd, &self->d);
		}
		for (i = 0; i < 8; i++) {
			__u64 some = all & (__u64)rand_r(&seed);

			if (!some)
				continue;
			fill(&self->d, 1 + i % 4, REMORA_SHOOTDOWN_BY_FULL, initiator, some);
			expect_good(_metadata, self->fd, &self->d);
		}
	}
}

/* More rounds than samples are kept; that lines wrap well is tested on the host. */
TEST_F_TIMEOUT(shootdown, many_rounds, 300)
{
	unsigned int initiator;

	SKIP_WITHOUT_CORES();
	for (initiator = 0; initiator <= 1; initiator++) {
		fill(&self->d, REMORA_SHOOTDOWN_UNICAST, REMORA_SHOOTDOWN_BY_NONE, initiator,
		     initiator ? 4 : 2);
		self->d.count = 9000;
		expect_good(_metadata, self->fd, &self->d);
		EXPECT_LT(2048, self->d.samples);
		EXPECT_GE(4096, self->d.samples);
		self->d.protocol = REMORA_SHOOTDOWN_BROADCAST;
		expect_good(_metadata, self->fd, &self->d);
	}
	fill(&self->d, REMORA_SHOOTDOWN_BROADCAST, REMORA_SHOOTDOWN_BY_PAGE, 0,
	     all_but(self->cores, 0));
	self->d.pages = REMORA_SHOOTDOWN_PAGES_MAX;
	expect_good(_metadata, self->fd, &self->d);
}

/* Cores that have gone to sleep meanwhile are woken: nobody waits for a time-out. */
TEST_F_TIMEOUT(shootdown, sleepers_wake, 300)
{
	struct rt_status before, after;
	unsigned int i, seed = 2;

	SKIP_WITHOUT_CORES();
	ASSERT_EQ(0, rt_status(self->fd, &before));
	for (i = 0; i < 200; i++) {
		usleep(rand_r(&seed) % 3000);
		fill(&self->d, 1 + i % 4, REMORA_SHOOTDOWN_BY_PAGE, i / 4 % 2,
		     all_but(self->cores, i / 4 % 2));
		self->d.count = 1 + i % 3;
		expect_good(_metadata, self->fd, &self->d);
	}
	ASSERT_EQ(0, rt_status(self->fd, &after));
	for (i = 0; i < self->cores; i++) {
		EXPECT_LT(before.cores[i].sleeps, after.cores[i].sleeps);
		EXPECT_EQ(before.cores[i].protocol_errors, after.cores[i].protocol_errors);
	}
}

/* ---- refusals ---- */

#define EXPECT_REFUSED(field, value, reason, number_)                                              \
	do {                                                                                       \
		struct remora_shootdown bad_ = self->d;                                            \
		bad_.field = (value);                                                              \
		RT_EXPECT_REASON(shoot(self->fd, &bad_), &bad_.error, reason, number_);            \
	} while (0)

TEST_F(shootdown, refused)
{
	SKIP_WITHOUT_CORES();
	fill(&self->d, REMORA_SHOOTDOWN_UNICAST, REMORA_SHOOTDOWN_BY_PAGE, 1, 4);
	EXPECT_REFUSED(flags, 1, REMORA_R_FLAGS_UNKNOWN, EINVAL);
	EXPECT_REFUSED(reserved, 1, REMORA_R_RESERVED_FIELD, EINVAL);
	EXPECT_REFUSED(protocol, 0, REMORA_R_SHOOTDOWN_PROTOCOL, EINVAL);
	EXPECT_REFUSED(protocol, 5, REMORA_R_SHOOTDOWN_PROTOCOL, EINVAL);
	EXPECT_REFUSED(method, 4, REMORA_R_SHOOTDOWN_METHOD, EINVAL);
	EXPECT_REFUSED(pages, 0, REMORA_R_COUNT_INVALID, EINVAL);
	EXPECT_REFUSED(pages, REMORA_SHOOTDOWN_PAGES_MAX + 1, REMORA_R_COUNT_INVALID, EINVAL);
	EXPECT_REFUSED(count, 0, REMORA_R_COUNT_INVALID, EINVAL);
	EXPECT_REFUSED(count, REMORA_SHOOTDOWN_COUNT_MAX + 1, REMORA_R_COUNT_INVALID, EINVAL);
	EXPECT_REFUSED(nodes, 0, REMORA_R_SHOOTDOWN_NODES, EINVAL);
	EXPECT_REFUSED(nodes, 1 | 4, REMORA_R_SHOOTDOWN_NODES, EINVAL);
	EXPECT_REFUSED(nodes, 2 | 4, REMORA_R_SHOOTDOWN_NODES, EINVAL);
	EXPECT_REFUSED(nodes, 2ull << self->cores, REMORA_R_SHOOTDOWN_NODES, EINVAL);
	EXPECT_REFUSED(nodes, 1ull << 63, REMORA_R_SHOOTDOWN_NODES, EINVAL);
	EXPECT_REFUSED(initiator, self->cores + 1, REMORA_R_CORE_UNKNOWN, ECHRNG);
	EXPECT_REFUSED(initiator, ~0u, REMORA_R_CORE_UNKNOWN, ECHRNG);
	expect_good(_metadata, self->fd, &self->d);
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, NULL));
	EXPECT_REFUSED(pages, 1, REMORA_R_CORE_DEAD, EHOSTDOWN);
}

/* A dead core is refused, whatever its part; the living go on without it. */
TEST_F(shootdown, dead_core)
{
	SKIP_WITHOUT_CORES();
	ASSERT_EQ(0, rt_inject(self->fd, 2, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 2, REMORA_CRASHED, RT_PATIENT_MS));
	fill(&self->d, REMORA_SHOOTDOWN_UNICAST, REMORA_SHOOTDOWN_BY_PAGE, 0, 2);
	EXPECT_REFUSED(nodes, 2 | 4, REMORA_R_CORE_DEAD, EHOSTDOWN);
	EXPECT_REFUSED(initiator, 2, REMORA_R_CORE_DEAD, EHOSTDOWN);
	expect_good(_metadata, self->fd, &self->d);
}

/* ---- midway ---- */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Is there a run? Where there is none, this is a short one. */
static bool under_way(int fd)
{
	struct remora_shootdown d;

	fill(&d, REMORA_SHOOTDOWN_UNICAST, REMORA_SHOOTDOWN_BY_PAGE, 1, 4);
	d.count = 1;
	return shoot(fd, &d) && d.error.reason == REMORA_R_SHOOTDOWN_BUSY;
}

/* A run of minutes in a child, under way on return. Its exit status is the reason it ended with. */
static pid_t long_run(int fd, unsigned int protocol, unsigned int initiator, unsigned int cores)
{
	pid_t child = fork();
	int ret;

	if (!child) {
		struct remora_shootdown d;

		fill(&d, protocol, REMORA_SHOOTDOWN_BY_PAGE, initiator, all_but(cores, initiator));
		d.count = REMORA_SHOOTDOWN_COUNT_MAX;
		d.pages = REMORA_SHOOTDOWN_PAGES_MAX;
		/* One at a time: it may meet the looks below. */
		while ((ret = shoot(fd, &d)) && d.error.reason == REMORA_R_SHOOTDOWN_BUSY)
			usleep(1000);
		_exit(ret ? (d.error.reason ? d.error.reason : 255) : 0);
	}
	for (long end = now_ms() + RT_PATIENT_MS; !under_way(fd) && now_ms() < end;)
		usleep(20000);
	/* Who has its turn may not have begun: what ends all runs then would not meet this one. */
	usleep(300000);
	return child;
}

/* Return: the exit status, or -1 when the child had to be killed. */
static int reap(pid_t child, int bound_ms)
{
	long end = now_ms() + bound_ms;
	int status;

	while (waitpid(child, &status, WNOHANG) != child) {
		if (now_ms() > end) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return -1;
		}
		usleep(10000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

static bool death(int reason)
{
	return reason == REMORA_R_CORE_DEAD || reason == REMORA_R_CORE_NO_ANSWER;
}

TEST_F_TIMEOUT(shootdown, one_at_a_time, 120)
{
	unsigned int initiator;

	SKIP_WITHOUT_CORES();
	for (initiator = 0; initiator <= 1; initiator++) {
		pid_t child = long_run(self->fd, REMORA_SHOOTDOWN_UNICAST, initiator, self->cores);

		ASSERT_LT(0, child);
		fill(&self->d, REMORA_SHOOTDOWN_UNICAST, REMORA_SHOOTDOWN_BY_PAGE, 1, 4);
		EXPECT_REFUSED(pages, 1, REMORA_R_SHOOTDOWN_BUSY, EBUSY);
		/* Killed, it leaves nothing behind: the next one begins at once. */
		kill(child, SIGKILL);
		EXPECT_EQ(256, reap(child, BOUND_MS));
		expect_good(_metadata, self->fd, &self->d);
	}
}

/* The cores serve everybody else meanwhile. */
TEST_F_TIMEOUT(shootdown, others_are_served, 120)
{
	unsigned int initiator, node;

	SKIP_WITHOUT_CORES();
	for (initiator = 0; initiator <= 1; initiator++) {
		pid_t child = long_run(self->fd, REMORA_SHOOTDOWN_BROADCAST, initiator, self->cores);

		ASSERT_LT(0, child);
		for (node = 1; node <= self->cores; node++)
			EXPECT_EQ(0, rt_ping(self->fd, node, 10));
		kill(child, SIGKILL);
		EXPECT_EQ(256, reap(child, BOUND_MS));
	}
}

FIXTURE(midway)
{
	struct rt_spec s;
	long watch;
	unsigned int cores;
	int fd;
};

FIXTURE_VARIANT(midway)
{
	unsigned int protocol;
	unsigned int initiator;
	unsigned int victim; /* node; 0: none */
	unsigned int fault;
};

#define MIDWAY(name, protocol_, initiator_, victim_, fault_)                                       \
	FIXTURE_VARIANT_ADD(midway, name)                                                          \
	{                                                                                          \
		.protocol = REMORA_SHOOTDOWN_##protocol_, .initiator = (initiator_),               \
		.victim = (victim_), .fault = REMORA_FAULT_##fault_,                               \
	}

MIDWAY(linux_recipient_dies, UNICAST, 0, 1, OPCODE);
MIDWAY(linux_recipient_hangs, BROADCAST, 0, 2, SPIN);
MIDWAY(linux_recipient_scribbles, MULTICAST, 0, 1, SCRIBBLE);
MIDWAY(core_recipient_dies, BROADCAST, 1, 2, OPCODE);
MIDWAY(core_recipient_hangs, NUMA_MULTICAST, 1, 2, SPIN);
MIDWAY(core_initiator_dies, UNICAST, 1, 1, OPCODE);
MIDWAY(core_initiator_hangs, MULTICAST, 1, 1, SPIN);

FIXTURE_SETUP(midway)
{
	self->watch = rt_param_get("watch_ms");
	/* A core that hangs is found within six periods. */
	ASSERT_EQ(0, rt_param("watch_ms", 200));
	self->cores = begin(_metadata, &self->s, "mid", &self->fd);
}

FIXTURE_TEARDOWN(midway)
{
	rt_param("watch_ms", self->watch);
	end(_metadata, self->fd);
}

/* The run ends with an error, within the bound; after a reset all is well again. */
TEST_F_TIMEOUT(midway, death, 120)
{
	struct remora_shootdown d;
	pid_t child;
	int reason;

	SKIP_WITHOUT_CORES();
	child = long_run(self->fd, variant->protocol, variant->initiator, self->cores);
	ASSERT_LT(0, child);
	ASSERT_EQ(0, rt_inject(self->fd, variant->victim, variant->fault, NULL));
	reason = reap(child, BOUND_MS);
	EXPECT_TRUE(death(reason)) { TH_LOG("reason %d", reason); }
	ASSERT_EQ(0, rt_wait_state(self->fd, variant->victim, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
	fill(&d, variant->protocol, REMORA_SHOOTDOWN_BY_PAGE, variant->initiator,
	     all_but(self->cores, variant->initiator));
	expect_good(_metadata, self->fd, &d);
}

/* The partition goes away under a run: stopped, reset, destroyed by force. */
static void expect_ended(struct __test_metadata *_metadata, pid_t child)
{
	int reason = reap(child, BOUND_MS);

	EXPECT_NE(-1, reason);
	EXPECT_NE(0, reason);
	EXPECT_NE(256, reason);
}

TEST_F_TIMEOUT(shootdown, reset_midway, 120)
{
	unsigned int initiator;

	SKIP_WITHOUT_CORES();
	for (initiator = 0; initiator <= 1; initiator++) {
		pid_t child = long_run(self->fd, REMORA_SHOOTDOWN_MULTICAST, initiator, self->cores);

		ASSERT_LT(0, child);
		ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
		expect_ended(_metadata, child);
		fill(&self->d, REMORA_SHOOTDOWN_MULTICAST, REMORA_SHOOTDOWN_BY_PAGE, initiator,
		     all_but(self->cores, initiator));
		expect_good(_metadata, self->fd, &self->d);
	}
}

TEST_F_TIMEOUT(shootdown, destroy_midway, 120)
{
	unsigned int initiator;

	SKIP_WITHOUT_CORES();
	for (initiator = 0; initiator <= 1; initiator++) {
		pid_t child = long_run(self->fd, REMORA_SHOOTDOWN_BROADCAST, initiator, self->cores);

		ASSERT_LT(0, child);
		ASSERT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, NULL));
		expect_ended(_metadata, child);
		RT_EXPECT_LEDGER_ZERO();
		close(self->fd);
		ASSERT_EQ(0, rt_begin(&self->s, "shoot", 0, self->cores, &self->fd));
	}
}

TEST_HARNESS_MAIN
