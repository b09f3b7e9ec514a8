// SPDX-License-Identifier: GPL-2.0-only
/*
 * Monitors and node 0 agree on who is there: views and links while cores start, join, leave, die and
 * stop.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include "harness.h"

#define FAIL_STEP "/sys/kernel/debug/remora/fail_step"
#define SYSFS "/sys/class/remora/remora-kst-view/"
/* An emulated machine with few processors of its own may be slow. */
#define VIEW_MS RT_PATIENT_MS

FIXTURE(view)
{
	struct rt_spec s;
	__u32 cpus[RT_CPUS_ROOM];
	int fd;
};

FIXTURE_SETUP(view)
{
	rt_sweep();
	self->fd = -1;
	if (rt_cpus(self->cpus, RT_CPUS_ROOM) < 3)
		return;
	rt_spec_init(&self->s, "view", 0, 2);
	self->s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(view)
{
	if (self->fd < 0)
		return;
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

#define NEEDS_CPUS(self)                                                                           \
	do {                                                                                       \
		if ((self)->fd < 0)                                                                \
			SKIP(return, "needs 3 CPUs besides CPU 0");                                \
	} while (0)

static long ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until these are the members. Return: the view's number, or -ETIMEDOUT and what there is in @text. */
static long view_of(const char *members, char *text, size_t room)
{
	long end = ms() + VIEW_MS, number;
	char *list;

	do {
		if (rt_read_text(SYSFS "view", text, room) < 0)
			return -ENOENT;
		number = strtol(text, &list, 10);
		if (*list == ' ' && !strcmp(list + 1, members))
			return number;
		usleep(20000);
	} while (ms() < end);
	return -ETIMEDOUT;
}

static long links_become(long links)
{
	return rt_ledger_becomes("links", links);
}

/* Links are made after the view is there, and the order that was given is carried out at one of them. */
static bool step_failed(void)
{
	char left[64];

	for (int i = 0; i < RT_PATIENT_MS / 20; i++) {
		if (rt_read_text(FAIL_STEP, left, sizeof(left)) == 0)
			return true;
		usleep(20000);
	}
	return false;
}

#define EXPECT_VIEW(number, members)                                                               \
	do {                                                                                       \
		char text_[128] = "";                                                              \
		(number) = view_of(members, text_, sizeof(text_));                                 \
		EXPECT_LT(0, number) { TH_LOG("the view is '%s'", text_); }                        \
	} while (0)

/* What node 0 counts: who joined has talked to it, nobody broke a protocol, nothing is left under way. */
static bool counts_are_sound(char *text, size_t room)
{
	unsigned long taken = 0, dropped = 0, broken = 1;

	if (rt_read_text(SYSFS "messages", text, room) < 0 ||
	    sscanf(text, "%lu %lu %lu", &taken, &dropped, &broken) != 3 || !taken || broken)
		return false;
	if (rt_read_text(SYSFS "agreements", text, room) < 0 || strtoul(text, NULL, 10))
		return false;
	return rt_read_text(SYSFS "names", text, room) > 0 && !strtoul(text, NULL, 10);
}

TEST_F_TIMEOUT(view, follows_joins_and_leaves, 120)
{
	char text[128] = "";
	struct remora_add_cpu a = { .size = sizeof(a), .cpu = self->cpus[2] };
	struct remora_remove_cpu r = { .size = sizeof(r), .node = 1 };
	long first, joined, left;

	NEEDS_CPUS(self);
	EXPECT_VIEW(first, "0-2");
	EXPECT_EQ(3, links_become(3));
	EXPECT_EQ(0, rt_console_wait(self->fd, 1, "3 nodes", VIEW_MS));
	EXPECT_EQ(0, rt_console_wait(self->fd, 2, "3 nodes", VIEW_MS));
	EXPECT_TRUE(counts_are_sound(text, sizeof(text))) { TH_LOG("one of them is '%s'", text); }
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_ADD_CPU, &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_VIEW(joined, "0-3");
	EXPECT_LT(first, joined);
	EXPECT_EQ(6, links_become(6));
	EXPECT_EQ(0, rt_console_wait(self->fd, 3, "4 nodes", VIEW_MS));
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &r)) { TH_LOG("%s", r.error.message); }
	EXPECT_VIEW(left, "0,2-3");
	EXPECT_LT(joined, left);
	EXPECT_EQ(3, links_become(3));
	EXPECT_EQ(0, rt_ping(self->fd, 2, 20));
	EXPECT_EQ(0, rt_ping(self->fd, 3, 20));
}

TEST_F_TIMEOUT(view, goes_on_without_the_dead, 120)
{
	struct remora_error e;
	long before, after;

	NEEDS_CPUS(self);
	EXPECT_VIEW(before, "0-2");
	ASSERT_EQ(0, rt_inject(self->fd, 2, REMORA_FAULT_OPCODE, &e)) { TH_LOG("%s", e.message); }
	EXPECT_VIEW(after, "0-1");
	EXPECT_LT(before, after);
	EXPECT_EQ(1, links_become(1));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

TEST_F_TIMEOUT(view, begins_anew_after_a_stop, 120)
{
	long before, after;

	NEEDS_CPUS(self);
	EXPECT_VIEW(before, "0-2");
	ASSERT_EQ(0, rt_stop(self->fd, 0, 0, NULL));
	EXPECT_VIEW(after, "0");
	EXPECT_EQ(0, links_become(0));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	EXPECT_VIEW(after, "0-2");
	EXPECT_LT(before, after);
	/* At once, while links are being made. */
	for (int i = 0; i < 5; i++) {
		EXPECT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
		usleep(i * 20000);
	}
	EXPECT_VIEW(after, "0-2");
	EXPECT_EQ(3, links_become(3));
}

#define VIEWS 256
#define ROUNDS 6

/** struct reader - a thread that reads the view over and over: @wrong is what cannot be */
struct reader {
	bool stop;
	unsigned int views;
	char members[VIEWS][64];
	char wrong[192];
};

static void *reader_run(void *arg)
{
	struct reader *r = arg;
	char text[64], *list;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED) && !r->wrong[0]) {
		unsigned long number = VIEWS;

		if (rt_read_text(SYSFS "view", text, sizeof(text)) > 0)
			number = strtoul(text, &list, 10);
		if (number >= VIEWS) {
			snprintf(r->wrong, sizeof(r->wrong), "'%s'", text);
		} else if (!r->members[number][0]) {
			strcpy(r->members[number], list);
			r->views++;
		} else if (strcmp(r->members[number], list)) {
			snprintf(r->wrong, sizeof(r->wrong), "view %lu is '%s', then '%s'", number,
				 r->members[number], list);
		}
	}
	return NULL;
}

/* Number and members that are read at one time are of one view. */
TEST_F_TIMEOUT(view, is_read_whole, 120)
{
	static struct reader r;
	pthread_t thread;
	long number;

	NEEDS_CPUS(self);
	EXPECT_VIEW(number, "0-2");
	memset(&r, 0, sizeof(r));
	ASSERT_EQ(0, pthread_create(&thread, NULL, reader_run, &r));
	for (int i = 0; i < ROUNDS; i++) {
		struct remora_add_cpu a = { .size = sizeof(a), .cpu = self->cpus[2] };
		struct remora_remove_cpu leave = { .size = sizeof(leave), .node = 3 };

		EXPECT_EQ(0, ioctl(self->fd, REMORA_IOC_ADD_CPU, &a)) { TH_LOG("%s", a.error.message); }
		EXPECT_VIEW(number, "0-3");
		EXPECT_EQ(0, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &leave)) { TH_LOG("%s", leave.error.message); }
		EXPECT_VIEW(number, "0-2");
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_STREQ("", r.wrong);
	EXPECT_LE(2, r.views);
}

/* A core that did not answer when it was linked is asked again: nothing else need happen first. */
TEST_F_TIMEOUT(view, asks_again, 120)
{
	struct remora_add_cpu a = { .size = sizeof(a), .cpu = self->cpus[2] };
	long number;

	NEEDS_CPUS(self);
	EXPECT_VIEW(number, "0-2");
	EXPECT_EQ(3, links_become(3));
	for (int nth = 1; nth <= 3; nth++) {
		struct remora_remove_cpu r = { .size = sizeof(r), .node = 3 };
		char text[32];

		snprintf(text, sizeof(text), "mesh-bind %d", nth);
		ASSERT_EQ(0, rt_write_text(FAIL_STEP, text));
		ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_ADD_CPU, &a)) { TH_LOG("%s", a.error.message); }
		EXPECT_VIEW(number, "0-3");
		EXPECT_EQ(6, links_become(6));
		EXPECT_TRUE(step_failed()) { TH_LOG("it was not asked"); }
		ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_REMOVE_CPU, &r)) { TH_LOG("%s", r.error.message); }
	}
}

/* Links of monitors leave half of the channel memory to others, however many cores there are. */
TEST_F_TIMEOUT(view, leaves_memory_for_channels, 200)
{
	struct remora_error e = {};
	struct rt_spec s;
	long number;
	int fd;

	rt_sweep();
	if (rt_cpus(self->cpus, RT_CPUS_ROOM) < 7)
		SKIP(return, "needs 7 CPUs besides CPU 0");
	rt_spec_init(&s, "view", 0, 1);
	s.extents[0].bytes = 6 * RT_MIB;
	s.c.flags = REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
	fd = rt_open(s.c.name, O_RDWR);
	ASSERT_LE(0, fd);
	for (int i = 1; i < 7; i++) {
		struct remora_add_cpu a = { .size = sizeof(a), .cpu = self->cpus[i] };

		EXPECT_EQ(0, ioctl(fd, REMORA_IOC_ADD_CPU, &a)) { TH_LOG("%s", a.error.message); }
	}
	/* Of 1 MiB a quarter is 6 links of 40 KiB: those of four cores, and six to Linux. */
	EXPECT_VIEW(number, "0-4");
	EXPECT_EQ(12, links_become(12));
	for (unsigned int node = 1; node <= 7; node++) {
		int channel = rt_bind(fd, node, REMORA_SERVICE_ECHO, 0, 0, &e);

		EXPECT_LE(0, channel) { TH_LOG("core %u: %s", node, e.message); }
		if (channel >= 0)
			close(channel);
	}
	EXPECT_EQ(12, rt_ledger("links"));
	close(fd);
}

/* ---- as many cores as there are ---- */

FIXTURE(many)
{
	__u32 cpus[RT_CPUS_ROOM];
};

FIXTURE_VARIANT(many)
{
	unsigned int cores;
};

FIXTURE_SETUP(many)
{
	rt_sweep();
}

FIXTURE_TEARDOWN(many)
{
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

FIXTURE_VARIANT_ADD(many, cores_2) { .cores = 2 };
FIXTURE_VARIANT_ADD(many, cores_3) { .cores = 3 };
FIXTURE_VARIANT_ADD(many, cores_5) { .cores = 5 };
FIXTURE_VARIANT_ADD(many, cores_7) { .cores = 7 };
FIXTURE_VARIANT_ADD(many, cores_11) { .cores = 11 };
FIXTURE_VARIANT_ADD(many, cores_15) { .cores = 15 };

/* Linux and cores 1 to @cores are in one view, all of them know it, and each has a link to each other. */
static void expect_whole(struct __test_metadata *_metadata, int fd, unsigned int cores)
{
	char text[64];
	long number;

	snprintf(text, sizeof(text), "0-%u", cores);
	EXPECT_VIEW(number, text);
	snprintf(text, sizeof(text), "view %ld: %u nodes", number, cores + 1);
	for (unsigned int node = 1; node <= cores; node++) {
		EXPECT_EQ(0, rt_console_wait(fd, node, text, VIEW_MS)) { TH_LOG("core %u", node); }
		EXPECT_EQ(0, rt_ping(fd, node, 5));
	}
	EXPECT_EQ(cores * (cores + 1) / 2, links_become(cores * (cores + 1) / 2));
}

TEST_F_TIMEOUT(many, agree, 300)
{
	struct remora_remove_cpu r = { .size = sizeof(r), .node = variant->cores };
	struct remora_add_cpu a = { .size = sizeof(a) };
	unsigned int cores = variant->cores;
	struct remora_error e;
	struct rt_spec s;
	long begun = ms();
	int fd;

	if (rt_cpus(self->cpus, RT_CPUS_ROOM) < cores)
		SKIP(return, "needs %u CPUs besides CPU 0", cores);
	rt_spec_init(&s, "view", 0, cores);
	s.extents[0].bytes = (16 + 16 * cores) * RT_MIB;
	s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
	fd = rt_open(s.c.name, O_RDWR);
	ASSERT_LE(0, fd);
	expect_whole(_metadata, fd, cores);
	TH_LOG("%u cores in one view %ld ms after create began", cores, ms() - begun);
	ASSERT_EQ(0, rt_inject(fd, cores, REMORA_FAULT_OPCODE, &e)) { TH_LOG("%s", e.message); }
	expect_whole(_metadata, fd, cores - 1);
	ASSERT_EQ(0, ioctl(fd, REMORA_IOC_REMOVE_CPU, &r)) { TH_LOG("%s", r.error.message); }
	a.cpu = self->cpus[cores - 1];
	ASSERT_EQ(0, ioctl(fd, REMORA_IOC_ADD_CPU, &a)) { TH_LOG("%s", a.error.message); }
	expect_whole(_metadata, fd, cores);
	close(fd);
}

TEST_HARNESS_MAIN
