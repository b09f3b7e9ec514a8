// SPDX-License-Identifier: GPL-2.0-only
/* Both kernels on one trace: the order of what is told, what is lost, and what a dead core leaves. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "harness.h"
#include "tracefs.h"

#define RING_READABLE 4095 /* records that can be read of a full ring */
#define NODES 3

FIXTURE(trace)
{
	struct rt_spec s;
	struct tr_trace t;
	int fd;
};

FIXTURE_SETUP(trace)
{
	rt_sweep();
	memset(&self->t, 0, sizeof(self->t));
	self->fd = -1;
	ASSERT_EQ(0, tr_begin());
}

FIXTURE_TEARDOWN(trace)
{
	tr_free(&self->t);
	close(self->fd);
	rt_sweep();
	tr_end();
}

#define BEGIN(cores)                                                                               \
	do {                                                                                       \
		RT_SKIP_UNLESS_CPUS(cores);                                                        \
		ASSERT_EQ(0, rt_begin(&self->s, "tr", 0, cores, &self->fd))                        \
		{                                                                                  \
			TH_LOG("%s", self->s.c.error.message);                                     \
		}                                                                                  \
		ASSERT_EQ(0, rt_wait_members(self->s.c.name, cores));                              \
	} while (0)

#define LOAD() ASSERT_EQ(0, tr_load(&self->t, self->s.c.name))

static bool is(const struct tr_event *e, const char *name)
{
	return !strcmp(e->name, name);
}

/* ---- order ---- */

/* Numbers of the messages that were sent and received, by who to whom on which channel. */
struct flow {
	unsigned int from, to, channel;
	__u64 first, sent, received;
};

static struct flow *flow_of(struct flow *flows, size_t *count, unsigned int from, unsigned int to,
			    unsigned int channel)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (flows[i].from == from && flows[i].to == to && flows[i].channel == channel)
			return &flows[i];
	flows[i] = (struct flow){ .from = from, .to = to, .channel = channel };
	(*count)++;
	return &flows[i];
}

/*
 * In the order of time: every message is received after it was sent, sends and receives count up by
 * one each, from the first that was sent. NULL, or what is wrong, in a static buffer.
 */
static const char *order_fault(const struct tr_trace *t, struct flow *flows, size_t *count)
{
	static char text[160];

	for (size_t i = 0; i < t->count; i++) {
		const struct tr_event *e = &t->event[i];
		const char *wrong = NULL;
		struct flow *f;

		if (is(e, "send")) {
			f = flow_of(flows, count, e->node, e->peer, e->channel);
			if (f->sent && e->number != f->sent + 1)
				wrong = "a send is missing before";
			f->first = f->first ? f->first : e->number;
			f->sent = e->number;
		} else if (is(e, "receive")) {
			f = flow_of(flows, count, e->peer, e->node, e->channel);
			if (e->number > f->sent)
				wrong = "before its send comes";
			else if (e->number != (f->received ? f->received + 1 : f->first))
				wrong = "a receive is missing before";
			f->received = e->number;
		} else {
			continue;
		}
		if (wrong) {
			snprintf(text, sizeof(text), "%s %s %u-%u channel %#x number %llu", wrong,
				 e->name, e->node, e->peer, e->channel, e->number);
			return text;
		}
	}
	return NULL;
}

static const struct flow *find_flow(const struct flow *flows, size_t count, unsigned int from,
				    unsigned int to, unsigned int channel)
{
	for (size_t i = 0; i < count; i++)
		if (flows[i].from == from && flows[i].to == to && flows[i].channel == channel)
			return &flows[i];
	return NULL;
}

TEST_F_TIMEOUT(trace, no_receive_before_its_send, 200)
{
	struct remora_peer_ping ping = { .size = sizeof(ping), .node = 1, .peer = 2, .count = 300 };
	struct flow flows[64];
	const struct flow *f;
	size_t count = 0, i;
	const char *fault;
	__u64 lost, bad;

	ASSERT_EQ(0, tr_enable(NULL, true));
	BEGIN(2);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 200));
	EXPECT_EQ(0, rt_ping(self->fd, 2, 200));
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_PEER_PING, &ping)) { TH_LOG("%s", ping.error.message); }
	ASSERT_EQ(0, tr_enable(NULL, false));
	LOAD();
	fault = order_fault(&self->t, flows, &count);
	EXPECT_EQ(NULL, fault) { TH_LOG("%s", fault); }
	for (i = 0; i < count; i++) {
		EXPECT_EQ(1, flows[i].first);
		EXPECT_EQ(flows[i].sent, flows[i].received)
		{
			TH_LOG("%u-%u channel %#x", flows[i].from, flows[i].to, flows[i].channel);
		}
	}
	/* Both ways between Linux and each core, and between the cores, to the last message. */
	for (i = 1; i < NODES; i++) {
		f = find_flow(flows, count, 0, i, 0);
		ASSERT_NE(NULL, f);
		EXPECT_EQ(200, f->sent);
		f = find_flow(flows, count, i, 0, 0);
		ASSERT_NE(NULL, f);
		EXPECT_EQ(200, f->sent);
		f = find_flow(flows, count, 3 - i, i, TR_PEER);
		ASSERT_NE(NULL, f);
		EXPECT_EQ(300, f->sent);
		EXPECT_NE(NULL, find_flow(flows, count, 0, i, TR_CONTROL));
		EXPECT_NE(NULL, find_flow(flows, count, i, 0, TR_CONTROL));
		tr_sum(&self->t, i, &lost, &bad);
		EXPECT_EQ(0, lost + bad);
	}
}

/* In no prefix of the trace did a core take more doorbells than were rung for it. */
TEST_F(trace, no_doorbell_taken_before_it_was_rung)
{
	unsigned int rung[NODES] = { 0 }, taken[NODES] = { 0 }, woken = 0;
	__u64 asleep[NODES] = { 0 }, last[NODES] = { 0 };

	ASSERT_EQ(0, tr_enable(NULL, true));
	BEGIN(2);
	for (int i = 0; i < 20; i++) {
		usleep(3000);
		ASSERT_EQ(0, rt_ping(self->fd, 1 + i % 2, 1));
	}
	ASSERT_EQ(0, tr_enable(NULL, false));
	LOAD();
	for (size_t i = 0; i < self->t.count; i++) {
		const struct tr_event *e = &self->t.event[i];

		if (e->node < NODES && is(e, "block"))
			last[e->node] = e->number;
	}
	for (size_t i = 0; i < self->t.count; i++) {
		const struct tr_event *e = &self->t.event[i];

		ASSERT_GT(NODES, e->node);
		ASSERT_GT(NODES, e->peer);
		rung[e->peer] += is(e, "doorbell_sent");
		if (is(e, "doorbell_taken"))
			EXPECT_LE(++taken[e->node], rung[e->node]);
		if (!e->node)
			continue;
		if (is(e, "block"))
			asleep[e->node] = e->number;
		/* Events go off one by one: cores may wake when blocking is not recorded any more. */
		if (is(e, "wake") && e->number <= last[e->node]) {
			EXPECT_EQ(asleep[e->node], e->number);
			woken++;
		}
	}
	for (unsigned int i = 0; i < NODES; i++)
		EXPECT_LE(i ? 10 : 20, taken[i]);
	EXPECT_LE(20, woken);
}

/* ---- life cycle ---- */

TEST_F(trace, life_cycle)
{
	static const char *const partition[] = { "booting", "running", "stopping", "offline" };
	static const char *const core[] = { "started", "running", "stopped" };
	unsigned int seen = 0, said = 0;

	ASSERT_EQ(0, tr_enable(NULL, true));
	BEGIN(1);
	ASSERT_EQ(0, rt_stop(self->fd, 0, 0, NULL));
	ASSERT_EQ(0, tr_enable(NULL, false));
	LOAD();
	for (size_t i = 0; i < self->t.count; i++) {
		const struct tr_event *e = &self->t.event[i];

		if (is(e, "state") && !e->node) {
			ASSERT_GT(4, seen);
			EXPECT_STREQ(partition[seen++], e->word);
		}
		if (!is(e, "core"))
			continue;
		EXPECT_EQ(1, e->node);
		ASSERT_GT(3, said);
		EXPECT_STREQ(core[said++], e->word);
		/* booting .. running of Linux holds started .. running of the core, and so on */
		EXPECT_EQ(said < 3 ? 1 : 3, seen);
	}
	EXPECT_EQ(4, seen);
	EXPECT_EQ(3, said);
}

/* A restarted core begins an empty ring: nothing of its earlier life is told twice. */
TEST_F(trace, restart)
{
	unsigned int started = 0, crashed = 0;

	ASSERT_EQ(0, tr_enable(NULL, true));
	BEGIN(1);
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_CHECK, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
	ASSERT_EQ(0, tr_enable(NULL, false));
	LOAD();
	for (size_t i = 0; i < self->t.count; i++) {
		started += is(&self->t.event[i], "core") && !strcmp(self->t.event[i].word, "started");
		crashed += is(&self->t.event[i], "core") && !strcmp(self->t.event[i].word, "crashed");
	}
	EXPECT_EQ(2, started);
	EXPECT_EQ(1, crashed);
	EXPECT_EQ(0, tr_counter(self->s.c.name, 1, "lost"));
	EXPECT_EQ(0, tr_counter(self->s.c.name, 1, "bad"));
}

/* ---- what is lost ---- */

static __u64 messages(int fd)
{
	struct rt_status st;

	return rt_status(fd, &st) ? 0 : st.cores[0].messages_received + st.cores[0].messages_sent;
}

/* The ring that nobody empties: the newest records are there, the others counted to the last one. */
TEST_F_TIMEOUT(trace, overflow_is_counted, 200)
{
	__u64 before, made, lost, bad, last = 0, of_core = 0;

	BEGIN(1);
	ASSERT_EQ(0, rt_write_text(TR_PERIOD, "0"));
	ASSERT_EQ(0, tr_enable("lost", true));
	before = messages(self->fd);
	ASSERT_EQ(0, tr_enable("send", true));
	ASSERT_EQ(0, tr_enable("receive", true));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 4000));
	made = messages(self->fd) - before;
	ASSERT_LT(8000, made);
	EXPECT_EQ(0, tr_counter(self->s.c.name, 1, "recorded"));
	ASSERT_EQ(0, tr_enable("receive", false));
	EXPECT_EQ(RING_READABLE, tr_counter(self->s.c.name, 1, "recorded"));
	EXPECT_EQ(made - RING_READABLE, tr_counter(self->s.c.name, 1, "lost"));
	EXPECT_EQ(0, tr_counter(self->s.c.name, 1, "bad"));
	ASSERT_EQ(0, tr_enable("send", false));
	LOAD();
	tr_sum(&self->t, 1, &lost, &bad);
	EXPECT_EQ(made - RING_READABLE, lost);
	EXPECT_EQ(0, bad);
	for (size_t i = 0; i < self->t.count; i++) {
		const struct tr_event *e = &self->t.event[i];

		if (e->node != 1 || is(e, "lost"))
			continue;
		of_core++;
		if (is(e, "receive") && e->channel == 0) {
			if (last)
				EXPECT_EQ(last + 1, e->number);
			last = e->number;
		}
	}
	EXPECT_EQ(RING_READABLE, of_core);
	EXPECT_EQ(4000, last);
}

/* The same with a reader that comes rarely: cores that have filled half of a ring ring. */
TEST_F_TIMEOUT(trace, half_full_rings, 200)
{
	__u64 before, made, recorded, lost;

	BEGIN(1);
	ASSERT_EQ(0, rt_write_text(TR_PERIOD, "10000"));
	before = messages(self->fd);
	ASSERT_EQ(0, tr_enable("send", true));
	ASSERT_EQ(0, tr_enable("receive", true));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 5000));
	made = messages(self->fd) - before;
	ASSERT_EQ(0, tr_enable(NULL, false));
	recorded = tr_counter(self->s.c.name, 1, "recorded");
	lost = tr_counter(self->s.c.name, 1, "lost");
	EXPECT_EQ(made, recorded + lost);
	/* Without that doorbell more than half of them would be. */
	EXPECT_GT(made / 4, lost) { TH_LOG("%llu of %llu lost", lost, made); }
}

/* Records nothing unless somebody listens. */
TEST_F(trace, off_is_off)
{
	BEGIN(1);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 100));
	ASSERT_EQ(0, tr_enable("shootdown", true));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 100));
	ASSERT_EQ(0, tr_enable(NULL, false));
	EXPECT_EQ(0, tr_counter(self->s.c.name, 1, "recorded"));
	LOAD();
	EXPECT_EQ(0, self->t.count);
}

static void *toggle(void *arg)
{
	bool *stop = arg;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		if (tr_enable(NULL, true) || tr_enable(NULL, false))
			return (void *)1;
	}
	return NULL;
}

/* Switched on and off while messages fly: none is disturbed, no record is bad, time stays in order. */
TEST_F_TIMEOUT(trace, toggled_while_messages_fly, 200)
{
	bool stop = false;
	pthread_t thread;
	void *result;

	BEGIN(2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, toggle, &stop));
	/* On until each core was heard, however long an event takes to be switched. */
	for (int i = 0; i < 20 || (i < 500 && !(tr_counter(self->s.c.name, 1, "recorded") &&
						tr_counter(self->s.c.name, 2, "recorded"))); i++) {
		ASSERT_EQ(0, rt_ping(self->fd, 1, 200));
		ASSERT_EQ(0, rt_ping(self->fd, 2, 200));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(NULL, result);
	for (unsigned int node = 1; node < NODES; node++) {
		EXPECT_EQ(0, tr_counter(self->s.c.name, node, "bad"));
		EXPECT_LT(0, tr_counter(self->s.c.name, node, "recorded"));
	}
}

/* ---- dead cores ---- */

/* What a core did last is in the trace as soon as it counts as crashed, without the period's help. */
TEST_F(trace, crash_leaves_evidence)
{
	const struct tr_event *order = NULL, *end = NULL, *dead = NULL;

	ASSERT_EQ(0, rt_write_text(TR_PERIOD, "0"));
	BEGIN(1);
	ASSERT_EQ(0, tr_enable(NULL, true));
	ASSERT_EQ(0, rt_ping(self->fd, 1, 20));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	LOAD();
	for (size_t i = 0; i < self->t.count; i++) {
		const struct tr_event *e = &self->t.event[i];

		if (e->node == 1 && is(e, "receive") && e->channel == TR_CONTROL)
			order = e;
		if (is(e, "core") && !strcmp(e->word, "crashed"))
			end = e;
		if (is(e, "state") && e->node == 1 && !strcmp(e->word, "crashed"))
			dead = e;
	}
	ASSERT_NE(NULL, order);
	ASSERT_NE(NULL, end);
	ASSERT_NE(NULL, dead);
	EXPECT_EQ(3, order->type); /* ABI_CTL_FAULT: the last thing that it was told */
	EXPECT_LT(order->tsc, end->tsc);
	EXPECT_LT(end->tsc, dead->tsc);
	EXPECT_LT(0xffffffff80000000ull, end->number); /* where in its text */
}

/* A core that filled its ring with rubbish: the reader counts it as bad, and nothing else happens. */
TEST_F_TIMEOUT(trace, ring_full_of_rubbish, 100)
{
	struct rt_snapshot before;
	__u64 lost, bad;

	ASSERT_EQ(0, rt_snapshot(&before));
	ASSERT_EQ(0, tr_enable(NULL, true));
	BEGIN(2);
	ASSERT_EQ(0, rt_ping(self->fd, 1, 20));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_SCRIBBLE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_LE(1, tr_counter(self->s.c.name, 1, "bad"));
	EXPECT_EQ(0, rt_ping(self->fd, 2, 20));
	ASSERT_EQ(0, tr_enable(NULL, false));
	LOAD();
	tr_sum(&self->t, 1, &lost, &bad);
	EXPECT_EQ(tr_counter(self->s.c.name, 1, "bad"), bad);
	EXPECT_EQ(0, tr_counter(self->s.c.name, 2, "bad"));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	EXPECT_EQ(0, tr_counter(self->s.c.name, 1, "bad"));
	close(self->fd);
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&before, 16384); /* the trace buffer grows; a partition is more */
}

/* ---- shootdowns ---- */

TEST_F(trace, shootdown_steps)
{
	static const char *const steps[] = { "request", "taken", "done", "acknowledge", "finish" };
	struct remora_shootdown shoot = {
		.size = sizeof(shoot), .protocol = REMORA_SHOOTDOWN_UNICAST,
		.method = REMORA_SHOOTDOWN_BY_NONE, .pages = 1, .count = 10, .nodes = 1 << 1,
	};
	unsigned int step = 0;
	__u64 number = 1;

	BEGIN(1);
	ASSERT_EQ(0, tr_enable("shootdown", true));
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_SHOOTDOWN, &shoot))
	{
		TH_LOG("%s", shoot.error.message);
	}
	ASSERT_EQ(0, tr_enable(NULL, false));
	LOAD();
	ASSERT_EQ(5 * 10, self->t.count);
	for (size_t i = 0; i < self->t.count; i++) {
		const struct tr_event *e = &self->t.event[i];

		EXPECT_STREQ(steps[step], e->word);
		EXPECT_EQ(number, e->number);
		EXPECT_EQ(step == 0 || step == 4 ? 0 : 1, e->node);
		EXPECT_EQ(step == 0 || step == 4 ? 1 : 0, e->peer);
		EXPECT_EQ(TR_SHOOTDOWN, e->channel);
		step = (step + 1) % 5;
		number += !step;
	}
}

/* ---- settings ---- */

TEST(period_is_checked)
{
	char text[32];

	EXPECT_EQ(-EINVAL, rt_write_text(TR_PERIOD, "10001"));
	EXPECT_EQ(-EINVAL, rt_write_text(TR_PERIOD, "soon"));
	EXPECT_EQ(-EINVAL, rt_write_text(TR_PERIOD, "-1"));
	ASSERT_EQ(0, rt_write_text(TR_PERIOD, "33"));
	ASSERT_LT(0, rt_read_text(TR_PERIOD, text, sizeof(text)));
	EXPECT_EQ(33, atoi(text));
	EXPECT_EQ(0, rt_write_text(TR_PERIOD, "20"));
}

TEST_HARNESS_MAIN
