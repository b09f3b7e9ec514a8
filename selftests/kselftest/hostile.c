// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cores that turned against Linux (selftests/hostile), while programs use everything of the
 * partition: messages by read and write, mapped channels, binding, requests, status, console. Nothing
 * may hang, leak or upset the kernel; every call ends with a right answer or a documented error; and
 * Linux stays usable. Seeded by REMORA_FUZZ_SEED; REMORA_HOSTILE_MS a way (default 2500).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../hostile/orders.h"
#include "harness.h"
#include "mapped.h"

#define PROGRAMS 5
#define WATCH_MS "/sys/module/remora/parameters/watch_ms"
#define EVENTS "/sys/kernel/tracing/events/remora/enable"
#define END_S (RT_PATIENT_MS / 1000)
#define ROUND 16

/** struct tally - what all programs met, in shared memory */
struct tally {
	unsigned long done;
	unsigned long refused; /* errors of the documented kind */
	unsigned long wrong;   /* answers that are no answer, undocumented errors */
	int last_error;        /* the last undocumented one */
	const char *where;
	bool stop;
};

FIXTURE(hostile)
{
	struct rt_snapshot before;
	struct rt_spec s;
	struct tally *tally;
	char watch_ms[16];
	int fd;
};

/*
 * ways: enum hostile_way. felt: programs must have met errors. dies: the core must have been found
 * dead.
 */
FIXTURE_VARIANT(hostile)
{
	unsigned int ways;
	unsigned int period;
	bool felt;
	bool dies;
};

#define WAY(name_, ways_, period_, felt_, dies_)                                                   \
	FIXTURE_VARIANT_ADD(hostile, name_)                                                        \
	{                                                                                          \
		.ways = ways_, .period = period_, .felt = felt_, .dies = dies_,                    \
	}

WAY(headers, HOSTILE_HEADERS, 2, true, false);
WAY(acks, HOSTILE_ACKS, 2, true, false);
WAY(armed, HOSTILE_ARMED, 1, false, false);
WAY(rings, HOSTILE_RINGS, 2, true, false);
WAY(shared, HOSTILE_SHARED, 2, true, false);
WAY(page, HOSTILE_PAGE, 4, true, true);
WAY(state, HOSTILE_STATE, 32, true, true);
WAY(console, HOSTILE_CONSOLE, 1, false, false);
WAY(bells, HOSTILE_BELLS, 1, false, false);
WAY(replies, HOSTILE_REPLIES, 1, true, false);
WAY(host, HOSTILE_HOST, 4, false, false);
WAY(silence, HOSTILE_SILENCE, 2, false, false);
WAY(trace, HOSTILE_TRACE, 1, false, false);
WAY(most, HOSTILE_HEADERS | HOSTILE_ACKS | HOSTILE_ARMED | HOSTILE_CONSOLE | HOSTILE_BELLS |
    HOSTILE_REPLIES | HOSTILE_TRACE, 2, true, false);
WAY(all, (1 << HOSTILE_WAYS) - 1, 4, true, true);

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

/* The hostile image with these orders, as a file. */
static int image(const struct hostile_orders *orders)
{
	unsigned char *data, *at;
	__u64 magic = HOSTILE_MAGIC;
	char path[512];
	ssize_t bytes, n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	int fd = -ENOENT;

	if (n < 0)
		return -errno;
	path[n] = 0;
	*strrchr(path, '/') = 0;
	strcat(path, "/../../hostile/build/hostile.elf");
	bytes = rt_read_file(path, &data);
	if (bytes < 0)
		return (int)bytes;
	at = memmem(data, (size_t)bytes, &magic, sizeof(magic));
	if (at) {
		memcpy(at, orders, sizeof(*orders));
		fd = rt_memfd(data, (size_t)bytes);
	}
	free(data);
	return fd;
}

/* A partition of that image; its device, or -errno. */
static int create(struct rt_spec *s, const struct hostile_orders *orders)
{
	int ret;

	s->c.image_fd = image(orders);
	if (s->c.image_fd < 0)
		return s->c.image_fd;
	ret = rt_create(s);
	close(s->c.image_fd);
	return ret ? ret : rt_open(s->c.name, O_RDWR);
}

static bool enough_cpus(void)
{
	__u32 cpus[RT_CPUS_ROOM];

	return rt_cpus(cpus, RT_CPUS_ROOM) >= 2;
}

/* In each test: the harness of 6.1 runs a test whose set-up was skipped. */
#define SKIP_WITHOUT_PARTITION()                                                                   \
	do {                                                                                       \
		if (self->fd < 0)                                                                  \
			SKIP(return, "needs 2 CPUs besides CPU 0");                                \
	} while (0)

FIXTURE_SETUP(hostile)
{
	struct hostile_orders orders = {
		.magic = HOSTILE_MAGIC,
		.seed = setting("REMORA_FUZZ_SEED", 1),
		.ways = variant->ways,
		.period = variant->period,
		/* A turn may take a millisecond where cores take turns. */
		.peace = 20,
	};

	self->fd = -1;
	if (!enough_cpus())
		return;
	rt_sweep();
	self->tally = mmap(NULL, sizeof(*self->tally), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->tally);
	ASSERT_EQ(0, rt_snapshot(&self->before));
	ASSERT_LT(0, rt_read_text(WATCH_MS, self->watch_ms, sizeof(self->watch_ms)));
	ASSERT_EQ(0, rt_write_text(WATCH_MS, "300"));
	if (variant->ways & HOSTILE_TRACE)
		EXPECT_EQ(0, rt_write_text(EVENTS, "1"));
	rt_spec_init(&self->s, "hostile", 0, 2);
	self->fd = create(&self->s, &orders);
	ASSERT_LE(0, self->fd) { TH_LOG("%s", self->s.c.error.message); }
}

FIXTURE_TEARDOWN(hostile)
{
	if (self->fd < 0)
		return;
	rt_write_text(WATCH_MS, self->watch_ms);
	rt_write_text(EVENTS, "0");
	close(self->fd);
	rt_sweep();
}

/* ---- what programs may meet ---- */

/* Errors that uapi.md promises to those whose peer is dead, mad or slow. */
static bool documented(int error)
{
	return error == EAGAIN || error == EPROTO || error == EHOSTDOWN || error == ETIMEDOUT ||
	       error == ENOSPC || error == ENOENT || error == EINTR || error == EBUSY;
}

static void met(struct tally *t, const char *where, long ret)
{
	if (ret >= 0) {
		__atomic_fetch_add(&t->done, 1, __ATOMIC_RELAXED);
	} else if (ret == -EAGAIN) {
		return;
	} else if (documented((int)-ret)) {
		__atomic_fetch_add(&t->refused, 1, __ATOMIC_RELAXED);
	} else {
		__atomic_fetch_add(&t->wrong, 1, __ATOMIC_RELAXED);
		t->last_error = (int)-ret;
		t->where = where;
	}
}

static void must(struct tally *t, const char *where, bool right)
{
	if (right)
		return;
	__atomic_fetch_add(&t->wrong, 1, __ATOMIC_RELAXED);
	t->where = where;
}

/* ---- programs ---- */

static void messages(struct tally *t, int fd, unsigned int node)
{
	struct remora_message m[8] = { { .length = 56 }, { .length = 8 } };
	int ch = rt_bind(fd, node, REMORA_SERVICE_ECHO, REMORA_BIND_NONBLOCK, 16, NULL), i;
	struct pollfd p = { .fd = ch, .events = POLLIN | POLLOUT };
	ssize_t n;

	met(t, "bind", ch);
	for (i = 0; ch >= 0 && i < ROUND; i++) {
		n = write(ch, m, 2 * sizeof(m[0]));
		met(t, "write", n < 0 ? -errno : n);
		must(t, "poll", poll(&p, 1, 20) >= 0);
		n = read(ch, m, sizeof(m));
		met(t, "read", n < 0 ? -errno : n);
		must(t, "length", n <= 0 || (n % (ssize_t)sizeof(m[0]) == 0 && m[0].length <= 56));
		m[0].length = 56;
		m[0].reserved = 0;
		if (p.revents & POLLHUP)
			break;
	}
	if (ch >= 0)
		close(ch);
}

/* The transport in the process, its rings open to the core's rubbish. */
static void mapped(struct tally *t, int fd, unsigned int node)
{
	struct rt_mapped m;
	struct pollfd p = { .events = POLLIN | POLLOUT };
	struct urpc_msg in;
	int ret = rt_map(fd, node, REMORA_SERVICE_ECHO, 16, &m), i;

	met(t, "map", ret);
	for (i = 0; !ret && i < ROUND; i++) {
		int sent = urpc_send(&m.chan, 3, "12345678", 8);

		met(t, "urpc_send", sent);
		if (!sent && urpc_notify_needed(&m.chan))
			met(t, "notify", ioctl(m.fd, REMORA_IOC_NOTIFY) ? -errno : 0);
		p.fd = m.fd;
		if (urpc_arm(&m.chan)) {
			must(t, "poll", poll(&p, 1, 20) >= 0);
			urpc_disarm(&m.chan);
		}
		sent = urpc_recv(&m.chan, &in);
		met(t, "urpc_recv", sent);
		must(t, "urpc length", sent || in.len <= URPC_PAYLOAD_BYTES);
		if (p.revents & POLLHUP)
			break;
	}
	if (!ret)
		rt_unmap(&m);
}

static bool printable(const char *text, size_t room, bool ended)
{
	size_t i;

	for (i = 0; i < room && text[i]; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || (unsigned char)text[i] > '~')
			return false;
	return i < room || !ended;
}

static void looks(struct tally *t, int fd, unsigned int node)
{
	struct remora_console_line lines[16];
	struct remora_console c = {
		.size = sizeof(c), .node = node, .next = 1, .count = 16,
		.lines = (__u64)(unsigned long)lines,
	};
	static struct rt_status s;
	int ret = rt_status(fd, &s);

	met(t, "status", ret);
	for (unsigned int i = 0; !ret && i < s.s.core_count; i++)
		must(t, "crash reason", printable(s.cores[i].crash_reason,
						  sizeof(s.cores[i].crash_reason), true));
	ret = ioctl(fd, REMORA_IOC_CONSOLE, &c) ? -errno : 0;
	met(t, "console", ret);
	for (unsigned int i = 0; !ret && i < c.count; i++) {
		must(t, "console length", lines[i].length <= REMORA_CONSOLE_TEXT);
		must(t, "console text", printable(lines[i].text, REMORA_CONSOLE_TEXT, false));
	}
}

static void requests(struct tally *t, int fd, unsigned int node)
{
	struct remora_peer_ping ping = {
		.size = sizeof(ping), .node = node, .peer = 3 - node, .count = 5,
	};
	int channels[6];

	met(t, "ping", ioctl(fd, REMORA_IOC_PEER_PING, &ping) ? -errno : 0);
	for (unsigned int i = 0; i < 6; i++) {
		channels[i] = rt_bind(fd, node, 1 + i % 4, 0, 4, NULL);
		met(t, "bind", channels[i]);
	}
	for (unsigned int i = 0; i < 6; i++)
		if (channels[i] >= 0)
			close(channels[i]);
}

static void *program(struct tally *t, int fd, unsigned int number)
{
	static void (*const acts[])(struct tally *, int, unsigned int) = {
		messages, mapped, looks, requests, messages,
	};
	unsigned int node = 1 + number % 2;

	while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		acts[number](t, fd, node);
		node = 3 - node;
	}
	return NULL;
}

/* ---- the test ---- */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Did programs meet what this way must make them meet? */
static bool met_all(const struct tally *t, const FIXTURE_VARIANT(hostile) *v, unsigned int deaths)
{
	return __atomic_load_n(&t->done, __ATOMIC_RELAXED) && (!v->dies || deaths) &&
	       (!v->felt || __atomic_load_n(&t->refused, __ATOMIC_RELAXED));
}

/*
 * So long, and on a slow machine until the harm was felt. The partition is started again whenever it
 * is found with a dead core, so that the harm goes on. Return: cores seen dead. *@worst: the longest
 * that a sleep of a millisecond took.
 */
static unsigned int storm(struct tally *t, int fd, const FIXTURE_VARIANT(hostile) *v, long *worst)
{
	long begun = now_ms(), before, ms = (long)setting("REMORA_HOSTILE_MS", 2500);
	unsigned int deaths = 0;
	struct rt_status s;

	while (now_ms() < begun + ms ||
	       (!met_all(t, v, deaths) && now_ms() < begun + ms + RT_PATIENT_MS)) {
		before = now_ms();
		usleep(1000);
		if (now_ms() - before > *worst)
			*worst = now_ms() - before;
		if (rt_status(fd, &s))
			continue;
		for (unsigned int i = 0; i < s.s.core_count; i++)
			deaths += s.cores[i].state == REMORA_CRASHED;
		if (s.s.state == REMORA_CRASHED || s.s.state == REMORA_OFFLINE)
			met(t, "start", rt_act(fd, s.s.state == REMORA_CRASHED ? REMORA_IOC_RESET :
					       REMORA_IOC_START, 0, NULL));
	}
	__atomic_store_n(&t->stop, true, __ATOMIC_RELAXED);
	return deaths;
}

/* Return: programs that did not end by themselves in time. */
static int gather(const pid_t *pids, int count)
{
	long end = now_ms() + END_S * 1000;
	int hung = 0, status;

	for (int i = 0; i < count; i++) {
		pid_t got;

		while (!(got = waitpid(pids[i], &status, WNOHANG)) && now_ms() < end)
			usleep(10000);
		if (got == pids[i] && WIFEXITED(status) && !WEXITSTATUS(status))
			continue;
		hung++;
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
	}
	return hung;
}

TEST_F_TIMEOUT(hostile, harm, 400)
{
	struct tally *t = self->tally;
	pid_t pids[PROGRAMS];
	unsigned int deaths;
	long worst = 0;

	SKIP_WITHOUT_PARTITION();
	/* A core may be too mad to start. */
	met(t, "start", rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	for (unsigned int i = 0; i < PROGRAMS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			program(t, self->fd, i);
			_exit(0);
		}
	}
	deaths = storm(t, self->fd, variant, &worst);
	EXPECT_EQ(0, gather(pids, PROGRAMS));
	TH_LOG("%lu calls right, %lu refused, cores seen dead %u times; a sleep of 1 ms took up to %ld ms",
	       t->done, t->refused, deaths, worst);
	EXPECT_EQ(0, t->wrong)
	{
		TH_LOG("%lu wrong answers, the last of '%s', error %d", t->wrong, t->where,
		       t->last_error);
	}
	EXPECT_LT(0, t->done);
	if (variant->felt)
		EXPECT_LT(0, t->refused);
	if (variant->dies)
		EXPECT_LT(0, deaths);
	EXPECT_EQ(0, rt_cpu_works(0));

	EXPECT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, NULL));
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
	for (unsigned int i = 0; i < 2; i++)
		EXPECT_EQ(0, rt_cpu_works(self->s.cpus[i]));
}

/* ---- doorbells without end ---- */

#define LIMIT "/sys/module/remora/parameters/doorbell_limit"
#define STORMS "/sys/class/remora/remora-kst-bells/doorbell_storms"

FIXTURE(bells)
{
	struct rt_spec s;
	struct rt_status st;
	char limit[16];
	int fd;
};

FIXTURE_SETUP(bells)
{
	struct hostile_orders orders = {
		.magic = HOSTILE_MAGIC, .ways = HOSTILE_BELLS, .period = 1, .node = 1, .peace = 20,
	};

	self->fd = -1;
	if (!enough_cpus())
		return;
	rt_sweep();
	ASSERT_LT(0, rt_read_text(LIMIT, self->limit, sizeof(self->limit)));
	rt_spec_init(&self->s, "bells", 0, 2);
	self->s.c.flags = REMORA_CREATE_NO_SLEEP;
	self->fd = create(&self->s, &orders);
	ASSERT_LE(0, self->fd) { TH_LOG("%s", self->s.c.error.message); }
}

FIXTURE_TEARDOWN(bells)
{
	if (self->fd < 0)
		return;
	rt_write_text(LIMIT, self->limit);
	close(self->fd);
	rt_sweep();
}

/* The core that rings on is silenced and says why; the other one goes on, as does Linux. */
TEST_F_TIMEOUT(bells, silenced, 120)
{
	SKIP_WITHOUT_PARTITION();
	ASSERT_EQ(0, rt_write_text(LIMIT, "5"));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_NE(NULL, strstr(self->st.cores[0].crash_reason, "without end"))
	{
		TH_LOG("%s", self->st.cores[0].crash_reason);
	}
	EXPECT_EQ(REMORA_RUNNING, self->st.cores[1].state);
	EXPECT_LT(0, rt_read_long(STORMS));
	EXPECT_EQ(0, rt_ping(self->fd, 2, 100));
}

/* A busy partition that keeps to the protocol is slower while it is looked at by the clock, no more. */
FIXTURE(busy)
{
	struct rt_spec s;
	struct rt_status st;
	char limit[16];
	int fd;
};

FIXTURE_SETUP(busy)
{
	rt_sweep();
	ASSERT_LT(0, rt_read_text(LIMIT, self->limit, sizeof(self->limit)));
	ASSERT_EQ(0, rt_begin(&self->s, "bells", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(busy)
{
	rt_write_text(LIMIT, self->limit);
	close(self->fd);
	rt_sweep();
}

TEST_F_TIMEOUT(busy, looked_at_by_the_clock, 120)
{
	struct remora_message m = { .length = 8, .payload = { 1000000 } };
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_DELAY, 0, 0, NULL);
	long end = now_ms() + RT_PATIENT_MS;

	ASSERT_LE(0, ch);
	ASSERT_EQ(0, rt_write_text(LIMIT, "3"));
	/* Each answer comes a millisecond later, to a reader that sleeps: more than three in 100 ms. */
	for (int i = 0; i < 200 || (rt_read_long(STORMS) < 1 && now_ms() < end); i++) {
		ASSERT_EQ(sizeof(m), write(ch, &m, sizeof(m)));
		ASSERT_EQ(sizeof(m), read(ch, &m, sizeof(m)));
	}
	close(ch);
	EXPECT_LT(0, rt_read_long(STORMS));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(REMORA_RUNNING, self->st.cores[0].state);
}

TEST_HARNESS_MAIN
