// SPDX-License-Identifier: GPL-2.0-only
#include <agreed.h>
#include <memory_node.h>
#include <requests.h>

#include "lender.h"

struct flying {
	uint32_t from, to;
	uint16_t type;
	uint32_t bytes;
	uint8_t data[4400];
};

struct lender lender;
struct lender_node lender_nodes[LENDER_NODES];
struct client program;
uint64_t lender_us;
static struct flying wire[256];
static uint32_t first, last;

/* ---- the other nodes ---- */

static int vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie, uint32_t *relations)
{
	(void)ctx, (void)q, (void)mine, (void)cookie;
	*relations = lender.theirs;
	return 0;
}

static void busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)ctx, (void)q, (void)on;
}

static int perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)part, (void)cookie;
	lender.dropped += ctx == &lender_nodes[OTHER] && q->kind == AGREE_REVOKE;
	return 0;
}

static void alone(void *ctx, const struct agree_request *q)
{
	(void)ctx, (void)q;
}

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	(void)ctx, (void)cookie, (void)relations;
	assert_int_equal(result, 0);
}

static int mark(void *ctx, const struct agree_object *object)
{
	(void)ctx, (void)object;
	return 0;
}

static int create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights, uint64_t handle)
{
	assert_ptr_equal(ctx, &lender_nodes[OTHER]);
	assert_int_equal(from, SELF);
	assert_int_equal(handle, (uint64_t)SELF << 48);
	lender.came = *object;
	lender.came_rights = rights;
	return lender.refusal;
}

static void given(void *ctx, uint64_t cookie, int result)
{
	(void)ctx, (void)cookie;
	lender.gave = result;
}

static int forget(void *ctx, uint32_t node)
{
	(void)ctx, (void)node;
	return 0;
}

static int on_ask(void *ctx, uint32_t from, const struct memory_ask *m)
{
	(void)ctx, (void)from;
	lender.asked = *m;
	lender.asks++;
	return 0;
}

static int on_grant(void *ctx, uint32_t from, const struct memory_grant *m)
{
	(void)ctx, (void)from;
	lender.granted = *m;
	lender.grants++;
	return 0;
}

static int on_none(void *ctx, uint32_t from, const struct memory_none *m)
{
	(void)ctx, (void)from, (void)m;
	lender.nones++;
	return 0;
}

static int on_back(void *ctx, uint32_t from, const struct memory_back *m)
{
	(void)ctx, (void)from;
	lender.returned = *m;
	lender.backs++;
	return 0;
}

static int on_held(void *ctx, uint32_t from, const struct memory_held *m)
{
	(void)ctx, (void)from;
	lender.held = *m;
	lender.helds++;
	return 0;
}

static int on_keep(void *ctx, uint32_t from, const struct memory_keep *m)
{
	(void)ctx, (void)from, (void)m;
	return 0;
}

static int on_kept(void *ctx, uint32_t from, const struct memory_kept *m)
{
	(void)ctx, (void)from, (void)m;
	return 0;
}

static const struct memory_handlers handlers = {
	.ask = on_ask, .grant = on_grant, .none = on_none, .back = on_back, .held = on_held,
	.keep = on_keep, .kept = on_kept,
};

static int other_memory(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
			uint64_t now)
{
	(void)now;
	return memory_dispatch(&handlers, ctx, from, type, payload, bytes);
}

/* ---- messages ---- */

static void send_from(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct flying *f = &wire[last++ % 256];

	assert_true(last - first < 256 && bytes <= sizeof(f->data));
	f->from = ((struct lender_node *)ctx)->self;
	f->to = to;
	f->type = type;
	f->bytes = bytes;
	memcpy(f->data, payload, bytes);
}

/* A node that is gone hears nothing. */
void lender_deliver(void)
{
	while (first != last) {
		struct flying *f = &wire[first++ % 256];

		if (lender.deaf && (f->to == OTHER || f->from == OTHER))
			continue;
		assert_int_equal(node_message(&lender_nodes[f->to].node, f->from, f->type, f->data, f->bytes, lender_us), 0);
	}
}

void lender_settle(void)
{
	unsigned int quiet = 0;

	for (unsigned int i = 0; i < 10000 && quiet < 4; i++) {
		quiet++;
		if (first != last || lender_nodes[SELF].node.agree.again || agreed_wants())
			quiet = 0;
		lender_deliver();
		for (unsigned int n = 0; n < 3; n++)
			node_tick(&lender_nodes[n].node, lender_us);
		core_turn();
		lender_us++;
	}
	assert_int_equal(quiet, 4);
}

static void begin_node(uint32_t self, const struct agree_local *local)
{
	static const struct node_events events;
	struct lender_node *m = &lender_nodes[self];
	const struct node_memory memory = {
		.nodes = NODES, .packages = NODES, .package = m->package,
		.agree = { m->entries, m->heard, m->peers, m->room, ENTRIES, NODES },
	};
	const struct node_setup setup = {
		.self = self, .ctx = m, .port = { m, send_from }, .events = &events, .memory = &memory,
		.local = local, .kind = ROUTE_MULTICAST,
	};

	memset(m, 0, sizeof(*m));
	m->self = self;
	assert_int_equal(node_init(&m->node, &setup, lender_us), 0);
}

static void begin_others(void)
{
	static const struct node_part memory = { .interface = PROTOCOL_MEMORY, .message = other_memory };

	for (uint32_t n = 0; n < SELF; n++) {
		const struct agree_local other = {
			.ctx = &lender_nodes[n], .vote = vote, .busy = busy, .perform = perform, .alone = alone,
			.done = done, .mark = mark, .create = create, .given = given, .forget = forget,
		};

		begin_node(n, &other);
		assert_int_equal(node_add(&lender_nodes[n].node, &memory), 0);
	}
}

int lender_start(void **state)
{
	const struct agree_local local = agreed_local();

	(void)state;
	core_start();
	lender_us = 0;
	first = last = 0;
	memset(&lender, 0, sizeof(lender));
	begin_others();
	begin_node(SELF, &local);
	agreed_init(&lender_nodes[SELF].node.agree);
	assert_int_equal(memory_node_init(&lender_nodes[SELF].node), 0);
	assert_int_equal(node_join(&lender_nodes[0].node, OTHER, 1), 0);
	lender_settle();
	assert_int_equal(node_join(&lender_nodes[0].node, SELF, 1), 0);
	lender_settle();
	assert_true(view_operating(&lender_nodes[SELF].node.view));
	client_open(&program, 3);
	client_greet(&program);
	return 0;
}

int lender_stop(void **state)
{
	(void)state;
	assert_true(agree_quiet(&lender_nodes[SELF].node.agree));
	core_sound();
	return 0;
}

void lender_lose(void)
{
	lender.deaf = true;
	view_suspect(&lender_nodes[0].node.view, OTHER, VIEW_BROKEN, lender_us);
	lender_settle();
	assert_false(protocol_set_has(&view_current(&lender_nodes[SELF].node.view)->members, OTHER));
}

/* ---- the program ---- */

const struct monitor_handlers program_hears_none;

void program_ask(struct client *c, struct asking *a, const struct monitor_mem_alloc *wanted)
{
	struct monitor_mem_alloc m = *wanted;

	memset(&a->reply, 0xff, sizeof(a->reply));
	assert_int_equal(monitor_mem_alloc_call(&c->end, &a->call, &m, &a->reply), 0);
	core_turn();
	lender_settle();
	client_take(c, &program_hears_none, NULL);
}

struct monitor_mem_alloc program_wish(uint64_t bytes, uint32_t slot)
{
	return (struct monitor_mem_alloc){ .bytes = bytes, .align = 4096, .numa = MEMSERV_ANY,
					   .address = slot, .depth = DEPTH };
}

/* Return: the error; *@base. */
uint32_t program_own(struct client *c, uint64_t bytes, uint32_t slot, uint64_t *base)
{
	const struct monitor_mem_alloc m = program_wish(bytes, slot);
	struct asking a;

	program_ask(c, &a, &m);
	assert_int_equal(a.call.status, 0);
	*base = a.reply.base;
	return a.reply.error;
}

uint32_t program_give_up(struct client *c, uint64_t base)
{
	struct monitor_mem_free m = { .base = base };
	struct monitor_mem_free_reply reply = { .error = 99 };
	struct urpc_call call;

	assert_int_equal(monitor_mem_free_call(&c->end, &call, &m, &reply), 0);
	core_turn();
	lender_settle();
	client_take(c, &program_hears_none, NULL);
	assert_int_equal(call.status, 0);
	assert_int_equal(requests_of(c->program->setup.domain)->owed, 0);
	return reply.error;
}

struct monitor_mem_info_reply program_info(void)
{
	struct monitor_mem_info m = { 0 };
	struct monitor_mem_info_reply reply = { 0 };
	struct urpc_call call;

	assert_int_equal(monitor_mem_info_call(&program.end, &call, &m, &reply), 0);
	core_turn();
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(call.status, 0);
	return reply;
}

int program_invoke(uint32_t op, uint32_t type, uint64_t from, uint64_t to, uint64_t bytes)
{
	const bool retype = op == ABI_CAP_DO_RETYPE;
	const uint64_t word[6] = { ABI_INVOKE_WORD(op, 0, type, DEPTH, op == ABI_CAP_DO_REVOKE ? 0 : DEPTH, 0,
						   retype), from, to, 0, 0, bytes };

	return core_invoke(program.program, word);
}

uint32_t program_type(uint32_t slot)
{
	return core_cap(program.program, slot).type;
}
