// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole of a node: who is told of what and in which order, what a newcomer learns, what happens to
 * messages of strangers and to nonsense. Agreement's local side has no capabilities here: it says yes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/if/node.h>
#include <abi/if/names.h>
#include <abi/if/view.h>
#include <abi/protocol/node.h>
#include <urpc/chan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { NODES = 8, PACKAGES = 3, ENTRIES = 64, SLOTS = 64, LETTERS = 4096, MINE = PROTOCOL_USERS };

#define yes(a) assert_true(a)
#define is(a, b) assert_int_equal(a, b)

static struct letter {
	uint32_t from, to, bytes;
	uint16_t type;
	uint8_t data[VIEW_MESSAGE_MAX];
} letters[LETTERS];
static uint32_t first, last;
static uint32_t batching; /* nodes that let messages travel together, a mask */
static uint64_t now;

/* Of each node: the memory it was given, and what its hooks were told. */
static struct seat {
	struct node n;
	bool runs, gone, left, told, holds;
	uint16_t package[NODES];
	uint32_t distance[PACKAGES * PACKAGES];
	struct agree_entry entries[ENTRIES];
	uint64_t heard[ENTRIES];
	struct agree_peer agree_peers[NODES];
	uint16_t room[ROUTE_ROOM(NODES, PACKAGES)];
	struct names_slot slots[SLOTS];
	struct names_index index[SLOTS];
	struct names_pending pending[16];
	struct names_watch watches[16];
	struct names_peer names_peers[NODES];
	struct names_entry queue[NODES * (NAMES_OUTSTANDING + 1)];
	struct node_part part;
	struct batch_peer batches[NODES];
	char story[64]; /* a letter for each hook */
	uint32_t mine, broken, answered, error, done, forgot;
	int done_error, result;
	uint64_t tick_at;
} seats[NODES];

static void tells(void *ctx, char what)
{
	struct seat *s = ctx;
	size_t at = strlen(s->story);

	if (at + 1 < sizeof(s->story))
		s->story[at] = what;
}

static void queue_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct seat *s = ctx;
	struct letter *l = &letters[last++ % LETTERS];

	yes(last - first < LETTERS && to < NODES && bytes <= sizeof(l->data));
	l->from = (uint32_t)(s - seats);
	l->to = to;
	l->type = type;
	l->bytes = bytes;
	memcpy(l->data, payload, bytes);
}

/* ---- hooks ---- */

static void on_changed(void *ctx, const struct view *old, const struct view *view)
{
	yes(old->number < view->number);
	tells(ctx, 'C');
}

static void on_operates(void *ctx, const struct view *view)
{
	yes(view->number);
	tells(ctx, 'O');
}

static void on_gone(void *ctx, bool left)
{
	struct seat *s = ctx;

	s->gone = true;
	s->left = left;
}

static void on_done(void *ctx, uint32_t node, int error)
{
	(void)ctx;
	seats[node].done++;
	seats[node].done_error = error;
}

static void on_broken(void *ctx, uint32_t from, uint16_t type)
{
	struct seat *s = ctx;

	yes(from < NODES && type);
	s->broken++;
}

static const struct node_events events = {
	.changed = on_changed,
	.operates = on_operates,
	.gone = on_gone,
	.done = on_done,
	.broken = on_broken,
};

static int part_message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
			uint64_t at)
{
	struct seat *s = ctx;

	yes(from < NODES && at == now && bytes <= 16 && payload);
	s->mine++;
	return type == PROTOCOL_TYPE(MINE, 1) ? 0 : -URPC_EPROTO;
}

static void part_freeze(void *ctx)
{
	tells(ctx, 'f');
}

static void part_thaw(void *ctx)
{
	tells(ctx, 't');
}

static void part_welcome(void *ctx, uint32_t node)
{
	struct seat *s = ctx;

	tells(ctx, 'w');
	s->n.port.send(s->n.port.ctx, node, PROTOCOL_TYPE(MINE, 1), "hello", 6);
}

static void part_install(void *ctx, const struct view *old, const struct view *view, uint64_t time)
{
	yes(old != view && time == now);
	tells(ctx, 'i');
}

static uint64_t part_tick(void *ctx, uint64_t at)
{
	struct seat *s = ctx;

	s->told = true;
	return at + 77;
}

static int local_vote(void *ctx, const struct agree_request *q, bool mine,
		      uint64_t cookie, uint32_t *relations)
{
	(void)ctx;
	(void)q;
	(void)mine;
	(void)cookie;
	*relations = 0;
	return 0;
}

static int local_perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)ctx;
	(void)q;
	(void)part;
	(void)cookie;
	return 0;
}

static void local_done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	struct seat *s = ctx;

	(void)relations;
	yes(cookie == 42);
	s->result = result;
	s->answered++;
}

static void local_request(void *ctx, const struct agree_request *q)
{
	(void)ctx;
	(void)q;
}

static void local_busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)on;
	local_request(ctx, q);
}

static int local_forget(void *ctx, uint32_t node)
{
	struct seat *s = ctx;

	if (s->holds)
		return -ABI_CAP_E_AGAIN;
	s->forgot += node;
	return 0;
}

static void names_answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
			 const struct names_slot *slot)
{
	struct seat *s = ctx;

	(void)slot;
	yes(domain == 5 && tag == 6);
	s->answered++;
	s->error = error;
}

static bool names_changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
			  const struct names_slot *slot)
{
	(void)ctx;
	(void)domain;
	(void)tag;
	(void)what;
	(void)slot;
	return true;
}

static void names_ended(void *ctx, uint32_t domain)
{
	(void)ctx;
	(void)domain;
}

/* ---- the world ---- */

static struct node_setup setup_of(struct seat *s, struct node_memory *memory, struct agree_local *local)
{
	static const struct names_hooks names_hooks = { names_answer, names_changed, names_ended, NULL };
	static const struct names_limits limits = { SLOTS, 16, 16, 32 };
	uint32_t self = (uint32_t)(s - seats);

	*memory = (struct node_memory){
		.nodes = NODES, .packages = PACKAGES, .package = s->package, .distance = s->distance,
		.agree = { s->entries, s->heard, s->agree_peers, s->room, ENTRIES, NODES },
		.names = { .slots = s->slots, .index = s->index, .pending = s->pending, .pendings = 16,
			   .domains = 4, .domain_pending = 4, .watches = s->watches, .watch_count = 16,
			   .domain_watches = 4 },
	};
	if (batching >> self & 1)
		memory->batches = s->batches;
	if (!self) {
		memory->names.peers = s->names_peers;
		memory->names.peer_count = NODES;
		memory->names.queue = s->queue;
		memory->names.queue_count = NODES * (NAMES_OUTSTANDING + 1);
	}
	*local = (struct agree_local){ .ctx = s, .vote = local_vote, .busy = local_busy,
				       .perform = local_perform, .alone = local_request,
				       .done = local_done, .forget = local_forget };
	return (struct node_setup){ .self = self, .ctx = s, .port = { s, queue_send }, .events = &events,
				    .memory = memory, .local = local, .kind = ROUTE_MULTICAST,
				    .names_hooks = &names_hooks, .names_limits = &limits };
}

static void start(uint32_t node)
{
	struct seat *s = &seats[node];
	struct node_memory memory;
	struct agree_local local;
	struct node_setup setup = setup_of(s, &memory, &local);

	memset(s, 0, sizeof(*s));
	s->runs = true;
	for (uint32_t i = 0; !node && i < PACKAGES * PACKAGES; i++)
		s->distance[i] = 10 + i;
	is(node_init(&s->n, &setup, now), 0);
	s->part = (struct node_part){ MINE, s, part_message, part_freeze, part_thaw, part_welcome,
				      part_install, part_tick };
	is(node_add(&s->n, &s->part), 0);
	s->tick_at = node_tick(&s->n, now);
}

static void deliver(struct letter *l)
{
	struct seat *s = &seats[l->to];

	if (!s->runs || s->gone)
		return;
	node_message(&s->n, l->from, l->type, l->data, l->bytes, now);
	s->tick_at = node_tick(&s->n, now);
}

/* All that is under way, then the clock, until @us are over. */
static void run(uint64_t us)
{
	for (uint64_t end = now + us; now < end; now += 100) {
		for (uint32_t i = 0; i < NODES; i++)
			if (seats[i].runs)
				seats[i].tick_at = node_tick(&seats[i].n, now);
		while (first != last)
			deliver(&letters[first++ % LETTERS]);
	}
}

static int fresh(void **state)
{
	(void)state;
	memset(seats, 0, sizeof(seats));
	first = last = 0;
	batching = 0;
	now = 1000;
	start(0);
	return 0;
}

static void join(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++) {
		start(i);
		is(node_join(&seats[0].n, i, i % PACKAGES), 0);
	}
	run(2000);
}

static bool member(uint32_t node)
{
	return protocol_set_has(&view_current(&seats[0].n.view)->members, node);
}

/* ---- tests ---- */

static void hooks_in_order(void **state)
{
	(void)state;
	join(1, 3);
	assert_string_equal(seats[0].story, "fwwwiCtO");
	assert_string_equal(seats[2].story, "iCtO");
	is(seats[2].mine, 1);
	join(4, 4);
	assert_string_equal(seats[2].story, "iCtOfiCtO");
	assert_string_equal(seats[4].story, "iCtO");
	is(seats[4].done, 1);
	is(seats[4].done_error, 0);
	yes(seats[2].told && seats[2].tick_at <= now + 77);
}

/* Everybody has the same topology, those who came first and last. */
static void topology(void **state)
{
	(void)state;
	join(1, 2);
	join(3, 5);
	join(6, 6);
	for (uint32_t i = 1; i <= 6; i++) {
		assert_memory_equal(seats[i].package, seats[0].package, sizeof(seats[0].package));
		assert_memory_equal(seats[i].distance, seats[0].distance, sizeof(seats[0].distance));
		is(seats[i].package[i], i % PACKAGES);
		is(seats[i].n.placed, NODES);
	}
	is(node_join(&seats[0].n, 7, PACKAGES), -VIEW_EINVAL);
	is(node_join(&seats[0].n, NODES, 0), -VIEW_EINVAL);
}

static void names_are_everywhere(void **state)
{
	struct names_ask ask = { .op = NAMES_OP_SET, .value = { 7 }, .name = "service" };

	(void)state;
	join(1, 3);
	node_at(&seats[2].n, now);
	is(names_submit(&seats[2].n.names, 5, 6, &ask, PROTOCOL_NEVER, now), 0);
	run(1000);
	is(seats[2].answered, 1);
	is(seats[2].error, 0);
	join(4, 4);
	for (uint32_t i = 0; i <= 4; i++) {
		yes(names_ready(&seats[i].n.names));
		yes(names_get(&seats[i].n.names, "service"));
		is(names_get(&seats[i].n.names, "service")->value[0], 7);
	}
}

static void agreement(void **state)
{
	struct agree_request q = { .kind = AGREE_REVOKE,
				   .object = { 0x100000, 0x1000, ABI_CAP_RAM } };

	(void)state;
	join(1, 4);
	node_at(&seats[3].n, now);
	is(agree_start(&seats[3].n.agree, &q, 42), 0);
	run(1000);
	is(seats[3].answered, 1);
	is(seats[3].result, 0);
	/* Again, while a node dies: it ends all the same, and the node's RAM is forgotten everywhere. */
	seats[2].runs = false;
	is(agree_start(&seats[3].n.agree, &q, 42), 0);
	run(VIEW_DEAD_US);
	is(seats[3].answered, 2);
	is(seats[3].result, 0);
	yes(!member(2));
	for (uint32_t i = 0; i <= 4; i++)
		yes(i == 2 || (seats[i].forgot == 2 && agree_quiet(&seats[i].n.agree)));
}

static uint64_t unsettled(void)
{
	return node_unsettled(&seats[0].n)->bits[0];
}

static int say_settled(uint32_t from, uint32_t to, uint32_t view)
{
	struct node_settled m = { view };
	uint8_t buffer[NODE_SETTLED_MAX];

	return node_message(&seats[to].n, from, NODE_SETTLED, buffer, node_settled_encode(&m, buffer),
			    now);
}

/* The leader knows who may have memory of nodes that went, through further changes. */
static void settled(void **state)
{
	uint32_t view;

	(void)state;
	join(1, 6);
	is(unsettled(), 0);
	seats[3].holds = true;
	seats[2].runs = false;
	run(VIEW_DEAD_US);
	yes(!member(2));
	is(unsettled(), 1u << 3);
	view = view_current(&seats[0].n.view)->number;
	/* It holds what 2 had, and says so of the first change; then another goes, and somebody comes. */
	seats[4].holds = true;
	seats[5].runs = false;
	run(VIEW_DEAD_US);
	is(unsettled(), 1u << 3 | 1u << 4);
	is(say_settled(3, 0, view), 0);
	is(unsettled(), 1u << 3 | 1u << 4);
	view = seats[0].n.settle_view;
	join(7, 7);
	is(seats[0].n.settle_view, view);
	is(unsettled(), 1u << 3 | 1u << 4);
	seats[3].holds = false;
	run(1000);
	is(seats[3].forgot, 2 + 5);
	is(unsettled(), 1u << 4);
	/* Who says it of no such view is broken, and who goes itself is not waited for, nor who comes then. */
	start(2);
	is(node_join(&seats[0].n, 2, 0), 0);
	is(say_settled(4, 0, view + 1), -URPC_EPROTO);
	run(2000);
	yes(member(2) && !member(4));
	is(unsettled(), 0);
	/* Nor may it be said unasked, or to another. */
	view = seats[0].n.settle_view;
	is(say_settled(7, 0, view), -URPC_EPROTO);
	is(say_settled(1, 3, view), -URPC_EPROTO);
}

/* The same, from and to nodes that let messages travel together, and others that do not. */
static void batches(void **state)
{
	struct agree_request q = { .kind = AGREE_REVOKE, .object = { 0, 0x1000, ABI_CAP_RAM } };
	uint32_t together = 0;

	(void)state;
	batching = 1u << 0 | 1u << 2 | 1u << 3;
	join(1, 4);
	node_at(&seats[3].n, now);
	for (uint32_t i = 0; i < 8; i++) {
		q.object.base = 0x100000 * i;
		is(agree_start(&seats[3].n.agree, &q, 42), 0);
	}
	is(last, first);
	seats[3].tick_at = node_tick(&seats[3].n, now);
	for (uint32_t i = first; i < last; i++)
		together += letters[i % LETTERS].type == BATCH_MESSAGE;
	is(together, last - first); /* eight PREPAREs for each */
	run(1000);
	is(seats[3].answered, 8);
	is(seats[3].n.agree.counts.committed, 8);
	for (uint32_t i = 0; i <= 4; i++)
		yes(agree_quiet(&seats[i].n.agree) && !seats[i].broken);
}

static int post(uint32_t to, const void *bytes, uint32_t count)
{
	return node_message(&seats[to].n, 1, BATCH_MESSAGE, bytes, count, now);
}

/* A batch that is cut off or has one in it is refused as a whole; a message in it that is none, alone. */
static void bad_batches(void **state)
{
	static const uint8_t mine[] = { 1, MINE, 1, 0, 7, 1, MINE, 0, 0 };
	static const uint8_t one[] = { 1, MINE, 1, 0, 7 };
	static const uint8_t nested[] = { 1, MINE, 0, 0, 1, PROTOCOL_BATCH, 0, 0 };
	uint8_t view[] = { VIEW_PING & 0xff, PROTOCOL_VIEW, 4, 0, 0, 0, 0, 0, 1, MINE, 0, 0, 0 };
	static const uint8_t second[] = { 9, MINE, 0, 0, 1, MINE, 0, 0 };
	uint8_t large[BATCH_BYTES + 4] = { 1, MINE, 1, 0, 7, 1, MINE };
	uint32_t had;

	(void)state;
	join(1, 3);
	had = seats[2].mine;
	view[4] = (uint8_t)seats[2].n.view.now.number;
	is(node_message(&seats[2].n, 1, VIEW_PING, view + 4, 4, now), 0);
	is(post(2, mine, sizeof(mine)), 0);
	is(seats[2].mine, had + 2);
	is(seats[2].broken, 0);
	for (uint32_t bytes = 0; bytes < sizeof(mine); bytes++)
		is(post(2, mine, bytes), -URPC_EPROTO);
	is(post(2, one, sizeof(one)), -URPC_EPROTO);
	is(post(2, nested, sizeof(nested)), -URPC_EPROTO);
	large[7] = (uint8_t)(sizeof(large) - 9);
	large[8] = (uint8_t)((sizeof(large) - 9) >> 8);
	is(post(2, large, sizeof(large)), -URPC_EPROTO);
	is(seats[2].mine, had + 2);
	is(post(2, view, sizeof(view)), -URPC_EPROTO); /* a byte too many */
	is(seats[2].mine, had + 2);
	is(post(2, view, sizeof(view) - 1), -URPC_EPROTO);
	is(seats[2].mine, had + 3);
	is(post(2, second, sizeof(second)), -URPC_EPROTO);
	is(seats[2].mine, had + 5);
	is(seats[2].broken, sizeof(mine) + 6);
	/* Of a stranger it has no effect. */
	is(node_message(&seats[2].n, 5, BATCH_MESSAGE, mine, sizeof(mine), now), 0);
	is(node_message(&seats[2].n, 5, BATCH_MESSAGE, mine, 3, now), 0);
	is(seats[2].mine, had + 5);
}

/* What the view machine says comes behind what was said before. */
static void order(void **state)
{
	(void)state;
	batching = 0xff;
	join(1, 3);
	is(seats[2].mine, 1);
	is(seats[3].n.placed, NODES);
	is(first, last);
	seats[1].n.port.send(seats[1].n.port.ctx, 0, PROTOCOL_TYPE(MINE, 1), "", 1);
	is(first, last);
	view_suspect(&seats[1].n.view, 2, VIEW_BROKEN, now);
	is(last - first, 2);
	is(letters[first % LETTERS].type, PROTOCOL_TYPE(MINE, 1));
	is(PROTOCOL_INTERFACE_OF(letters[(first + 1) % LETTERS].type), PROTOCOL_VIEW);
}

/* A question to a dead node is enough for it to be found. */
static void awaited(void **state)
{
	(void)state;
	join(1, 3);
	seats[2].runs = false;
	node_at(&seats[1].n, now);
	seats[1].n.port.send(seats[1].n.port.ctx, 2, PROTOCOL_TYPE(MINE, 1), "", 1);
	is(seats[1].n.view.deadline[2], now + VIEW_ANSWER_US);
	run(VIEW_DEAD_US);
	yes(!member(2));
}

static void strangers(void **state)
{
	struct node *n = &seats[1].n;
	struct names_ack ack = { 1, 1 };
	uint8_t data[NAMES_MESSAGE_MAX];
	uint32_t bytes = names_ack_encode(&ack, data);

	(void)state;
	join(1, 3);
	is(node_message(n, 6, NAMES_ACK, data, bytes, now), 0);
	is(node_message(n, 6, PROTOCOL_TYPE(MINE, 1), data, 1, now), 0);
	is(node_message(n, 1000000, PROTOCOL_TYPE(MINE, 1), data, 1, now), 0);
	is(node_message(n, 1, PROTOCOL_TYPE(MINE, 1), data, 1, now), 0);
	is(n->counts.dropped, 3);
	is(n->counts.broken, 0);
}

static void nonsense(void **state)
{
	(void)state;
	join(1, 5);
	/* An interface that nobody runs; one of the part's that it does not know; a malformed one. */
	is(node_message(&seats[0].n, 1, PROTOCOL_TYPE(99, 1), "", 0, now), -URPC_EPROTO);
	is(node_message(&seats[3].n, 2, PROTOCOL_TYPE(MINE, 2), "", 0, now), -URPC_EPROTO);
	is(node_message(&seats[3].n, 4, VIEW_PING, "", 0, now), -URPC_EPROTO);
	is(seats[0].broken, 1);
	is(seats[3].broken, 2);
	run(2000);
	yes(!member(1) && !member(2) && !member(4) && member(3) && member(5));
	yes(seats[1].gone && seats[2].gone && !seats[2].left);
}

static void freezes(void **state)
{
	struct view_prepare prepare = { 9, protocol_set_only(0) };
	uint8_t data[VIEW_PREPARE_MAX];
	struct node *n = &seats[1].n;

	(void)state;
	join(1, 2);
	yes(!n->names.frozen && !n->agree.frozen);
	protocol_set_add(&prepare.members, 1);
	is(node_message(n, 0, VIEW_PREPARE, data, view_prepare_encode(&prepare, data), now), 0);
	yes(n->names.frozen && n->agree.frozen);
}

/* The topology is for newcomers, from node 0, of this machine. */
static void places_refused(void **state)
{
	struct node_places m = { .packages = PACKAGES, .package_count = NODES }, wrong;
	struct node_distances d = { .packages = PACKAGES, .distance_count = PACKAGES }, off;
	struct view_prepare prepare = { 9, protocol_set_only(0) };
	uint8_t data[NODE_MESSAGE_MAX];
	struct node *n = &seats[1].n;

	(void)state;
	start(1);
#define SAY(from, kind, type, message)                                                             \
	node_message(n, from, type, data, node_##kind##_encode(message, data), now)
	/* Before PREPARE nobody has a say. */
	is(SAY(0, places, NODE_PLACES, &m), 0);
	is(n->placed, 0);
	protocol_set_add(&prepare.members, 1);
	is(node_message(n, 0, VIEW_PREPARE, data, view_prepare_encode(&prepare, data), now), 0);
	wrong = m;
	wrong.packages++;
	is(SAY(0, places, NODE_PLACES, &wrong), -URPC_EPROTO);
	wrong = m;
	wrong.first = 1;
	is(SAY(0, places, NODE_PLACES, &wrong), -URPC_EPROTO);
	wrong = m;
	wrong.package_count = NODES + 1;
	is(SAY(0, places, NODE_PLACES, &wrong), -URPC_EPROTO);
	wrong = m;
	wrong.package[3] = PACKAGES;
	is(SAY(0, places, NODE_PLACES, &wrong), -URPC_EPROTO);
	is(n->placed, 0);
	is(SAY(2, places, NODE_PLACES, &m), 0);
	is(n->placed, 0);
	is(SAY(0, places, NODE_PLACES, &m), 0);
	is(SAY(0, places, NODE_PLACES, &m), -URPC_EPROTO);
	is(SAY(0, distances, NODE_DISTANCES, &d), 0);
	off = d;
	off.row = PACKAGES;
	is(SAY(0, distances, NODE_DISTANCES, &off), -URPC_EPROTO);
	off = d;
	off.first = 1;
	is(SAY(0, distances, NODE_DISTANCES, &off), -URPC_EPROTO);
	off.first = PACKAGES + 1;
	is(SAY(0, distances, NODE_DISTANCES, &off), -URPC_EPROTO);
	off = d;
	off.packages--;
	is(SAY(0, distances, NODE_DISTANCES, &off), -URPC_EPROTO);
	join(2, 3);
	/* A member has it. */
	n = &seats[2].n;
	is(SAY(0, places, NODE_PLACES, &m), -URPC_EPROTO);
	is(SAY(0, distances, NODE_DISTANCES, &d), -URPC_EPROTO);
}

/* A newcomer that was told nothing of the machine, or nonsense with the view, is in no view. */
static int install(uint32_t node, uint32_t agreed, uint32_t packages, uint16_t package, bool told)
{
	struct view_prepare prepare = { 9, protocol_set_only(0) };
	struct view_epochs epochs = { .number = 9, .epoch_count = 2, .epoch = { 1, 9 } };
	struct node_places places = { .packages = PACKAGES, .package_count = NODES };
	uint8_t data[VIEW_MESSAGE_MAX], facts[64] = { 0 };
	struct view_install m = { .number = 9, .facts = facts };
	struct agree_merger merger;
	uint32_t bytes;

	start(node);
	protocol_set_add(&prepare.members, node);
	m.members = prepare.members;
	agree_merge_begin(&merger, &prepare.members, &prepare.members);
	bytes = agree_outcome(&merger, data, sizeof(data));
	yes(bytes < 32);
	memcpy(facts + 4, data, bytes);
	memcpy(facts, &(uint32_t){ bytes + agreed }, 4);
	memcpy(facts + 4 + bytes, &package, 2);
	m.facts_count = 4 + bytes + 2 * packages;
	node_message(&seats[node].n, 0, VIEW_PREPARE, data, view_prepare_encode(&prepare, data), now);
	node_message(&seats[node].n, 0, VIEW_EPOCHS, data, view_epochs_encode(&epochs, data), now);
	if (told)
		node_message(&seats[node].n, 0, NODE_PLACES, data, node_places_encode(&places, data), now);
	return node_message(&seats[node].n, 0, VIEW_INSTALL, data, view_install_encode(&m, data), now);
}

static void outcome_refused(void **state)
{
	(void)state;
	is(install(1, 0, 1, 2, true), 0);
	is(seats[1].package[1], 2);
	is(install(1, 0, 1, 2, false), -URPC_EPROTO);
	is(install(1, 0, 1, PACKAGES, true), -URPC_EPROTO);
	is(install(1, 0, 0, 0, true), -URPC_EPROTO);
	is(install(1, 0, 2, 0, true), -URPC_EPROTO);
	is(install(1, 1, 1, 0, true), -URPC_EPROTO);
	is(install(1, 3, 1, 0, true), -URPC_EPROTO);
	is(install(1, 0xffffff00, 1, 0, true), -URPC_EPROTO);
}

static void setups_refused(void **state)
{
	static struct node n;
	struct node_memory memory, bad;
	struct agree_local local;
	struct node_setup good = setup_of(&seats[3], &memory, &local), s;
	struct node_part part = seats[0].part;

	(void)state;
#define BAD_MEMORY(field, value)                                                                   \
	(s = good, bad = memory, bad.field = value, s.memory = &bad, node_init(&n, &s, now))
#define BAD(field, value) (s = good, s.field = value, node_init(&n, &s, now))
	is(node_init(&n, &good, now), 0);
	is(BAD(memory, NULL), -URPC_EINVAL);
	is(BAD(events, NULL), -URPC_EINVAL);
	is(BAD(port.send, NULL), -URPC_EINVAL);
	is(BAD(self, NODES), -URPC_EINVAL);
	is(BAD(local, NULL), -URPC_EINVAL);
	is(BAD(names_hooks, NULL), -URPC_EINVAL);
	is(BAD(names_limits, NULL), -URPC_EINVAL);
	is(BAD_MEMORY(nodes, 0), -URPC_EINVAL);
	is(BAD_MEMORY(nodes, PROTOCOL_NODES_MAX + 1), -URPC_EINVAL);
	is(BAD_MEMORY(packages, 0), -URPC_EINVAL);
	is(BAD_MEMORY(packages, NODES + 1), -URPC_EINVAL);
	is(BAD_MEMORY(package, NULL), -URPC_EINVAL);
	is(BAD_MEMORY(agree.nodes, NODES - 1), -URPC_EINVAL);
	is(BAD_MEMORY(agree.count, 1), -URPC_EINVAL);
	is(node_init(&n, &good, now), 0);
	is(node_add(&n, &part), 0);
	is(node_add(&n, &part), -URPC_EINVAL);
	for (uint32_t i = 0; i < 4; i++) {
		part.interface = (uint32_t[]){ PROTOCOL_NAMES, PROTOCOL_NODE, PROTOCOL_INTERFACES, 0 }[i];
		is(node_add(&n, &part), -URPC_EINVAL);
	}
	part.interface = 50;
	part.message = NULL;
	is(node_add(&n, &part), -URPC_EINVAL);
}

/* Without agreement and names: membership alone, and their messages are nonsense. */
static void membership_alone(void **state)
{
	static struct node leader;
	struct node_memory memory;
	struct agree_local local;
	struct node_setup s = setup_of(&seats[0], &memory, &local);

	(void)state;
	memory.agree.entries = NULL;
	memory.names.slots = NULL;
	s.local = NULL;
	s.names_hooks = NULL;
	is(node_init(&leader, &s, now), 0);
	yes(!leader.runs_agree && !leader.runs_names);
	is(node_join(&leader, 1, 0), 0);
	yes(node_tick(&leader, now) < now + VIEW_PATROL_US);
	is(letters[(last - 1) % LETTERS].type, VIEW_PREPARE);
	last = first;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hooks_in_order, fresh),
		cmocka_unit_test_setup(topology, fresh),
		cmocka_unit_test_setup(names_are_everywhere, fresh),
		cmocka_unit_test_setup(agreement, fresh),
		cmocka_unit_test_setup(settled, fresh),
		cmocka_unit_test_setup(batches, fresh),
		cmocka_unit_test_setup(bad_batches, fresh),
		cmocka_unit_test_setup(order, fresh),
		cmocka_unit_test_setup(awaited, fresh),
		cmocka_unit_test_setup(strangers, fresh),
		cmocka_unit_test_setup(nonsense, fresh),
		cmocka_unit_test_setup(freezes, fresh),
		cmocka_unit_test_setup(places_refused, fresh),
		cmocka_unit_test_setup(outcome_refused, fresh),
		cmocka_unit_test_setup(setups_refused, fresh),
		cmocka_unit_test_setup(membership_alone, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
