// SPDX-License-Identifier: GPL-2.0-only
/* The whole of a node: messages of strangers, nonsense, what is not taken over, setups that are none. */
#include "node_world.h"

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
	world_join(1, 3);
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

static void strangers(void **state)
{
	struct node *n = &seats[1].n;
	struct names_ack ack = { 1, 1 };
	uint8_t data[NAMES_MESSAGE_MAX];
	uint32_t bytes = names_ack_encode(&ack, data);

	(void)state;
	world_join(1, 3);
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
	world_join(1, 5);
	/* An interface that nobody runs; one of the part's that it does not know; a malformed one. */
	is(node_message(&seats[0].n, 1, PROTOCOL_TYPE(99, 1), "", 0, now), -URPC_EPROTO);
	is(node_message(&seats[3].n, 2, PROTOCOL_TYPE(MINE, 2), "", 0, now), -URPC_EPROTO);
	is(node_message(&seats[3].n, 4, VIEW_PING, "", 0, now), -URPC_EPROTO);
	is(seats[0].broken, 1);
	is(seats[3].broken, 2);
	world_run(2000);
	yes(!world_member(1) && !world_member(2) && !world_member(4) && world_member(3) && world_member(5));
	yes(seats[1].gone && seats[2].gone && !seats[2].left);
}

static void freezes(void **state)
{
	struct view_prepare prepare = { 9, protocol_set_only(0) };
	uint8_t data[VIEW_PREPARE_MAX];
	struct node *n = &seats[1].n;

	(void)state;
	world_join(1, 2);
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
	world_start(1);
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
	world_join(2, 3);
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

	world_start(node);
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
	struct node_setup good = world_setup(&seats[3], &memory, &local), s;
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
	struct node_setup s = world_setup(&seats[0], &memory, &local);

	(void)state;
	memory.agree.entries = NULL;
	memory.names.slots = NULL;
	s.local = NULL;
	s.names_hooks = NULL;
	is(node_init(&leader, &s, now), 0);
	yes(!leader.runs_agree && !leader.runs_names);
	is(node_join(&leader, 1, 0), 0);
	yes(node_tick(&leader, now) < now + VIEW_PATROL_US);
	is(letters[(letters_last - 1) % LETTERS].type, VIEW_PREPARE);
	letters_last = letters_first;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bad_batches, world_fresh),
		cmocka_unit_test_setup(strangers, world_fresh),
		cmocka_unit_test_setup(nonsense, world_fresh),
		cmocka_unit_test_setup(freezes, world_fresh),
		cmocka_unit_test_setup(places_refused, world_fresh),
		cmocka_unit_test_setup(outcome_refused, world_fresh),
		cmocka_unit_test_setup(setups_refused, world_fresh),
		cmocka_unit_test_setup(membership_alone, world_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
