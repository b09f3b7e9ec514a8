// SPDX-License-Identifier: GPL-2.0-only
#include "node_world.h"

struct seat seats[NODES];
struct letter letters[LETTERS];
uint32_t letters_first, letters_last, batching;
uint64_t now;

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
	struct letter *l = &letters[letters_last++ % LETTERS];

	yes(letters_last - letters_first < LETTERS && to < NODES && bytes <= sizeof(l->data));
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

struct node_setup world_setup(struct seat *s, struct node_memory *memory, struct agree_local *local)
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

void world_start(uint32_t node)
{
	struct seat *s = &seats[node];
	struct node_memory memory;
	struct agree_local local;
	struct node_setup setup = world_setup(s, &memory, &local);

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

void world_run(uint64_t us)
{
	for (uint64_t end = now + us; now < end; now += 100) {
		for (uint32_t i = 0; i < NODES; i++)
			if (seats[i].runs)
				seats[i].tick_at = node_tick(&seats[i].n, now);
		while (letters_first != letters_last)
			deliver(&letters[letters_first++ % LETTERS]);
	}
}

int world_fresh(void **state)
{
	(void)state;
	memset(seats, 0, sizeof(seats));
	letters_first = letters_last = 0;
	batching = 0;
	now = 1000;
	world_start(0);
	return 0;
}

void world_join(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++) {
		world_start(i);
		is(node_join(&seats[0].n, i, i % PACKAGES), 0);
	}
	world_run(2000);
}

bool world_member(uint32_t node)
{
	return protocol_set_has(&view_current(&seats[0].n.view)->members, node);
}
