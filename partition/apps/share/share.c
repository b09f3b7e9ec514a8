// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory shared by programs of three cores, over and over: `owner` makes a frame, gives it to `one`, and takes
 * it back while `one` and `two` copy it and give it to each other as fast as they can. After each time all of them
 * look: nobody must have anything left.
 *
 *   remora run P --core 3 share two 100 & remora run P --core 2 share one 100 &
 *   remora run P --core 1 share owner 100; wait
 *
 * With `touch` behind the rounds `one` goes on reading what is no longer its own: that is its end.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/protocol/agree_types.h>
#include <lib/names.h>
#include <lib/share.h>

#include "share.h"

#define LONG_NS (120 * 1000000000ull)
#define SHORT_NS 500000ull
#define BYTES 8192u
#define HELD_MAX 4096u
#define TRIES 20u /* for the other one, who may have no slot ready */
#define OTHERS_MS 5u /* that copies go round before they are revoked */

static uint32_t held[HELD_MAX]; /* slots with what came, and copies */
static unsigned int held_count;
static unsigned int taken, passed_on; /* in all */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rt_name other;
static volatile uint64_t *shared; /* where `one` has mapped what the owner gave */

static int failed(const char *what, const char *why)
{
	fprintf(stderr, "share: %s: %s\n", what, why);
	return 1;
}

static void pause_ns(uint64_t ns)
{
	rt_sleep_ns(ns);
}

static bool there(uint32_t slot)
{
	uint64_t bytes;

	return !rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, rt_slot_depth(slot), 0, 0, 0),
			  rt_slot_address(slot), 0, 0, 0, ABI_INVOKE_BYTES, &bytes);
}

static int copy(uint32_t from, uint32_t to)
{
	return (int)rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, rt_slot_depth(from),
					      rt_slot_depth(to), 0, 0),
			      rt_slot_address(from), rt_slot_address(to), 0, 0, 0, NULL);
}

static int barrier(const char *name)
{
	char full[NAMES_NAME_BYTES];
	int error;

	snprintf(full, sizeof(full), "share.%s", name);
	error = rt_name_barrier(full, 3, LONG_NS);
	return error ? failed(name, rt_names_sentence(error)) : 0;
}

static int find(const char *who, struct rt_name *found)
{
	char name[NAMES_NAME_BYTES];
	int error;

	snprintf(name, sizeof(name), "share.%s", who);
	error = rt_name_wait(name, found, LONG_NS);
	return error ? failed(name, rt_names_sentence(error)) : 0;
}

static int appear(const char *who)
{
	static const uint64_t value[NAMES_VALUES];
	char name[NAMES_NAME_BYTES];
	int error;

	snprintf(name, sizeof(name), "share.%s", who);
	error = rt_name_set(name, value, 0);
	return error ? failed(name, rt_names_sentence(error)) : 0;
}

/* ---- who is given to ---- */

static bool hold(uint32_t slot)
{
	bool room;

	pthread_mutex_lock(&lock);
	room = held_count < HELD_MAX;
	if (room)
		held[held_count++] = slot;
	pthread_mutex_unlock(&lock);
	return room;
}

static void map_first(uint32_t slot)
{
	uint64_t va = 0;

	if (!shared && !rt_vspace_map_frame(rt_slot_at(slot), 0, BYTES, RT_READ | RT_WRITE, 0, &va))
		shared = (volatile uint64_t *)va;
}

/* Takes what comes, copies it, and gives it to the other one, who may have lost it by then. */
static void *take_all(void *maps)
{
	for (;;) {
		struct rt_share_taken from;
		uint32_t slot = rt_slot_alloc(), again = rt_slot_alloc();
		int error = rt_share_take(rt_slot_at(slot), &from);

		if (error) {
			failed("take", rt_share_sentence(error));
			exit(1);
		}
		__atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
		if (!hold(slot))
			rt_share_delete(rt_slot_at(slot));
		if (maps)
			map_first(slot);
		if (!copy(slot, again) && hold(again))
			slot = again;
		for (unsigned int i = 0; i < TRIES; i++) {
			error = rt_share_give(rt_slot_at(slot), other.node, other.domain, ABI_CAP_RW);
			if (error != ABI_CAP_E_OCCUPIED)
				break;
			pause_ns(SHORT_NS);
		}
		if (!error)
			__atomic_fetch_add(&passed_on, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Nothing of what came may be left. */
static unsigned int look(void)
{
	unsigned int left = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < held_count; i++) {
		left += there(held[i]);
		rt_slot_drop(held[i]);
	}
	held_count = 0;
	pthread_mutex_unlock(&lock);
	return left;
}

/* The owner's bytes, once they are mapped; then bytes for the owner. */
static int answer(unsigned long round)
{
	for (unsigned int i = 0; !shared; i++) {
		if (i == 100000)
			return failed("map", "nothing came");
		pause_ns(SHORT_NS);
	}
	for (unsigned int i = 0; i < BYTES / 16; i++) {
		if (shared[i] != round * 1000003 + i)
			return failed("read", "these are not the owner's bytes");
	}
	shared[BYTES / 8 - 1] = ~round;
	return 0;
}

static int be_given(const char *who, unsigned long rounds, bool touch)
{
	const bool one = !strcmp(who, "one");
	unsigned int left = 0;
	pthread_t thread;

	if (appear(who) || find(one ? "two" : "one", &other) ||
	    pthread_create(&thread, NULL, take_all, one ? (void *)who : NULL))
		return 1;
	for (unsigned long round = 0; round < rounds; round++) {
		if (barrier("given") || (one && answer(round)) || barrier("answered") || barrier("revoked"))
			return 1;
		left += look();
		if (one && touch && round + 1 == rounds)
			return (int)shared[0];
		if (shared)
			rt_vspace_unmap((uint64_t)(uintptr_t)shared, BYTES);
		shared = NULL;
		if (barrier("looked"))
			return 1;
	}
	printf("%s: %u came, %s, %u left\n", who, __atomic_load_n(&taken, __ATOMIC_RELAXED),
	       __atomic_load_n(&passed_on, __ATOMIC_RELAXED) ? "passed on" : "none passed on", left);
	fflush(stdout);
	return left != 0;
}

/* ---- whose it is ---- */

static int give(const struct rt_piece *piece, const struct rt_name *to)
{
	int error;

	/* Until it waits. */
	for (unsigned int i = 0; i < 100000; i++) {
		error = rt_share_give(rt_slot_at(piece->slot), to->node, to->domain, ABI_CAP_RW);
		if (error != ABI_CAP_E_OCCUPIED)
			break;
		pause_ns(SHORT_NS);
	}
	return error ? failed("give", rt_share_sentence(error)) : 0;
}

static int own_round(unsigned long round, const struct rt_name *to)
{
	struct rt_piece piece;
	volatile uint64_t *at;
	uint64_t va = 0;
	int error;

	if (rt_piece_new(ABI_CAP_FRAME, BYTES, &piece) ||
	    rt_vspace_map_frame(rt_slot_at(piece.slot), 0, BYTES, RT_READ | RT_WRITE, 0, &va))
		return failed("make", "no memory");
	at = (volatile uint64_t *)va;
	for (unsigned int i = 0; i < BYTES / 16; i++)
		at[i] = round * 1000003 + i;
	if (give(&piece, to) || barrier("given") || barrier("answered"))
		return 1;
	if (at[BYTES / 8 - 1] != ~round)
		return failed("read", "this is not what was answered");
	pause_ns(OTHERS_MS * 1000000ull);
	rt_vspace_unmap(va, BYTES);
	error = rt_share_end(&piece);
	if (error)
		return failed("end", rt_share_sentence(error));
	return barrier("revoked");
}

static int own(unsigned long rounds, bool touch)
{
	struct rt_name one, two;

	if (find("one", &one) || find("two", &two))
		return 1;
	for (unsigned long round = 0; round < rounds; round++) {
		if (own_round(round, &one))
			return 1;
		/* Who touches what is gone comes to no barrier any more. */
		if (touch && round + 1 == rounds)
			return 0;
		if (barrier("looked"))
			return 1;
	}
	printf("owner: %lu rounds\n", rounds);
	return 0;
}

/* ---- when a node goes ---- */

static int lend(void)
{
	struct rt_piece piece;
	struct rt_name borrower;

	if (find("borrower", &borrower) || rt_piece_new(ABI_CAP_FRAME, BYTES, &piece) ||
	    give(&piece, &borrower))
		return 1;
	puts("lent");
	fflush(stdout);
	for (;;)
		rt_sleep_ns(LONG_NS);
}

/* Has it until the lender's node goes. */
static int borrow(void)
{
	uint32_t slot = rt_slot_alloc();
	struct rt_share_taken from;
	int error = appear("borrower");

	if (!error)
		error = rt_share_take(rt_slot_at(slot), &from);
	if (error)
		return failed("take", rt_share_sentence(error));
	map_first(slot);
	if (!shared || shared[0])
		return failed("map", "not what was lent");
	puts("borrowed");
	fflush(stdout);
	for (unsigned int i = 0; i < 120000 && there(slot); i++)
		pause_ns(SHORT_NS);
	puts(there(slot) ? "there still" : "gone");
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	const bool touch = argc > 3 && !strcmp(argv[3], "touch");

	if (argc == 2 && !strcmp(argv[1], "lend"))
		return lend();
	if (argc == 2 && !strcmp(argv[1], "borrow"))
		return borrow();
	if (!rounds)
		return failed("usage", "share owner|one|two ROUNDS [touch], refused NODE, lend, or borrow");
	if (!strcmp(argv[1], "refused"))
		return refused((uint32_t)rounds);
	if (!strcmp(argv[1], "owner"))
		return own(rounds, touch);
	return be_given(argv[1], rounds, touch);
}
