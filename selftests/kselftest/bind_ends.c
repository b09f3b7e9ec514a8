// SPDX-License-Identifier: GPL-2.0-only
/*
 * How channels between programs of Linux and of cores end, or do not come to be: a core leaves or crashes while
 * another one goes on, there is no descriptor left, a name cannot be removed yet.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "harness.h"

#define PARTITION RT_PREFIX "be"

#include "pairing.h"

#define WAITERS 16 /* what a file of names may have unanswered */

FIXTURE(bind_ends)
{
	struct rt_spec s;
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int cores;
	int fd;
	int names;
	bool ready;
};

FIXTURE_SETUP(bind_ends)
{
	rt_sweep();
	self->cores = rt_cpus(self->cpus, RT_CPUS_ROOM) > 1 ? 2 : 1;
	if (access(PROGRAM, X_OK))
		return;
	rt_spec_init(&self->s, "be", 0, self->cores);
	self->s.extents[0].bytes = (self->cores + 1) * 24 * RT_MIB;
	self->s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->fd = rt_open(self->s.c.name, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, rt_wait_members(PARTITION, self->cores));
	self->names = rt_names(self->fd, REMORA_NAMES_CLOEXEC, NULL);
	ASSERT_LE(0, self->names);
	self->ready = true;
}

FIXTURE_TEARDOWN(bind_ends)
{
	if (!self->ready)
		return;
	close(self->names);
	EXPECT_EQ(0, rt_ledger_becomes("bound", 0));
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

#define READY(cores_)                                                                              \
	do {                                                                                       \
		if (!self->ready || self->cores < (cores_))                                        \
			SKIP(return, "needs %d CPUs besides CPU 0, and programs", cores_);         \
	} while (0)

/* Until the name is not there, or half a minute is over. */
static int name_goes(int names, const char *name)
{
	long end = rt_ms() + 30000;
	int reason;

	while (!(reason = RT_ASK(names, GET, name, 0, 0, 0)) && rt_ms() < end)
		usleep(10000);
	return reason;
}

/* A server and a client on core 2, each with its channel to here; a server on core 1. */
struct both {
	struct job server, client, other;
	struct rt_mapped m;
	int offer, accepted, stays;
};

static void both_begin(struct __test_metadata *_metadata, struct both *b, int names)
{
	struct remora_names_connect c = { 0 };
	struct remora_offer_accept a;
	int fd;

	b->offer = offer(names, "linux", NULL);
	ASSERT_LE(0, b->offer);
	ASSERT_EQ(0, job_begin(&b->other, "1", "serve", "stays", "--count", "1"));
	ASSERT_TRUE(job_says(&b->other, "offered"));
	b->stays = connect_all(names, &c, "stays", REMORA_CONNECT_WAIT, 30000);
	ASSERT_LE(0, b->stays);
	ASSERT_EQ(0, job_begin(&b->server, "2", "serve", "goes", "--count", "1"));
	ASSERT_TRUE(job_says(&b->server, "offered"));
	c = (struct remora_names_connect){ 0 };
	fd = connect_all(names, &c, "goes", REMORA_CONNECT_WAIT | REMORA_BIND_MAPPED, 30000);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_rings(fd, &b->m));
	ASSERT_EQ(0, job_begin(&b->client, "2", "connect", "linux", "--count", "5"));
	b->accepted = accept_all(b->offer, 0, 30000, &a);
	ASSERT_LE(0, b->accepted)
	{
		TH_LOG("%s", a.error.message);
	}
	EXPECT_EQ(2, a.node);
	EXPECT_EQ(10, talk_mapped(&b->m, 10));
	EXPECT_EQ(10, talk(b->stays, 10));
	EXPECT_EQ(3, rt_ledger("bound"));
}

/* Core 2 is gone: here that is heard, and the other core does not mind. */
static void both_over(struct __test_metadata *_metadata, struct both *b, int names)
{
	struct remora_message in;
	ssize_t got;

	EXPECT_LE(0, over_after(b->m.fd));
	EXPECT_EQ(-1, ioctl(b->m.fd, REMORA_IOC_NOTIFY));
	EXPECT_TRUE(errno == EPIPE || errno == EHOSTDOWN);
	EXPECT_LE(0, over_after(b->accepted));
	while ((got = read(b->accepted, &in, sizeof(in))) == sizeof(in))
		;
	EXPECT_EQ(-1, got);
	EXPECT_TRUE(errno == EPIPE || errno == EHOSTDOWN);
	EXPECT_EQ(REMORA_R_NAMES_MISSING, name_goes(names, "goes"));
	EXPECT_EQ(10, talk(b->stays, 10));
	rt_unmap(&b->m);
	close(b->accepted);
	EXPECT_EQ(1, rt_ledger_becomes("bound", 1));
	close(b->stays);
	EXPECT_EQ(0, job_end(&b->other));
	EXPECT_NE(0, job_end(&b->server));
	EXPECT_NE(0, job_end(&b->client));
	close(b->offer);
}

TEST_F(bind_ends, the_core_leaves)
{
	struct remora_remove_cpu leave = { .size = sizeof(leave), .node = 2 };
	struct remora_add_cpu join = { .size = sizeof(join), .cpu = self->cpus[1] };
	struct remora_names_connect c = { 0 };
	struct both b;
	struct job j;
	int fd;

	READY(2);
	both_begin(_metadata, &b, self->names);
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &leave)) { TH_LOG("%s", leave.error.message); }
	both_over(_metadata, &b, self->names);

	/* Who comes in under its number serves as well. */
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_ADD_CPU, &join)) { TH_LOG("%s", join.error.message); }
	ASSERT_EQ(0, rt_wait_members(PARTITION, 2));
	ASSERT_EQ(0, job_begin(&j, "2", "serve", "goes", "--count", "1"));
	fd = connect_all(self->names, &c, "goes", REMORA_CONNECT_WAIT, 30000);
	ASSERT_LE(0, fd) { TH_LOG("%s", c.error.message); }
	EXPECT_EQ(10, talk(fd, 10));
	close(fd);
	EXPECT_EQ(0, job_end(&j));
}

TEST_F(bind_ends, the_core_crashes)
{
	struct remora_error e;
	struct both b;

	READY(2);
	both_begin(_metadata, &b, self->names);
	ASSERT_EQ(0, rt_inject(self->fd, 2, REMORA_FAULT_OPCODE, &e)) { TH_LOG("%s", e.message); }
	both_over(_metadata, &b, self->names);
	EXPECT_EQ(0, rt_wait_state(self->fd, 2, REMORA_CRASHED, RT_PATIENT_MS));
}

/* From now on there is no descriptor for anybody. Return: the old limit */
static rlim_t descriptors_end(void)
{
	struct rlimit limit, now;
	int fd = dup(0);

	getrlimit(RLIMIT_NOFILE, &limit);
	now = limit;
	now.rlim_cur = (rlim_t)fd;
	close(fd);
	setrlimit(RLIMIT_NOFILE, &now);
	return limit.rlim_cur;
}

static void descriptors_are(rlim_t soft)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = soft;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* It is known before anybody is asked, so nothing is lost by it. */
TEST_F(bind_ends, no_descriptor)
{
	struct remora_names_connect c = { 0 };
	struct remora_offer_accept a;
	struct job j;
	rlim_t soft;
	int o, fd;

	READY(1);
	o = offer(self->names, "linux", NULL);
	ASSERT_LE(0, o);
	ASSERT_EQ(0, job_begin(&j, "1", "connect", "linux", "--count", "5"));
	EXPECT_EQ(1, poll(&(struct pollfd){ .fd = o, .events = POLLIN }, 1, 30000));
	soft = descriptors_end();
	EXPECT_EQ(-EMFILE, accept_all(o, 0, 1000, &a));
	EXPECT_EQ(-EMFILE, offer(self->names, "other", NULL));
	EXPECT_EQ(-EMFILE, connect_all(self->names, &c, "none", 0, -1));
	descriptors_are(soft);
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->names, GET, "other", 0, 0, 0));
	fd = accept_all(o, 0, 1000, &a);
	ASSERT_LE(0, fd)
	{
		TH_LOG("%s", a.error.message);
	}
	EXPECT_EQ(5, serve(fd));
	close(fd);
	EXPECT_EQ(0, job_end(&j));
	close(o);
}

/* Until it was let through: the one who looks whether all wait takes a place for a moment. */
static void *waits(void *arg)
{
	struct rt_waiter *w = arg;

	do
		w->reason = RT_ASK(w->fd, WAIT, w->name, 0, -1, 0);
	while (w->reason == REMORA_R_NAMES_PENDING && !usleep(5000));
	return NULL;
}

/* An offer is closed while its file has so much under way that the name cannot be removed: it goes later. */
TEST_F(bind_ends, the_name_goes_later)
{
	struct rt_waiter w[WAITERS];
	long end = rt_ms() + 30000;
	int names, o, reason = 0;

	READY(1);
	ASSERT_EQ(0, RT_ASK(self->names, SEMAPHORE, "gate", 0, 0, 0));
	names = rt_names(self->fd, REMORA_NAMES_CLOEXEC, NULL);
	o = offer(names, "late", NULL);
	ASSERT_LE(0, o);
	for (unsigned int i = 0; i < WAITERS; i++) {
		w[i] = (struct rt_waiter){ .fd = names, .name = "gate" };
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, waits, &w[i]));
	}
	while (reason != REMORA_R_NAMES_PENDING && rt_ms() < end && !usleep(1000))
		reason = RT_ASK(names, POST, "no gate", 0, 0, 1);
	EXPECT_EQ(REMORA_R_NAMES_PENDING, reason);
	close(o);
	/* The record stays, but does not lead to anybody. */
	EXPECT_EQ(0, RT_ASK(self->names, GET, "late", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->names, POST, "gate", 0, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, name_goes(self->names, "late"));
	EXPECT_EQ(0, RT_ASK(self->names, POST, "gate", 0, 0, WAITERS - 1));
	for (unsigned int i = 0; i < WAITERS; i++)
		EXPECT_EQ(0, rt_wait_end(&w[i]));
	/* It is nobody's any more: others may have it. */
	o = offer(self->names, "late", NULL);
	EXPECT_LE(0, o);
	close(o);
	close(names);
}

TEST_HARNESS_MAIN
