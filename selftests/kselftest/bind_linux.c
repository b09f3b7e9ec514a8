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
#include "mapped.h"
#include "naming.h"

#define PROGRAM "/usr/lib/remora/programs/remora/pair"
#define INTERFACE 77u
#define ECHO 1
#define END 3
#define PARTITION RT_PREFIX "bl"
#define SOON_MS 10000

/** struct job - a program on a core: the command that runs it, and what it says */
struct job {
	pid_t pid;
	char out[64];
};

static int job_begin(struct job *j, const char *core, const char *verb, const char *name,
		     const char *option, const char *value)
{
	static int number;

	snprintf(j->out, sizeof(j->out), "/tmp/bind_linux.%d.%d", getpid(), ++number);
	j->pid = fork();
	if (j->pid)
		return j->pid < 0 ? -errno : 0;
	int fd = open(j->out, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	dup2(fd, 1);
	dup2(fd, 2);
	close(0);
	open("/dev/null", O_RDONLY);
	execlp("remora", "remora", "run", PARTITION, "--core", core, PROGRAM, verb, name, option, value,
	       NULL);
	_exit(127);
}

/* Until it has said that, or half a minute is over. */
static bool job_says(const struct job *j, const char *what)
{
	long end = rt_ms() + 30000;
	char text[4096];

	do {
		if (rt_read_text(j->out, text, sizeof(text)) >= 0 && strstr(text, what))
			return true;
		usleep(20000);
	} while (rt_ms() < end);
	printf("# expected \"%s\", said: %s\n", what, text);
	return false;
}

/* Its exit status. */
static int job_end(struct job *j)
{
	int status = -1;

	waitpid(j->pid, &status, 0);
	unlink(j->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* End the program itself. */
static void job_kill(void)
{
	int rc = system("remora kill " PARTITION
			" $(remora ps " PARTITION " | awk '/pair/ && $1 ~ /:/ { print $1; exit }') >/dev/null");

	(void)rc;
}

/* A descriptor, or -errno; none is left to the programs' commands. */
static int connect_all(int names, struct remora_names_connect *c, const char *name, unsigned int flags,
		       int ms)
{
	struct remora_names_connect request = {
		.size = sizeof(request),
		.flags = flags | REMORA_BIND_CLOEXEC,
		.timeout_ms = ms,
		.interface = c->interface ?: INTERFACE,
		.version = c->version ?: 1,
		.slots = c->slots,
		.reserved = c->reserved,
	};
	int fd;

	strncpy(request.name, name, sizeof(request.name) - 1);
	fd = ioctl(names, REMORA_IOC_NAMES_CONNECT, &request);
	*c = request;
	return fd < 0 ? -errno : fd;
}

/* How it was refused. */
static unsigned int refused(int names, const char *name, unsigned int flags, int ms, unsigned int *detail)
{
	struct remora_names_connect c = { 0 };
	int fd = connect_all(names, &c, name, flags, ms);

	if (fd >= 0)
		close(fd);
	if (detail)
		*detail = c.detail;
	return fd >= 0 ? 0 : c.error.reason;
}

static int offer(int names, const char *name, struct remora_error *e)
{
	struct remora_names_offer o = { .size = sizeof(o), .flags = REMORA_NAMES_CLOEXEC,
					.interface = INTERFACE, .version = 1 };
	int fd;

	strcpy(o.name, name);
	fd = ioctl(names, REMORA_IOC_NAMES_OFFER, &o);
	if (e)
		*e = o.error;
	return fd < 0 ? -errno : fd;
}

static int accept_all(int offer_fd, unsigned int flags, int ms, struct remora_offer_accept *a)
{
	int fd;

	*a = (struct remora_offer_accept){ .size = sizeof(*a), .flags = flags | REMORA_BIND_CLOEXEC,
					   .timeout_ms = ms };
	fd = ioctl(offer_fd, REMORA_IOC_OFFER_ACCEPT, a);
	return fd < 0 ? -errno : fd;
}

/* Echo on a channel that is read and written. Return: round trips that were right */
static unsigned int talk(int fd, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct remora_message m = { .type = ECHO, .length = 24, .payload = { i, 0, (__u64)i * i } };

		if (write(fd, &m, sizeof(m)) != sizeof(m) || read(fd, &m, sizeof(m)) != sizeof(m) ||
		    m.type != ECHO || m.payload[0] != i || m.payload[2] != (__u64)i * i)
			return i;
	}
	return count;
}

/* Serve as the pair's server does, until the client says that it was all, or is gone. Return: messages */
static int serve(int fd)
{
	struct remora_message m;
	int count = 0;

	while (read(fd, &m, sizeof(m)) == sizeof(m) && m.type != END) {
		m.payload[1] = 1;
		if (write(fd, &m, sizeof(m)) != sizeof(m))
			break;
		count++;
	}
	return count;
}

/* Until it is over: milliseconds, or -1. */
static long over_after(int fd)
{
	struct pollfd p = { .fd = fd };
	long begin = rt_ms();

	return poll(&p, 1, SOON_MS) == 1 && (p.revents & POLLHUP) ? rt_ms() - begin : -1;
}

/* The same on a mapped one; the server writes the time into the second word. */
static unsigned int talk_mapped(struct rt_mapped *m, unsigned int count)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	struct urpc_msg in;

	for (unsigned int i = 0; i < count; i++) {
		__u64 payload[3] = { i, 0, ~(__u64)i };
		int ret;

		if (urpc_send(&m->chan, ECHO, payload, sizeof(payload)))
			return i;
		if (urpc_notify_needed(&m->chan) && ioctl(m->fd, REMORA_IOC_NOTIFY))
			return i;
		while ((ret = urpc_recv(&m->chan, &in)) == -URPC_EAGAIN) {
			if (urpc_arm(&m->chan) && (poll(&p, 1, SOON_MS) != 1 || (p.revents & POLLHUP)))
				return i;
			urpc_disarm(&m->chan);
		}
		if (ret || in.payload[0] != i || in.payload[2] != ~(__u64)i)
			return i;
	}
	return count;
}

static int map_rings(int fd, struct rt_mapped *m)
{
	*m = (struct rt_mapped){ .fd = fd, .info = { .size = sizeof(m->info) } };
	if (ioctl(fd, REMORA_IOC_CHANNEL, &m->info))
		return -errno;
	m->tx = mmap(NULL, m->info.ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     (off_t)m->info.tx_offset);
	m->rx = mmap(NULL, m->info.ring_bytes, PROT_READ, MAP_SHARED, fd, (off_t)m->info.rx_offset);
	if (m->tx == MAP_FAILED || m->rx == MAP_FAILED)
		return -errno;
	return urpc_chan_init(&m->chan, m->tx, m->rx, m->info.slots);
}

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
	EXPECT_EQ(REMORA_R_BIND_LATE_SERVER, refused(self->names, "mute", 0, 300, NULL));
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
