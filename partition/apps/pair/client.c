// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <lib/error.h>
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

static uint64_t round_trip[SAMPLES_MAX], way[SAMPLES_MAX];

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void show(const char *what, uint64_t *values, uint32_t count)
{
	qsort(values, count, sizeof(*values), compare);
	printf("%s min %" PRIu64 " median %" PRIu64 " p99 %" PRIu64 " max %" PRIu64 " count %" PRIu32 "\n",
	       what, values[0], values[count / 2], values[count - 1 - count / 100], values[count - 1],
	       count);
}

/* In a program of its own, or the two ends would share a core. In TSC ticks. */
int bench(const struct options *o)
{
	uint32_t count = o->count < 1 || o->count > SAMPLES_MAX ? 10000 : o->count;
	struct urpc_msg m;
	struct rt_bound b;

	if (open_to(&b, o))
		return 1;
	if (b.near) {
		puts("both ends are on one core");
		return 1;
	}
	for (uint32_t i = 0; i < WARM_UP + count; i++) {
		uint64_t words[URPC_PAYLOAD_WORDS] = { i }, start = pair_ticks(), end;

		if (send(&b, PAIR_ECHO, words, sizeof(words), true) || receive(&b, &m, true))
			return over(&b, "measuring");
		end = pair_ticks();
		if (i < WARM_UP)
			continue;
		round_trip[i - WARM_UP] = end - start;
		way[i - WARM_UP] = m.payload[1] - start;
	}
	send(&b, PAIR_END, NULL, 0, true);
	rt_bound_close(&b);
	show("round", round_trip, count);
	show("way", way, count);
	return 0;
}
