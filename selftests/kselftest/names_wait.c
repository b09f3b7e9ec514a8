// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for names, and whoever ends meanwhile: a file, a process, its user's limit, the partition.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "naming.h"
#include "people.h"

#define PROMPT_MS 1000
#define LONG_MS 60000
#define PENDING_MAX 16

FIXTURE(waits)
{
	struct rt_spec s;
	int fd;
	int a;
	int b;
};

FIXTURE_SETUP(waits)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "waits", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->a = rt_names(self->fd, 0, NULL);
	self->b = rt_names(self->fd, 0, NULL);
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->b);
}

FIXTURE_TEARDOWN(waits)
{
	close(self->a);
	close(self->b);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

#define BEGIN(w, fd, op, name, ms, value)                                                          \
	ASSERT_EQ(0, rt_wait_begin(w, fd, REMORA_NAMES_OP_##op, name, ms, value))

/* Long enough for a thread to get to where it waits; nothing depends on it but what is tested. */
static void settle(void)
{
	usleep(100000);
}

TEST_F(waits, go_on_in_their_order)
{
	struct rt_waiter w[3];

	ASSERT_EQ(0, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
	for (int i = 0; i < 3; i++) {
		BEGIN(&w[i], self->b, LOCK, "l", LONG_MS, 0);
		settle();
		EXPECT_FALSE(rt_wait_over(&w[i]));
	}
	ASSERT_EQ(0, RT_ASK(self->a, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(0, rt_wait_end(&w[0]));
	EXPECT_FALSE(rt_wait_over(&w[1]));
	ASSERT_EQ(0, RT_ASK(self->b, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(0, rt_wait_end(&w[1]));
	EXPECT_FALSE(rt_wait_over(&w[2]));
	ASSERT_EQ(0, RT_ASK(self->b, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(0, rt_wait_end(&w[2]));

	BEGIN(&w[0], self->a, AWAIT, "soon", LONG_MS, 0);
	BEGIN(&w[1], self->a, BARRIER, "two", LONG_MS, 2);
	ASSERT_TRUE(rt_names_until(self->b, "two", 1, 1));
	EXPECT_EQ(REMORA_R_NAMES_COUNT, RT_ASK(self->b, BARRIER, "two", 0, 0, 3));
	EXPECT_EQ(REMORA_R_NAMES_KIND, RT_ASK(self->b, REMOVE, "two", 0, 0, 0));
	EXPECT_FALSE(rt_wait_over(&w[0]));
	EXPECT_EQ(0, RT_ASK(self->b, SET, "soon", 0, 0, 1));
	EXPECT_EQ(0, rt_wait_end(&w[0]));
	EXPECT_EQ(0, RT_ASK(self->b, BARRIER, "two", 0, LONG_MS, 2));
	EXPECT_EQ(0, rt_wait_end(&w[1]));

	ASSERT_EQ(0, RT_ASK(self->a, SEMAPHORE, "s", 0, 0, 0));
	BEGIN(&w[0], self->b, WAIT, "s", LONG_MS, 0);
	settle();
	ASSERT_EQ(0, RT_ASK(self->a, POST, "s", 0, 0, 1));
	EXPECT_EQ(0, rt_wait_end(&w[0]));
	BEGIN(&w[0], self->b, WAIT, "s", LONG_MS, 0);
	settle();
	ASSERT_EQ(0, RT_ASK(self->a, REMOVE, "s", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_REMOVED, rt_wait_end(&w[0]));
}

TEST_F(waits, are_limited)
{
	struct rt_waiter w[PENDING_MAX];

	ASSERT_EQ(0, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
	for (int i = 0; i < PENDING_MAX; i++)
		BEGIN(&w[i], self->b, LOCK, "l", 3000, 0);
	settle();
	EXPECT_EQ(REMORA_R_NAMES_PENDING, RT_ASK(self->b, SET, "x", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->a, SET, "x", 0, 0, 0));
	for (int i = 0; i < PENDING_MAX; i++)
		EXPECT_EQ(REMORA_R_NAMES_TIMEOUT, rt_wait_end(&w[i]));
	EXPECT_EQ(0, RT_ASK(self->b, SET, "y", 0, 0, 0));
}

TEST_F(waits, end_with_the_last_copy_of_a_file)
{
	int copy = dup(self->a), status;
	pid_t child;

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
	ASSERT_EQ(0, RT_ASK(self->a, SET, "r", 0, 0, 1));
	close(self->a);
	self->a = copy;
	child = fork();
	if (!child)
		_exit(RT_ASK(copy, UNLOCK, "l", 0, 0, 0) || RT_ASK(copy, LOCK, "l", 0, 0, 0));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(REMORA_R_NAMES_BUSY, RT_ASK(self->b, LOCK, "l", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->b, GET, "r", 0, 0, 0));
	close(copy);
	self->a = -1;
	EXPECT_EQ(0, RT_ASK(self->b, LOCK, "l", 0, PROMPT_MS, 0));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->b, GET, "r", 0, 0, 0));
}

/* A child that says when it is there: 0 or the reason that kept it. */
static pid_t child_with(int fd, bool own, const char *name, int *ready)
{
	int pipes[2];
	pid_t child;

	if (pipe(pipes))
		return -1;
	child = fork();
	if (!child) {
		int n = own ? rt_names(fd, 0, NULL) : fd;
		char done = own ? (char)RT_ASK(n, LOCK, name, 0, 0, 0) : 0;

		if (write(pipes[1], &done, 1) != 1)
			_exit(1);
		if (!own)
			_exit(RT_ASK(n, LOCK, name, 0, LONG_MS, 0) ? 2 : 0);
		for (;;)
			pause();
	}
	close(pipes[1]);
	*ready = pipes[0];
	return child;
}

TEST_F(waits, a_killed_holder_lets_go)
{
	struct rt_waiter w;
	char done = 1;
	long begun;
	pid_t child;
	int ready;

	child = child_with(self->fd, true, "l", &ready);
	ASSERT_LT(0, child);
	ASSERT_EQ(1, read(ready, &done, 1));
	ASSERT_EQ(0, done);
	BEGIN(&w, self->a, LOCK, "l", LONG_MS, 0);
	settle();
	EXPECT_FALSE(rt_wait_over(&w));
	begun = rt_ms();
	kill(child, SIGKILL);
	EXPECT_EQ(0, rt_wait_end(&w));
	EXPECT_GT(PROMPT_MS, w.at - begun);
	EXPECT_EQ(child, waitpid(child, NULL, 0));
	close(ready);
}

/* The file is the parent's too, so it does not close: nobody is to hold what the dead one waited for. */
TEST_F(waits, a_killed_waiter_gets_nothing)
{
	int ready, status;
	char done;
	pid_t child;

	ASSERT_EQ(0, RT_ASK(self->b, LOCK, "l", 0, 0, 0));
	child = child_with(self->a, false, "l", &ready);
	ASSERT_LT(0, child);
	ASSERT_EQ(1, read(ready, &done, 1));
	settle();
	kill(child, SIGKILL);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(0, RT_ASK(self->b, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->b, LOCK, "l", 0, 0, 0));
	close(ready);
}

/* Killed in the very moment when the lock comes, again and again: it is never lost. */
TEST_F_TIMEOUT(waits, a_killed_winner_gives_it_back, 120)
{
	for (int i = 0; i < 30; i++) {
		int ready;
		char done;
		pid_t child;

		ASSERT_EQ(0, RT_ASK(self->b, LOCK, "l", 0, LONG_MS, 0));
		child = child_with(self->a, false, "l", &ready);
		ASSERT_LT(0, child);
		ASSERT_EQ(1, read(ready, &done, 1));
		usleep(2000 * (unsigned int)(i % 5));
		if (i % 2)
			kill(child, SIGKILL);
		ASSERT_EQ(0, RT_ASK(self->b, UNLOCK, "l", 0, 0, 0));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(ready);
		/* If it got the lock and went on to its end, the file that is left has it. */
		if (RT_ASK(self->b, LOCK, "l", 0, 0, 0)) {
			EXPECT_EQ(0, RT_ASK(self->a, UNLOCK, "l", 0, 0, 0));
		} else {
			EXPECT_EQ(0, RT_ASK(self->b, UNLOCK, "l", 0, 0, 0));
		}
	}
}

static void on_signal(int number)
{
}

TEST_F(waits, a_signal_ends_them)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct rt_waiter w[2];

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
	BEGIN(&w[0], self->b, LOCK, "l", -1, 0);
	BEGIN(&w[1], self->b, AWAIT, "none", -1, 0);
	settle();
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(0, pthread_kill(w[i].thread, SIGUSR1));
		EXPECT_EQ(REMORA_R_INTERRUPTED, rt_wait_end(&w[i]));
	}
	ASSERT_EQ(0, RT_ASK(self->a, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
}

static int hoard(void *arg)
{
	int fd = rt_open("kst-waits", O_RDWR), n, files[16], reason;
	struct remora_error e;
	char name[16];

	if (fd < 0)
		return 1;
	for (int i = 0; i < 16; i++) {
		files[i] = rt_names(fd, 0, NULL);
		if (files[i] < 0)
			return 2;
	}
	if (rt_names(fd, 0, &e) != -EDQUOT || e.reason != REMORA_R_NAMES_USER)
		return 3;
	for (n = 0; n < 64; n++) {
		snprintf(name, sizeof(name), "mine%d", n);
		if (RT_ASK(files[n % 16], SET, name, 0, 0, 1))
			return 4;
	}
	reason = RT_ASK(files[0], SET, "more", 0, 0, 1);
	if (reason != REMORA_R_NAMES_USER || RT_ASK(files[0], LOCK, "more", 0, 0, 0) != REMORA_R_NAMES_USER)
		return 5;
	if (RT_ASK(files[0], REMOVE, "mine0", 0, 0, 0) || RT_ASK(files[1], SET, "more", 0, 0, 1))
		return 6;
	return 0;
}

TEST_F(waits, one_user_leaves_others_theirs)
{
	long end = rt_ms() + 10 * PROMPT_MS;
	int reason;

	ASSERT_EQ(0, chmod("/dev/remora-kst-waits", 0666));
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_GROUP, hoard, NULL));
	/* What he had goes in the order of the log, which may wait for the core. */
	do {
		reason = RT_ASK(self->a, SET, "mine0", 0, 0, 1);
	} while (reason == REMORA_R_NAMES_OWNER && rt_ms() < end);
	EXPECT_EQ(0, reason);
	/* The next one is refused that name: 4. */
	EXPECT_EQ(4, rt_as(RT_STRANGER, RT_GROUP, hoard, NULL));
}

TEST_F_TIMEOUT(waits, end_with_the_partition, 60)
{
	struct remora_names_event e;
	struct pollfd p = { .fd = self->b, .events = POLLIN };
	struct rt_waiter w[4];
	long begun;

	ASSERT_EQ(0, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
	ASSERT_EQ(0, RT_ASK(self->a, SEMAPHORE, "s", 0, 0, 0));
	BEGIN(&w[0], self->b, LOCK, "l", -1, 0);
	BEGIN(&w[1], self->b, WAIT, "s", LONG_MS, 0);
	BEGIN(&w[2], self->b, AWAIT, "none", -1, 0);
	BEGIN(&w[3], self->b, BARRIER, "b", -1, 2);
	ASSERT_TRUE(rt_names_until(self->a, "b", 1, 1));
	settle();
	EXPECT_EQ(0, poll(&p, 1, 0));
	begun = rt_ms();
	ASSERT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, NULL));
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(REMORA_R_PARTITION_GONE, rt_wait_end(&w[i]));
		EXPECT_GT(10 * PROMPT_MS, w[i].at - begun);
	}
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLIN | POLLHUP | POLLERR, p.revents);
	EXPECT_EQ(-1, read(self->b, &e, sizeof(e)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(REMORA_R_PARTITION_GONE, RT_ASK(self->a, GET, "l", 0, 0, 0));
	EXPECT_EQ(REMORA_R_PARTITION_GONE, RT_ASK(self->a, SET, "l", 0, 0, 0));
	EXPECT_EQ(-ENODEV, rt_names(self->fd, 0, NULL));
}

TEST_HARNESS_MAIN
