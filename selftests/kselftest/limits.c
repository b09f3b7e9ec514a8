// SPDX-License-Identifier: GPL-2.0-only
/* What a user cannot exceed, and that what he does inside his limits leaves the others theirs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include "harness.h"
#include "people.h"

#define CHANNELS 3
#define BURST 4096 /* messages that one call carries at most */

FIXTURE(limits)
{
	struct rt_spec s;
	long channels;
	long memory;
	int fd;
};

FIXTURE_SETUP(limits)
{
	rt_sweep();
	self->channels = rt_param_get("user_channels");
	self->memory = rt_param_get("user_memory");
	ASSERT_LT(0, self->channels);
	ASSERT_LT(0, self->memory);
	ASSERT_EQ(0, rt_begin(&self->s, "limits", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(limits)
{
	rt_param("user_channels", self->channels);
	rt_param("user_memory", self->memory);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

/* Is the next channel refused for the limit, with words? */
static bool refused(int fd, unsigned int slots)
{
	struct remora_error e;
	int ch = rt_bind(fd, 1, REMORA_SERVICE_ECHO, 0, slots, &e);

	if (ch >= 0)
		close(ch);
	return ch == -EDQUOT && e.reason == REMORA_R_USER_LIMIT && e.message[0];
}

static int take_channels(void *arg)
{
	int fd = *(int *)arg, ch[CHANNELS];

	for (int i = 0; i < CHANNELS; i++) {
		ch[i] = rt_bind(fd, 1, REMORA_SERVICE_ECHO, 0, 4, NULL);
		if (ch[i] < 0)
			return 1;
	}
	if (!refused(fd, 4))
		return 2;
	close(ch[0]);
	ch[0] = rt_bind(fd, 1, REMORA_SERVICE_ECHO, 0, 4, NULL);
	if (ch[0] < 0)
		return 3;
	if (!refused(fd, 4))
		return 4;
	return 0;
}

TEST_F(limits, channels)
{
	ASSERT_EQ(0, rt_param("user_channels", CHANNELS));
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_MEMBER, take_channels, &self->fd));
	/* The process is gone, what it held is free. */
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_MEMBER, take_channels, &self->fd));
}

static int take_and_hold(void *arg)
{
	int *fds = arg; /* device, socket */
	char byte;

	for (int i = 0; i < CHANNELS; i++)
		if (rt_bind(fds[0], 1, REMORA_SERVICE_ECHO, 0, 4, NULL) < 0)
			return 1;
	if (write(fds[1], "x", 1) != 1)
		return 2;
	return read(fds[1], &byte, 1) == 1 ? 0 : 3;
}

static int is_refused(void *arg)
{
	return refused(*(int *)arg, 4) ? 0 : 1;
}

/* One user at his limit: another process of his is refused, another user and root are not. */
TEST_F(limits, each_user_his_own)
{
	int sockets[2], fds[2], status;
	pid_t child;
	char byte;

	ASSERT_EQ(0, rt_param("user_channels", CHANNELS));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	fds[0] = self->fd;
	fds[1] = sockets[1];
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(rt_as(RT_MEMBER, RT_MEMBER, take_and_hold, fds));
	ASSERT_EQ(1, read(sockets[0], &byte, 1));
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_GROUP, is_refused, &self->fd));
	EXPECT_EQ(0, rt_as(RT_STRANGER, RT_STRANGER, take_channels, &self->fd));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 3));
	for (int i = 0; i < CHANNELS + 2; i++)
		EXPECT_LE(0, rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 4, NULL));
	ASSERT_EQ(1, write(sockets[0], "x", 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Slots cost memory: half of the partition's channel memory at most. */
static int take_memory(void *arg)
{
	int fd = *(int *)arg, n = 0, ch;

	while ((ch = rt_bind(fd, 1, REMORA_SERVICE_ECHO, 0, 4096, NULL)) >= 0)
		n++;
	if (ch != -EDQUOT || !n)
		return 1;
	return refused(fd, 4096) ? 0 : 2;
}

TEST_F(limits, memory)
{
	int ch;

	ASSERT_EQ(0, rt_param("user_channels", 64));
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_MEMBER, take_memory, &self->fd));
	ASSERT_EQ(0, rt_param("user_memory", 0));
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_MEMBER, is_refused, &self->fd));
	ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 4096, NULL);
	EXPECT_LE(0, ch); /* root is counted, not limited */
	close(ch);
}

static int take_descriptors(void *arg)
{
	struct rlimit few = { 16, 16 };
	int fd = *(int *)arg, ret;

	if (setrlimit(RLIMIT_NOFILE, &few))
		return 1;
	do {
		ret = rt_bind(fd, 1, REMORA_SERVICE_ECHO, 0, 4, NULL);
	} while (ret >= 0);
	return ret == -EMFILE ? 0 : 2;
}

TEST_F(limits, open_files)
{
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_MEMBER, take_descriptors, &self->fd));
	EXPECT_EQ(0, rt_ledger("channels"));
}

/* One call carries so many messages and no more, however many there are. */
TEST_F(limits, burst)
{
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_SINK, 0, 64, NULL);
	size_t bytes = 2 * BURST * sizeof(struct remora_message);
	struct remora_message *m = calloc(2 * BURST, sizeof(*m)), count = { .type = 1 };

	ASSERT_LE(0, ch);
	ASSERT_NE(NULL, m);
	EXPECT_EQ(bytes / 2, write(ch, m, bytes));
	ASSERT_EQ(sizeof(count), write(ch, &count, sizeof(count)));
	ASSERT_EQ(sizeof(count), read(ch, &count, sizeof(count)));
	EXPECT_EQ(BURST + 1, count.payload[0]);
	free(m);
	close(ch);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

#define CALLERS 150
#define TURNS 20

/** struct caller - one of many who ask a core at once */
struct caller {
	pthread_t thread;
	int fd;
	int wrong;
};

static void *ask_often(void *arg)
{
	struct caller *c = arg;

	for (int i = 0; i < 4 && !c->wrong; i++) {
		struct remora_peer_ping p = { .size = sizeof(p), .node = 1, .peer = 2, .count = 1 };

		/* The core runs one at a time and refuses the others, which is an answer. */
		if (ioctl(c->fd, REMORA_IOC_PEER_PING, &p) && errno != EBUSY)
			c->wrong = errno;
	}
	return NULL;
}

/* More requests at once than a control channel has slots: each is answered, the core is not doubted. */
TEST_F_TIMEOUT(limits, many_requests, 120)
{
	struct caller callers[CALLERS];
	struct rt_status st;
	struct rt_spec s;
	int fd;

	RT_SKIP_UNLESS_CPUS(2); /* beside that of the fixture */
	ASSERT_EQ(0, rt_begin(&s, "crowd", 0, 2, &fd)) { TH_LOG("%s", s.c.error.message); }
	for (int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ .fd = fd };
		ASSERT_EQ(0, pthread_create(&callers[i].thread, NULL, ask_often, &callers[i]));
	}
	for (int i = 0; i < CALLERS; i++) {
		ASSERT_EQ(0, pthread_join(callers[i].thread, NULL));
		EXPECT_EQ(0, callers[i].wrong) { TH_LOG("%s", strerror(callers[i].wrong)); }
	}
	ASSERT_EQ(0, rt_status(fd, &st));
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
	close(fd);
}

/* Sends and receives as fast as it can until it is killed. */
static int flood(void *arg)
{
	static struct remora_message m[BURST];
	int ch = rt_bind(*(int *)arg, 1, REMORA_SERVICE_ECHO, REMORA_BIND_NONBLOCK, 64, NULL);
	struct pollfd p = { .fd = ch, .events = POLLIN };

	if (ch < 0)
		return 1;
	for (;;) {
		while (write(ch, m, sizeof(m)) > 0)
			;
		while (read(ch, m, sizeof(m)) > 0)
			;
		poll(&p, 1, 100);
	}
}

/* Four flooding processes: Linux, the core's other channels and the control of it live on. */
TEST_F(limits, flood)
{
	long long begin, worst = 0;
	unsigned int turns = 0;
	struct rt_status st;
	pid_t child[4];
	int status;

	for (int i = 0; i < 4; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(rt_become(RT_MEMBER + i, RT_MEMBER) ? 1 : flood(&self->fd));
	}
	for (begin = now_ms(); now_ms() - begin < 1500 || turns < TURNS; turns++) {
		long long before = now_ms();

		usleep(1000);
		EXPECT_EQ(0, rt_status(self->fd, &st));
		if (now_ms() - before > worst)
			worst = now_ms() - before;
	}
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	TH_LOG("longest turn under flood: %lld ms", worst);
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(0, kill(child[i], SIGKILL));
		EXPECT_EQ(child[i], waitpid(child[i], &status, 0));
	}
}

TEST_HARNESS_MAIN
