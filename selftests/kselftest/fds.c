// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors and mappings of channels: close, dup, fork, exec, passing on, and what a mapping survives. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "harness.h"
#include "mapped.h"
#include "people.h"

FIXTURE(fds)
{
	struct rt_spec s;
	struct rt_mapped m;
	int fd;
	int ch;
};

FIXTURE_SETUP(fds)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "fds", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 16, NULL);
	ASSERT_LE(0, self->ch);
	ASSERT_EQ(0, rt_map(self->fd, 1, REMORA_SERVICE_ECHO, 64, &self->m));
}

FIXTURE_TEARDOWN(fds)
{
	rt_unmap(&self->m);
	close(self->ch);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

/* Runs act(self) in a child; its exit status, or the signal that ended it, negative. */
static int in_child(void (*act)(FIXTURE_DATA(fds) *self), FIXTURE_DATA(fds) *self)
{
	pid_t child = fork();
	int status;

	if (!child) {
		act(self);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1000;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- descriptors ---- */

TEST_F(fds, close_partition)
{
	close(self->fd);
	EXPECT_EQ(0, rt_echo(self->ch, 10));
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 10));
	self->fd = -1;
}

/* The lowest free number. */
static int next_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* A call that fails because its structure cannot be written leaves no descriptor behind. */
TEST_F(fds, none_of_a_failed_call)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct remora_bind *bind = (void *)at;
	struct remora_names_open *names = (void *)(at + page / 2);
	int free_before = next_descriptor();

	ASSERT_NE(MAP_FAILED, (void *)at);
	bind->size = sizeof(*bind);
	bind->node = 1;
	bind->service = REMORA_SERVICE_ECHO;
	names->size = sizeof(*names);
	ASSERT_EQ(0, mprotect(at, page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_BIND, bind));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_NAMES, names));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(free_before, next_descriptor());
	munmap(at, page);
}

/* What one descriptor of a channel changes, all see: it is one channel. */
TEST_F(fds, dup_shares)
{
	struct remora_message m = { .type = 9 };
	int second = dup(self->ch);

	ASSERT_LE(0, second);
	ASSERT_EQ(sizeof(m), write(self->ch, &m, sizeof(m)));
	ASSERT_EQ(sizeof(m), read(second, &m, sizeof(m)));
	EXPECT_EQ(9, m.type);
	fcntl(second, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(-1, read(self->ch, &m, sizeof(m)));
	EXPECT_EQ(EAGAIN, errno);
	close(second);
}

/* A process that sleeps in read() holds the channel: another thread's close() does not end it. */
static int reads_one(void *arg)
{
	struct remora_message m;

	return read(*(int *)arg, &m, sizeof(m)) == sizeof(m) && m.type == 5 ? 0 : 1;
}

TEST_F(fds, inherited_and_closed)
{
	struct remora_message m = { .type = 5 };
	pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (!child)
		_exit(reads_one(&self->ch));
	usleep(100000);
	ASSERT_EQ(sizeof(m), write(self->ch, &m, sizeof(m)));
	close(self->ch);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, rt_ledger("channels"));
	self->ch = -1;
}

/* This program again, as the one that was exec()ed: `fds use N`. */
static int use(const char *number)
{
	return rt_echo(atoi(number), 5) ? 1 : 0;
}

static __attribute__((constructor)) void as_child(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "use"))
		_exit(use(argv[2]));
}

static int run_self(int ch)
{
	char number[16];
	pid_t child;
	int status;

	snprintf(number, sizeof(number), "%d", ch);
	child = fork();
	if (!child) {
		execl("/proc/self/exe", "fds", "use", number, NULL);
		_exit(9);
	}
	return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

/* Across exec() a channel stays what it is, unless it is close-on-exec. */
TEST_F(fds, exec)
{
	int closing = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, REMORA_BIND_CLOEXEC, 16, NULL);

	ASSERT_LE(0, closing);
	EXPECT_EQ(0, run_self(self->ch));
	EXPECT_NE(0, run_self(closing));
	EXPECT_EQ(0, rt_echo(closing, 3));
	close(closing);
}

static int talks(void *arg)
{
	int ch = rt_take(*(int *)arg);

	return ch >= 0 && !rt_echo(ch, 10) ? 0 : 1;
}

/* Passed over a socket to somebody who may open nothing: he has the channel, and keeps it. */
TEST_F(fds, passed)
{
	int sockets[2], status;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(rt_become(RT_STRANGER, RT_STRANGER) ? 2 : talks(&sockets[1]));
	ASSERT_EQ(0, rt_pass(sockets[0], self->ch));
	close(self->ch);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, rt_ledger("channels"));
	self->ch = -1;
}

/* On its way between two sockets a channel lives, and dies with the socket that nobody read. */
TEST_F(fds, in_flight)
{
	int sockets[2], ch;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	ASSERT_EQ(0, rt_pass(sockets[0], self->ch));
	close(self->ch);
	EXPECT_EQ(2, rt_ledger("channels"));
	ch = rt_take(sockets[1]);
	ASSERT_LE(0, ch);
	EXPECT_EQ(0, rt_echo(ch, 3));
	ASSERT_EQ(0, rt_pass(sockets[0], ch));
	close(ch);
	close(sockets[0]);
	close(sockets[1]);
	EXPECT_EQ(1, rt_ledger_becomes("channels", 1));
	self->ch = -1;
}

/* ---- mappings ---- */

/* No part of a ring goes alone. */
TEST_F(fds, partial_unmap)
{
	size_t bytes = self->m.info.ring_bytes;
	char *tx = (char *)self->m.tx;

	ASSERT_LT(4096, bytes);
	EXPECT_EQ(-1, munmap(tx, 4096));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, munmap(tx + bytes - 4096, 4096));
	EXPECT_EQ(-1, mprotect(tx, 4096, PROT_READ));
	EXPECT_EQ(MAP_FAILED, mremap(tx, bytes, 4096, 0));
	EXPECT_EQ(MAP_FAILED, mremap(tx, bytes, bytes + 4096, MREMAP_MAYMOVE));
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 100));
}

/* Moved as a whole it is the same ring. */
TEST_F(fds, moved)
{
	size_t bytes = self->m.info.ring_bytes;
	void *place = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *tx;

	ASSERT_NE(MAP_FAILED, place);
	tx = mremap(self->m.tx, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, tx);
	self->m.tx = tx;
	self->m.chan.tx = tx;
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 100));
}

static void writes_receive_ring(FIXTURE_DATA(fds) *self)
{
	struct urpc_ring *rx = (void *)self->m.rx;

	urpc_store_relaxed(&rx->ack, 7);
}

/* Rights are given up and taken back, but never more than the mapping began with. */
TEST_F(fds, protection)
{
	size_t bytes = self->m.info.ring_bytes;
	void *rx = (void *)self->m.rx;

	EXPECT_EQ(0, mprotect(self->m.tx, bytes, PROT_READ));
	EXPECT_EQ(0, mprotect(self->m.tx, bytes, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, mprotect(rx, bytes, PROT_NONE));
	EXPECT_EQ(0, mprotect(rx, bytes, PROT_READ));
	EXPECT_EQ(-1, mprotect(rx, bytes, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(rx, bytes, PROT_WRITE));
	EXPECT_EQ(-1, mprotect(rx, bytes, PROT_READ | PROT_EXEC));
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 100));
}

static void touches_rings(FIXTURE_DATA(fds) *self)
{
	self->m.tx->ack = 1;
}

/* A child has the descriptor and not the mapping; the parent's goes on. */
TEST_F(fds, child_without_mapping)
{
	EXPECT_EQ(-SIGSEGV, in_child(touches_rings, self));
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 100));
}

static void writes_after_dofork(FIXTURE_DATA(fds) *self)
{
	writes_receive_ring(self);
}

/* Asked for, it is inherited as it is: still read-only where it was. */
TEST_F(fds, child_with_mapping)
{
	size_t bytes = self->m.info.ring_bytes;

	if (madvise((void *)self->m.rx, bytes, MADV_DOFORK))
		SKIP(return, "MADV_DOFORK is refused here");
	EXPECT_EQ(-SIGSEGV, in_child(writes_after_dofork, self));
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 100));
}

/* A core file holds no rings: they are left out, and asking for them is refused. */
TEST_F(fds, not_dumped)
{
	EXPECT_EQ(-1, madvise(self->m.tx, self->m.info.ring_bytes, MADV_DODUMP));
	EXPECT_EQ(EINVAL, errno);
}

/* The kernel reads and writes there for nobody's system calls: no page of it can be pinned. */
TEST_F(fds, no_direct_io)
{
	int pipes[2];
	struct iovec iov = { self->m.tx, 4096 };

	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-1, vmsplice(pipes[1], &iov, 1, 0));
	close(pipes[0]);
	close(pipes[1]);
}

static sigjmp_buf after_sigbus;

static void on_sigbus(int signal)
{
	siglongjmp(after_sigbus, 1);
}

static bool touch_is_sigbus(struct urpc_ring *ring)
{
	struct sigaction action = { .sa_handler = on_sigbus }, before;
	volatile bool caught = true;

	sigaction(SIGBUS, &action, &before);
	if (!sigsetjmp(after_sigbus, 1)) {
		urpc_store_relaxed(&ring->ack, 1);
		caught = false;
	}
	sigaction(SIGBUS, &before, NULL);
	return caught;
}

/*
 * The mapping alone: the program cannot sleep or ring any more, but a core that polls serves it, and
 * when that core dies there is no SIGBUS before the rings are taken away.
 */
TEST_F(fds, mapping_after_close)
{
	struct urpc_msg in;
	int ret = -URPC_EAGAIN;

	close(self->m.fd);
	self->m.fd = -1;
	ASSERT_EQ(0, urpc_send(&self->m.chan, 3, NULL, 0));
	/* A message on another channel wakes the core, which looks at all of them. */
	for (int i = 0; i < 1000 && ret == -URPC_EAGAIN; i++) {
		ASSERT_EQ(0, rt_echo(self->ch, 1));
		ret = urpc_recv(&self->m.chan, &in);
	}
	EXPECT_EQ(0, ret);
	EXPECT_EQ(3, in.type);
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_EQ(-URPC_EAGAIN, urpc_recv(&self->m.chan, &in));
	EXPECT_EQ(0, urpc_send(&self->m.chan, 4, NULL, 0));
	ASSERT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, NULL));
	EXPECT_TRUE(touch_is_sigbus(self->m.tx));
	munmap((void *)self->m.tx, self->m.info.ring_bytes);
	munmap((void *)self->m.rx, self->m.info.ring_bytes);
}

/* Two maps of one ring in a process are one ring. */
TEST_F(fds, mapped_twice)
{
	size_t bytes = self->m.info.ring_bytes;
	struct urpc_ring *tx = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->m.fd,
				    (off_t)self->m.info.tx_offset);

	ASSERT_NE(MAP_FAILED, (void *)tx);
	ASSERT_EQ(0, rt_mapped_echo(&self->m, 3));
	EXPECT_EQ(0, memcmp(tx, self->m.tx, bytes));
	EXPECT_EQ(0, munmap(tx, bytes));
	EXPECT_EQ(0, rt_mapped_echo(&self->m, 3));
}

TEST_HARNESS_MAIN
