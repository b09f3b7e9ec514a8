// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users who are not root, with the device modes that the udev rule gives: the group talks to partitions
 * and manages nothing, others open nothing, and who was given a channel has that channel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "harness.h"
#include "mapped.h"
#include "people.h"

#define DEVICE "/dev/remora-kst-users"

FIXTURE(users)
{
	struct rt_spec s;
	int fd;
};

/* What the rule asks udev to do. */
FIXTURE_SETUP(users)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "users", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, chown(DEVICE, 0, RT_GROUP));
	ASSERT_EQ(0, chmod(DEVICE, 0660));
	ASSERT_EQ(0, chown(RT_CONTROL, 0, RT_GROUP));
	ASSERT_EQ(0, chmod(RT_CONTROL, 0640));
}

FIXTURE_TEARDOWN(users)
{
	chown(RT_CONTROL, 0, 0);
	chmod(RT_CONTROL, 0600);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static int member_talks(void *arg)
{
	int fd = rt_open("kst-users", O_RDWR), ch;
	struct remora_console_line lines[4];
	struct remora_console c = { .size = sizeof(c), .node = 1, .next = 1, .count = 4,
				    .lines = (__u64)(unsigned long)lines };
	struct rt_status st;
	struct rt_mapped m;

	if (fd < 0)
		return 1;
	ch = rt_bind(fd, 1, REMORA_SERVICE_ECHO, 0, 16, NULL);
	if (ch < 0 || rt_echo(ch, 100))
		return 2;
	if (rt_map(fd, 1, REMORA_SERVICE_ECHO, 64, &m) || rt_mapped_echo(&m, 100))
		return 3;
	if (rt_status(fd, &st) || st.s.state != REMORA_RUNNING)
		return 4;
	return ioctl(fd, REMORA_IOC_CONSOLE, &c) || !c.count ? 5 : 0;
}

TEST_F(users, member_talks)
{
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_GROUP, member_talks, NULL));
}

static bool forbidden(int ret, const struct remora_error *e)
{
	return ret == -EPERM && e->reason == REMORA_R_PERMISSION && e->message[0];
}

static int member_manages(void *arg)
{
	int fd = rt_open("kst-users", O_RDWR), control = rt_control(O_RDONLY);
	struct remora_name n = { .size = sizeof(n), .name = "kst-users" };
	struct remora_error e;
	struct rt_spec s;

	if (fd < 0 || control < 0 || rt_control(O_RDWR) != -EACCES)
		return 1;
	if (!forbidden(rt_act(fd, REMORA_IOC_START, 0, &e), &e) ||
	    !forbidden(rt_act(fd, REMORA_IOC_STOP, REMORA_FORCE, &e), &e) ||
	    !forbidden(rt_act(fd, REMORA_IOC_RESET, 0, &e), &e))
		return 2;
	if (!forbidden(rt_inject(fd, 1, REMORA_FAULT_OPCODE, &e), &e))
		return 3;
	rt_spec_init(&s, "other", 0, 1);
	if (!forbidden(ioctl(control, REMORA_IOC_CREATE, &s.c) ? -errno : 0, &s.c.error) ||
	    !forbidden(ioctl(control, REMORA_IOC_CHECK, &s.c) ? -errno : 0, &s.c.error))
		return 4;
	return forbidden(ioctl(control, REMORA_IOC_DESTROY, &n) ? -errno : 0, &n.error) ? 0 : 5;
}

TEST_F(users, member_does_not_manage)
{
	struct rt_status st;

	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_GROUP, member_manages, NULL));
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
}

static int member_lists(void *arg)
{
	struct remora_version v = { .size = sizeof(v) };
	char names[4][REMORA_NAME_MAX];
	struct remora_list l = { .size = sizeof(l), .count = 4,
				 .names = (__u64)(unsigned long)names };
	int control = rt_control(O_RDONLY);

	if (control < 0 || ioctl(control, REMORA_IOC_VERSION, &v) ||
	    ioctl(control, REMORA_IOC_LIST, &l))
		return 1;
	return l.count == 1 && !strcmp(names[0], "kst-users") ? 0 : 2;
}

TEST_F(users, member_lists)
{
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_GROUP, member_lists, NULL));
}

static int opens_nothing(void *arg)
{
	return rt_open("kst-users", O_RDONLY) == -EACCES &&
	       rt_open("kst-users", O_RDWR) == -EACCES && rt_control(O_RDONLY) == -EACCES ? 0 : 1;
}

TEST_F(users, stranger_opens_nothing)
{
	EXPECT_EQ(0, rt_as(RT_STRANGER, RT_STRANGER, opens_nothing, NULL));
}

/* ---- who has one channel has no more ---- */

/** struct given - what a stranger was given, and what he was not */
struct given {
	int socket;
	struct remora_channel other; /* a channel of somebody else */
};

/* Every command of the other devices, on a structure of zeros. */
static bool commands_unknown(int ch)
{
	static const unsigned long command[] = {
		REMORA_IOC_VERSION, REMORA_IOC_CREATE, REMORA_IOC_CHECK, REMORA_IOC_DESTROY,
		REMORA_IOC_LIST, REMORA_IOC_START, REMORA_IOC_STOP, REMORA_IOC_RESET,
		REMORA_IOC_STATUS, REMORA_IOC_CONSOLE, REMORA_IOC_BIND, REMORA_IOC_INJECT,
		REMORA_IOC_PEER_PING,
	};
	unsigned char buffer[4096];

	for (unsigned int i = 0; i < ARRAY_SIZE(command); i++) {
		memset(buffer, 0, sizeof(buffer));
		*(__u32 *)buffer = _IOC_SIZE(command[i]);
		if (ioctl(ch, command[i], buffer) != -1 || errno != ENOTTY)
			return false;
	}
	return true;
}

static bool maps(int ch, __u64 bytes, __u64 offset)
{
	void *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, ch, (off_t)offset);

	if (p == MAP_FAILED)
		return false;
	munmap(p, bytes);
	return true;
}

static int explores(void *arg)
{
	struct given *g = arg;
	struct remora_channel own = { .size = sizeof(own) };
	int ch = rt_take(g->socket);
	char path[64];

	if (ch < 0 || opens_nothing(NULL))
		return 1;
	if (ioctl(ch, REMORA_IOC_CHANNEL, &own) || !commands_unknown(ch))
		return 2;
	/* His rings he may map; not those of others, nor what lies before, behind and between. */
	if (!maps(ch, own.ring_bytes, own.tx_offset) || !maps(ch, own.ring_bytes, own.rx_offset))
		return 3;
	if (own.tx_offset == g->other.tx_offset ||
	    maps(ch, own.ring_bytes, g->other.tx_offset) ||
	    maps(ch, own.ring_bytes, g->other.rx_offset))
		return 4;
	for (__u64 at = 0; at < 1ull << 23; at += 4096)
		if (maps(ch, own.ring_bytes, at) != (at == own.tx_offset || at == own.rx_offset))
			return 5;
	if (maps(ch, own.ring_bytes, ~0ull << 20) || maps(ch, 4096, own.tx_offset))
		return 6;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ch);
	return open(path, O_RDWR) < 0 ? 0 : 7;
}

TEST_F(users, channel_and_no_more)
{
	struct rt_mapped own, other;
	struct given g;
	int sockets[2], status;
	pid_t child;

	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 64, &own));
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 64, &other));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	g.socket = sockets[1];
	g.other = other.info;
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(self->fd);
		close(own.fd);
		close(other.fd);
		_exit(rt_become(RT_STRANGER, RT_STRANGER) ? 200 : explores(&g));
	}
	ASSERT_EQ(0, rt_pass(sockets[0], own.fd));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, rt_mapped_echo(&other, 20));
	rt_unmap(&own);
	rt_unmap(&other);
}

static int bad_ring(void *arg)
{
	int fd = rt_open("kst-users", O_RDWR);
	struct rt_mapped m;

	if (fd < 0 || rt_map(fd, 1, REMORA_SERVICE_ECHO, 64, &m))
		return 1;
	memset(m.tx, 0xa5, m.info.ring_bytes);
	ioctl(m.fd, REMORA_IOC_NOTIFY);
	return 0;
}

/* A member who breaks his channel breaks his channel. */
TEST_F(users, member_breaks_his_own)
{
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 16, NULL);

	ASSERT_LE(0, ch);
	EXPECT_EQ(0, rt_as(RT_MEMBER, RT_GROUP, bad_ring, NULL));
	EXPECT_EQ(0, rt_echo(ch, 50));
	close(ch);
}

TEST_HARNESS_MAIN
