// SPDX-License-Identifier: GPL-2.0-only
/* Channels under io_uring: poll once and for ever, reads, and the death of a core. By raw system calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include "harness.h"

#define ENTRIES 8

/** struct ring - one io_uring */
struct ring {
	struct io_uring_params p;
	int fd;
	unsigned char *queues; /* both, in one mapping */
	size_t queue_bytes;
	struct io_uring_sqe *sqes;
};

#define WORD(ring, offset) ((unsigned int *)((ring)->queues + (offset)))

static int ring_open(struct ring *r)
{
	size_t cq;

	memset(r, 0, sizeof(*r));
	r->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &r->p);
	if (r->fd < 0)
		return -errno;
	if (!(r->p.features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	r->queue_bytes = r->p.sq_off.array + r->p.sq_entries * sizeof(unsigned int);
	cq = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	if (cq > r->queue_bytes)
		r->queue_bytes = cq;
	r->queues = mmap(NULL, r->queue_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 r->fd, IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(*r->sqes), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	return r->queues == MAP_FAILED || (void *)r->sqes == MAP_FAILED ? -errno : 0;
}

static void ring_close(struct ring *r)
{
	munmap(r->queues, r->queue_bytes);
	munmap(r->sqes, r->p.sq_entries * sizeof(*r->sqes));
	close(r->fd);
}

static int ring_submit(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *WORD(r, r->p.sq_off.tail);
	unsigned int at = tail & *WORD(r, r->p.sq_off.ring_mask);

	r->sqes[at] = *sqe;
	WORD(r, r->p.sq_off.array)[at] = at;
	__atomic_store_n(WORD(r, r->p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) == 1 ? 0 : -errno;
}

/* The next completion; -ETIMEDOUT when there is none in time. The io_uring's own descriptor polls. */
static int ring_next(struct ring *r, struct io_uring_cqe *cqe, int timeout_ms)
{
	struct io_uring_cqe *cqes = (void *)(r->queues + r->p.cq_off.cqes);
	unsigned int *head = WORD(r, r->p.cq_off.head);
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	if (*head == __atomic_load_n(WORD(r, r->p.cq_off.tail), __ATOMIC_ACQUIRE)) {
		if (poll(&p, 1, timeout_ms) != 1)
			return -ETIMEDOUT;
		syscall(SYS_io_uring_enter, r->fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
		if (*head == __atomic_load_n(WORD(r, r->p.cq_off.tail), __ATOMIC_ACQUIRE))
			return -ETIMEDOUT;
	}
	*cqe = cqes[*head & *WORD(r, r->p.cq_off.ring_mask)];
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return 0;
}

static int ring_poll(struct ring *r, int fd, unsigned int events, bool for_ever)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_POLL_ADD, .fd = fd, .user_data = 1 };

	sqe.poll32_events = events;
	sqe.len = for_ever ? IORING_POLL_ADD_MULTI : 0;
	return ring_submit(r, &sqe);
}

FIXTURE(uring)
{
	struct rt_spec s;
	struct ring ring;
	int available;
	int fd;
	int ch;
};

FIXTURE_SETUP(uring)
{
	rt_sweep();
	self->available = ring_open(&self->ring);
	ASSERT_EQ(0, rt_begin(&self->s, "uring", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, REMORA_BIND_NONBLOCK, 16, NULL);
	ASSERT_LE(0, self->ch);
}

FIXTURE_TEARDOWN(uring)
{
	if (!self->available)
		ring_close(&self->ring);
	close(self->ch);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

#define NEED_URING()                                                                               \
	do {                                                                                       \
		if (self->available)                                                               \
			SKIP(return, "no io_uring in this kernel: %s", strerror(-self->available)); \
	} while (0)

static int send_number(int ch, unsigned int i)
{
	struct remora_message m = { .length = 8, .payload = { i } };

	return write(ch, &m, sizeof(m)) == sizeof(m) ? 0 : -errno;
}

TEST_F(uring, poll_once)
{
	struct io_uring_cqe cqe;
	struct remora_message m;

	NEED_URING();
	for (unsigned int i = 0; i < 100; i++) {
		ASSERT_EQ(0, ring_poll(&self->ring, self->ch, POLLIN, false));
		if (i % 20 == 0)
			EXPECT_EQ(-ETIMEDOUT, ring_next(&self->ring, &cqe, 20));
		ASSERT_EQ(0, send_number(self->ch, i));
		ASSERT_EQ(0, ring_next(&self->ring, &cqe, RT_PATIENT_MS)) { TH_LOG("message %u", i); }
		EXPECT_EQ(POLLIN, cqe.res);
		ASSERT_EQ(sizeof(m), read(self->ch, &m, sizeof(m)));
		EXPECT_EQ(i, m.payload[0]);
	}
}

/* One request, a completion for every piece of news; the same may be told twice (see uapi.md). */
TEST_F(uring, poll_for_ever)
{
	struct io_uring_cqe cqe;
	struct remora_message m;
	unsigned int told;
	ssize_t got;

	NEED_URING();
	ASSERT_EQ(0, ring_poll(&self->ring, self->ch, POLLIN, true));
	for (unsigned int i = 0; i < 100; i++) {
		ASSERT_EQ(0, send_number(self->ch, i));
		told = 0;
		do {
			ASSERT_EQ(0, ring_next(&self->ring, &cqe, RT_PATIENT_MS)) { TH_LOG("message %u", i); }
			EXPECT_NE(0, cqe.flags & IORING_CQE_F_MORE);
			EXPECT_EQ(POLLIN, cqe.res);
			got = read(self->ch, &m, sizeof(m));
		} while (got < 0 && errno == EAGAIN && ++told < 2);
		ASSERT_EQ(sizeof(m), got);
		ASSERT_EQ(i, m.payload[0]);
		ASSERT_EQ(-1, read(self->ch, &m, sizeof(m)));
	}
}

/* A read on a blocking channel waits in io_uring, and the process does not. */
TEST_F(uring, read)
{
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 16, NULL);
	struct io_uring_sqe sqe = { .opcode = IORING_OP_READ, .user_data = 2 };
	struct remora_message m = { 0 };
	struct io_uring_cqe cqe;

	NEED_URING();
	ASSERT_LE(0, ch);
	sqe.fd = ch;
	sqe.addr = (__u64)(unsigned long)&m;
	sqe.len = sizeof(m);
	ASSERT_EQ(0, ring_submit(&self->ring, &sqe));
	EXPECT_EQ(-ETIMEDOUT, ring_next(&self->ring, &cqe, 50));
	ASSERT_EQ(0, send_number(ch, 77));
	ASSERT_EQ(0, ring_next(&self->ring, &cqe, RT_PATIENT_MS));
	EXPECT_EQ(sizeof(m), cqe.res);
	EXPECT_EQ(77, m.payload[0]);
	close(ch);
}

TEST_F(uring, hangup)
{
	struct io_uring_cqe cqe;

	NEED_URING();
	ASSERT_EQ(0, ring_poll(&self->ring, self->ch, POLLIN, false));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, ring_next(&self->ring, &cqe, RT_PATIENT_MS));
	EXPECT_NE(0, cqe.res & POLLHUP);
}

/* The channel is closed while io_uring polls it: the poll holds it until it is taken back. */
TEST_F(uring, close_under_poll)
{
	struct io_uring_sqe cancel = { .opcode = IORING_OP_POLL_REMOVE, .addr = 1, .user_data = 3 };
	struct io_uring_cqe cqe;

	NEED_URING();
	ASSERT_EQ(0, ring_poll(&self->ring, self->ch, POLLIN, false));
	close(self->ch);
	self->ch = -1;
	EXPECT_EQ(1, rt_ledger("channels"));
	ASSERT_EQ(0, ring_submit(&self->ring, &cancel));
	ASSERT_EQ(0, ring_next(&self->ring, &cqe, RT_PATIENT_MS));
	ASSERT_EQ(0, ring_next(&self->ring, &cqe, RT_PATIENT_MS));
	EXPECT_EQ(0, rt_ledger_becomes("channels", 0));
}

TEST_HARNESS_MAIN
