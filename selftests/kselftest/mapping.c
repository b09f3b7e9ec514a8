// SPDX-License-Identifier: GPL-2.0-only
/* Mapped channels: what may be mapped and how, and the transport in user space. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "harness.h"
#include "mapped.h"

FIXTURE(mapping)
{
	struct rt_spec s;
	struct rt_mapped m;
	int fd;
};

FIXTURE_SETUP(mapping)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "map", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 64, &self->m));
}

FIXTURE_TEARDOWN(mapping)
{
	rt_unmap(&self->m);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

/* The errno of a refused mmap(), or 0. */
static int map_error(int fd, size_t bytes, int prot, int flags, off_t offset)
{
	void *p = mmap(NULL, bytes, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, bytes);
	return 0;
}

TEST_F(mapping, info)
{
	EXPECT_EQ(64, self->m.info.slots);
	EXPECT_EQ(1, self->m.info.node);
	EXPECT_EQ(REMORA_SERVICE_ECHO, self->m.info.service);
	EXPECT_EQ(urpc_ring_bytes(64), self->m.info.ring_bytes);
	EXPECT_NE(self->m.info.tx_offset, self->m.info.rx_offset);
	EXPECT_LT(0, self->m.info.tsc_khz);
	EXPECT_LT(0, self->m.info.poll_cycles);
}

TEST_F(mapping, echo)
{
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 2000));
}

TEST_F(mapping, receive_ring_is_read_only)
{
	size_t bytes = self->m.info.ring_bytes;
	off_t rx = (off_t)self->m.info.rx_offset;

	EXPECT_NE(0, map_error(self->m.fd, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, rx));
	EXPECT_NE(0, map_error(self->m.fd, bytes, PROT_WRITE, MAP_SHARED, rx));
	EXPECT_EQ(-1, mprotect((void *)self->m.rx, bytes, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 10));
}

TEST_F(mapping, never_executable)
{
	size_t bytes = self->m.info.ring_bytes;

	EXPECT_NE(0, map_error(self->m.fd, bytes, PROT_READ | PROT_EXEC, MAP_SHARED,
			       (off_t)self->m.info.rx_offset));
	EXPECT_EQ(-1, mprotect((void *)self->m.tx, bytes, PROT_READ | PROT_EXEC));
}

TEST_F(mapping, private_refused)
{
	size_t bytes = self->m.info.ring_bytes;

	EXPECT_EQ(EINVAL, map_error(self->m.fd, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE,
				    (off_t)self->m.info.tx_offset));
	EXPECT_EQ(EINVAL, map_error(self->m.fd, bytes, PROT_READ, MAP_PRIVATE,
				    (off_t)self->m.info.rx_offset));
}

/* Neither a part, nor more, nor another place: the rings of this channel, exactly. */
TEST_F(mapping, exact)
{
	size_t bytes = self->m.info.ring_bytes;
	off_t tx = (off_t)self->m.info.tx_offset, rx = (off_t)self->m.info.rx_offset;
	off_t wrong[] = { tx + 4096, rx + 4096, rx + (off_t)bytes, 1ll << 40, (1ll << 62) - 4096 };
	int fd = self->m.fd;

	ASSERT_EQ(0, map_error(fd, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, tx));
	EXPECT_NE(0, map_error(fd, bytes - 4096, PROT_READ | PROT_WRITE, MAP_SHARED, tx));
	EXPECT_NE(0, map_error(fd, bytes + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, tx));
	EXPECT_NE(0, map_error(fd, bytes * 2, PROT_READ, MAP_SHARED, tx));
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_NE(0, map_error(fd, bytes, PROT_READ, MAP_SHARED, wrong[i]))
		{
			TH_LOG("offset %#llx", (long long)wrong[i]);
		}
	}
}

TEST_F(mapping, grow_refused)
{
	size_t bytes = self->m.info.ring_bytes;

	EXPECT_EQ(MAP_FAILED, mremap(self->m.tx, bytes, bytes * 2, MREMAP_MAYMOVE));
}

/* One way of use a channel. */
TEST_F(mapping, read_write_refused)
{
	struct remora_message message = { .type = 1 };

	EXPECT_EQ(-1, write(self->m.fd, &message, sizeof(message)));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(-1, read(self->m.fd, &message, sizeof(message)));
	EXPECT_EQ(EBUSY, errno);
}

TEST_F(mapping, unmapped_channel_refuses_mmap)
{
	struct remora_channel info = { .size = sizeof(info) };
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 64, NULL);

	ASSERT_LE(0, ch);
	ASSERT_EQ(0, ioctl(ch, REMORA_IOC_CHANNEL, &info));
	EXPECT_EQ(EBUSY, map_error(ch, urpc_ring_bytes(64), PROT_READ | PROT_WRITE, MAP_SHARED,
				   (off_t)info.tx_offset));
	close(ch);
}

/* The mapping pins the channel: it works on, and is counted, until it is unmapped. */
TEST_F(mapping, outlives_descriptor)
{
	close(self->m.fd);
	EXPECT_EQ(0, urpc_send(&self->m.chan, 1, NULL, 0));
	EXPECT_EQ(1, rt_ledger("channels"));
	munmap(self->m.tx, self->m.info.ring_bytes);
	munmap((void *)self->m.rx, self->m.info.ring_bytes);
	EXPECT_EQ(0, rt_ledger("channels"));
	self->m.fd = -1;
}

/* What a program writes into its ring harms nobody but its own channel. */
TEST_F(mapping, garbage_sent)
{
	unsigned char *bytes = (unsigned char *)self->m.tx;
	struct rt_status st;
	unsigned int seed = 12345;

	for (size_t i = 0; i < self->m.info.ring_bytes; i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (unsigned char)(seed >> 16);
	}
	EXPECT_EQ(0, rt_notify(&self->m));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 100));
	ASSERT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
	EXPECT_LT(0, st.cores[0].protocol_errors);
	struct pollfd p = { .fd = self->m.fd, .events = POLLIN | POLLOUT };

	EXPECT_LE(0, poll(&p, 1, 0));
}

/* poll() on a mapped channel looks at what the program armed for. */
TEST_F(mapping, poll_armed)
{
	struct pollfd p = { .fd = self->m.fd, .events = POLLIN };
	struct urpc_msg in;

	ASSERT_TRUE(urpc_arm(&self->m.chan));
	EXPECT_EQ(0, poll(&p, 1, 0));
	urpc_disarm(&self->m.chan);
	ASSERT_EQ(0, urpc_send(&self->m.chan, 9, "abc", 3));
	if (urpc_notify_needed(&self->m.chan))
		ASSERT_EQ(0, ioctl(self->m.fd, REMORA_IOC_NOTIFY));
	while (urpc_arm(&self->m.chan)) {
		ASSERT_EQ(1, poll(&p, 1, RT_PATIENT_MS));
		urpc_disarm(&self->m.chan);
	}
	ASSERT_EQ(0, urpc_recv(&self->m.chan, &in));
	EXPECT_EQ(9, in.type);
	EXPECT_EQ(3, in.len);
}

TEST_F(mapping, two_channels_are_apart)
{
	struct rt_mapped other;

	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 64, &other));
	memset(other.tx, 0xff, other.info.ring_bytes);
	EXPECT_EQ(0, rt_notify(&other));
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 500));
	rt_unmap(&other);
}

/* After a forced destroy the rings are nobody's: touching them is SIGBUS, not somebody's memory. */
TEST_F(mapping, revoked)
{
	pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		signal(SIGBUS, SIG_DFL);
		rt_destroy(self->s.c.name, REMORA_FORCE, NULL);
		self->m.tx->ack = 1;
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) &&
		    (WTERMSIG(status) == SIGBUS || WTERMSIG(status) == SIGSEGV))
	{
		TH_LOG("status %#x", status);
	}
	RT_EXPECT_LEDGER_ZERO();
	EXPECT_EQ(-1, ioctl(self->m.fd, REMORA_IOC_NOTIFY));
}

TEST_HARNESS_MAIN
