// SPDX-License-Identifier: GPL-2.0-only
/* See world.h. */
#include "world.h"

struct world world;

/* A message under way; a heap by arrival, then by the order of sending. */
struct letter {
	uint64_t at, order;
	uint32_t from, to, incarnation_from, incarnation_to, bytes;
	uint16_t type;
	uint8_t data[VIEW_MESSAGE_MAX];
};

static struct letter **heap;
static uint32_t letters, room;
static uint64_t *last_at; /* of each link */
static uint32_t *unsent;  /* of each link: not delivered yet */

uint64_t world_random(uint64_t below)
{
	world.random ^= world.random << 13;
	world.random ^= world.random >> 7;
	world.random ^= world.random << 17;
	return below ? world.random % below : 0;
}

static bool before(const struct letter *a, const struct letter *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void heap_put(struct letter *l)
{
	uint32_t i = letters++;

	if (letters > room) {
		room = room ? room * 2 : 256;
		heap = realloc(heap, room * sizeof(*heap));
		MUST(heap);
	}
	for (; i && before(l, heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = l;
}

static struct letter *heap_take(void)
{
	struct letter *top = heap[0], *l = heap[--letters];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < letters) {
		if (child + 1 < letters && before(heap[child + 1], heap[child]))
			child++;
		if (!before(heap[child], l))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = l;
	return top;
}

static void post(uint32_t from, uint32_t to, uint16_t type, const void *data, uint32_t bytes)
{
	uint64_t *last = &last_at[from * NODES + to];
	struct letter *l = malloc(sizeof(*l));

	MUST(l && to < NODES && to != from && bytes <= sizeof(l->data));
	MUST(++unsent[from * NODES + to] <= VIEW_UNSENT_MAX);
	l->at = world.now + 1 + world_random(world.delay);
	if (l->at < *last)
		l->at = *last;
	*last = l->at;
	l->order = world.sent++;
	l->from = from;
	l->to = to;
	l->incarnation_from = world.nodes[from].incarnation;
	l->incarnation_to = world.nodes[to].incarnation;
	l->type = type;
	l->bytes = bytes;
	memcpy(l->data, data, bytes);
	world.count[type & 15]++;
	heap_put(l);
}

static uint32_t id(void *ctx)
{
	return (uint32_t)((struct node *)ctx - world.nodes);
}

static void hook_send(void *ctx, uint32_t to, uint16_t type, const void *data, uint32_t bytes)
{
	post(id(ctx), to, type, data, bytes);
}

/* ---- hooks ---- */

static void hook_freeze(void *ctx)
{
	struct node *n = ctx;

	MUST(!n->frozen);
	n->frozen = true;
	n->freezes++;
}

/* Each reports its number; the outcome is how many reported, and for which view. */
static uint32_t hook_report(void *ctx, const struct view *proposed, uint8_t *blob, uint32_t max)
{
	struct node *n = ctx;

	MUST(n->frozen && max == VIEW_BLOB_MAX && proposed->number > n->in.number);
	MUST(!view_operating(&n->v));
	blob[0] = (uint8_t)id(ctx);
	return n->mute_report ? 2 : 1;
}

static void hook_begin(void *ctx, const struct view *proposed)
{
	MUST(id(ctx) == 0 && proposed->number > world.nodes[0].in.number);
	world.merged = 0;
}

static int hook_merge(void *ctx, uint32_t from, const uint8_t *blob, uint32_t bytes)
{
	MUST(id(ctx) == 0);
	if (bytes != 1 || blob[0] != (uint8_t)from)
		return -1;
	world.merged++;
	return 0;
}

static uint32_t hook_outcome(void *ctx, uint8_t *blob, uint32_t max)
{
	uint32_t lives = 0;

	/* Everybody who has not failed has reported, once. */
	for (uint32_t i = 0; i < NODES; i++)
		lives += world_member(i) && !protocol_set_has(&LEADER->failed, i);
	MUST(id(ctx) == 0 && max == VIEW_BLOB_MAX && world.merged >= lives &&
	     world.merged <= protocol_set_count(&LEADER->now.members));
	memcpy(blob, &world.merged, 4);
	return 4;
}

static void hook_welcome(void *ctx, uint32_t node, const struct view *next)
{
	struct node *n = &world.nodes[node];

	MUST(id(ctx) == 0 && protocol_set_has(&next->members, node));
	MUST(!protocol_set_has(&world.nodes[0].in.members, node));
	n->welcomed = next->number;
}

static int hook_install(void *ctx, const struct view *old, const struct view *now,
			const uint8_t *blob, uint32_t bytes)
{
	struct node *n = ctx;
	struct view *known = &world.views[now->number % VIEWS];
	uint32_t node;

	MUST(now->number < VIEWS && now->number > n->in.number);
	MUST(old->number == n->in.number &&
	     protocol_set_equal(&old->members, &n->in.members));
	MUST(protocol_set_has(&now->members, id(ctx)) && protocol_set_has(&now->members, 0));
	MUST((n->frozen || !old->number) && !view_operating(&n->v) && bytes == 4);
	if (!known->number) {
		MUST(id(ctx) == 0);
		*known = *now;
		memcpy(world.blobs[now->number], blob, 4);
	}
	MUST(known->number == now->number && protocol_set_equal(&known->members, &now->members));
	MUST(!memcmp(world.blobs[now->number], blob, 4));
	MUST(old->number || id(ctx) == 0 || n->welcomed == now->number);
	for (node = 0; node < NODES; node++) {
		MUST(view_accepts(&n->v, node) == protocol_set_has(&now->members, node));
		MUST((view_epoch(&n->v, node) != 0) == protocol_set_has(&now->members, node));
		if (world_member(node) && id(ctx))
			MUST(view_epoch(&n->v, node) == view_epoch(LEADER, node) ||
			     LEADER->now.number != now->number);
	}
	protocol_set_each(node, &old->members) {
		bool went = !protocol_set_has(&now->members, node);
		uint64_t took = world.now - world.last_death;

		MUST(!went || id(ctx) || world.nodes[node].fenced || world.nodes[node].drains);
		if (world.nodes[node].died && went && took > world.slowest)
			world.slowest = took;
	}
	n->in = *now;
	n->frozen = true;
	n->installs++;
	return 0;
}

/* Nobody operates before everybody has installed. */
static void hook_thaw(void *ctx, const struct view *now)
{
	struct node *n = ctx;
	uint32_t node;

	MUST(n->frozen && now->number == n->in.number && view_operating(&n->v));
	n->frozen = false;
	n->thaws++;
	protocol_set_each(node, &now->members)
		MUST(!world.nodes[node].runs || world.nodes[node].in.number >= now->number);
}

static void hook_drain(void *ctx, uint64_t us)
{
	struct node *n = ctx;

	MUST(us && !n->frozen && !n->drains);
	n->drains = true;
	if (n->prompt)
		view_drained(&n->v);
}

static void hook_gone(void *ctx, bool left)
{
	struct node *n = ctx;

	MUST(!n->gone && !view_operating(&n->v));
	n->gone = true;
	n->left = left;
}

static bool hook_confirm(void *ctx, uint32_t node, enum view_reason why)
{
	MUST(id(ctx) == 0 && node && why >= VIEW_SILENT && why <= VIEW_STUCK);
	world.confirms++;
	return !protocol_set_has(&world.doubtful, node);
}

static void hook_fence(void *ctx, uint32_t node)
{
	MUST(id(ctx) == 0 && node && !world.nodes[node].fenced);
	world.nodes[node].fenced = true;
}

static bool hook_asleep(void *ctx, uint32_t node)
{
	MUST(id(ctx) == 0);
	return protocol_set_has(&world.asleep, node);
}

static void hook_done(void *ctx, uint32_t node, int error)
{
	MUST(id(ctx) == 0 && node);
	world.nodes[node].done++;
	world.nodes[node].error = error;
}

static const struct view_hooks hooks = {
	.freeze = hook_freeze,
	.report = hook_report,
	.begin = hook_begin,
	.merge = hook_merge,
	.outcome = hook_outcome,
	.welcome = hook_welcome,
	.install = hook_install,
	.thaw = hook_thaw,
	.drain = hook_drain,
	.gone = hook_gone,
	.confirm = hook_confirm,
	.fence = hook_fence,
	.asleep = hook_asleep,
	.done = hook_done,
};

/* ---- the world ---- */

void world_reset(uint64_t seed)
{
	while (letters)
		free(heap_take());
	if (!last_at)
		last_at = calloc((size_t)NODES * NODES, sizeof(*last_at));
	if (!unsent)
		unsent = calloc((size_t)NODES * NODES, sizeof(*unsent));
	MUST(last_at && unsent);
	memset(unsent, 0, (size_t)NODES * NODES * sizeof(*unsent));
	memset(last_at, 0, (size_t)NODES * NODES * sizeof(*last_at));
	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.random = seed * 0x9e3779b97f4a7c15ull + 1;
	world.now = 1000;
	world.delay = 50;
	world.settings = (struct view_settings)VIEW_SETTINGS_DEFAULT;
	world_start(0);
	world.nodes[0].in = *view_current(LEADER);
	world.views[1] = *view_current(LEADER);
}

void world_start(uint32_t node)
{
	struct node *n = &world.nodes[node];
	struct protocol_port port = { n, hook_send };
	uint32_t incarnation = n->incarnation;

	memset(n, 0, sizeof(*n));
	n->incarnation = incarnation + 1;
	n->runs = n->prompt = true;
	view_init(&n->v, node, &hooks, n, &port, &world.settings, world.now);
	world_tick(node);
}

void world_kill(uint32_t node)
{
	struct node *n = &world.nodes[node];

	if (n->runs)
		n->died = world.last_death = world.now;
	n->runs = false;
}

void world_tick(uint32_t node)
{
	struct node *n = &world.nodes[node];

	n->tick_at = view_tick(&n->v, world.now);
}

bool world_member(uint32_t node)
{
	return protocol_set_has(&LEADER->now.members, node);
}

int world_inject(uint32_t from, uint32_t to, uint16_t type, const void *buffer, uint32_t bytes)
{
	struct node *n = &world.nodes[to];
	int rc = view_message(&n->v, from, type, buffer, bytes, world.now);

	MUST(rc == 0 || rc == -URPC_EPROTO);
	if (rc) {
		n->broken++;
		n->last_broken = type;
		view_suspect(&n->v, from, VIEW_BROKEN, world.now);
	}
	world_tick(to);
	return rc;
}

static void deliver(struct letter *l)
{
	struct node *n = &world.nodes[l->to];

	unsent[l->from * NODES + l->to]--;
	if (n->runs && !n->deaf && world.nodes[l->from].incarnation == l->incarnation_from &&
	    n->incarnation == l->incarnation_to) {
		if (world.show)
			printf("# %llu %u -> %u %x (view %u phase %u)\n", (unsigned long long)world.now,
			       l->from, l->to, l->type, n->v.now.number, n->v.phase);
		world_inject(l->from, l->to, l->type, l->data, l->bytes);
		world.delivered++;
	}
	free(l);
}

static uint32_t next_timer(void)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < NODES; i++)
		if (world.nodes[i].runs && world.nodes[i].tick_at < world.nodes[best].tick_at)
			best = i;
	return best;
}

void world_run(uint64_t until)
{
	for (;;) {
		uint32_t timer = next_timer();
		uint64_t at = world.nodes[timer].tick_at;

		if (letters && heap[0]->at <= at) {
			if (heap[0]->at > until)
				break;
			world.now = heap[0]->at > world.now ? heap[0]->at : world.now;
			deliver(heap_take());
		} else {
			if (at > until)
				break;
			world.now = at > world.now ? at : world.now;
			world_tick(timer);
		}
	}
	world.now = until;
}

void world_settle(void)
{
	world_run(world.now + 20000000);
}

void world_join(uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i <= last; i++) {
		world_start(i);
		MUST(!view_join(LEADER, i));
	}
	world_tick(0);
	world_run(world.now + 200000);
}

void world_agrees(void)
{
	const struct view *v = view_current(LEADER);

	MUST(LEADER->step == VIEW_IDLE && view_operating(LEADER));
	for (uint32_t i = 0; i < NODES; i++) {
		struct node *n = &world.nodes[i];

		if (protocol_set_has(&v->members, i)) {
			MUST(n->runs && !n->gone && view_operating(&n->v) && !n->frozen);
			MUST(n->v.now.number == v->number &&
			     protocol_set_equal(&n->v.now.members, &v->members));
			for (uint32_t j = 0; j < NODES; j++)
				MUST(view_epoch(&n->v, j) == view_epoch(LEADER, j));
		} else {
			MUST(!n->runs || !view_operating(&n->v));
		}
	}
}
