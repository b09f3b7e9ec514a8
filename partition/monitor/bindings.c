// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of connections. The machine's hooks only note in them what happened, since they must not call
 * back; bindings_work() does the rest.
 */
#include <base/string.h>

#include <bindings_priv.h>
#include <member.h>
#include <requests.h>

#define CONNS 64u
#define OFFERS 32u

struct bind bindings_machine;

static struct binding bindings[BINDINGS];
static struct node *node;
static uint32_t local_domain[2 * BOUND_LOCALS]; /* whose end it is */
/*
 * Who asked and for whom there is no record: handles, each at the place of its entry of the machine. An entry that
 * ended and is used again meanwhile takes the place over.
 */
static uint32_t refused[CONNS];
static uint32_t refused_domain[CONNS]; /* 0: nobody */
static bool refuses;

/* ---- records ---- */

uint64_t binding_number(const struct binding *b)
{
	return (uint64_t)(b - bindings);
}

uint32_t bindings_count(uint32_t domain)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < BINDINGS; i++)
		count += bindings[i].kind && (!domain || bindings[i].domain == domain);
	return count;
}

struct binding *binding_take(enum binding_kind kind, uint32_t domain)
{
	if (bindings_count(domain) >= BINDINGS_EACH)
		return NULL;
	for (struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		if (b->kind)
			continue;
		*b = (struct binding){ .kind = (uint8_t)kind, .domain = domain, .end = NO_END,
				       .place = ABI_BOUND_MAX };
		return b;
	}
	return NULL;
}

void binding_free(struct binding *b)
{
	if (b->place < ABI_BOUND_MAX)
		bound_release(b->end);
	b->kind = BINDING_FREE;
}

struct binding *binding_find(uint32_t domain, uint64_t tag)
{
	for (struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		if (b->kind && b->kind != BINDING_ASKED && b->domain == domain && b->tag == tag)
			return b;
	}
	return NULL;
}

struct binding *binding_asked(uint32_t domain, uint32_t handle)
{
	for (struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		if (b->kind == BINDING_ASKED && b->domain == domain && b->handle == handle)
			return b;
	}
	return NULL;
}

void bindings_unask(uint32_t domain, uint64_t offer_tag)
{
	for (struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		if (b->kind == BINDING_ASKED && b->domain == domain && b->tag == offer_tag)
			binding_free(b);
	}
}

/* ---- hooks of the machine ---- */

static void on_offered(void *ctx, uint32_t domain, uint64_t offer_tag, uint32_t handle,
		       uint32_t client_node, uint32_t client_domain)
{
	struct binding *b = binding_take(BINDING_ASKED, domain);

	(void)ctx;
	if (!b) {
		refused[BIND_PLACE(handle)] = handle;
		refused_domain[BIND_PLACE(handle)] = domain;
		refuses = true;
		return;
	}
	b->tag = bindings[offer_tag].tag;
	b->handle = handle;
	b->node = client_node;
	b->client = client_domain;
	b->tell = TELL_ASKED;
}

static void on_opened(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t end)
{
	struct binding *b = &bindings[tag];

	(void)ctx, (void)domain;
	b->handle = handle;
	b->end = end;
	b->give = true;
}

static void on_failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t detail)
{
	struct binding *b = &bindings[tag];

	(void)ctx, (void)domain;
	b->over = true;
	b->error = error;
	b->detail = detail;
	b->tell = TELL_FAILED;
}

/* Of one that was not accepted, the tag is the offer's. Once told of, it waits for its answer. */
static void on_closed(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t error)
{
	struct binding *b = binding_asked(domain, handle);

	(void)ctx;
	if (b && b->tell) {
		binding_free(b);
		return;
	}
	if (refused[BIND_PLACE(handle)] == handle)
		refused_domain[BIND_PLACE(handle)] = 0;
	if (!b && bindings[tag].kind == BINDING_OFFER)
		return;
	b = b ? b : &bindings[tag];
	b->over = true;
	b->give = false;
	b->error = error;
	if (b->kind != BINDING_ASKED)
		b->tell |= TELL_CLOSED;
}

static int on_local(void *ctx, const struct bind_conn *client, const struct bind_conn *server,
		    uint32_t end[2])
{
	(void)ctx;
	if (bound_local(server->ask.slots, end))
		return BIND_E_MEMORY;
	local_domain[end[0] - ABI_CHANNELS_MAX] = client->domain;
	local_domain[end[1] - ABI_CHANNELS_MAX] = server->domain;
	return 0;
}

static void on_unlocal(void *ctx, const uint32_t end[2])
{
	(void)ctx;
	bound_unlocal(end);
}

static const struct bind_hooks hooks = {
	.offered = on_offered,
	.opened = on_opened,
	.failed = on_failed,
	.closed = on_closed,
	.local = on_local,
	.unlocal = on_unlocal,
};

/* ---- a part of the node ---- */

static int part_message(void *ctx, uint32_t from, uint16_t type, const void *payload,
			uint32_t bytes, uint64_t now)
{
	return bind_message(ctx, from, type, payload, bytes, now);
}

static void part_freeze(void *ctx)
{
	bind_freeze(ctx);
}

static void part_thaw(void *ctx)
{
	bind_thaw(ctx, node->now);
}

static void part_install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	(void)old;
	bind_view(ctx, &now->members, node->view.epoch, time);
}

static uint64_t part_tick(void *ctx, uint64_t now)
{
	return bind_tick(ctx, now);
}

int bindings_init(struct node *n)
{
	static const struct node_part part = {
		.interface = PROTOCOL_BIND,
		.ctx = &bindings_machine,
		.message = part_message,
		.freeze = part_freeze,
		.thaw = part_thaw,
		.install = part_install,
		.tick = part_tick,
	};
	static const struct bind_limits limits = {
		.connects = 8,
		.channels = ABI_BOUND_MAX,
		.offers = 8,
		.backlog = ABI_BOUND_MAX,
		.node_backlog = CONNS / 2,
	};
	static struct bind_conn conns[CONNS];
	static struct bind_offer offers[OFFERS];
	const struct bind_memory memory = { .conns = conns, .conn_count = CONNS, .offers = offers,
					    .offer_count = OFFERS };

	node = n;
	memset(bindings, 0, sizeof(bindings));
	memset(conns, 0, sizeof(conns));
	memset(offers, 0, sizeof(offers));
	memset(refused_domain, 0, sizeof(refused_domain));
	refuses = false;
	bound_init();
	if (bind_init(&bindings_machine, n->view.self, &n->names, &limits, &memory, &n->port, &hooks,
		      &bindings_machine) || node_add(n, &part))
		return -MON_EINVAL;
	return 0;
}

/* ---- what follows from hooks ---- */

static void refuse_rest(void)
{
	refuses = false;
	for (uint32_t i = 0; i < CONNS; i++) {
		uint32_t domain = refused_domain[i];

		refused_domain[i] = 0;
		if (domain)
			bind_refuse(&bindings_machine, domain, refused[i], 0);
	}
}

static uint32_t free_place(uint32_t domain)
{
	uint32_t used = 0, place = 0;

	for (const struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		if (b->kind && b->domain == domain && b->place < ABI_BOUND_MAX)
			used |= 1u << b->place;
	}
	while (used >> place & 1)
		place++;
	return place;
}

/* Open at both ends: give the program what it needs, or close it again. */
static void give(struct binding *b, const struct domain *d)
{
	uint32_t place = free_place(b->domain);
	const struct domain *other = NULL;

	b->give = false;
	if (b->end >= ABI_CHANNELS_MAX && b->end < BOUND_ENDS)
		other = domain_find(local_domain[(b->end - ABI_CHANNELS_MAX) ^ 1]);
	if (place < ABI_BOUND_MAX && !bound_give(b->end, d, place, other)) {
		b->place = (uint8_t)place;
		b->tell |= TELL_OPENED;
		return;
	}
	bind_close(&bindings_machine, b->domain, b->handle);
	b->over = true;
	b->error = BIND_E_MEMORY;
	b->tell = b->kind == BINDING_CLIENT ? TELL_FAILED : TELL_CLOSED;
}

/* The least that is still to be told. Return: false: there is no room. */
static bool tell(struct binding *b, struct requests *r)
{
	uint8_t what = b->tell & (uint8_t)-b->tell;
	const struct monitor_bind_asked asked = { .binding = b->tag, .handle = b->handle, .node = b->node,
						  .domain = b->client };
	const struct monitor_bind_failed failed = { .binding = b->tag, .error = b->error,
						    .detail = b->detail };
	const struct monitor_bind_closed closed = { .binding = b->tag, .error = b->error };
	struct monitor_bind_opened opened = { .binding = b->tag, .place = b->place };

	if (!requests_room(r, URPC_PAYLOAD_BYTES))
		return false;
	if (what == TELL_OPENED) {
		opened.slots = bound_slots(b->end);
		opened.near = b->end >= ABI_CHANNELS_MAX;
		monitor_bind_opened_send(&r->end, &opened);
	} else if (what == TELL_ASKED) {
		monitor_bind_asked_send(&r->end, &asked);
	} else if (what == TELL_FAILED) {
		monitor_bind_failed_send(&r->end, &failed);
	} else {
		monitor_bind_closed_send(&r->end, &closed);
	}
	b->tell &= (uint8_t)~what;
	/* An end that it has stays until it closes it. */
	if (what == TELL_FAILED || (what == TELL_CLOSED && b->place == ABI_BOUND_MAX))
		binding_free(b);
	return true;
}

/* Return: whether the machine has to be called. */
static bool to_do(void)
{
	for (const struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		if (b->kind && b->give)
			return true;
	}
	return refuses;
}

uint64_t bindings_work(void)
{
	bool call = to_do();
	uint64_t due;

	if (call) {
		member_enter();
		refuse_rest();
	}
	for (struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		const struct domain *d = b->kind && (b->give || b->tell) ? domain_find(b->domain) : NULL;
		struct requests *r = d ? requests_of(b->domain) : NULL;

		if (d && b->give)
			give(b, d);
		while (r && b->kind && b->tell && tell(b, r))
			;
	}
	due = bound_work();
	if (!call)
		return due;
	member_leave();
	return mon_cycles();
}

void bindings_domain_end(uint32_t domain)
{
	member_enter();
	bind_domain_end(&bindings_machine, domain);
	member_leave();
	for (struct binding *b = bindings; b < bindings + BINDINGS; b++) {
		if (b->kind && b->domain == domain)
			binding_free(b);
	}
}
