// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call keeps the words of the program's operation, with addresses seen from the monitor's root, and does
 * them again when all have agreed. What they lead to may have changed by then, so the object is looked at
 * again: before the agreement's lock is set, and when it is done.
 */
#include <base/string.h>

#include <build.h>
#include <caps.h>
#include <memory_parts.h>

#include "agreed_priv.h"

/*
 * What the monitor itself wants agreed on until it is: of each object whose last copy something dying has, and
 * of each domain's memory, by the domain's place, then of the memory server's parts. @at: of memory, its capability
 */
enum want_state { NOTHING, WANTED, STARTED, DONE };

struct want {
	enum want_state state;
	struct agree_object object;
	struct abi_cap_at at;
};

static struct want dying[AGREED_DYING], memory[DOMAINS_MAX + MEMORY_PARTS];
static struct call calls[AGREED_CALLS];
static struct agree *machine;

void agreed_init(struct agree *agree)
{
	memset(calls, 0, sizeof(calls));
	memset(dying, 0, sizeof(dying));
	memset(memory, 0, sizeof(memory));
	agreed_takes_init();
	agreed_origins_init();
	machine = agree;
}

struct agree *agreed_machine(void)
{
	return machine;
}

/* ---- the CPU driver ---- */

static int kernel(uint32_t op, const struct agree_object *o, uint64_t third, uint64_t fourth,
		  uint64_t *value)
{
	const uint64_t arg[4] = { ABI_OBJECT_PLACE(o->base, o->type), o->bytes, third, fourth };
	int64_t rc = mon_kernel(op, arg, value);

	if (rc == -(ABI_OBJECT_ERRNO + MON_EAGAIN))
		return -ABI_CAP_E_AGAIN;
	return rc < -ABI_OBJECT_ERRNO ? -ABI_CAP_E_ARGUMENT : (int)rc;
}

/* What the CPU driver wants of the capability: the others carry a REVOKE out before it looks. */
uint8_t agreed_needs(uint32_t op)
{
	return op == ABI_CAP_DO_REVOKE ? ABI_CAP_REVOKE : op == ABI_CAP_DO_RETYPE ? ABI_CAP_RETYPE : 0;
}

/* Does the program's capability still name the object, with the rights for that? */
static bool there(const struct call *c)
{
	struct abi_cap_at at = { c->word[1], (uint8_t)(c->word[0] >> ABI_INVOKE_FROM_SHIFT), 0 };
	struct agree_object now;
	uint8_t has = c->named ? agreed_object(at, &now) : 0;

	return c->named && now.bytes == c->object.bytes && now.base == c->object.base &&
	       now.type == c->object.type && !(agreed_needs(c->kind) & ~has);
}

static int again(const struct call *c)
{
	const uint64_t arg[4] = { (uint64_t)(uintptr_t)c->word };
	int64_t rc = mon_kernel(ABI_KERNEL_CAP_AGREED, arg, NULL);

	if (rc == -(ABI_OBJECT_ERRNO + MON_EAGAIN))
		return -ABI_CAP_E_AGAIN;
	return rc < -ABI_OBJECT_ERRNO ? -ABI_CAP_E_ARGUMENT : (int)rc;
}

/* ---- struct agree_local ---- */

static int vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		uint32_t *relations)
{
	const struct call *c = &calls[cookie % AGREED_CALLS];
	uint64_t has = 0;
	int rc = kernel(ABI_KERNEL_CAP_RELATIONS, &q->object, 0, 0, &has);

	(void)ctx;
	*relations = (uint32_t)has;
	if (rc)
		return rc;
	if (mine && (!(has & ABI_CAP_HAS_COPY) || (c->named && !there(c))))
		return -ABI_CAP_E_EMPTY;
	/* Copied, or given up, since the last one was to be deleted: that needs nobody now. */
	if (mine && q->kind == AGREE_DELETE &&
	    ((has & ABI_CAP_HAS_COPIES) || !(has & ABI_CAP_HAS_OWN)))
		return -ABI_CAP_E_BUSY;
	if (mine)
		*relations &= ~ABI_CAP_HAS_COPY;
	return q->kind == AGREE_RETYPE ?
		       kernel(ABI_KERNEL_CAP_FREE, &q->object, q->piece, q->piece_bytes, NULL) : 0;
}

static void busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)ctx;
	kernel(ABI_KERNEL_CAP_STATE, &q->object, on ? ABI_CAP_STATE_BUSY : 0,
	       on ? 0 : ABI_CAP_STATE_BUSY, NULL);
}

static int perform_mine(const struct call *c)
{
	int rc;

	if (there(c))
		return again(c);
	switch (c->kind) {
	case ABI_CAP_DO_RETYPE:
		return -ABI_CAP_E_EMPTY;
	case ABI_CAP_DO_REVOKE:
		return kernel(ABI_KERNEL_CAP_DROP, &c->object, 0, 0, NULL);
	default:
		rc = kernel(ABI_KERNEL_CAP_STATE, &c->object, ABI_CAP_STATE_FOREIGN, 0, NULL);
		return rc == -ABI_CAP_E_EMPTY ? 0 : rc;
	}
}

static int perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)ctx;
	if (part == AGREE_MINE)
		return perform_mine(&calls[cookie % AGREED_CALLS]);
	if (part == AGREE_HEIR)
		return kernel(ABI_KERNEL_CAP_STATE, &q->object, 0, ABI_CAP_STATE_FOREIGN, NULL);
	return kernel(ABI_KERNEL_CAP_DROP, &q->object, 0, 0, NULL);
}

static void alone(void *ctx, const struct agree_request *q)
{
	(void)ctx;
	kernel(ABI_KERNEL_CAP_STATE, &q->object, 0, ABI_CAP_STATE_REMOTE | ABI_CAP_STATE_FOREIGN, NULL);
}

/*
 * What the monitor wanted is looked at again, whatever came out: it goes on being wanted until it is so. Of the
 * dying the CPU driver tells again.
 */
static void want_done(struct want *w)
{
	if (w >= dying && w < dying + AGREED_DYING) {
		kernel(ABI_KERNEL_CAP_STATE, &w->object, 0, 0, NULL);
		w->state = NOTHING;
	} else {
		w->state = DONE;
	}
}

static void over(struct call *c, int result)
{
	c->result = result;
	c->state = c->domain ? OVER : FREE;
	if (c->want)
		want_done(c->want);
	if (c->part)
		memory_parts_sent(c->part - 1, result);
}

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	(void)ctx, (void)relations;
	over(&calls[cookie % AGREED_CALLS], result);
}

static int mark(void *ctx, const struct agree_object *object)
{
	(void)ctx;
	return kernel(ABI_KERNEL_CAP_MARK, object, 0, 0, NULL);
}

/* For the memory server, which has asked for it: it goes when its owner goes. */
static int create_lent(uint32_t from, const struct agree_object *object, uint8_t rights)
{
	struct abi_cap_at at;

	if (object->type != ABI_CAP_FRAME || !memory_parts_comes(from, object->base, object->bytes, &at))
		return -ABI_CAP_E_OCCUPIED;
	if (!agreed_origin_note(object, from))
		return -AGREE_E_FULL;
	return kernel(ABI_KERNEL_CAP_CREATE, object, at.address, at.depth | (uint64_t)rights << 8, NULL);
}

/* Into the slot that the program @handle waits with; nothing comes that nobody waits for. */
static int create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
		  uint64_t handle)
{
	const struct take *t = agreed_take_of(AGREED_TO(handle));
	const uint32_t owner = AGREED_OWNER(handle);
	int rc;

	(void)ctx;
	if (!AGREED_TO(handle) && !AGREED_FROM(handle))
		return create_lent(from, object, rights);
	if (!t)
		return -ABI_CAP_E_OCCUPIED;
	if (owner != machine->self && !protocol_set_has(&machine->members, owner))
		return -AGREE_E_GONE;
	if (owner != machine->self && !agreed_origin_note(object, owner))
		return -AGREE_E_FULL;
	rc = kernel(ABI_KERNEL_CAP_CREATE, object, t->at.address, t->at.depth | (uint64_t)rights << 8, NULL);
	if (rc != -ABI_CAP_E_AGAIN)
		agreed_taken(AGREED_TO(handle), from, AGREED_FROM(handle), rights, object->bytes, rc);
	return rc;
}

static void given(void *ctx, uint64_t cookie, int result)
{
	(void)ctx;
	over(&calls[cookie % AGREED_CALLS], result);
}

static int forget(void *ctx, uint32_t node)
{
	(void)ctx;
	return agreed_origin_forget(node);
}

bool agreed_here(const struct agree_object *object)
{
	uint64_t has = 0;

	return kernel(ABI_KERNEL_CAP_RELATIONS, object, 0, 0, &has) ||
	       (has & (ABI_CAP_HAS_COPY | ABI_CAP_HAS_DESCENDANT));
}

int agreed_drop(const struct agree_object *object)
{
	return kernel(ABI_KERNEL_CAP_DROP, object, 0, 0, NULL);
}

struct agree_local agreed_local(void)
{
	return (struct agree_local){
		.vote = vote,
		.busy = busy,
		.perform = perform,
		.alone = alone,
		.done = done,
		.mark = mark,
		.create = create,
		.given = given,
		.forget = forget,
	};
}

/* ---- calls ---- */

struct call *agreed_free_call(uint32_t domain)
{
	struct call *found = NULL;
	uint32_t own = 0, left = 0;

	for (struct call *c = calls; c < calls + AGREED_CALLS; c++) {
		if (c->state == FREE) {
			found = c;
			left++;
		}
		own += c->state != FREE && domain && c->domain == domain;
	}
	/* The last ones are the monitor's own. */
	return domain && (own >= AGREED_CALLS_DOMAIN || left <= AGREED_DYING) ? NULL : found;
}

int agreed_start(struct call *c, const struct agree_request *q)
{
	int rc;

	c->object = q->object;
	c->state = ASKED;
	rc = agree_start(machine, q, (uint64_t)(c - calls));
	if (rc)
		c->state = FREE;
	return rc;
}

int agreed_send(struct call *c, uint32_t node, uint8_t rights, uint64_t handle)
{
	int rc = agree_give(machine, node, &c->object, rights, handle, (uint64_t)(c - calls));

	c->state = rc ? FREE : ASKED;
	return rc;
}

int agreed_lend(struct abi_cap_at frame, uint32_t node, uint32_t part)
{
	struct call *c = agreed_free_call(0);

	if (!c)
		return -AGREE_E_FULL;
	*c = (struct call){ .kind = AGREED_GIVE, .part = part + 1 };
	agreed_object(frame, &c->object);
	return agreed_send(c, node, ABI_CAP_RW | ABI_CAP_DERIVE,
			   AGREED_HANDLE(0, 0, machine->self));
}

void agreed_domain_end(uint32_t domain)
{
	for (struct call *c = calls; c < calls + AGREED_CALLS; c++) {
		if (c->state == FREE || !c->domain || c->domain != domain)
			continue;
		c->domain = 0;
		c->named = false;
		if (c->state == OVER)
			c->state = FREE;
	}
	agreed_takes_end(domain);
}

bool agreed_next(uint32_t *at, struct agreed_result *result)
{
	for (; *at < AGREED_CALLS; ++*at) {
		const struct call *c = &calls[*at];

		if (c->state != OVER)
			continue;
		*result = (struct agreed_result){ c->domain, c->tag, c->result, c->kind == AGREED_GIVE };
		return true;
	}
	return false;
}

void agreed_told(uint32_t at)
{
	calls[at].state = FREE;
}

/* ---- what the monitor itself wants ---- */

void agreed_last_copy(const uint64_t word[3])
{
	for (struct want *w = dying; w < dying + AGREED_DYING; w++) {
		if (w->state != NOTHING)
			continue;
		w->object = (struct agree_object){ word[0], word[1], (uint32_t)word[2] };
		w->state = WANTED;
		return;
	}
	/* The CPU driver asks about no more than these at once. */
}

void agreed_memory_end(uint32_t place, struct abi_cap_at at)
{
	memory[place].at = at;
	memory[place].state = WANTED;
}

static bool begin(struct want *w, enum agree_kind kind, uint32_t op)
{
	struct agree_request q = { .kind = kind, .object = w->object };
	struct call *c = agreed_free_call(0);

	if (!c)
		return false;
	*c = (struct call){ .kind = op, .want = w };
	if (op == ABI_CAP_DO_REVOKE) {
		c->named = true;
		c->word[0] = ABI_INVOKE_WORD(op, 0, 0, w->at.depth, 0, 0, 0);
		c->word[1] = w->at.address;
		agreed_object(w->at, &q.object);
	}
	w->state = STARTED;
	if (!agreed_start(c, &q))
		return true;
	w->state = WANTED;
	return false;
}

bool agreed_wants(void)
{
	for (const struct want *w = dying; w < dying + AGREED_DYING; w++) {
		if (w->state == WANTED)
			return true;
	}
	for (const struct want *w = memory; w < memory + DOMAINS_MAX + MEMORY_PARTS; w++) {
		if (w->state == WANTED)
			return true;
	}
	return false;
}

/* Those for which there is no place now, or no view, have their turn later. */
void agreed_work(void)
{
	for (struct want *w = dying; w < dying + AGREED_DYING; w++) {
		if (w->state == WANTED)
			begin(w, AGREE_DELETE, ABI_CAP_DO_DELETE);
	}
	for (struct want *w = memory; w < memory + DOMAINS_MAX + MEMORY_PARTS; w++) {
		if (w->state == WANTED)
			begin(w, AGREE_REVOKE, ABI_CAP_DO_REVOKE);
	}
}

void agreed_finish(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX + MEMORY_PARTS; i++) {
		if (memory[i].state != DONE)
			continue;
		memory[i].state = NOTHING;
		if (i < DOMAINS_MAX)
			domain_gone(i);
		else
			memory_parts_gone(i - DOMAINS_MAX);
	}
}
