// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels between programs of Linux and programs on cores (partition/apps/pair), by raw ioctls: both
 * directions, each refusal, who is told when an end is over, and that nothing is left.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define PARTITION RT_PREFIX "bl"

#include "pairing.h"

FIXTURE(bind_linux)
{
	struct rt_spec s;
	int fd;
	int names;
	bool ready;
};

FIXTURE_SETUP(bind_linux)
{
	__u32 cpus[RT_CPUS_ROOM];

	rt_sweep();
	if (rt_cpus(cpus, RT_CPUS_ROOM) < 1 || access(PROGRAM, X_OK))
		return;
	ASSERT_EQ(0, rt_begin(&self->s, "bl", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_wait_members(PARTITION, 1));
	self->names = rt_names(self->fd, REMORA_NAMES_CLOEXEC, NULL);
	ASSERT_LE(0, self->names);
	self->ready = true;
}

FIXTURE_TEARDOWN(bind_linux)
{
	if (!self->ready)
		return;
	close(self->names);
	EXPECT_EQ(0, rt_ledger_becomes("bound", 0));
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

#define READY()                                                                                    \
	do {                                                                                       \
		if (!self->ready)                                                                  \
			SKIP(return, "needs a CPU besides CPU 0, and programs");                   \
	} while (0)

TEST_F(bind_linux, connect_and_talk)
{
	struct remora_names_connect c = { 0 };
	struct rt_mapped m;
	struct job j;
	int fd;

	READY();
	ASSERT_EQ(0, job_begin(&j, "1", "serve", "echo", "--count", "2"));
	fd = connect_all(self->names, &c, "echo", REMORA_CONNECT_WAIT, 30000);
	ASSERT_LE(0, fd)
	{
		TH_LOG("%s", c.error.message);
	}
	EXPECT_EQ(100, talk(fd, 100));
	EXPECT_EQ(1, rt_ledger("bound"));
	close(fd);
	EXPECT_TRUE(job_says(&j, "served 100 the other end closed the channel"));

	c = (struct remora_names_connect){ .slots = 16 };
	fd = connect_all(self->names, &c, "echo", REMORA_CONNECT_WAIT | REMORA_BIND_MAPPED, 30000);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_rings(fd, &m));
	EXPECT_EQ(16, m.info.slots);
	EXPECT_EQ(1, m.info.node);
	EXPECT_EQ(REMORA_SERVICE_PROGRAM, m.info.service);
	EXPECT_EQ(200, talk_mapped(&m, 200));
	rt_unmap(&m);
	EXPECT_TRUE(job_says(&j, "served 200 the other end"));
	EXPECT_EQ(0, job_end(&j));
}

TEST_F(bind_linux, refusals)
{
	struct remora_names_connect c = { .interface = 5 };
	unsigned int detail;
	struct job j;

	READY();
	EXPECT_EQ(REMORA_R_NAMES_MISSING, refused(self->names, "none", 0, -1, NULL));
	EXPECT_EQ(REMORA_R_BIND_LATE_NAME, refused(self->names, "none", REMORA_CONNECT_WAIT, 100, NULL));
	EXPECT_EQ(0, RT_ASK(self->names, SET, "record", 0, 0, 1));
	EXPECT_EQ(REMORA_R_BIND_NOT_OFFER, refused(self->names, "record", 0, -1, NULL));

	ASSERT_EQ(0, job_begin(&j, "1", "serve", "second", "--version", "2"));
	EXPECT_TRUE(job_says(&j, "offered"));
	EXPECT_EQ(REMORA_R_BIND_VERSION, refused(self->names, "second", 0, -1, &detail));
	EXPECT_EQ(2, detail);
	EXPECT_GT(0, connect_all(self->names, &c, "second", 0, -1));
	EXPECT_EQ(REMORA_R_BIND_INTERFACE, c.error.reason);
	EXPECT_EQ(INTERFACE, c.detail);
	job_kill();
	job_end(&j);

	ASSERT_EQ(0, job_begin(&j, "1", "serve", "no", "--refuse", "--wait"));
	EXPECT_TRUE(job_says(&j, "offered"));
	EXPECT_EQ(REMORA_R_BIND_REFUSED, refused(self->names, "no", 0, -1, &detail));
	EXPECT_EQ(42, detail);
	job_kill();
	job_end(&j);

	ASSERT_EQ(0, job_begin(&j, "1", "serve", "mute", "--silent", "--wait"));
	EXPECT_TRUE(job_says(&j, "offered"));
	EXPECT_EQ(REMORA_R_BIND_LATE_SERVER, refused(self->names, "mute", 0, 2000, NULL));
	job_kill();
	job_end(&j);
}

TEST_F(bind_linux, the_program_ends)
{
	struct remora_message m = { .type = ECHO };
	struct remora_names_connect c = { 0 };
	struct job j;
	long ms;
	int fd;

	READY();
	ASSERT_EQ(0, job_begin(&j, "1", "serve", "echo", "--count", "1"));
	fd = connect_all(self->names, &c, "echo", REMORA_CONNECT_WAIT, 30000);
	ASSERT_LE(0, fd);
	EXPECT_EQ(5, talk(fd, 5));
	/* What arrived before is still to be read. */
	EXPECT_EQ(sizeof(m), write(fd, &m, sizeof(m)));
	EXPECT_EQ(1, poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, SOON_MS));
	job_kill();
	ms = over_after(fd);
	EXPECT_LE(0, ms);
	EXPECT_GT(5000, ms);
	EXPECT_EQ(sizeof(m), read(fd, &m, sizeof(m)));
	EXPECT_EQ(-1, read(fd, &m, sizeof(m)));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, write(fd, &m, sizeof(m)));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, ioctl(fd, REMORA_IOC_NOTIFY));
	EXPECT_EQ(EPIPE, errno);
	/* The rings are kept for who did not close. */
	EXPECT_EQ(1, rt_ledger("bound"));
	close(fd);
	job_end(&j);
}

TEST_F(bind_linux, offer_and_accept)
{
	struct remora_offer_accept a;
	struct remora_error e;
	struct job j;
	int o, fd;

	READY();
	o = offer(self->names, "linux", &e);
	ASSERT_LE(0, o)
	{
		TH_LOG("%s", e.message);
	}
	EXPECT_EQ(-EEXIST, offer(self->names, "linux", &e));
	EXPECT_EQ(REMORA_R_NAMES_EXISTS, e.reason);
	EXPECT_EQ(-EAGAIN, accept_all(o, 0, 0, &a));
	EXPECT_EQ(REMORA_R_BIND_NOBODY, a.error.reason);
	EXPECT_EQ(-ETIMEDOUT, accept_all(o, 0, 50, &a));
	EXPECT_EQ(REMORA_R_NAMES_TIMEOUT, a.error.reason);

	ASSERT_EQ(0, job_begin(&j, "1", "connect", "linux", "--count", "50"));
	EXPECT_EQ(1, poll(&(struct pollfd){ .fd = o, .events = POLLIN }, 1, 30000));
	fd = accept_all(o, 0, 1000, &a);
	ASSERT_LE(0, fd)
	{
		TH_LOG("%s", a.error.message);
	}
	EXPECT_EQ(1, a.node);
	EXPECT_NE(0, a.domain);
	EXPECT_EQ(50, serve(fd));
	EXPECT_LE(0, over_after(fd));
	close(fd);
	EXPECT_EQ(0, job_end(&j));

	/* Refused, with a number. */
	ASSERT_EQ(0, job_begin(&j, "1", "connect", "linux", "--wait", NULL));
	EXPECT_EQ(1, poll(&(struct pollfd){ .fd = o, .events = POLLIN }, 1, 30000));
	struct remora_offer_refuse r = { .size = sizeof(r), .reason = 77 };

	EXPECT_EQ(0, ioctl(o, REMORA_IOC_OFFER_REFUSE, &r));
	EXPECT_TRUE(job_says(&j, "the server refused, 77"));
	EXPECT_EQ(1, job_end(&j));
	EXPECT_EQ(-1, ioctl(o, REMORA_IOC_OFFER_REFUSE, &r));
	EXPECT_EQ(REMORA_R_BIND_NOBODY, r.error.reason);

	/* Closed: the name goes, and who asked hears it. */
	ASSERT_EQ(0, job_begin(&j, "1", "connect", "linux", NULL, NULL));
	EXPECT_EQ(1, poll(&(struct pollfd){ .fd = o, .events = POLLIN }, 1, 30000));
	close(o);
	EXPECT_TRUE(job_says(&j, "its server does not offer it any more"));
	EXPECT_EQ(1, job_end(&j));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->names, GET, "linux", 0, 0, 0));
}

/* A process that has all of it, and is killed: @parent hears when it is there. */
static void hold(int fd, const char *name, int parent)
{
	int names = rt_names(fd, REMORA_NAMES_CLOEXEC, NULL), o = offer(names, name, NULL);
	struct remora_offer_accept a;
	int ch = accept_all(o, REMORA_BIND_MAPPED, -1, &a);
	struct rt_mapped m;

	if (ch < 0 || map_rings(ch, &m) || write(parent, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

TEST_F(bind_linux, the_process_is_killed)
{
	int status, p[2];
	struct job j;
	char byte;
	pid_t pid;

	READY();
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	if (!pid)
		hold(self->fd, "killed", p[1]);
	ASSERT_EQ(0, RT_ASK(self->names, AWAIT, "killed", 0, 30000, 0));
	ASSERT_EQ(0, job_begin(&j, "1", "connect", "killed", "--count", "1"));
	ASSERT_EQ(1, read(p[0], &byte, 1));
	EXPECT_EQ(1, rt_ledger("bound"));
	/* The server has its end first: a client that has not would say that it could not connect. */
	EXPECT_TRUE(job_says(&j, "connected"));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	EXPECT_TRUE(job_says(&j, "over while talking: the "));
	EXPECT_EQ(1, job_end(&j));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->names, GET, "killed", 0, 0, 0));
	close(p[0]);
	close(p[1]);
}

TEST_F(bind_linux, files_that_close)
{
	struct remora_names_connect c = { 0 };
	struct remora_offer_accept a;
	int names, other, o, fd, twin;
	struct job j;

	READY();
	ASSERT_EQ(0, job_begin(&j, "1", "serve", "echo", "--count", "2"));
	names = rt_names(self->fd, REMORA_NAMES_CLOEXEC, NULL);
	o = offer(names, "mine", NULL);
	ASSERT_LE(0, o);
	/* Two programs of Linux. */
	EXPECT_EQ(REMORA_R_BIND_WITHIN, refused(self->names, "mine", 0, -1, NULL));
	fd = connect_all(names, &c, "echo", REMORA_CONNECT_WAIT, 30000);
	ASSERT_LE(0, fd);
	twin = dup(fd);
	close(fd);
	EXPECT_EQ(3, talk(twin, 3));
	/* With the file of names all that was bound by it is over. */
	close(names);
	EXPECT_LE(0, over_after(twin));
	EXPECT_LE(0, over_after(o));
	EXPECT_EQ(-EPIPE, accept_all(o, 0, -1, &a));
	EXPECT_EQ(REMORA_R_BIND_GONE, a.error.reason);
	EXPECT_TRUE(job_says(&j, "served 3 the domain at the other end has ended"));
	close(twin);
	close(o);

	/* Not so with a copy of it. */
	names = rt_names(self->fd, REMORA_NAMES_CLOEXEC, NULL);
	other = dup(names);
	c = (struct remora_names_connect){ 0 };
	fd = connect_all(names, &c, "echo", REMORA_CONNECT_WAIT, 30000);
	ASSERT_LE(0, fd);
	close(names);
	EXPECT_EQ(3, talk(fd, 3));
	close(fd);
	close(other);
	EXPECT_EQ(0, job_end(&j));
}

TEST_F(bind_linux, nonsense_is_refused)
{
	struct remora_names_connect c = { .reserved = 1 };
	struct remora_offer_accept a;
	struct remora_error e;
	int o, i, more[9];

	READY();
	EXPECT_EQ(-EINVAL, connect_all(self->names, &c, "x", 0, -1));
	EXPECT_EQ(REMORA_R_RESERVED_FIELD, c.error.reason);
	EXPECT_EQ(REMORA_R_FLAGS_UNKNOWN, refused(self->names, "x", 16, -1, NULL));
	EXPECT_EQ(REMORA_R_COUNT_INVALID, refused(self->names, "x", 0, -2, NULL));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, refused(self->names, "", 0, -1, NULL));
	c = (struct remora_names_connect){ .slots = 5 };
	EXPECT_EQ(-EINVAL, connect_all(self->names, &c, "x", 0, -1));
	EXPECT_EQ(REMORA_R_SLOTS_INVALID, c.error.reason);
	EXPECT_EQ(-ENOENT, rt_bind(self->fd, 1, REMORA_SERVICE_PROGRAM, 0, 0, &e));
	EXPECT_EQ(REMORA_R_SERVICE_UNKNOWN, e.reason);
	EXPECT_EQ(-ENOENT, rt_bind(self->fd, 1, REMORA_SERVICE_PROGRAM - 1, 0, 0, &e));
	EXPECT_EQ(REMORA_R_SERVICE_UNKNOWN, e.reason);
	EXPECT_EQ(-1, ioctl(self->names, REMORA_IOC_NAMES_CONNECT, rt_wild()));
	EXPECT_EQ(EFAULT, errno);

	for (i = 0; i < 9; i++) {
		char name[8];

		snprintf(name, sizeof(name), "o%d", i);
		more[i] = offer(self->names, name, &e);
	}
	EXPECT_EQ(-EDQUOT, more[8]);
	EXPECT_EQ(REMORA_R_BIND_QUOTA, e.reason);
	struct remora_names_offer bad = { .size = sizeof(bad), .flags = REMORA_NAMES_NONBLOCK, .name = "x" };

	EXPECT_EQ(-1, ioctl(self->names, REMORA_IOC_NAMES_OFFER, &bad));
	EXPECT_EQ(REMORA_R_FLAGS_UNKNOWN, bad.error.reason);
	bad = (struct remora_names_offer){ .size = sizeof(bad) };
	EXPECT_EQ(-1, ioctl(self->names, REMORA_IOC_NAMES_OFFER, &bad));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, bad.error.reason);
	EXPECT_EQ(-1, ioctl(self->names, REMORA_IOC_NAMES_OFFER, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(more[0], REMORA_IOC_OFFER_REFUSE, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	o = more[0];
	EXPECT_EQ(-EINVAL, accept_all(o, 8, 0, &a));
	EXPECT_EQ(REMORA_R_FLAGS_UNKNOWN, a.error.reason);
	EXPECT_EQ(-EINVAL, accept_all(o, 0, -2, &a));
	EXPECT_EQ(-1, ioctl(o, REMORA_IOC_OFFER_ACCEPT, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(o, REMORA_IOC_NAMES_CONNECT, &c));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->names, REMORA_IOC_OFFER_ACCEPT, &a));
	EXPECT_EQ(ENOTTY, errno);
	for (i = 0; i < 8; i++)
		close(more[i]);
}

/* Whoever is spoilt ends his own channel; the next client is served. */
TEST_F(bind_linux, spoilt_rings)
{
	struct remora_names_connect c = { 0 };
	struct rt_mapped m;
	struct job j;
	int fd;

	READY();
	ASSERT_EQ(0, job_begin(&j, "1", "serve", "echo", "--count", "2"));
	fd = connect_all(self->names, &c, "echo", REMORA_CONNECT_WAIT | REMORA_BIND_MAPPED, 30000);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_rings(fd, &m));
	EXPECT_EQ(5, talk_mapped(&m, 5));
	memset(m.tx, 0xff, m.info.ring_bytes);
	EXPECT_EQ(0, ioctl(fd, REMORA_IOC_NOTIFY));
	EXPECT_LE(0, over_after(fd));
	rt_unmap(&m);
	c = (struct remora_names_connect){ 0 };
	fd = connect_all(self->names, &c, "echo", 0, 30000);
	ASSERT_LE(0, fd);
	EXPECT_EQ(5, talk(fd, 5));
	close(fd);
	EXPECT_EQ(0, job_end(&j));
}

/* A process that connects and talks without end, and is killed after so many milliseconds. */
static void kill_a_client(int fd, unsigned int ms)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int names = rt_names(fd, REMORA_NAMES_CLOEXEC, NULL);

		for (;;) {
			struct remora_names_connect c = { 0 };
			int ch = connect_all(names, &c, "echo", REMORA_CONNECT_WAIT, -1);

			if (ch >= 0 && talk(ch, 2) == 2)
				close(ch);
		}
	}
	usleep(ms * 1000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

TEST_F(bind_linux, killed_at_each_step)
{
	struct remora_names_connect c = { 0 };
	struct job j;
	int fd;

	READY();
	ASSERT_EQ(0, job_begin(&j, "1", "serve", "echo", "--count", "0"));
	ASSERT_EQ(0, RT_ASK(self->names, AWAIT, "echo", 0, 30000, 0));
	for (unsigned int i = 0; i < 40; i++)
		kill_a_client(self->fd, i * 3 % 50);
	EXPECT_EQ(0, rt_ledger_becomes("bound", 0));
	fd = connect_all(self->names, &c, "echo", REMORA_CONNECT_WAIT, 30000);
	ASSERT_LE(0, fd)
	{
		TH_LOG("%s", c.error.message);
		job_show(&j);
	}
	EXPECT_EQ(5, talk(fd, 5));
	close(fd);
	job_kill();
	job_end(&j);
}

static void nothing(int signal)
{
}

TEST_F(bind_linux, signals_end_waits)
{
	struct itimerval soon = { .it_value = { .tv_usec = 300000 } };
	struct remora_offer_accept a;
	int o;

	READY();
	signal(SIGALRM, nothing);
	siginterrupt(SIGALRM, 1);
	o = offer(self->names, "mine", NULL);
	ASSERT_LE(0, o);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT_EQ(REMORA_R_INTERRUPTED, refused(self->names, "none", REMORA_CONNECT_WAIT, -1, NULL));
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT_EQ(-EINTR, accept_all(o, 0, -1, &a));
	EXPECT_EQ(REMORA_R_INTERRUPTED, a.error.reason);
	a = (struct remora_offer_accept){ .size = sizeof(a), .reserved = 1 };
	EXPECT_EQ(-1, ioctl(o, REMORA_IOC_OFFER_ACCEPT, &a));
	EXPECT_EQ(REMORA_R_RESERVED_FIELD, a.error.reason);
	close(o);
}

/* The core is stopped, dies, or the partition is destroyed under the channel. */
TEST_F(bind_linux, the_core_goes)
{
	struct remora_names_connect c = { 0 };
	struct remora_offer_accept a;
	struct rt_mapped m;
	struct job j;
	int fd, o;

	READY();
	o = offer(self->names, "mine", NULL);
	ASSERT_LE(0, o);
	ASSERT_EQ(0, job_begin(&j, "1", "serve", "echo", "--count", "1"));
	fd = connect_all(self->names, &c, "echo", REMORA_CONNECT_WAIT | REMORA_BIND_MAPPED, 30000);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_rings(fd, &m));
	EXPECT_EQ(10, talk_mapped(&m, 10));
	EXPECT_EQ(-EBUSY, rt_destroy(PARTITION, 0, NULL));
	EXPECT_EQ(0, rt_stop(self->fd, REMORA_FORCE, 0, NULL));
	EXPECT_LE(0, over_after(fd));
	EXPECT_EQ(-1, ioctl(fd, REMORA_IOC_NOTIFY));
	EXPECT_TRUE(errno == EPIPE || errno == EHOSTDOWN);
	job_end(&j);
	EXPECT_EQ(REMORA_R_NAMES_MISSING, refused(self->names, "echo", 0, -1, NULL));
	EXPECT_EQ(0, rt_destroy(PARTITION, REMORA_FORCE, NULL));
	EXPECT_EQ(-ENODEV, accept_all(o, 0, -1, &a));
	EXPECT_EQ(REMORA_R_PARTITION_GONE, a.error.reason);
	EXPECT_EQ(REMORA_R_PARTITION_GONE, refused(self->names, "echo", 0, -1, NULL));
	RT_EXPECT_LEDGER_ZERO();
	rt_unmap(&m);
	close(o);
}

TEST_HARNESS_MAIN
