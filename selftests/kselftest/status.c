// SPDX-License-Identifier: GPL-2.0-only
/* Status of a partition, by ioctl, poll and sysfs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(status)
{
	struct rt_spec s;
	struct rt_status st;
	int fd;
};

FIXTURE_SETUP(status)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "stat", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(status)
{
	close(self->fd);
	rt_sweep();
}

TEST_F(status, fields)
{
	const struct remora_core_status *c = &self->st.cores[0];

	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(REMORA_RUNNING, self->st.s.state);
	EXPECT_STREQ(self->s.c.name, self->st.s.name);
	EXPECT_EQ(REMORA_CREATE_FAULTS, self->st.s.flags);
	ASSERT_EQ(1, self->st.s.core_count);
	EXPECT_EQ(1, c->node);
	EXPECT_EQ(self->s.cpus[0], c->cpu);
	EXPECT_EQ(REMORA_RUNNING, c->state);
	EXPECT_LT(0, c->boot_ns);
	EXPECT_GT(10000000000ull, c->boot_ns);
	EXPECT_LT(0, c->console_lines);
	EXPECT_LT(0, self->st.s.tsc_khz);
	EXPECT_LT(0, self->st.s.irq);
	EXPECT_LT(0, c->poll_cycles);
	EXPECT_EQ(0, c->crash_reason[0]);
	EXPECT_NE(NULL, strstr(self->st.s.image, "cpudrv"));
}

/*
 * Polling times are measured at each start, on both sides: inside their bounds, no two starts alike.
 * (Four medians of what takes thousands of cycles being equal would be a wonder, not a measurement.)
 */
TEST_F(status, polling_is_measured)
{
	bool linux_moved = false, core_moved = false;
	long linux_first = 0;
	__u64 core_first = 0;
	char path[128];
	int i;

	for (i = 0; i < 4; i++) {
		long block, poll, most;

		ASSERT_EQ(0, rt_status(self->fd, &self->st));
		most = (long)(self->st.s.tsc_khz / 5); /* 200 microseconds */
		snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/block_cycles",
			 self->s.c.name);
		block = rt_read_long(path);
		snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/poll_cycles",
			 self->s.c.name);
		poll = rt_read_long(path);
		EXPECT_LT(0, block);
		EXPECT_EQ(block < 1000 ? 1000 : block > most ? most : block, poll);
		EXPECT_LT(0, self->st.cores[0].block_cycles);
		EXPECT_LE(1000, self->st.cores[0].poll_cycles);
		linux_moved |= i && block != linux_first;
		core_moved |= i && self->st.cores[0].block_cycles != core_first;
		linux_first = block;
		core_first = self->st.cores[0].block_cycles;
		ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, &self->s.c.error));
	}
	EXPECT_TRUE(linux_moved);
	EXPECT_TRUE(core_moved);
}

TEST_F(status, memory)
{
	__u64 sum = 0;
	unsigned int i;

	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	ASSERT_LT(0, self->st.s.extent_count);
	for (i = 0; i < self->st.s.extent_count; i++) {
		sum += self->st.extents[i].bytes;
		EXPECT_EQ(REMORA_MEMORY_CONTIGUOUS, self->st.extents[i].source);
		EXPECT_EQ(0, self->st.extents[i].address % (2 * RT_MIB));
		EXPECT_NE(0, self->st.extents[i].address);
	}
	EXPECT_EQ(self->st.s.memory, sum);
	EXPECT_LE(self->s.extents[0].bytes, sum);
}

/* Counts are true whatever the room, and nothing is written past it. */
TEST_F(status, no_room)
{
	struct remora_core_status cores[2];
	struct remora_status s = { .size = sizeof(s), .core_room = 0, .extent_room = 0,
				   .core_size = sizeof(cores[0]),
				   .cores = (__u64)(unsigned long)cores };

	memset(cores, 0x5a, sizeof(cores));
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_STATUS, &s));
	EXPECT_EQ(1, s.core_count);
	EXPECT_LE(1, s.extent_count);
	EXPECT_EQ(0x5a5a5a5a, cores[0].node);
}

/* A program built against an older, shorter core structure gets what it knows. */
TEST_F(status, small_core)
{
	unsigned char small[64];
	struct remora_status s = { .size = sizeof(s), .core_room = 1, .core_size = 16,
				   .cores = (__u64)(unsigned long)small };
	__u32 node;
	int ret;

	memset(small, 0x5a, sizeof(small));
	ret = ioctl(self->fd, REMORA_IOC_STATUS, &s);
	if (ret) {
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0x5a, small[0]);
	} else {
		memcpy(&node, small, sizeof(node));
		EXPECT_EQ(1, node);
	}
	EXPECT_EQ(0x5a, small[16]);
}

TEST_F(status, bad_pointer)
{
	struct remora_status s = { .size = sizeof(s), .core_room = 1,
				   .core_size = sizeof(struct remora_core_status), .cores = 8 };

	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_STATUS, &s));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(status, heartbeat_moves)
{
	__u64 beat;

	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	beat = self->st.cores[0].heartbeat;
	ASSERT_EQ(0, rt_ping(self->fd, 1, 10));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_GT(self->st.cores[0].heartbeat, beat);
}

TEST_F(status, messages_counted)
{
	__u64 received, sent;

	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	received = self->st.cores[0].messages_received;
	sent = self->st.cores[0].messages_sent;
	ASSERT_EQ(0, rt_ping(self->fd, 1, 100));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_LE(received + 100, self->st.cores[0].messages_received);
	EXPECT_LE(sent + 100, self->st.cores[0].messages_sent);
	EXPECT_EQ(0, self->st.cores[0].protocol_errors);
}

TEST_F(status, channels_counted)
{
	int channel = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);

	ASSERT_LE(0, channel);
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(1, self->st.s.channels);
	EXPECT_EQ(1, self->st.cores[0].channels);
	EXPECT_EQ(1, rt_ledger("channels"));
	close(channel);
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(0, self->st.s.channels);
	EXPECT_EQ(0, rt_ledger("channels"));
}

/* POLLPRI says that a state changed since the last STATUS of this file, and only then. */
TEST_F(status, poll_changes)
{
	struct pollfd p = { .fd = self->fd, .events = POLLPRI };
	struct pollfd q = { .fd = rt_open(self->s.c.name, O_RDONLY), .events = POLLPRI };

	ASSERT_LE(0, q.fd);
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	ASSERT_EQ(0, rt_status(q.fd, &self->st));
	EXPECT_EQ(0, poll(&p, 1, 0)) { TH_LOG("revents %#x", p.revents); }
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, NULL));
	EXPECT_EQ(1, poll(&p, 1, 1000));
	EXPECT_EQ(POLLPRI, p.revents & POLLPRI);
	EXPECT_EQ(1, poll(&q, 1, 1000));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(1, poll(&q, 1, 0));
	close(q.fd);
}

TEST_F(status, sysfs_state)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/state", self->s.c.name);
	ASSERT_LE(0, rt_read_text(path, text, sizeof(text)));
	EXPECT_STREQ("running", text);
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, NULL));
	ASSERT_LE(0, rt_read_text(path, text, sizeof(text)));
	EXPECT_STREQ("offline", text);
	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/cpus", self->s.c.name);
	ASSERT_LE(0, rt_read_text(path, text, sizeof(text)));
	EXPECT_EQ(self->s.cpus[0], (unsigned int)atoi(text));
}

TEST_HARNESS_MAIN
