// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names by the module: what each operation does, each reason to refuse, lists, watches, limits. Who waits
 * and whoever ends meanwhile is in names_wait.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "naming.h"

FIXTURE(names)
{
	struct rt_spec s;
	int fd;
	int a; /* two files of names */
	int b;
};

FIXTURE_SETUP(names)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "names", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->a = rt_names(self->fd, 0, NULL);
	self->b = rt_names(self->fd, REMORA_NAMES_CLOEXEC | REMORA_NAMES_NONBLOCK, NULL);
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->b);
}

FIXTURE_TEARDOWN(names)
{
	close(self->a);
	close(self->b);
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

TEST_F(names, records)
{
	struct remora_names_ask a;

	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->a, GET, "disk", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->a, SET, "disk", REMORA_NAMES_OVERWRITE, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->a, REMOVE, "disk", 0, 0, 0));
	ASSERT_EQ(0, rt_ask_all(self->a, REMORA_NAMES_OP_SET, "disk", REMORA_NAMES_CREATE, 0, 11, &a));
	EXPECT_EQ(11, a.record.value[0]);
	EXPECT_EQ(REMORA_R_NAMES_EXISTS, RT_ASK(self->a, SET, "disk", REMORA_NAMES_CREATE, 0, 12));
	EXPECT_EQ(REMORA_R_NAMES_OWNER, RT_ASK(self->b, SET, "disk", 0, 0, 12));
	EXPECT_EQ(REMORA_R_NAMES_OWNER, RT_ASK(self->b, REMOVE, "disk", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_KIND, RT_ASK(self->b, LOCK, "disk", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_KIND, RT_ASK(self->b, POST, "disk", 0, 0, 1));
	ASSERT_EQ(0, rt_ask_all(self->b, REMORA_NAMES_OP_GET, "disk", 0, 0, 0, &a));
	EXPECT_EQ(REMORA_NAMES_RECORD, a.record.kind);
	EXPECT_EQ(0, a.record.node);
	EXPECT_EQ(11, a.record.value[0]);
	EXPECT_STREQ("disk", a.record.name);
	EXPECT_EQ(0, RT_ASK(self->a, SET, "disk", REMORA_NAMES_OVERWRITE | REMORA_NAMES_SHARED, 0, 13));
	EXPECT_EQ(0, RT_ASK(self->a, REMOVE, "disk", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->a, SET, "disk", REMORA_NAMES_SHARED, 0, 14));
	EXPECT_EQ(0, RT_ASK(self->b, SET, "disk", 0, 0, 15));
	EXPECT_EQ(0, RT_ASK(self->b, REMOVE, "disk", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->a, GET, "disk", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->a, SET, RT_NAME_LONG, 0, 0, 1));
	EXPECT_EQ(0, RT_ASK(self->b, GET, RT_NAME_LONG, 0, 0, 0));
}

TEST_F(names, locks_and_semaphores)
{
	EXPECT_EQ(0, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_BUSY, RT_ASK(self->b, LOCK, "l", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_BUSY, RT_ASK(self->a, LOCK, "l", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_TIMEOUT, RT_ASK(self->b, LOCK, "l", 0, 20, 0));
	EXPECT_EQ(REMORA_R_NAMES_OWNER, RT_ASK(self->b, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_KIND, RT_ASK(self->b, SET, "l", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->a, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->a, UNLOCK, "l", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->b, LOCK, "l", 0, 1000, 0));

	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->a, WAIT, "s", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->a, SEMAPHORE, "s", 0, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_EXISTS, RT_ASK(self->b, SEMAPHORE, "s", 0, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_KIND, RT_ASK(self->b, UNLOCK, "s", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->b, WAIT, "s", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_BUSY, RT_ASK(self->b, WAIT, "s", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_TIMEOUT, RT_ASK(self->b, WAIT, "s", 0, 20, 0));
	EXPECT_EQ(0, RT_ASK(self->b, POST, "s", 0, 0, 2));
	EXPECT_EQ(REMORA_R_NAMES_COUNT, RT_ASK(self->b, POST, "s", 0, 0, 1ull << 31));
	EXPECT_EQ(0, RT_ASK(self->a, WAIT, "s", 0, -1, 0));
	EXPECT_EQ(0, RT_ASK(self->a, REMOVE, "s", 0, 0, 0));

	EXPECT_EQ(0, RT_ASK(self->a, BARRIER, "b", 0, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_TIMEOUT, RT_ASK(self->a, BARRIER, "b", 0, 20, 2));
	EXPECT_EQ(REMORA_R_NAMES_MISSING, RT_ASK(self->a, GET, "b", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_TIMEOUT, RT_ASK(self->a, AWAIT, "none", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_TIMEOUT, RT_ASK(self->a, AWAIT, "none", 0, 20, 0));
}

TEST_F(names, nonsense_is_refused)
{
	struct remora_names_ask a = { .size = sizeof(a), .op = REMORA_NAMES_OP_GET };
	struct remora_names_watch w = { .size = sizeof(w) };
	struct remora_error e;

	EXPECT_EQ(REMORA_R_NAMES_OP, rt_ask(self->a, 0, "x", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_OP, rt_ask(self->a, REMORA_NAMES_OP_AWAIT + 1, "x", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_OP, rt_ask(self->a, ~0u, "x", 0, 0, 0));
	EXPECT_EQ(REMORA_R_FLAGS_UNKNOWN, RT_ASK(self->a, SET, "x", 1u << 3, 0, 0));
	EXPECT_EQ(REMORA_R_FLAGS_UNKNOWN, RT_ASK(self->a, GET, "x", REMORA_NAMES_CREATE, 0, 0));
	EXPECT_EQ(REMORA_R_COUNT_INVALID, RT_ASK(self->a, LOCK, "x", 0, -2, 0));
	EXPECT_EQ(REMORA_R_COUNT_INVALID, RT_ASK(self->a, SET, "x", 0, 1, 0));
	EXPECT_EQ(REMORA_R_COUNT_INVALID, RT_ASK(self->a, SET, "x", 0, -1, 0));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, SET, "", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, SET, RT_NAME_LONG "4", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_INVALID,
		  RT_ASK(self->a, SET, "x", REMORA_NAMES_CREATE | REMORA_NAMES_OVERWRITE, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, LOCK, "x", 0, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, GET, "x", 0, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, AWAIT, "x", 0, 0, 1));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, BARRIER, "x", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, POST, "x", 0, 0, 0));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, RT_ASK(self->a, SEMAPHORE, "x", 0, 0, (1ull << 31) + 1));

	w.flags = 2;
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_WATCH, &w));
	EXPECT_EQ(REMORA_R_FLAGS_UNKNOWN, w.error.reason);
	w.flags = REMORA_NAMES_UNWATCH;
	w.prefix[0] = 'x';
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_WATCH, &w));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, w.error.reason);
	w.flags = 0;
	memset(w.prefix, 'x', sizeof(w.prefix));
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_WATCH, &w));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, w.error.reason);
	RT_EXPECT_REASON(rt_names(self->fd, 4, &e), &e, REMORA_R_FLAGS_UNKNOWN, EINVAL);

	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_ASK, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_LIST, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_WATCH, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_NAMES, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_NAMES_ASK, &a));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_STATUS, &a));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, write(self->a, &a, sizeof(a)));
}

/* How many records a list finds, in calls of @count. */
static int listed(int fd, const char *prefix, unsigned int count, unsigned int bytes)
{
	unsigned char records[16 * 256];
	struct remora_names_list l = { .size = sizeof(l), .record_size = bytes };
	int found = 0;

	strcpy(l.prefix, prefix);
	do {
		memset(records, 0xee, sizeof(records));
		l.count = count;
		l.records = (__u64)(unsigned long)records;
		if (ioctl(fd, REMORA_IOC_NAMES_LIST, &l))
			return -(int)l.error.reason;
		for (unsigned int i = 0; i < l.count; i++) {
			const struct remora_names_record *r = (void *)(records + i * bytes);

			if (strncmp(r->name, prefix, strlen(prefix)) || r->kind != REMORA_NAMES_RECORD)
				return -1000;
			for (unsigned int k = sizeof(*r); k < bytes; k++)
				if (records[i * bytes + k])
					return -1001;
		}
		if (records[l.count * bytes] != 0xee)
			return -1002;
		found += (int)l.count;
	} while (l.count);
	return found;
}

TEST_F(names, list)
{
	const unsigned int bytes = sizeof(struct remora_names_record);
	struct remora_names_list l = { .size = sizeof(l), .record_size = bytes, .count = 1, .records = 8 };
	char name[16];

	EXPECT_EQ(0, listed(self->a, "", 4, bytes));
	for (int i = 0; i < 21; i++) {
		snprintf(name, sizeof(name), "%s%d", i % 3 ? "many." : "few.", i);
		ASSERT_EQ(0, RT_ASK(i % 2 ? self->a : self->b, SET, name, 0, 0, 1));
	}
	EXPECT_EQ(21, listed(self->a, "", 4, bytes));
	EXPECT_EQ(21, listed(self->b, "", 15, bytes));
	EXPECT_EQ(14, listed(self->b, "many.", 1, bytes));
	EXPECT_EQ(7, listed(self->b, "few", 3, bytes));
	EXPECT_EQ(0, listed(self->b, "none", 3, bytes));
	EXPECT_EQ(7, listed(self->b, "few", 3, bytes + 40));
	EXPECT_EQ(-REMORA_R_COUNT_INVALID, listed(self->b, "", 1, bytes - 8));
	l.record_size = 1025;
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_LIST, &l));
	EXPECT_EQ(REMORA_R_COUNT_INVALID, l.error.reason);
	l.record_size = bytes;
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_LIST, &l));
	EXPECT_EQ(EFAULT, errno);
	memset(l.prefix, 'x', sizeof(l.prefix));
	EXPECT_EQ(-1, ioctl(self->a, REMORA_IOC_NAMES_LIST, &l));
	EXPECT_EQ(REMORA_R_NAMES_INVALID, l.error.reason);
	memset(l.prefix, 0, sizeof(l.prefix));
	l.at = ~0u;
	EXPECT_EQ(0, ioctl(self->a, REMORA_IOC_NAMES_LIST, &l));
	EXPECT_EQ(0, l.count);
}

static int watch(int fd, const char *prefix, __u64 tag, unsigned int flags)
{
	struct remora_names_watch w = { .size = sizeof(w), .flags = flags, .tag = tag };

	strcpy(w.prefix, prefix);
	return ioctl(fd, REMORA_IOC_NAMES_WATCH, &w) ? (int)w.error.reason : 0;
}

static short polled(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

TEST_F(names, watches)
{
	struct remora_names_event e[40];

	EXPECT_EQ(REMORA_R_NAMES_MISSING, watch(self->b, "", 5, REMORA_NAMES_UNWATCH));
	ASSERT_EQ(0, watch(self->b, "d", 5, 0));
	EXPECT_EQ(0, polled(self->b, 0));
	EXPECT_EQ(-1, read(self->b, e, sizeof(e)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, read(self->b, e, sizeof(e[0]) - 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(0, RT_ASK(self->a, SET, "other", 0, 0, 1));
	EXPECT_EQ(0, RT_ASK(self->a, SET, "disk", 0, 0, 7));
	EXPECT_EQ(POLLIN, polled(self->b, 5000));
	EXPECT_EQ(0, RT_ASK(self->a, REMOVE, "disk", 0, 0, 0));
	ASSERT_EQ((ssize_t)(2 * sizeof(e[0])), read(self->b, e, sizeof(e)));
	EXPECT_EQ(5, e[0].tag);
	EXPECT_EQ(REMORA_NAMES_SET, e[0].what);
	EXPECT_EQ(7, e[0].record.value[0]);
	EXPECT_STREQ("disk", e[1].record.name);
	EXPECT_EQ(REMORA_NAMES_GONE, e[1].what);
	EXPECT_EQ(0, polled(self->b, 0));

	/* A read whose memory is bad loses nothing. */
	EXPECT_EQ(0, RT_ASK(self->a, SET, "disk", 0, 0, 8));
	EXPECT_EQ(-1, read(self->b, rt_wild(), sizeof(e)));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ((ssize_t)sizeof(e[0]), read(self->b, e, sizeof(e)));
	EXPECT_EQ(8, e[0].record.value[0]);

	/* What does not fit is missed, and that is told; the watch goes on. */
	for (int i = 0; i < 40; i++)
		ASSERT_EQ(0, RT_ASK(self->a, SET, "disk", 0, 0, i));
	ASSERT_EQ((ssize_t)(16 * sizeof(e[0])), read(self->b, e, sizeof(e)));
	EXPECT_EQ(0, e[0].record.value[0]);
	EXPECT_EQ(15, e[15].record.value[0]);
	EXPECT_EQ(POLLIN, polled(self->b, 5000));
	ASSERT_EQ((ssize_t)sizeof(e[0]), read(self->b, e, sizeof(e)));
	EXPECT_EQ(REMORA_NAMES_MISSED, e[0].what);
	EXPECT_EQ(5, e[0].tag);
	EXPECT_EQ(0, RT_ASK(self->a, SET, "disk", 0, 0, 99));
	ASSERT_EQ((ssize_t)sizeof(e[0]), read(self->b, e, sizeof(e)));
	EXPECT_EQ(99, e[0].record.value[0]);

	EXPECT_EQ(0, watch(self->b, "", 5, REMORA_NAMES_UNWATCH));
	EXPECT_EQ(0, RT_ASK(self->a, SET, "disk", 0, 0, 1));
	EXPECT_EQ(0, polled(self->b, 0));
}

TEST_F(names, limits)
{
	int more[70], count = 0, fd;
	struct remora_error e;
	char name[16];

	for (int i = 0; i < 8; i++)
		EXPECT_EQ(0, watch(self->a, "x", (__u64)i, 0));
	EXPECT_EQ(REMORA_R_NAMES_WATCHES, watch(self->a, "x", 8, 0));
	EXPECT_EQ(0, watch(self->b, "x", 8, 0));
	for (int i = 0; i < 32; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		EXPECT_EQ(0, RT_ASK(self->a, SET, name, 0, 0, 1));
	}
	EXPECT_EQ(REMORA_R_NAMES_RECORDS, RT_ASK(self->a, SET, "more", 0, 0, 1));
	EXPECT_EQ(0, RT_ASK(self->a, SET, "a3", 0, 0, 2));
	for (int i = 0; i < 4; i++) {
		more[i] = rt_names(self->fd, 0, NULL);
		ASSERT_LE(0, more[i]);
	}
	for (int i = 0; i < 96; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		EXPECT_EQ(0, RT_ASK(more[i % 4], SET, name, 0, 0, 1));
	}
	EXPECT_EQ(REMORA_R_NAMES_NODE, RT_ASK(more[0], SET, "more", 0, 0, 1));
	EXPECT_EQ(0, RT_ASK(more[0], REMOVE, "b0", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(more[1], SET, "more", 0, 0, 1));
	for (int i = 0; i < 4; i++)
		close(more[i]);
	/* Root may have all files there are; those closed are forgotten soon. */
	for (long end = rt_ms() + 10000; count < 62 && rt_ms() < end;) {
		fd = rt_names(self->fd, 0, &e);
		if (fd >= 0)
			more[count++] = fd;
	}
	EXPECT_EQ(62, count);
	RT_EXPECT_REASON(rt_names(self->fd, 0, &e), &e, REMORA_R_NAMES_FILES, ENFILE);
	while (count)
		close(more[--count]);
}

/* Names are Linux's own too: they need no core, and do not end with one. */
TEST_F(names, do_not_need_the_cores)
{
	int fd;

	EXPECT_EQ(0, RT_ASK(self->a, SET, "stays", 0, 0, 5));
	EXPECT_EQ(0, RT_ASK(self->a, LOCK, "mine", 0, 0, 0));
	ASSERT_EQ(0, rt_stop(self->fd, 0, 0, NULL));
	EXPECT_EQ(0, RT_ASK(self->b, GET, "stays", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(self->b, SET, "new", 0, 0, 5));
	fd = rt_names(self->fd, 0, NULL);
	EXPECT_LE(0, fd);
	EXPECT_EQ(REMORA_R_NAMES_BUSY, RT_ASK(fd, LOCK, "mine", 0, 0, 0));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	EXPECT_EQ(REMORA_R_NAMES_BUSY, RT_ASK(fd, LOCK, "mine", 0, 0, 0));
	EXPECT_EQ(0, RT_ASK(fd, GET, "new", 0, 0, 0));
	EXPECT_EQ(0, close(fd));
}

TEST_HARNESS_MAIN
