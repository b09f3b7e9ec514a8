// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/error.h>
#include <lib/share.h>
#include <lib/thread.h>

#include "pair.h"

#define WARM_UP 1000u
#define SAMPLES_MAX 200000u

static int open_to(struct rt_bound *b, const struct options *o)
{
	const struct rt_wish wish = { .name = o->name, .interface = PAIR_INTERFACE,
				      .version = o->version, .slots = o->slots, .wait = o->wait };
	int rc = rt_connect(b, &wish, o->ms ? o->ms * 1000000 : RT_NEVER);

	return rc ? fail("connect", rc, b->error, b->detail) : 0;
}

static int over(struct rt_bound *b, const char *when)
{
	rt_bound_status(b);
	printf("over while %s: %s\n", when, rt_bind_sentence(b->error));
	fflush(stdout);
	rt_bound_close(b);
	return 1;
}

static int talk(struct rt_bound *b, const struct options *o)
{
	struct urpc_msg m;

	for (uint64_t i = 0; i < o->count; i++) {
		const uint64_t words[3] = { i, 0, i * i };

		if (send(b, PAIR_ECHO, words, sizeof(words), o->poll) || receive(b, &m, o->poll))
			return over(b, "talking");
		if (m.type != PAIR_ECHO || m.len != sizeof(words) || m.payload[0] != i ||
		    m.payload[2] != i * i) {
			puts("another message came back");
			return 1;
		}
	}
	return 0;
}

/* Until the other end is gone, or so long. */
static int hold(struct rt_bound *b, const struct options *o)
{
	uint64_t until = rt_deadline_ns(o->hold_ms * 1000000);
	struct rt_waitset set = { 0 };
	struct rt_event *event;

	puts("holding");
	fflush(stdout);
	if (o->poll) {
		while (pair_ticks() < until) {
			if (rt_bound_status(b))
				return over(b, "holding");
		}
		return 0;
	}
	rt_waitset_add(&set, &b->channel.event);
	rt_waitset_wait(&set, until, &event);
	return rt_bound_status(b) ? over(b, "holding") : 0;
}

static int flood(struct rt_bound *b, const struct options *o)
{
	uint64_t count = 0;

	while (!send(b, PAIR_FLOOD, &count, sizeof(count), o->poll))
		count++;
	printf("flooded %" PRIu64 "\n", count);
	return over(b, "flooding");
}

int connect_to(const struct options *o)
{
	struct rt_bound b;
	int rc = open_to(&b, o);

	if (rc)
		return rc;
	printf("connected%s\n", b.near ? " near" : "");
	fflush(stdout);
	rc = o->flood ? flood(&b, o) : talk(&b, o);
	if (!rc && o->hold_ms)
		rc = hold(&b, o);
	if (rc)
		return rc;
	send(&b, PAIR_END, NULL, 0, o->poll);
	rt_bound_close(&b);
	puts("done");
	return 0;
}

int cycle(const struct options *o)
{
	struct options one = *o;
	struct rt_bound b;

	one.count = 1;
	for (uint32_t i = 0; i < o->count; i++) {
		if (open_to(&b, o) || talk(&b, &one)) {
			printf("in turn %" PRIu32 "\n", i);
			return 1;
		}
		rt_bound_close(&b);
	}
	printf("cycled %" PRIu32 "\n", o->count);
	return 0;
}

/* ---- bench ---- */

enum { BOUND, RAW, WAYS };

static uint32_t sample[WAYS][SAMPLES_MAX];

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Return: the median */
static uint32_t show(const char *what, uint32_t *values, uint32_t count)
{
	qsort(values, count, sizeof(*values), compare);
	printf("%s min %" PRIu32 " median %" PRIu32 " p99 %" PRIu32 " max %" PRIu32 " count %" PRIu32 "\n",
	       what, values[0], values[count / 2], values[count - 1 - count / 100], values[count - 1],
	       count);
	return values[count / 2];
}

static int raw_begin(struct rt_bound *b, struct urpc_chan *raw, const struct options *o)
{
	struct urpc_msg m;
	int rc;

	/* Who has given something may not fault. */
	memset(sample, 1, sizeof(sample));
	if (send(b, PAIR_RAW, NULL, 0, true))
		return over(b, "beginning");
	rc = raw_give(raw, o->name, b->slots);
	if (rc) {
		printf("give: %d, %s\n", rc, rt_share_sentence(rc));
		return 1;
	}
	return receive(b, &m, true) || m.type != PAIR_RAW ? over(b, "beginning") : 0;
}

/* Return: 0, and how long it took, in TSC ticks. */
static int round_trip(int way, struct rt_bound *b, struct urpc_chan *raw, uint32_t i, uint32_t *ticks)
{
	uint64_t words[URPC_PAYLOAD_WORDS] = { i }, start = pair_ticks(), took;
	struct urpc_msg m;

	if (way == BOUND ? send(b, PAIR_ECHO, words, sizeof(words), true) || receive(b, &m, true) :
			   raw_send(raw, PAIR_ECHO, words, sizeof(words)) || raw_receive(raw, &m))
		return 1;
	took = pair_ticks() - start;
	*ticks = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	return m.payload[0] != i;
}

/* Either is first every other time. */
static int round_trips(struct rt_bound *b, struct urpc_chan *raw, uint32_t count)
{
	for (uint32_t i = 0; i < WARM_UP + count; i++) {
		uint32_t at = i < WARM_UP ? 0 : i - WARM_UP;
		int first = (int)(i % WAYS);

		if (round_trip(first, b, raw, i, &sample[first][at]) ||
		    round_trip(!first, b, raw, i, &sample[!first][at]))
			return over(b, "measuring");
	}
	return 0;
}

/* In a program of its own, or the two ends would share a core. */
int bench(const struct options *o)
{
	uint32_t count = o->count < 1 || o->count > SAMPLES_MAX ? 10000 : o->count;
	uint32_t bound, plain;
	struct urpc_chan raw;
	struct rt_bound b;

	if (open_to(&b, o))
		return 1;
	if (b.near) {
		puts("both ends are on one core");
		return 1;
	}
	if (raw_begin(&b, &raw, o) || round_trips(&b, &raw, count))
		return 1;
	send(&b, PAIR_END, NULL, 0, true);
	bound = show("bound", sample[BOUND], count);
	plain = show("raw", sample[RAW], count);
	printf("ratio %.3f\n", (double)bound / (double)plain);
	rt_bound_close(&b);
	return 0;
}
