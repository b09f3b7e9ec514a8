// SPDX-License-Identifier: GPL-2.0-only
/*
 * Agreements of a core with another node: the real machines on both sides, the monitor's hooks on the CPU
 * driver's real capabilities on one, on the other whatever the test says that node has.
 */
#include <abi/protocol/node.h>

#include <agreed.h>
#include <bound.h>
#include <build.h>
#include <caps.h>
#include <memory.h>

#include "core.h"

#define SELF 2u
#define NODES 4u
#define ENTRIES 64u
#define DEPTH ABI_DOMAIN_ROOT_BITS
#define S_PIECE 100u /* slots of the program */
#define S_OTHER 101u
#define FOREIGN (1ull << 40) /* memory of other cores, which this one does not reach */

struct flying {
	uint32_t to;
	uint16_t type;
	uint32_t bytes;
	uint8_t data[4400];
};

static struct member {
	struct node node;
	uint16_t package[NODES];
	struct agree_entry entries[ENTRIES];
	uint64_t heard[ENTRIES];
	struct agree_peer peers[NODES];
	uint16_t room[ROUTE_ROOM(NODES, NODES)];
} members[2]; /* node 0, SELF */

static struct flying wire[256];
static uint32_t first, last;
static uint64_t us;
static uint32_t theirs;   /* what node 0 has of every object */
static int objection;     /* its vote */
static int refusal;       /* what it says to a capability that comes */
static unsigned int came; /* how many did */
static uint64_t came_with; /* the last one's handle */
static uint32_t owner;    /* of what it gives */
static int gave;          /* result of what it gave; 1: none yet */
static unsigned int dropped; /* times that it was told to revoke */
static uint32_t domain;
static struct program *program;

static void send_from(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct flying *f = &wire[last++ % 256];

	(void)ctx;
	assert_true(last - first < 256 && bytes <= sizeof(f->data));
	f->to = to;
	f->type = type;
	f->bytes = bytes;
	memcpy(f->data, payload, bytes);
}

static void settle(void)
{
	for (unsigned int i = 0; i < 1000; i++) {
		while (first != last) {
			struct flying *f = &wire[first++ % 256];

			assert_int_equal(node_message(&members[f->to == SELF].node, f->to ? 0 : SELF, f->type,
						      f->data, f->bytes, us), 0);
		}
		for (unsigned int n = 0; n < 2; n++)
			node_tick(&members[n].node, us);
		us++;
		if (first == last && !members[1].node.agree.again && !members[0].node.agree.again)
			return;
	}
	fail_msg("it never ends");
}

/* ---- node 0 ---- */

static int other_vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		      uint32_t *relations)
{
	(void)ctx, (void)q, (void)mine, (void)cookie;
	*relations = theirs;
	return objection;
}

static void other_busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)ctx, (void)q, (void)on;
}

static int other_perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)ctx, (void)q, (void)part, (void)cookie;
	dropped += q->kind == AGREE_REVOKE;
	if (q->kind == AGREE_REVOKE)
		theirs = 0;
	return 0;
}

static void other_alone(void *ctx, const struct agree_request *q)
{
	(void)ctx, (void)q;
}

static void other_done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	(void)ctx, (void)cookie, (void)relations;
	assert_int_equal(result, 0);
}

static int other_mark(void *ctx, const struct agree_object *object)
{
	(void)ctx, (void)object;
	return 0;
}

static int other_create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
			uint64_t handle)
{
	(void)ctx, (void)object;
	assert_int_equal(from, SELF);
	assert_int_equal(rights, ABI_CAP_READ);
	came_with = handle;
	came += !refusal;
	return refusal;
}

static void other_given(void *ctx, uint64_t cookie, int result)
{
	(void)ctx, (void)cookie;
	gave = result;
}

static int other_forget(void *ctx, uint32_t node)
{
	(void)ctx, (void)node;
	return 0;
}

static const struct agree_local other = {
	.vote = other_vote, .busy = other_busy, .perform = other_perform, .alone = other_alone,
	.done = other_done, .mark = other_mark, .create = other_create, .given = other_given,
	.forget = other_forget,
};

/* ---- the program ---- */

static void begin_node(struct member *m, uint32_t self, const struct agree_local *local)
{
	static const struct node_events events;
	const struct node_memory memory = {
		.nodes = NODES, .packages = NODES, .package = m->package,
		.agree = { m->entries, m->heard, m->peers, m->room, ENTRIES, NODES },
	};
	const struct node_setup setup = {
		.self = self, .port = { .send = send_from }, .events = &events, .memory = &memory,
		.local = local, .kind = ROUTE_MULTICAST,
	};

	memset(m, 0, sizeof(*m));
	assert_int_equal(node_init(&m->node, &setup, us), 0);
}

static int invoke(uint32_t op, uint32_t type, uint64_t from, uint64_t to, uint64_t offset, uint64_t bytes,
		  uint64_t word[6])
{
	const bool retype = op == ABI_CAP_DO_RETYPE;

	word[0] = ABI_INVOKE_WORD(op, 0, type, DEPTH, retype ? DEPTH : 0, 0, retype);
	word[1] = from;
	word[2] = to;
	word[3] = 0;
	word[4] = offset;
	word[5] = bytes;
	return core_invoke(program, word);
}

static int start(void **state)
{
	struct agree_local local;
	uint64_t word[6];

	(void)state;
	core_start();
	domain = spawn_good(core_bind(3, ABI_SERVICE_SPAWN, 256));
	program = core_program(domain);
	assert_non_null(program);
	us = 0;
	first = last = 0;
	theirs = ABI_CAP_HAS_COPY;
	objection = 0;
	dropped = 0;
	refusal = 0;
	came = 0;
	owner = 0;
	gave = 1;
	agreed_init(&members[1].node.agree);
	local = agreed_local();
	begin_node(&members[0], 0, &other);
	begin_node(&members[1], SELF, &local);
	assert_int_equal(node_join(&members[0].node, SELF, 1), 0);
	settle();
	assert_true(view_operating(&members[1].node.view));
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_RAM, ABI_SLOT_RAM, S_PIECE, 0, 0x4000, word), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	assert_true(agree_quiet(&members[1].node.agree));
	assert_null(agree_check(&members[1].node.agree));
	core_sound();
	return 0;
}

/* Another core has got the piece. */
static void known_elsewhere_at(uint64_t slot)
{
	const struct abi_cap_info info = core_cap(program, slot);
	const uint64_t arg[4] = { ABI_OBJECT_PLACE(info.base, info.type), info.bytes };

	assert_int_equal(mon_kernel(ABI_KERNEL_CAP_MARK, arg, NULL), 0);
}

static void known_elsewhere(void)
{
	known_elsewhere_at(S_PIECE);
}

/* What the program is told, once. */
static int told(bool give)
{
	struct agreed_result result, no;
	uint32_t at = 0;

	settle();
	assert_true(agreed_next(&at, &result));
	assert_int_equal(result.domain, domain);
	assert_int_equal(result.tag, 4711);
	assert_int_equal(result.give, give);
	agreed_told(at);
	at = 0;
	assert_false(agreed_next(&at, &no));
	return result.error;
}

static int ask(const uint64_t word[6])
{
	int rc = agreed_ask(domain_find(domain), 4711, word);

	return rc ? rc : told(false);
}

/* ---- tests ---- */

static void test_retype(void **state)
{
	uint64_t word[6];

	(void)state;
	known_elsewhere();
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER, 0x1000, 0x1000, word),
			 -ABI_CAP_E_REMOTE);
	objection = -ABI_CAP_E_IN_USE;
	assert_int_equal(ask(word), -ABI_CAP_E_IN_USE);
	assert_int_equal(core_cap(program, S_OTHER).type, ABI_CAP_NONE);
	objection = 0;
	assert_int_equal(ask(word), 0);
	assert_int_equal(core_cap(program, S_OTHER).type, ABI_CAP_FRAME);
	assert_int_equal(core_cap(program, S_OTHER).base, core_cap(program, S_PIECE).base + 0x1000);
	/* Here something is in the way. */
	assert_int_equal(ask(word), -ABI_CAP_E_IN_USE);
}

static void test_revoke(void **state)
{
	uint64_t word[6], base = core_cap(program, S_PIECE).base;

	(void)state;
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER, 0, 0x1000, word), 0);
	known_elsewhere();
	assert_int_equal(invoke(ABI_CAP_DO_REVOKE, 0, S_PIECE, 0, 0, 0, word), -ABI_CAP_E_REMOTE);
	assert_int_equal(ask(word), 0);
	assert_int_equal(dropped, 1);
	assert_int_equal(core_cap(program, S_OTHER).type, ABI_CAP_NONE);
	assert_int_equal(core_cap(program, S_PIECE).base, base);
	/* Nobody else has it now: nobody is asked. */
	assert_int_equal(invoke(ABI_CAP_DO_DELETE, 0, S_PIECE, 0, 0, 0, word), 0);
}

static int weaker(uint64_t from, uint64_t to)
{
	const uint64_t word[6] = { ABI_INVOKE_WORD(ABI_CAP_DO_MINT, ABI_CAP_RW, 0, DEPTH, DEPTH, 0, 0), from, to };

	return core_invoke(program, word);
}

/* The others drop all that they have before the coordinator looks at its own capability. */
static void test_revoke_needs_the_right(void **state)
{
	uint64_t word[6], other_word[6];

	(void)state;
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER, 0, 0x1000, word), 0);
	known_elsewhere_at(S_OTHER);
	assert_int_equal(weaker(S_OTHER, S_OTHER + 1), 0);
	assert_int_equal(invoke(ABI_CAP_DO_REVOKE, 0, S_OTHER + 1, 0, 0, 0, word), -ABI_CAP_E_RIGHTS);
	assert_int_equal(ask(word), -ABI_CAP_E_RIGHTS);
	/* One with the right is changed for one without when it has been looked at. */
	assert_int_equal(invoke(ABI_CAP_DO_REVOKE, 0, S_OTHER, 0, 0, 0, word), -ABI_CAP_E_REMOTE);
	assert_int_equal(agreed_ask(domain_find(domain), 4711, word), 0);
	assert_int_equal(invoke(ABI_CAP_DO_DELETE, 0, S_OTHER, 0, 0, 0, other_word), 0);
	assert_int_equal(weaker(S_OTHER + 1, S_OTHER), 0);
	assert_int_equal(told(false), -ABI_CAP_E_EMPTY);
	assert_int_equal(dropped, 0);
	assert_int_equal(core_cap(program, S_OTHER).type, ABI_CAP_FRAME);
	assert_int_equal(core_cap(program, S_OTHER + 1).type, ABI_CAP_FRAME);
}

static void test_delete(void **state)
{
	uint64_t word[6];

	(void)state;
	known_elsewhere();
	assert_int_equal(invoke(ABI_CAP_DO_DELETE, 0, S_PIECE, 0, 0, 0, word), -ABI_CAP_E_REMOTE);
	assert_int_equal(ask(word), 0);
	assert_int_equal(core_cap(program, S_PIECE).type, ABI_CAP_NONE);
}

/* Another node revokes: all goes here. */
static void test_other_revokes(void **state)
{
	const struct abi_cap_info info = core_cap(program, S_PIECE);
	const struct agree_request q = { .kind = AGREE_REVOKE, .object = { info.base, info.bytes, info.type } };
	uint64_t word[6];

	(void)state;
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER, 0, 0x1000, word), 0);
	known_elsewhere();
	assert_int_equal(agree_start(&members[0].node.agree, &q, 0), 0);
	settle();
	assert_int_equal(core_cap(program, S_PIECE).type, ABI_CAP_NONE);
	assert_int_equal(core_cap(program, S_OTHER).type, ABI_CAP_NONE);
}

/* Its words lead nowhere once it has ended; what it asked is gone on with. */
static void test_ends(void **state)
{
	struct agreed_result result;
	uint64_t word[6];
	uint32_t at = 0;

	(void)state;
	known_elsewhere();
	assert_int_equal(invoke(ABI_CAP_DO_REVOKE, 0, S_PIECE, 0, 0, 0, word), -ABI_CAP_E_REMOTE);
	assert_int_equal(agreed_ask(domain_find(domain), 1, word), 0);
	agreed_domain_end(domain);
	settle();
	assert_false(agreed_next(&at, &result));
}

static struct agreed_gift gift(uint64_t slot, uint32_t node, uint32_t rights)
{
	return (struct agreed_gift){ slot, DEPTH, node, 17, rights };
}

static int give(uint64_t slot, uint32_t node, uint32_t rights)
{
	const struct agreed_gift g = gift(slot, node, rights);
	int rc = agreed_give(domain_find(domain), 4711, &g);

	return rc ? rc : told(true);
}

static void test_give(void **state)
{
	struct agreed_gift bad = gift(S_OTHER, 0, ABI_CAP_READ);
	uint64_t word[6];

	(void)state;
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER, 0, 0x1000, word), 0);
	assert_int_equal(give(S_PIECE, 0, ABI_CAP_READ), -AGREE_E_KIND);
	assert_int_equal(give(S_OTHER + 1, 0, ABI_CAP_READ), -ABI_CAP_E_EMPTY);
	assert_int_equal(give(S_OTHER, 0, 0), -ABI_CAP_E_RIGHTS);
	assert_int_equal(give(S_OTHER, 0, ABI_CAP_READ | ABI_CAP_EXECUTE), -ABI_CAP_E_RIGHTS);
	assert_int_equal(give(S_OTHER, 0, ABI_CAP_READ | 0x100), -ABI_CAP_E_RIGHTS);
	assert_int_equal(give(S_OTHER, SELF, ABI_CAP_READ), -ABI_CAP_E_OCCUPIED);
	assert_int_equal(give(S_OTHER, 3, ABI_CAP_READ), -AGREE_E_NODE);
	assert_int_equal(give(1u << DEPTH | S_OTHER, 0, ABI_CAP_READ), -ABI_CAP_E_ADDRESS);
	bad.depth = 0;
	assert_int_equal(agreed_give(domain_find(domain), 1, &bad), -ABI_CAP_E_DEPTH);
	/* Nothing was sent, so the memory is still the program's own affair. */
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER + 1, 0x1000, 0x1000, word), 0);
	refusal = -ABI_CAP_E_OCCUPIED;
	assert_int_equal(give(S_OTHER, 0, ABI_CAP_READ), -ABI_CAP_E_OCCUPIED);
	refusal = 0;
	assert_int_equal(give(S_OTHER, 0, ABI_CAP_READ), 0);
	assert_int_equal(came, 1);
	assert_int_equal(came_with, 17 | (uint64_t)domain << 24 | (uint64_t)SELF << 48);
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER + 2, 0x2000, 0x1000, word),
			 -ABI_CAP_E_REMOTE);
}

static int give_to(uint32_t to, uint64_t slot, uint32_t rights)
{
	const struct agreed_gift g = { slot, DEPTH, SELF, to, rights };
	int rc = agreed_give(domain_find(domain), 4711, &g);

	return rc ? rc : told(true);
}

static void expect_taken(uint32_t to, int error, uint32_t rights, uint64_t bytes)
{
	struct agreed_take_result result;

	assert_true(agreed_take_next(&result));
	assert_int_equal(result.domain, to);
	assert_int_equal(result.tag, 7);
	assert_int_equal(result.error, error);
	assert_int_equal(result.node, SELF);
	assert_int_equal(result.from, domain);
	assert_int_equal(result.rights, rights);
	assert_int_equal(result.bytes, bytes);
	assert_false(agreed_take_next(&result));
}

/* To another program of this core: nobody else is asked, and the giver can take it back alone. */
static void test_give_here(void **state)
{
	uint32_t to = spawn_good(core_bind(4, ABI_SERVICE_SPAWN, 256));
	struct program *other_program = core_program(to);
	uint64_t word[6];

	(void)state;
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER, 0, 0x1000, word), 0);
	assert_int_equal(give_to(to, S_OTHER, ABI_CAP_READ), -ABI_CAP_E_OCCUPIED);
	assert_int_equal(agreed_take(domain_find(to), 7, S_OTHER, DEPTH), 0);
	assert_int_equal(give_to(domain, S_OTHER, ABI_CAP_READ), -ABI_CAP_E_OCCUPIED);
	assert_int_equal(give_to(to, S_PIECE, ABI_CAP_READ), -AGREE_E_KIND);
	assert_int_equal(give_to(to, S_OTHER, ABI_CAP_RW | ABI_CAP_REVOKE), -ABI_CAP_E_RIGHTS);
	assert_int_equal(give_to(to, ABI_SLOT_ENDPOINT, ABI_CAP_READ), -ABI_CAP_E_RIGHTS);
	assert_int_equal(give_to(to, S_OTHER, ABI_CAP_READ), 0);
	expect_taken(to, 0, ABI_CAP_READ, 0x1000);
	assert_int_equal(core_cap(other_program, S_OTHER).base, core_cap(program, S_OTHER).base);
	assert_int_equal(core_cap(other_program, S_OTHER).rights, ABI_CAP_READ);
	/* Its slot is not empty: both are told. */
	assert_int_equal(agreed_take(domain_find(to), 7, S_OTHER, DEPTH), 0);
	assert_int_equal(give_to(to, S_OTHER, ABI_CAP_READ), -ABI_CAP_E_OCCUPIED);
	expect_taken(to, -ABI_CAP_E_OCCUPIED, ABI_CAP_READ, 0x1000);
	assert_int_equal(invoke(ABI_CAP_DO_REVOKE, 0, S_OTHER, 0, 0, 0, word), 0);
	assert_int_equal(core_cap(other_program, S_OTHER).type, ABI_CAP_NONE);
	/* What it can send messages to, which is for this core alone. */
	assert_int_equal(agreed_take(domain_find(to), 7, S_OTHER, DEPTH), 0);
	assert_int_equal(give_to(to, ABI_SLOT_ENDPOINT, ABI_CAP_WRITE | ABI_CAP_GRANT), 0);
	expect_taken(to, 0, ABI_CAP_WRITE | ABI_CAP_GRANT, ABI_CAP_ENDPOINT_BYTES);
	assert_int_equal(core_cap(other_program, S_OTHER).type, ABI_CAP_ENDPOINT);
	assert_int_equal(give(ABI_SLOT_ENDPOINT, 0, ABI_CAP_WRITE), -AGREE_E_KIND);
	assert_int_equal(came, 0);
}

/* A channel's memory is used for something else when its program ends: nobody elsewhere may have it. */
static void test_give_ring(void **state)
{
	const uint64_t bind[6] = { 5, ABI_SERVICE_PROGRAM, 64, CORE_SHARED, CORE_SHARED + 0x10000, 1 };
	struct domain *d = domain_find(domain);
	uint32_t end[2];

	(void)state;
	bound_bind(bind);
	assert_int_equal(bound_give(5, d, 0, NULL), 0);
	assert_int_equal(give(ABI_SLOT_BOUND + ABI_BOUND_TX, 0, ABI_CAP_READ), -AGREE_E_KIND);
	assert_int_equal(give(ABI_SLOT_BOUND + ABI_BOUND_RX, 0, ABI_CAP_READ), -AGREE_E_KIND);
	assert_int_equal(bound_local(64, end), 0);
	assert_int_equal(bound_give(end[0], d, 1, d), 0);
	assert_int_equal(give(ABI_SLOT_BOUND + ABI_BOUND_SLOTS + ABI_BOUND_TX, 0, ABI_CAP_READ), -AGREE_E_KIND);
	assert_int_equal(give(ABI_SLOT_BOUND + ABI_BOUND_SLOTS + ABI_BOUND_RX, 0, ABI_CAP_READ), -AGREE_E_KIND);
	bound_unlocal(end);
	bound_release(end[0]);
	assert_true(bound_unbind(5));
	bound_release(5);
	assert_int_equal(bound_count(), 0);
}

/* Another node's program gives. */
static void comes(uint64_t offset, uint32_t to, int expected)
{
	const struct agree_object o = { FOREIGN + offset, 0x1000, ABI_CAP_FRAME };

	gave = 1;
	assert_int_equal(agree_give(&members[0].node.agree, SELF, &o, ABI_CAP_RW,
				    to | 23ull << 24 | (uint64_t)owner << 48, 0), 0);
	settle();
	assert_int_equal(gave, expected);
}

static void test_take(void **state)
{
	struct agreed_take_result result;

	(void)state;
	comes(0, domain, -ABI_CAP_E_OCCUPIED);
	comes(0, 0, -ABI_CAP_E_OCCUPIED);
	assert_int_equal(agreed_take(domain_find(domain), 12, S_OTHER, DEPTH), 0);
	assert_int_equal(agreed_take(domain_find(domain), 13, S_OTHER, DEPTH), 0);
	assert_int_equal(agreed_take(domain_find(domain), 14, 1u << DEPTH, DEPTH), -ABI_CAP_E_ADDRESS);
	comes(0, domain + 1, -ABI_CAP_E_OCCUPIED);
	comes(0x2000, domain, 0);
	assert_int_equal(core_cap(program, S_OTHER).base, FOREIGN + 0x2000);
	assert_int_equal(core_cap(program, S_OTHER).rights, ABI_CAP_RW);
	assert_true(agreed_take_next(&result));
	assert_int_equal(result.domain, domain);
	assert_int_equal(result.tag, 12);
	assert_int_equal(result.error, 0);
	assert_int_equal(result.node, 0);
	assert_int_equal(result.from, 23);
	assert_int_equal(result.rights, ABI_CAP_RW);
	assert_int_equal(result.bytes, 0x1000);
	assert_false(agreed_take_next(&result));
	/* The same slot is not empty any more: both are told. */
	comes(0x3000, domain, -ABI_CAP_E_OCCUPIED);
	assert_true(agreed_take_next(&result));
	assert_int_equal(result.tag, 13);
	assert_int_equal(result.error, -ABI_CAP_E_OCCUPIED);
	for (unsigned int i = 0; i < AGREED_TAKES_DOMAIN; i++)
		assert_int_equal(agreed_take(domain_find(domain), 1, S_OTHER + 1, DEPTH), 0);
	assert_int_equal(agreed_take(domain_find(domain), 1, S_OTHER + 1, DEPTH), -AGREE_E_FULL);
	agreed_domain_end(domain);
	comes(0x3000, domain, -ABI_CAP_E_OCCUPIED);
	assert_false(agreed_take_next(&result));
}

/* When a node goes, what is here of its memory goes, from whomever it came; and nothing of it comes any more. */
static void test_forgets(void **state)
{
	const struct agree_local local = agreed_local();
	struct agreed_take_result result;

	(void)state;
	owner = 1;
	protocol_set_add(&members[1].node.agree.members, owner);
	assert_int_equal(agreed_take(domain_find(domain), 1, S_OTHER, DEPTH), 0);
	comes(0, domain, 0);
	owner = 0;
	assert_int_equal(agreed_take(domain_find(domain), 1, S_OTHER + 1, DEPTH), 0);
	comes(0x2000, domain, 0);
	while (agreed_take_next(&result))
		;
	/* What is given on keeps its owner. */
	assert_int_equal(give(S_OTHER, 0, ABI_CAP_READ), 0);
	assert_int_equal(came_with >> 48, 1);
	assert_int_equal(give(S_OTHER + 1, 0, ABI_CAP_READ), 0);
	assert_int_equal(came_with >> 48, 0);
	protocol_set_remove(&members[1].node.agree.members, 1);
	while (local.forget(NULL, 1) == -ABI_CAP_E_AGAIN)
		;
	assert_int_equal(core_cap(program, S_OTHER).type, ABI_CAP_NONE);
	assert_int_equal(core_cap(program, S_OTHER + 1).type, ABI_CAP_FRAME);
	owner = 1;
	assert_int_equal(agreed_take(domain_find(domain), 1, S_OTHER, DEPTH), 0);
	comes(0, domain, -AGREE_E_GONE);
	agreed_domain_end(domain);
}

/* No more objects than there are records; those of which nothing is left give way. */
static void test_many_origins(void **state)
{
	struct agreed_take_result result;
	uint64_t word[6];
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(agreed_take(domain_find(domain), 1, S_OTHER, DEPTH), 0);
		comes((uint64_t)i % 500 * 0x1000, domain, 0);
		assert_true(agreed_take_next(&result));
		assert_int_equal(invoke(ABI_CAP_DO_DELETE, 0, S_OTHER, 0, 0, 0, word), 0);
	}
}

/* Something dying had the last copy: node 0 has another one, so the object is its own from now on. */
static void test_last_copy(void **state)
{
	const struct abi_cap_info info = core_cap(program, S_PIECE);
	const uint64_t told_by_core[3] = { info.base, info.bytes, info.type };
	uint64_t word[6];

	(void)state;
	known_elsewhere();
	/* No place for it now: later, and it is not forgotten. */
	invoke(ABI_CAP_DO_REVOKE, 0, S_PIECE, 0, 0, 0, word);
	assert_false(agreed_wants());
	agreed_last_copy(told_by_core);
	assert_true(agreed_wants());
	agreed_work();
	assert_false(agreed_wants());
	settle();
	/* Foreign: nobody is asked any more. */
	assert_int_equal(invoke(ABI_CAP_DO_DELETE, 0, S_PIECE, 0, 0, 0, word), 0);
}

/* A node that is in no view keeps what it wants until it is in one. */
static void test_wanted_later(void **state)
{
	const struct abi_cap_info info = core_cap(program, S_PIECE);
	const uint64_t told_by_core[3] = { info.base, info.bytes, info.type };
	const uint32_t view = members[1].node.agree.view;
	uint64_t word[6];

	(void)state;
	known_elsewhere();
	agreed_last_copy(told_by_core);
	members[1].node.agree.view = 0;
	agreed_work();
	assert_true(agreed_wants());
	members[1].node.agree.view = view;
	agreed_work();
	assert_false(agreed_wants());
	settle();
	assert_int_equal(invoke(ABI_CAP_DO_DELETE, 0, S_PIECE, 0, 0, 0, word), 0);
}

/* Memory that others know of is nobody's until they have let go; then it is given out again. */
static void test_memory_ends(void **state)
{
	const uint64_t free_before = memory_free();
	uint64_t word[6];

	(void)state;
	assert_int_equal(invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PIECE, S_OTHER, 0, 0x1000, word), 0);
	assert_int_equal(give(S_OTHER, 0, ABI_CAP_READ), 0);
	domain_end(domain_find(domain));
	assert_null(domain_find(domain));
	assert_int_equal(memory_free(), free_before);
	assert_true(agreed_wants());
	agreed_work();
	settle();
	assert_int_equal(dropped, 1);
	assert_int_equal(memory_free(), free_before);
	agreed_finish();
	assert_true(memory_free() > free_before);
	assert_false(agreed_wants());
	/* The extent is known elsewhere for good: that is in nobody's way. */
	assert_int_not_equal(spawn_good(core_bind(4, ABI_SERVICE_SPAWN, 256)), 0);
}

/* No words lead out of the program's own root CNode, and no more than its share is under way. */
static void test_bad(void **state)
{
	static const struct {
		uint64_t word[6];
		int error;
	} bad[] = {
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, DEPTH, DEPTH, 0, 0), S_PIECE, S_OTHER }, ABI_CAP_E_OPERATION },
		{ { 0 }, ABI_CAP_E_OPERATION },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, 0, 0, 0, 0), S_PIECE }, ABI_CAP_E_DEPTH },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, 64, 0, 0, 0), S_PIECE }, ABI_CAP_E_DEPTH },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, 255, 0, 0, 0), S_PIECE }, ABI_CAP_E_DEPTH },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, DEPTH, 0, 0, 0), 1u << DEPTH | S_PIECE }, ABI_CAP_E_ADDRESS },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, DEPTH, 0, 0, 0), UINT64_MAX }, ABI_CAP_E_ADDRESS },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, DEPTH, 0, 0, 0), S_OTHER }, ABI_CAP_E_EMPTY },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, DEPTH, DEPTH, 0, 1), S_PIECE,
		    1u << DEPTH, 0, 0, 0x1000 }, ABI_CAP_E_ADDRESS },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, DEPTH, DEPTH, 64, 1), S_PIECE, S_OTHER,
		    0, 0, 0x1000 }, ABI_CAP_E_DEPTH },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, DEPTH, DEPTH, 0, 0), S_PIECE, S_OTHER,
		    0, 0, 0x1000 }, ABI_CAP_E_COUNT },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, DEPTH, DEPTH, 0, 65535), S_PIECE, S_OTHER,
		    0, 0, 0x1000 }, ABI_CAP_E_COUNT },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, DEPTH, DEPTH, 0, 2), S_PIECE, S_OTHER,
		    0, 0, UINT64_MAX }, ABI_CAP_E_RANGE },
		{ { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, DEPTH, DEPTH, 0, 1), S_PIECE, S_OTHER,
		    0, 0x4000, 0x1000 }, ABI_CAP_E_RANGE },
	};
	uint64_t word[6];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(agreed_ask(domain_find(domain), 1, bad[i].word), -bad[i].error);
	known_elsewhere();
	invoke(ABI_CAP_DO_REVOKE, 0, S_PIECE, 0, 0, 0, word);
	for (unsigned int i = 0; i < AGREED_CALLS_DOMAIN; i++)
		assert_int_equal(agreed_ask(domain_find(domain), 1, word), 0);
	assert_int_equal(agreed_ask(domain_find(domain), 1, word), -AGREE_E_FULL);
	settle();
	agreed_domain_end(domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_retype, start, stop),
		cmocka_unit_test_setup_teardown(test_revoke, start, stop),
		cmocka_unit_test_setup_teardown(test_revoke_needs_the_right, start, stop),
		cmocka_unit_test_setup_teardown(test_delete, start, stop),
		cmocka_unit_test_setup_teardown(test_other_revokes, start, stop),
		cmocka_unit_test_setup_teardown(test_ends, start, stop),
		cmocka_unit_test_setup_teardown(test_bad, start, stop),
		cmocka_unit_test_setup_teardown(test_give, start, stop),
		cmocka_unit_test_setup_teardown(test_give_here, start, stop),
		cmocka_unit_test_setup_teardown(test_give_ring, start, stop),
		cmocka_unit_test_setup_teardown(test_take, start, stop),
		cmocka_unit_test_setup_teardown(test_forgets, start, stop),
		cmocka_unit_test_setup_teardown(test_many_origins, start, stop),
		cmocka_unit_test_setup_teardown(test_last_copy, start, stop),
		cmocka_unit_test_setup_teardown(test_wanted_later, start, stop),
		cmocka_unit_test_setup_teardown(test_memory_ends, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
