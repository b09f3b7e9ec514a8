// SPDX-License-Identifier: GPL-2.0-only
/*
 * A core dies, or its monitor hangs, at each message of a change of view: while another core joins, leaves
 * or dies, and on its own way in or out; and at each message of an agreement. The others agree on the view
 * without it in bounded time, messages to them are neither lost nor double nor out of order, and its CPU is one
 * of the partition again. Of one that fails on its way out everybody is told who is told of other deaths.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <time.h>
#include "harness.h"
#include "traffic.h"

#define SYSFS "/sys/class/remora/remora-kst-phases/"
#define BENCH_AGREE "/sys/kernel/debug/remora/bench_agree"
#define FAIL_MESSAGE "/sys/kernel/debug/remora/fail_message"
/* An emulated machine with few processors of its own may be slow. */
#define VIEW_MS RT_PATIENT_MS
/* Cores of create; one more joins. Core 1 carries the messages, core VICTIM fails. */
#define CORES 3u
#define JOINER (CORES + 1)
#define VICTIM 2u
#define OTHER 3u

/* Messages: partition/interfaces/view.if. */
enum { PREPARE = 0x101, REPORT, EPOCHS, INSTALL, INSTALLED, GO, LEAVE, DRAIN, DRAINED, PING, PONG };
/* partition/interfaces/fault.if */
enum moment { BEFORE, AFTER, INSTEAD, SENT };
/* The last two: core OTHER, which is the victim, leaves; in the last while there are agreements. */
enum change { JOINS, LEAVES, DIES, AGREE, FAILS, FAILS_AGREEING };
/* partition/interfaces/agree.if */
enum { AGREE_PREPARE = 0x201, AGREE_VOTES = 0x208, AGREE_OUTCOMES, AGREE_ACKS };
#define HANGS 0
#define BEGINS "phases: a fault is due"
#define SYSLOG_ACTION_READ_ALL 3

FIXTURE(phases)
{
	struct rt_spec s;
	struct rt_traffic traffic;
	__u32 cpus[RT_CPUS_ROOM];
	int fd;
};

FIXTURE_VARIANT(phases)
{
	enum change change;   /* of core JOINER or OTHER */
	unsigned int victim;
	unsigned int type;
	enum moment moment;
	unsigned int kind;
	unsigned int since;   /* counted from when it was to send this, which is lost; 0: at once */
	bool late;            /* it may have been stopped before, as it should */
};

FIXTURE_SETUP(phases)
{
	rt_sweep();
	self->fd = -1;
	if (rt_cpus(self->cpus, RT_CPUS_ROOM) < CORES + 1)
		return;
	rt_spec_init(&self->s, "phases", 0, CORES);
	self->s.c.flags = REMORA_CREATE_FAULTS | REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, rt_wait_members(self->s.c.name, CORES));
	ASSERT_EQ(0, rt_traffic_begin(&self->traffic, self->fd, 1));
}

FIXTURE_TEARDOWN(phases)
{
	if (self->fd < 0)
		return;
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static long ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until these are the members. Return: the view's number, or -ETIMEDOUT and what there is in @text. */
static long view_becomes(const char *members, char *text, size_t room)
{
	long begun = ms(), number;
	char *list;

	do {
		if (rt_read_text(SYSFS "view", text, room) < 0)
			return -ENOENT;
		number = strtol(text, &list, 10);
		if (*list == ' ' && !strcmp(list + 1, members))
			return number;
		usleep(2000);
	} while (ms() < begun + VIEW_MS);
	return -ETIMEDOUT;
}

/** struct witness - a thread that waits for the victim's last words */
struct witness {
	pthread_t thread;
	int fd;
	unsigned int node;
	int ret;
	long at; /* ms() */
};

static void *witness_run(void *arg)
{
	struct witness *w = arg;

	w->ret = rt_console_wait(w->fd, w->node, "on purpose", VIEW_MS);
	w->at = ms();
	return NULL;
}

static int add_cpu(int fd, __u32 cpu, struct remora_add_cpu *a)
{
	*a = (struct remora_add_cpu){ .size = sizeof(*a), .cpu = cpu };
	return ioctl(fd, REMORA_IOC_ADD_CPU, a) < 0 ? -errno : 0;
}

/* By force: one that hangs does not stop by itself. */
static int remove_cpu(int fd, __u32 node, __u32 flags, struct remora_error *e)
{
	struct remora_remove_cpu r = { .size = sizeof(r), .node = node, .flags = flags };
	int ret = ioctl(fd, REMORA_IOC_REMOVE_CPU, &r) < 0 ? -errno : 0;

	*e = r.error;
	return ret;
}

static int arm(const char *partition, unsigned int node, unsigned int type, enum moment moment,
	       unsigned int kind, unsigned int since)
{
	char text[96];

	snprintf(text, sizeof(text), "%s %u %x %u 1 %u %x", partition, node, type, moment, kind, since);
	return rt_write_text(FAIL_MESSAGE, text);
}

/* What the change leaves of 0, 1, VICTIM, OTHER and JOINER when the victim is gone. */
static const char *survivors(const FIXTURE_VARIANT(phases) *v)
{
	if (v->victim == JOINER)
		return "0-3";
	if (v->victim == OTHER)
		return "0-2";
	if (v->change == AGREE)
		return "0-1,3";
	return v->change == JOINS ? "0-1,3-4" : "0-1";
}

#define EXPECT_VIEW(number, members)                                                               \
	do {                                                                                       \
		char text_[128] = "";                                                              \
		(number) = view_becomes(members, text_, sizeof(text_));                            \
		EXPECT_LT(0, number) { TH_LOG("the view is '%s', not %s", text_, members); }       \
	} while (0)

/* Not Linux alone: the core that stays says so too. */
static void expect_at_core(struct __test_metadata *_metadata, int fd, long number, unsigned int nodes)
{
	char text[64];

	snprintf(text, sizeof(text), "view %ld: %u nodes", number, nodes);
	EXPECT_EQ(0, rt_console_wait(fd, 1, text, VIEW_MS))
	{
		TH_LOG("core 1 knows no %s; its console:", text);
		system("remora console kst-phases --core 1");
	}
}

static unsigned int left(const FIXTURE_VARIANT(phases) *v)
{
	if (v->victim == JOINER)
		return 4;
	if (v->victim == OTHER || v->change == AGREE)
		return 3;
	return v->change == JOINS ? 4 : 2;
}

static void agree(struct __test_metadata *_metadata)
{
	char text[256];

	EXPECT_EQ(0, rt_write_text(BENCH_AGREE, "kst-phases 200 8"));
	EXPECT_LT(0, rt_read_text(BENCH_AGREE, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, " count 200 depth 8 failed 0 ")) { TH_LOG("%s", text); }
}

static void *agree_on(void *arg)
{
	return rt_write_text(BENCH_AGREE, "kst-phases 800 8") ? arg : NULL;
}

/* Until there are agreements under way. Return: 0 or -ETIMEDOUT. */
static int agreeing(void)
{
	long begun = ms();
	char text[32];

	while (ms() < begun + VIEW_MS)
		if (rt_read_text(SYSFS "agreements", text, sizeof(text)) > 0 && atoi(text))
			return 0;
	return -ETIMEDOUT;
}

/* By the kernel's log since BEGINS. */
static bool crash_was_logged(void)
{
	static char log[1 << 18];
	int bytes = klogctl(SYSLOG_ACTION_READ_ALL, log, sizeof(log) - 1);
	char *at = log, *next;

	log[bytes < 0 ? 0 : bytes] = 0;
	while ((next = strstr(at, BEGINS)))
		at = next + 1;
	return strstr(at, ": core 3 (CPU ") && strstr(at, ") crashed: ");
}

/* It fails on its way out: it is gone as it was asked to be, and of its death is told. */
static void fails(struct __test_metadata *_metadata, FIXTURE_DATA(phases) *self,
		  const FIXTURE_VARIANT(phases) *v)
{
	const char *why = v->kind == HANGS ? "the other cores went on without it" : "undefined instruction";
	char text[256], core[64], generation[32], later[32];
	struct remora_error e;
	int ret;

	snprintf(core, sizeof(core), "core 3 CPU %u: ", self->cpus[OTHER - 1]);
	EXPECT_LT(0, rt_read_text(SYSFS "generation", generation, sizeof(generation)));
	EXPECT_EQ(0, rt_read_text(SYSFS "last_crash", text, sizeof(text)));
	ret = remove_cpu(self->fd, OTHER, 0, &e);
	if (v->late && !ret) {
		TH_LOG("it was stopped before it failed");
		EXPECT_FALSE(crash_was_logged());
		EXPECT_EQ(0, rt_read_text(SYSFS "last_crash", text, sizeof(text)));
		return;
	}
	RT_EXPECT_REASON(ret, &e, REMORA_R_CORE_DEAD, EHOSTDOWN);
	EXPECT_EQ(&e.message[0], strstr(e.message, "core 3 crashed while it left: "));
	EXPECT_NE(NULL, strstr(e.message, why)) { TH_LOG("%s", e.message); }
	EXPECT_LT(0, rt_read_text(SYSFS "last_crash", text, sizeof(text)));
	EXPECT_EQ(&text[0], strstr(text, core)) { TH_LOG("%s", text); }
	EXPECT_NE(NULL, strstr(text, why)) { TH_LOG("%s", text); }
	EXPECT_TRUE(crash_was_logged());
	EXPECT_EQ(-ENOENT, rt_read_text(SYSFS "core3/state", text, sizeof(text)));
	EXPECT_LT(0, rt_read_text(SYSFS "state", text, sizeof(text)));
	EXPECT_STREQ("running", text);
	/* Crashed, and mended. */
	EXPECT_LT(0, rt_read_text(SYSFS "generation", later, sizeof(later)));
	EXPECT_EQ(atoi(generation) + 2, atoi(later));
}

static void change(struct __test_metadata *_metadata, FIXTURE_DATA(phases) *self,
		   const FIXTURE_VARIANT(phases) *v)
{
	struct remora_add_cpu a;
	struct remora_error e;
	pthread_t agreements;
	char text[256];
	void *failed;

	switch (v->change) {
	case JOINS:
		EXPECT_EQ(0, add_cpu(self->fd, self->cpus[CORES], &a)) { TH_LOG("%s", a.error.message); }
		break;
	case LEAVES:
		EXPECT_EQ(0, remove_cpu(self->fd, OTHER, REMORA_FORCE, &e)) { TH_LOG("%s", e.message); }
		break;
	case DIES:
		EXPECT_EQ(0, rt_inject(self->fd, OTHER, REMORA_FAULT_OPCODE, &e)) { TH_LOG("%s", e.message); }
		break;
	case AGREE:
		/* All of them come to an end, and to the one that was wanted. */
		agree(_metadata);
		break;
	case FAILS:
		fails(_metadata, self, v);
		break;
	case FAILS_AGREEING:
		ASSERT_EQ(0, pthread_create(&agreements, NULL, agree_on, self));
		EXPECT_EQ(0, agreeing());
		fails(_metadata, self, v);
		pthread_join(agreements, &failed);
		EXPECT_EQ(NULL, failed);
		EXPECT_LT(0, rt_read_text(BENCH_AGREE, text, sizeof(text)));
		EXPECT_NE(NULL, strstr(text, " failed 0 ")) { TH_LOG("%s", text); }
		break;
	}
}

/* The CPU comes back, and the others take it in. */
static void reclaim(struct __test_metadata *_metadata, FIXTURE_DATA(phases) *self,
		    const FIXTURE_VARIANT(phases) *v)
{
	__u32 cpu = self->cpus[v->victim - 1];
	struct remora_add_cpu a;
	struct remora_error e;
	int channel;

	if (v->change == DIES)
		EXPECT_EQ(0, remove_cpu(self->fd, OTHER, 0, &e)) { TH_LOG("%s", e.message); }
	if (v->victim != OTHER)
		EXPECT_EQ(0, remove_cpu(self->fd, v->victim, REMORA_FORCE, &e)) { TH_LOG("%s", e.message); }
	EXPECT_EQ(0, rt_cpu_works(cpu));
	ASSERT_EQ(0, add_cpu(self->fd, cpu, &a)) { TH_LOG("%s", a.error.message); }
	EXPECT_EQ(v->victim, a.node);
	channel = rt_bind(self->fd, a.node, REMORA_SERVICE_ECHO, 0, 0, &e);
	ASSERT_LE(0, channel) { TH_LOG("%s", e.message); }
	EXPECT_EQ(0, rt_echo(channel, 20));
	close(channel);
}

static const char *in_the_end(const FIXTURE_VARIANT(phases) *v)
{
	if (v->change == JOINS)
		return "0-4";
	return v->victim == OTHER || v->change == AGREE ? "0-3" : "0-2";
}

TEST_F_TIMEOUT(phases, survived, 300)
{
	struct witness w = { .fd = self->fd, .node = variant->victim };
	unsigned long before;
	long number, took;

	if (self->fd < 0)
		SKIP(return, "needs 4 CPUs besides CPU 0");
	ASSERT_EQ(0, rt_write_text("/dev/kmsg", BEGINS));
	ASSERT_EQ(0, arm(self->s.c.name, variant->victim, variant->type, variant->moment, variant->kind,
			 variant->since));
	/* A console goes with its core. */
	w.at = ms();
	if (variant->victim != OTHER)
		ASSERT_EQ(0, pthread_create(&w.thread, NULL, witness_run, &w));
	change(_metadata, self, variant);
	if (variant->victim != OTHER)
		pthread_join(w.thread, NULL);
	ASSERT_EQ(0, w.ret) { TH_LOG("core %u did not fail", variant->victim); }
	EXPECT_VIEW(number, survivors(variant));
	took = ms() - w.at;
	expect_at_core(_metadata, self->fd, number, left(variant));
	before = __atomic_load_n(&self->traffic.received, __ATOMIC_RELAXED);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	if (variant->change == JOINS || variant->change == AGREE)
		EXPECT_EQ(0, rt_ping(self->fd, OTHER, 20));
	if (variant->victim == OTHER)
		agree(_metadata);
	reclaim(_metadata, self, variant);
	EXPECT_VIEW(number, in_the_end(variant));
	expect_at_core(_metadata, self->fd, number, in_the_end(variant)[2] - '0' + 1);
	rt_traffic_end(&self->traffic);
	EXPECT_EQ(NULL, self->traffic.wrong) { TH_LOG("%s", self->traffic.wrong); }
	EXPECT_EQ(self->traffic.sent, self->traffic.received);
	EXPECT_LT(before, self->traffic.received);
	TH_LOG("the view without it came %ld ms after its last words; %lu messages", took,
	       self->traffic.received);
}

#define AT(name, change_, victim_, type_, moment_, kind_)                                          \
	FIXTURE_VARIANT_ADD(phases, name)                                                          \
	{                                                                                          \
		.change = change_, .victim = victim_, .type = type_, .moment = moment_,            \
		.kind = kind_,                                                                     \
	}

/* A member, while another core joins. */
AT(join_before_prepare, JOINS, VICTIM, PREPARE, BEFORE, REMORA_FAULT_OPCODE);
AT(join_instead_of_report, JOINS, VICTIM, REPORT, INSTEAD, REMORA_FAULT_OPCODE);
AT(join_report_sent, JOINS, VICTIM, REPORT, SENT, REMORA_FAULT_OPCODE);
AT(join_before_install, JOINS, VICTIM, INSTALL, BEFORE, REMORA_FAULT_OPCODE);
AT(join_instead_of_installed, JOINS, VICTIM, INSTALLED, INSTEAD, REMORA_FAULT_OPCODE);
AT(join_installed_sent, JOINS, VICTIM, INSTALLED, SENT, REMORA_FAULT_OPCODE);
AT(join_before_go, JOINS, VICTIM, GO, BEFORE, REMORA_FAULT_OPCODE);
AT(join_after_go, JOINS, VICTIM, GO, AFTER, REMORA_FAULT_OPCODE);
/* The one that joins. */
AT(joiner_before_prepare, JOINS, JOINER, PREPARE, BEFORE, REMORA_FAULT_OPCODE);
AT(joiner_report_sent, JOINS, JOINER, REPORT, SENT, REMORA_FAULT_OPCODE);
AT(joiner_before_epochs, JOINS, JOINER, EPOCHS, BEFORE, REMORA_FAULT_OPCODE);
AT(joiner_before_install, JOINS, JOINER, INSTALL, BEFORE, REMORA_FAULT_OPCODE);
AT(joiner_installed_sent, JOINS, JOINER, INSTALLED, SENT, REMORA_FAULT_OPCODE);
AT(joiner_before_go, JOINS, JOINER, GO, BEFORE, REMORA_FAULT_OPCODE);
/* A member, while another core leaves. */
AT(leave_before_prepare, LEAVES, VICTIM, PREPARE, BEFORE, REMORA_FAULT_OPCODE);
AT(leave_report_sent, LEAVES, VICTIM, REPORT, SENT, REMORA_FAULT_OPCODE);
AT(leave_before_install, LEAVES, VICTIM, INSTALL, BEFORE, REMORA_FAULT_OPCODE);
AT(leave_installed_sent, LEAVES, VICTIM, INSTALLED, SENT, REMORA_FAULT_OPCODE);
/* A member, while another core's death is agreed on. */
AT(death_before_prepare, DIES, VICTIM, PREPARE, BEFORE, REMORA_FAULT_OPCODE);
AT(death_report_sent, DIES, VICTIM, REPORT, SENT, REMORA_FAULT_OPCODE);
AT(death_before_install, DIES, VICTIM, INSTALL, BEFORE, REMORA_FAULT_OPCODE);
AT(death_installed_sent, DIES, VICTIM, INSTALLED, SENT, REMORA_FAULT_OPCODE);
/* Who does not go on, but does not crash. */
AT(hang_before_prepare, JOINS, VICTIM, PREPARE, BEFORE, HANGS);
AT(hang_report_sent, JOINS, VICTIM, REPORT, SENT, HANGS);
AT(hang_before_install, JOINS, VICTIM, INSTALL, BEFORE, HANGS);
AT(hang_joiner_report_sent, JOINS, JOINER, REPORT, SENT, HANGS);
AT(spin_before_install, JOINS, VICTIM, INSTALL, BEFORE, REMORA_FAULT_SPIN);

/* A member, while node 0 and all others agree on 200 things, 8 at a time. */
AT(agree_before_prepare, AGREE, VICTIM, AGREE_PREPARE, BEFORE, REMORA_FAULT_OPCODE);
AT(agree_instead_of_votes, AGREE, VICTIM, AGREE_VOTES, INSTEAD, REMORA_FAULT_OPCODE);
AT(agree_votes_sent, AGREE, VICTIM, AGREE_VOTES, SENT, REMORA_FAULT_OPCODE);
AT(agree_before_outcomes, AGREE, VICTIM, AGREE_OUTCOMES, BEFORE, REMORA_FAULT_OPCODE);
AT(agree_instead_of_acks, AGREE, VICTIM, AGREE_ACKS, INSTEAD, REMORA_FAULT_OPCODE);
AT(agree_acks_sent, AGREE, VICTIM, AGREE_ACKS, SENT, REMORA_FAULT_OPCODE);
AT(agree_hang_before_prepare, AGREE, VICTIM, AGREE_PREPARE, BEFORE, HANGS);
AT(agree_hang_before_outcomes, AGREE, VICTIM, AGREE_OUTCOMES, BEFORE, HANGS);

/* Who leaves. When the view is there without it, it is stopped, whether it has heard or not. */
#define OUT(name, type_, moment_, kind_)                                                           \
	FIXTURE_VARIANT_ADD(phases, out_##name)                                                    \
	{                                                                                          \
		.change = FAILS, .victim = OTHER, .type = type_, .moment = moment_, .kind = kind_, \
	}

OUT(before_drain, DRAIN, BEFORE, REMORA_FAULT_OPCODE);
OUT(instead_of_drained, DRAINED, INSTEAD, REMORA_FAULT_OPCODE);
OUT(drained_sent, DRAINED, SENT, REMORA_FAULT_OPCODE);
OUT(before_prepare, PREPARE, BEFORE, REMORA_FAULT_OPCODE);
OUT(instead_of_report, REPORT, INSTEAD, REMORA_FAULT_OPCODE);
OUT(hang_before_drain, DRAIN, BEFORE, HANGS);
OUT(hang_before_prepare, PREPARE, BEFORE, HANGS);

/* Its report was the last thing that the view needed of it. */
#define OUT_LATE(name, type_, moment_)                                                             \
	FIXTURE_VARIANT_ADD(phases, out_##name)                                                    \
	{                                                                                          \
		.change = FAILS, .victim = OTHER, .type = type_, .moment = moment_,                \
		.kind = REMORA_FAULT_OPCODE, .late = true,                                         \
	}

OUT_LATE(report_sent, REPORT, SENT);
OUT_LATE(before_install, INSTALL, BEFORE);

/* In agreements while it is leaving: it has not told yet that it is ready to go. */
#define OUT_AGREE(name, type_, moment_)                                                            \
	FIXTURE_VARIANT_ADD(phases, out_agree_##name)                                              \
	{                                                                                          \
		.change = FAILS_AGREEING, .victim = OTHER, .type = type_, .moment = moment_,       \
		.kind = REMORA_FAULT_OPCODE, .since = DRAINED,                                     \
	}

OUT_AGREE(before_prepare, AGREE_PREPARE, BEFORE);
OUT_AGREE(instead_of_votes, AGREE_VOTES, INSTEAD);
OUT_AGREE(before_outcomes, AGREE_OUTCOMES, BEFORE);
OUT_AGREE(instead_of_acks, AGREE_ACKS, INSTEAD);

/* Nothing of it is possible in a partition that was not created for it. */
TEST(forbidden)
{
	struct rt_spec s;
	long number;

	rt_sweep();
	rt_spec_init(&s, "phases", 0, 1);
	s.c.flags = REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
	EXPECT_VIEW(number, "0-1");
	EXPECT_EQ(-EPERM, arm(s.c.name, 1, PING, BEFORE, REMORA_FAULT_OPCODE, 0));
	EXPECT_EQ(-ENOENT, arm("nobody", 1, PING, BEFORE, REMORA_FAULT_OPCODE, 0));
	EXPECT_EQ(-EINVAL, arm(s.c.name, 0, PING, BEFORE, REMORA_FAULT_OPCODE, 0));
	EXPECT_EQ(-EINVAL, arm(s.c.name, 64, PING, BEFORE, REMORA_FAULT_OPCODE, 0));
	EXPECT_EQ(-EINVAL, arm(s.c.name, 1, PING, 4, REMORA_FAULT_OPCODE, 0));
	EXPECT_EQ(-EINVAL, arm(s.c.name, 1, PING, BEFORE, REMORA_FAULT_RINGS + 1, 0));
	EXPECT_EQ(-EINVAL, arm(s.c.name, 1, 0x10000, BEFORE, REMORA_FAULT_OPCODE, 0));
	EXPECT_EQ(-EINVAL, arm(s.c.name, 1, PING, BEFORE, REMORA_FAULT_OPCODE, 0x10000));
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

TEST_HARNESS_MAIN
