// SPDX-License-Identifier: GPL-2.0-only
/*
 * The view machine: any message from any node in any state, at the leader and at another node. The
 * first byte says which and what confirm() and asleep() answer; then a list of acts: answers that are
 * right, messages that are well made and ones that are not, the runner's calls, time.
 *
 * The hooks come in their order, views only grow, an input leads to few messages, a tick does not ask to
 * be called again for nothing. And in the end, when all others are silent, the leader is alone, with
 * nothing left to do.
 */
#include <abi/if/view.h>
#include <abi/protocol/view.h>
#include <urpc/chan.h>

#include "fuzz.h"
#include "script.h"

#define PEERS 8u
#define STEP_SENT 64u
#define END_TICKS 4000

enum { ANSWER, SAY, RAW, CALL, TIME, LEAD, ACTS };

static struct view_state v;
static struct view in;
static uint64_t now;
static uint8_t mood;
static uint32_t sent;
static bool frozen, gone;
/* What each was sent last that has an answer. */
static struct { uint16_t type; uint32_t number; } owed[PEERS + 1];

static void post(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct view_prepare prepare;
	uint32_t number = 0;

	MUST(to != v.self && to <= PEERS && bytes <= VIEW_MESSAGE_MAX);
	MUST(++sent <= STEP_SENT);
	if (v.self || type == VIEW_GO || type == VIEW_EXPELLED || type == VIEW_EPOCHS || type == VIEW_PONG)
		return;
	if (type == VIEW_PREPARE)
		MUST(!view_prepare_decode(&prepare, payload, bytes) && protocol_set_has(&prepare.members, 0));
	memcpy(&number, payload, 4);
	owed[to].type = type;
	owed[to].number = number;
}

static void on_freeze(void *ctx)
{
	MUST(!frozen && !gone);
	frozen = true;
}

static uint32_t on_report(void *ctx, const struct view *proposed, uint8_t *blob, uint32_t max)
{
	MUST(in.number && proposed->number > in.number && max == VIEW_BLOB_MAX);
	memset(blob, 1, max);
	return 1;
}

static int on_merge(void *ctx, uint32_t from, const uint8_t *blob, uint32_t bytes)
{
	MUST(bytes <= VIEW_BLOB_MAX);
	return bytes == 1 && *blob == 1 ? 0 : -1;
}

static uint32_t on_outcome(void *ctx, uint8_t *blob, uint32_t max)
{
	memset(blob, 2, max);
	return max;
}

static int on_install(void *ctx, const struct view *old, const struct view *view, const uint8_t *blob,
		      uint32_t bytes)
{
	uint8_t sum = 0;

	MUST(!gone && view->number > in.number && old->number == in.number);
	MUST(protocol_set_equal(&old->members, &in.members));
	MUST(protocol_set_has(&view->members, v.self) && protocol_set_has(&view->members, 0));
	MUST((frozen || !in.number) && !view_operating(&v) && bytes <= VIEW_BLOB_MAX);
	for (uint32_t i = 0; i < bytes; i++)
		sum += blob[i];
	in = *view;
	frozen = true;
	return sum == 77 ? -1 : 0;
}

static void on_thaw(void *ctx, const struct view *view)
{
	MUST(frozen && view->number == in.number && view_operating(&v));
	frozen = false;
}

static void on_drain(void *ctx, uint64_t us)
{
	MUST(!frozen && !gone);
	if (mood & 4)
		view_drained(&v);
}

static void on_gone(void *ctx, bool left)
{
	MUST(!gone && v.self);
	gone = true;
}

static bool on_confirm(void *ctx, uint32_t node, enum view_reason why)
{
	MUST(node && node < PEERS);
	return mood & 1;
}

static void on_fence(void *ctx, uint32_t node)
{
	MUST(node && node < PEERS && !protocol_set_has(&v.failed, node));
}

static bool on_asleep(void *ctx, uint32_t node)
{
	MUST(node && node < PEERS);
	return mood & 2;
}

static void on_done(void *ctx, uint32_t node, int error)
{
	MUST(node && node < PEERS && (!error || error == -VIEW_EGONE));
}

static const struct view_hooks hooks = {
	.freeze = on_freeze, .report = on_report, .merge = on_merge, .outcome = on_outcome,
	.install = on_install, .thaw = on_thaw, .drain = on_drain, .gone = on_gone,
	.confirm = on_confirm, .fence = on_fence, .asleep = on_asleep, .done = on_done,
};

static uint64_t tick(void)
{
	uint64_t at = view_tick(&v, now);

	for (int i = 0; at <= now; i++) {
		MUST(i < 4);
		at = view_tick(&v, now);
	}
	return at;
}

/* As node_message() does it. */
static void feed(uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	uint8_t *exact = malloc(bytes ? bytes : 1);
	int rc;

	MUST(exact);
	memcpy(exact, payload, bytes);
	rc = view_message(&v, from, type, exact, bytes, now);
	MUST(rc == 0 || rc == -URPC_EPROTO);
	if (rc && mood & 8)
		view_suspect(&v, from, VIEW_BROKEN, now);
	free(exact);
}

static struct protocol_set small_set(uint8_t bits)
{
	struct protocol_set s = { { bits } };

	return s;
}

/* A well-made message of a type, with a number near the one in use. */
static uint32_t make(struct script *s, uint16_t type, uint8_t *wire)
{
	uint32_t number = v.next.number + (uint32_t)next(s, 1) % 4 - 1;
	struct protocol_set set = small_set((uint8_t)next(s, 1));
	struct view_prepare prepare = { number, set };
	struct view_report report = { number, set.bits[0] % 3, (const uint8_t *)"\1\1\1" };
	struct view_epochs epochs = { .number = number, .first = set.bits[0] >> 4,
				      .epoch_count = set.bits[0] & 15 };
	struct view_install install = { number, set, set.bits[0] % 3, (const uint8_t *)"\1\1\1" };
	struct view_drain drain = { number, next(s, 2) };
	struct view_suspect suspect = { number, (enum view_why)(1 + drain.microseconds % 3), set };

	for (uint32_t i = 0; i < epochs.epoch_count; i++)
		epochs.epoch[i] = 1 + i % 3;
	switch (type) {
	case VIEW_PREPARE: return view_prepare_encode(&prepare, wire);
	case VIEW_REPORT: return view_report_encode(&report, wire);
	case VIEW_EPOCHS: return view_epochs_encode(&epochs, wire);
	case VIEW_INSTALL: return view_install_encode(&install, wire);
	case VIEW_DRAIN: return view_drain_encode(&drain, wire);
	case VIEW_SUSPECT: return view_suspect_encode(&suspect, wire);
	default: memcpy(wire, &number, 4); return 4;
	}
}

/* What the leader wants from a node. */
static void answer(uint32_t node)
{
	uint32_t number = owed[node].number;
	struct view_report report = { number, protocol_set_has(&in.members, node), (const uint8_t *)"\1" };
	uint8_t wire[VIEW_PREPARE_MAX];
	uint32_t bytes = 4;

	if (v.self || !node)
		return;
	memcpy(wire, &number, 4);
	if (owed[node].type == VIEW_PREPARE)
		bytes = view_report_encode(&report, wire);
	feed(node, owed[node].type == VIEW_PREPARE ? VIEW_REPORT : owed[node].type == VIEW_INSTALL ?
	     VIEW_INSTALLED : owed[node].type == VIEW_DRAIN ? VIEW_DRAINED : VIEW_PONG, wire, bytes);
	owed[node].type = 0;
}

/* The leader's next step, as it would be. */
static void lead(struct script *s)
{
	struct protocol_set set = small_set((uint8_t)next(s, 1) | 1);
	struct view_prepare prepare = { v.next.number + 1, set };
	struct view_install install = { v.next.number, v.next.members, 1, (const uint8_t *)"\1" };
	struct view_epochs epochs = { .number = v.next.number };
	uint8_t wire[VIEW_EPOCHS_MAX];
	uint32_t number = v.now.number;

	if (!v.self)
		return;
	if (v.phase == VIEW_FROZEN) {
		epochs.epoch_count = protocol_set_count(&v.next.members);
		for (uint32_t i = 0; i < epochs.epoch_count; i++)
			epochs.epoch[i] = 1;
		if (!in.number)
			feed(0, VIEW_EPOCHS, wire, view_epochs_encode(&epochs, wire));
		feed(0, VIEW_INSTALL, wire, view_install_encode(&install, wire));
	} else if (v.phase == VIEW_SET && set.bits[0] & 2) {
		memcpy(wire, &number, 4);
		feed(0, VIEW_GO, wire, 4);
	} else {
		protocol_set_add(&prepare.members, in.number && set.bits[0] & 4 ? 0 : v.self);
		feed(0, VIEW_PREPARE, wire, view_prepare_encode(&prepare, wire));
	}
}

static void call(struct script *s)
{
	uint32_t node = (uint32_t)next(s, 1) % (PEERS + 2);
	uint64_t more = next(s, 1);

	switch (more % 8) {
	case 0: case 1:
		if (node < PEERS)
			view_join(&v, node);
		break;
	case 2: view_leave(&v, node, more * 1000, now); break;
	case 3: view_failed(&v, node); break;
	case 4: view_suspect(&v, node, (enum view_reason)(1 + more / 8 % 3), now); break;
	case 5: view_drained(&v); break;
	case 6: view_heard(&v, node, now); break;
	default: view_sent(&v, node, now); break;
	}
}

static void act(struct script *s)
{
	uint8_t wire[VIEW_MESSAGE_MAX];
	uint8_t what = (uint8_t)next(s, 1), from = what / ACTS % (PEERS + 1);
	uint16_t type;
	uint32_t bytes;

	sent = 0;
	switch (what % ACTS) {
	case ANSWER:
		answer(from % PEERS);
		break;
	case SAY:
		type = PROTOCOL_TYPE(PROTOCOL_VIEW, 1 + next(s, 1) % 13);
		feed(from, type, wire, make(s, type, wire));
		break;
	case RAW:
		type = PROTOCOL_TYPE(PROTOCOL_VIEW, next(s, 1) % 16);
		bytes = (uint32_t)next(s, 1) % 100;
		memset(wire, 0, sizeof(wire));
		for (uint32_t i = 0; i < bytes; i++)
			wire[i] = (uint8_t)next(s, 1);
		feed(from == PEERS ? PROTOCOL_NODES_MAX + what : from, type, wire, bytes);
		break;
	case CALL:
		call(s);
		break;
	case TIME:
		now += next(s, 2) * 16;
		break;
	default:
		lead(s);
		break;
	}
	tick();
	for (uint32_t i = 0; i < PEERS; i++)
		MUST(!view_epoch(&v, i) == !protocol_set_has(&v.now.members, i));
	MUST(!gone || (v.phase == VIEW_GONE && !view_accepts(&v, 0)));
}

/* Everybody else is silent from now on. */
static void end_alone(void)
{
	mood &= (uint8_t)~2;
	for (int i = 0;; i++) {
		uint64_t at;

		sent = 0;
		at = tick();
		if (protocol_set_count(&v.now.members) == 1 && v.step == VIEW_IDLE)
			break;
		MUST(i < END_TICKS && at != PROTOCOL_NEVER);
		now = at;
	}
	MUST(view_operating(&v) && !frozen);
	MUST(protocol_set_empty(&v.failed) && protocol_set_empty(&v.wanted_in) &&
	     protocol_set_empty(&v.wanted_out) && protocol_set_empty(&v.draining) &&
	     protocol_set_empty(&v.leaving) && protocol_set_empty(&v.arrived) &&
	     protocol_set_empty(&v.departed) && protocol_set_empty(&v.asked));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct script s = { data, bytes };
	struct protocol_port port = { NULL, post };

	mood = (uint8_t)next(&s, 1);
	now = 1000;
	sent = 0;
	frozen = gone = false;
	memset(owed, 0, sizeof(owed));
	memset(&in, 0, sizeof(in));
	view_init(&v, mood & 16 ? 3 : 0, &hooks, NULL, &port, NULL, now);
	in = v.now;
	tick();
	while (s.left)
		act(&s);
	if (!v.self)
		end_alone();
	return 0;
}
