// SPDX-License-Identifier: GPL-2.0-only
/* What must be refused: requests that make no sense, messages that do not fit what is under way. */
#include "scene.h"

static int start(uint32_t kind, uint32_t type, uint64_t base, uint64_t bytes, uint32_t into,
		 uint64_t piece, uint64_t piece_bytes)
{
	struct agree_request q = { kind, into, { base, bytes, type }, piece, piece_bytes };

	return agree_start(&world.nodes[0].agree, &q, 0);
}

static void refused_requests(void **state)
{
	struct agree_object o = { 0, PAGES(1), ABI_CAP_RAM };
	struct agree *a = &world.nodes[0].agree;

	(void)state;
	nodes(2);
	assert_int_equal(start(0, ABI_CAP_RAM, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(4, ABI_CAP_RAM, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_CNODE, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, 99, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, PAGES(1), 1, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_FRAME, 0, PAGES(1), ABI_CAP_FRAME, 0, 4096),
			 -AGREE_E_KIND);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 0, PAGES(1), ABI_CAP_DEVFRAME, 0, 4096),
			 -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 1, PAGES(1), 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, 0, 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, 1ull << 45, 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 1ull << 52, 4096, 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 4096, PAGES(2), ABI_CAP_RAM, 0, 4096),
			 -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 4096, PAGES(2), ABI_CAP_RAM, 8192, 8192),
			 -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 4096, PAGES(2), ABI_CAP_RAM, 4096, 0),
			 -AGREE_E_RANGE);
	assert_int_equal(agree_give(a, 0, &o, 0, 0, 0), -AGREE_E_NODE);
	assert_int_equal(agree_give(a, 2, &o, 0, 0, 0), -AGREE_E_NODE);
	assert_int_equal(agree_give(a, 1, &o, 0x80, 0, 0), -AGREE_E_RIGHTS);
	o.type = ABI_CAP_PT;
	assert_int_equal(agree_give(a, 1, &o, 0, 0, 0), -AGREE_E_KIND);
	a->view = 0;
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, 4096, 0, 0, 0), -AGREE_E_VIEW);
	a->view = 1;
	for (uint32_t e = AGREE_ERROR_FIRST; e < AGREE_ERROR_END; e++)
		assert_non_null(strchr(agree_sentence(e), ' '));
	assert_non_null(strchr(agree_sentence(ABI_CAP_E_IN_USE), ' '));
	assert_non_null(strchr(agree_sentence(999), ' '));
	assert_true(agree_quiet(a));
}

static struct agree_prepare good_prepare(void)
{
	return (struct agree_prepare){ .view = 1, .coordinator = 1, .after = 0xffff, .id = 0x20,
				       .time = 5, .base = 0, .pages = 16, .offset = 2, .length = 1,
				       .kind = AGREE_RETYPE, .type = ABI_CAP_RAM,
				       .into = ABI_CAP_PT };
}

/* A message of @from to node 0. Return: what its machine says. */
#define SENDER(message, TYPE)                                                                      \
	static int message(uint32_t from, const struct agree_##message *m)                         \
	{                                                                                          \
		uint8_t buffer[AGREE_MESSAGE_MAX];                                                 \
                                                                                                   \
		return agree_message(&world.nodes[0].agree, from, TYPE, buffer,                    \
				     agree_##message##_encode(m, buffer));                         \
	}

SENDER(prepare, AGREE_PREPARE)
SENDER(ballot, AGREE_BALLOT)
SENDER(decide, AGREE_DECIDE)
SENDER(ack, AGREE_ACK)
SENDER(taken, AGREE_TAKEN)
SENDER(votes, AGREE_VOTES)
SENDER(outcomes, AGREE_OUTCOMES)
SENDER(acks, AGREE_ACKS)

#define BAD(message, change)                                                 \
	do {                                                                 \
		m = good_prepare();                                          \
		change;                                                      \
		assert_int_equal(message(1, &m), -URPC_EPROTO);              \
		assert_true(agree_quiet(&world.nodes[0].agree));             \
	} while (0)

static void bad_prepares(void **state)
{
	struct agree_prepare m;

	(void)state;
	nodes(3);
	BAD(prepare, m.view = 2);
	BAD(prepare, m.coordinator = 0);
	BAD(prepare, m.coordinator = 2); /* not by way of node 1 */
	BAD(prepare, m.coordinator = 7);
	BAD(prepare, m.after = 9);
	BAD(prepare, m.id = 0);
	BAD(prepare, m.time = 0);
	BAD(prepare, m.time = ~0ull);
	BAD(prepare, m.kind = 0);
	BAD(prepare, m.kind = 4);
	BAD(prepare, m.type = ABI_CAP_CNODE);
	BAD(prepare, m.into = ABI_CAP_URPC);
	BAD(prepare, m.pages = 0);
	BAD(prepare, m.base = 17);
	BAD(prepare, m.offset = 16);
	BAD(prepare, m.length = 15);
	BAD(prepare, m.length = 0);
	BAD(prepare, m.kind = AGREE_REVOKE);
	assert_int_equal(prepare(0, &m), -URPC_EPROTO);
	m = good_prepare();
	m.view = 0;
	assert_int_equal(prepare(1, &m), 0); /* late */
	assert_true(agree_quiet(&world.nodes[0].agree));
	m = good_prepare();
	assert_int_equal(prepare(1, &m), 0);
	assert_int_equal(prepare(1, &m), -URPC_EPROTO); /* twice */
	m.id += 32;
	assert_int_equal(prepare(1, &m), -URPC_EPROTO); /* its slot is in use */
}

/* Of an attempt that node 0 has not heard of, and of one to which it says no. */
static void bad_decisions(void **state)
{
	struct agree_prepare p = good_prepare();
	struct agree_decide d = { .view = 1, .coordinator = 1, .id = 0x20, .heir = 0xffff };
	struct agree_outcomes o = { .view = 1, .coordinator = 1, .commit = 1 };
	uint8_t buffer[AGREE_MESSAGE_MAX] = { 0 };

	(void)state;
	nodes(3);
	d.what = AGREE_OUTCOME_COMMIT;
	assert_int_equal(decide(1, &d), -URPC_EPROTO); /* never asked */
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO);
	assert_int_equal(agree_message(&world.nodes[0].agree, 1, AGREE_ACKS + 1, buffer, 8),
			 -URPC_EPROTO);
	assert_int_equal(agree_message(&world.nodes[0].agree, 1, AGREE_PREPARE, buffer, 8),
			 -URPC_EPROTO);
	/* It votes no: node 0's own thing is there. */
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_FRAME, PAGES(2), PAGES(1), 1), 0);
	assert_int_equal(prepare(1, &p), 0);
	assert_int_equal(decide(1, &d), -URPC_EPROTO);
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO);
	o.abort = 1;
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO); /* both */
	o.commit = 0;
	assert_int_equal(outcomes(2, &o), -URPC_EPROTO);
	o.abort = 3;
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO); /* one of them is of nothing */
	o.abort = 0;
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO);
	d.what = AGREE_OUTCOME_ABORT;
	assert_int_equal(decide(2, &d), -URPC_EPROTO);
	d.direct = true;
	assert_int_equal(decide(1, &d), -URPC_EPROTO); /* its own view's tree is valid */
	o.abort = 1;
	o.view = 0;
	assert_int_equal(outcomes(1, &o), 0); /* late */
	assert_false(agree_quiet(&world.nodes[0].agree));
	o.view = 1;
	assert_int_equal(outcomes(1, &o), 0);
	assert_false(agree_quiet(&world.nodes[0].agree)); /* not yet acknowledged */
	work(0);
	assert_true(agree_quiet(&world.nodes[0].agree));
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO); /* twice */
}

/* A commit of an operation with an heir must say who it is; a vote, what is here. */
static void bad_deletes(void **state)
{
	struct agree_prepare p = good_prepare();
	struct agree_outcomes o = { .view = 1, .coordinator = 1, .commit = 1 };
	struct agree_votes v = { .view = 1, .coordinator = 0, .yes = 1 };

	(void)state;
	nodes(3);
	give(0, 0, 1);
	p.kind = AGREE_DELETE;
	p.into = 0;
	p.offset = 0;
	p.length = 0;
	assert_int_equal(prepare(1, &p), 0);
	work(0);
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO);
	o.commit = 0;
	o.abort = 1;
	assert_int_equal(outcomes(1, &o), 0);
	assert_int_equal(local_delete(local(0), 0), LOCAL_WAITS);
	work(0);
	assert_int_equal(votes(1, &v), -URPC_EPROTO);
}

/* Answers to a coordinator that do not fit what is under way. */
static void bad_answers(void **state)
{
	struct agree_ballot b = { .view = 1, .coordinator = 0, .id = 0x20, .blocker = 0xffff,
				  .heir = 0xffff };
	struct agree_votes v = { .view = 1, .coordinator = 0, .yes = 1 };
	struct agree_acks k = { .view = 1, .coordinator = 0, .done = 1 };
	struct agree_ack direct = { .view = 1, .coordinator = 0, .id = 0x20 };
	struct agree_taken t = { .tag = 1 };

	(void)state;
	nodes(3);
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	assert_int_equal(votes(1, &v), -URPC_EPROTO);
	assert_int_equal(acks(1, &k), -URPC_EPROTO);
	assert_int_equal(ack(1, &direct), -URPC_EPROTO);
	assert_int_equal(taken(1, &t), -URPC_EPROTO);
	give(0, 0, 2);
	assert_int_equal(local_retype(local(0), 0, 4, ABI_CAP_PT, PAGES(4), 0, 1), LOCAL_WAITS);
	work(0);
	b.error = 1;
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	b.error = 0;
	b.blocker = 9;
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	b.blocker = 0xffff;
	b.relations = 8;
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	v.yes = 3;
	assert_int_equal(votes(1, &v), -URPC_EPROTO); /* one of them is of nothing */
	v.yes = 1;
	v.clock = ~0ull;
	assert_int_equal(votes(1, &v), -URPC_EPROTO);
	v.clock = 0;
	v.coordinator = 77;
	assert_int_equal(votes(1, &v), -URPC_EPROTO);
	v.coordinator = 2;
	assert_int_equal(votes(1, &v), -URPC_EPROTO); /* not its parent */
	v.coordinator = 0;
	assert_int_equal(acks(1, &k), -URPC_EPROTO); /* nothing is decided */
	assert_int_equal(votes(1, &v), 0);
	assert_int_equal(votes(1, &v), -URPC_EPROTO); /* twice */
	b.relations = 0;
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	assert_int_equal(ballot(2, &b), 0);
	assert_int_equal(ballot(2, &b), -URPC_EPROTO);
	assert_int_equal(ack(1, &direct), -URPC_EPROTO); /* no change of view */
	k.done = 2;
	assert_int_equal(acks(1, &k), -URPC_EPROTO);
	k.done = 3;
	assert_int_equal(acks(1, &k), -URPC_EPROTO);
	k.done = 0;
	assert_int_equal(acks(1, &k), -URPC_EPROTO);
	k.done = 1;
	assert_int_equal(acks(1, &k), 0);
	assert_int_equal(acks(1, &k), -URPC_EPROTO);
	assert_int_equal(acks(2, &k), 0);
	assert_int_equal(world.nodes[0].dones, 1);
}

/* More attempts of others than entries: told to come again. */
static void no_entries(void **state)
{
	struct agree_prepare m = good_prepare();
	struct agree_outcomes o = { .view = 1, .coordinator = 1, .commit = 1u << 7 };

	(void)state;
	world_begin(3, 1, ROUTE_UNICAST, 6);
	for (uint32_t i = 0; i < 8; i++) {
		m.id = 0x20 + i;
		m.base = PAGES(20 * i);
		assert_int_equal(prepare(1, &m), 0);
	}
	assert_int_equal(world.nodes[0].agree.counts.full, 2);
	work(0);
	assert_int_equal(outcomes(1, &o), -URPC_EPROTO); /* not without this node's vote */
	o.commit = 0;
	o.abort = 0xff;
	assert_int_equal(outcomes(1, &o), 0);
	work(0);
	assert_true(agree_quiet(&world.nodes[0].agree));
	assert_null(agree_check(&world.nodes[0].agree));
}

/* The same at a node that passes on: those below hear of each end, and no other answer than theirs counts. */
static void no_entries_below(void **state)
{
	struct agree_prepare m = good_prepare();
	struct agree_outcomes o = { .view = 1, .coordinator = 3, .abort = 0xfff };
	struct agree_votes v = { .view = 1, .coordinator = 3, .yes = 1 };
	struct agree_acks k;
	const struct message *last;

	(void)state;
	world_begin(5, 2, ROUTE_MULTICAST, 10); /* 0, 1, 2 and 3, 4 */
	m.coordinator = 3;
	for (uint32_t i = 0; i < 12; i++) {
		m.id = 0x20 + i;
		m.base = PAGES(20 * i);
		assert_int_equal(prepare(3, &m), 0);
	}
	work(0);
	assert_int_equal(world.nodes[0].agree.counts.full, 2);
	assert_int_equal(votes(4, &v), -URPC_EPROTO);
	v.yes = 0x3ff;
	assert_int_equal(votes(1, &v), 0);
	assert_int_equal(votes(2, &v), 0);
	work(0);
	o.commit = 1;
	assert_int_equal(outcomes(3, &o), -URPC_EPROTO); /* both */
	o.commit = 0;
	assert_int_equal(outcomes(4, &o), -URPC_EPROTO);
	assert_int_equal(outcomes(3, &o), 0);
	work(0);
	assert_int_equal(world.links[0][1].count, 10 + 1 + 2);
	assert_int_equal(world.links[0][2].count, 10 + 1 + 2);
	/* Nothing of those that had room was carried out below. */
	last = &world.links[0][3].queue[world.links[0][3].count - 1];
	assert_int_equal(last->type, AGREE_ACKS);
	assert_int_equal(agree_acks_decode(&k, last->payload, last->bytes), 0);
	assert_int_equal(k.done, 0xc00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_requests),
		cmocka_unit_test(bad_prepares),
		cmocka_unit_test(bad_decisions),
		cmocka_unit_test(bad_deletes),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(no_entries),
		cmocka_unit_test(no_entries_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
