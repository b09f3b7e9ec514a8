// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call keeps the words of the program's operation, with addresses seen from the monitor's root, and does
 * them again when all have agreed. What they lead to may have changed by then, so the object is looked at
 * again: before the agreement's lock is set, and when it is done.
 */
#include <base/string.h>

#include <agreed.h>
#include <build.h>
#include <caps.h>

enum call_state { FREE, ASKED, OVER };

/**
 * struct call
 * @domain: whose; 0: nobody's: something dying had the last copy, or the domain has ended. Then @word is not
 *          to be used: it may lead to what another domain has
 */
static struct call {
	enum call_state state;
	uint32_t domain;
	uint32_t kind; /* enum abi_cap_op */
	int32_t result;
	uint64_t tag;
	uint64_t word[6];
	struct agree_object object;
} calls[AGREED_CALLS];

static struct agree *machine;

void agreed_init(struct agree *agree)
{
	memset(calls, 0, sizeof(calls));
	machine = agree;
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

/* Does the program's capability still name the object? */
static bool there(const struct call *c)
{
	struct abi_cap_at at = { c->word[1], (uint8_t)(c->word[0] >> ABI_INVOKE_FROM_SHIFT), 0 };

	return c->domain && caps_identify(at, ABI_INVOKE_BYTES) == c->object.bytes &&
	       caps_identify(at, ABI_INVOKE_BASE) == c->object.base &&
	       (caps_identify(at, ABI_INVOKE_KIND) & 0xffff) == c->object.type;
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
	if (mine && (!(has & ABI_CAP_HAS_COPY) || (c->domain && !there(c))))
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

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	struct call *c = &calls[cookie % AGREED_CALLS];

	(void)ctx, (void)relations;
	c->result = result;
	c->state = c->domain ? OVER : FREE;
}

static int mark(void *ctx, const struct agree_object *object)
{
	(void)ctx;
	return kernel(ABI_KERNEL_CAP_MARK, object, 0, 0, NULL);
}

/* Nothing comes that nobody waits for. */
static int create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
		  uint64_t handle)
{
	(void)ctx, (void)from, (void)object, (void)rights, (void)handle;
	return -ABI_CAP_E_OCCUPIED;
}

static void given(void *ctx, uint64_t cookie, int result)
{
	(void)ctx, (void)cookie, (void)result;
}

/* No core has capabilities of another one's memory: ABI_KERNEL_CAP_CREATE. */
static int forget(void *ctx, uint32_t node)
{
	(void)ctx, (void)node;
	return 0;
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

/* ---- what programs ask ---- */

/* An address of a program, seen from the monitor's root: in the program's root CNode and no other. */
static int seen_from_here(const struct domain *d, uint64_t *address, uint32_t *depth)
{
	struct abi_cap_at root = build_inner(d, PLAN_SLOT_ROOT);

	if (!*depth || *depth > ABI_CAP_DEPTH_MAX - root.depth)
		return -ABI_CAP_E_DEPTH;
	if (*address >> *depth)
		return -ABI_CAP_E_ADDRESS;
	*address |= root.address << *depth;
	*depth += root.depth;
	return 0;
}

/* RSI; of a retype R10, or RDX where that is not given: RDX is then found from there. */
static int move_addresses(const struct domain *d, uint32_t op, uint64_t word[6])
{
	uint32_t from = (uint8_t)(word[0] >> ABI_INVOKE_FROM_SHIFT);
	uint32_t to = (uint8_t)(word[0] >> ABI_INVOKE_TO_SHIFT);
	uint32_t via = (uint8_t)(word[0] >> ABI_INVOKE_VIA_SHIFT);
	int rc = seen_from_here(d, &word[1], &from);

	if (!rc && op == ABI_CAP_DO_RETYPE)
		rc = via ? seen_from_here(d, &word[3], &via) : seen_from_here(d, &word[2], &to);
	word[0] &= ~((uint64_t)0xffffff << ABI_INVOKE_FROM_SHIFT);
	word[0] |= (uint64_t)from << ABI_INVOKE_FROM_SHIFT | (uint64_t)to << ABI_INVOKE_TO_SHIFT |
		   (uint64_t)via << ABI_INVOKE_VIA_SHIFT;
	return rc;
}

static uint64_t type_bytes(uint32_t type)
{
#define BYTES(name, space, unit, bytes, traits, rights) [ABI_CAP_##name] = (bytes),
	static const uint16_t sizes[ABI_CAP_TYPE_COUNT] = { ABI_CAP_TYPES(BYTES) };

	return type < ABI_CAP_TYPE_COUNT ? sizes[type] : 0;
}

/* Of a retype: the piece. What the CPU driver refuses need not be asked. */
static int piece_of(const uint64_t word[6], struct agree_request *q)
{
	uint64_t count = (uint16_t)(word[0] >> ABI_INVOKE_COUNT_SHIFT), bytes = word[5];

	q->into = (uint8_t)(word[0] >> ABI_INVOKE_TYPE_SHIFT);
	bytes = bytes ? bytes : type_bytes(q->into);
	if (!count || count > ABI_CAP_RETYPE_MAX)
		return -ABI_CAP_E_COUNT;
	if (word[4] >= q->object.bytes || bytes > (q->object.bytes - word[4]) / count)
		return -ABI_CAP_E_RANGE;
	q->piece = q->object.base + word[4];
	q->piece_bytes = count * bytes;
	return 0;
}

static struct call *free_call(uint32_t domain)
{
	struct call *found = NULL;
	uint32_t own = 0;

	for (struct call *c = calls; c < calls + AGREED_CALLS; c++) {
		if (c->state == FREE)
			found = c;
		own += c->state != FREE && domain && c->domain == domain;
	}
	return own < AGREED_CALLS_DOMAIN ? found : NULL;
}

static int start(struct call *c, const struct agree_request *q)
{
	int rc;

	c->object = q->object;
	c->state = ASKED;
	rc = agree_start(machine, q, (uint64_t)(c - calls));
	if (rc)
		c->state = FREE;
	return rc;
}

int agreed_ask(const struct domain *d, uint64_t tag, const uint64_t word[6])
{
	struct call *c = free_call(d->number);
	struct agree_request q = { 0 };
	struct abi_cap_at at;
	uint32_t op = (uint8_t)word[0];
	int rc;

	if (op != ABI_CAP_DO_RETYPE && op != ABI_CAP_DO_REVOKE && op != ABI_CAP_DO_DELETE)
		return -ABI_CAP_E_OPERATION;
	if (!c)
		return -AGREE_E_FULL;
	*c = (struct call){ .domain = d->number, .kind = op, .tag = tag };
	memcpy(c->word, word, sizeof(c->word));
	rc = move_addresses(d, op, c->word);
	if (rc)
		return rc;
	at = (struct abi_cap_at){ c->word[1], (uint8_t)(c->word[0] >> ABI_INVOKE_FROM_SHIFT), 0 };
	q.object.base = caps_identify(at, ABI_INVOKE_BASE);
	q.object.bytes = caps_identify(at, ABI_INVOKE_BYTES);
	q.object.type = caps_identify(at, ABI_INVOKE_KIND) & 0xffff;
	if (!q.object.bytes)
		return -ABI_CAP_E_EMPTY;
	q.kind = op == ABI_CAP_DO_RETYPE ? AGREE_RETYPE : op == ABI_CAP_DO_REVOKE ? AGREE_REVOKE :
									       AGREE_DELETE;
	if (op == ABI_CAP_DO_RETYPE)
		rc = piece_of(c->word, &q);
	return rc ? rc : start(c, &q);
}

void agreed_last_copy(const uint64_t word[3])
{
	struct call *c = free_call(0);
	struct agree_request q = { .kind = AGREE_DELETE };

	q.object = (struct agree_object){ word[0], word[1], (uint32_t)word[2] };
	if (c) {
		*c = (struct call){ .kind = ABI_CAP_DO_DELETE };
		if (!start(c, &q))
			return;
	}
	/* Its state does not change, but the CPU driver will tell of it again. */
	kernel(ABI_KERNEL_CAP_STATE, &q.object, 0, 0, NULL);
}

void agreed_domain_end(uint32_t domain)
{
	for (struct call *c = calls; c < calls + AGREED_CALLS; c++) {
		if (c->state == FREE || !c->domain || c->domain != domain)
			continue;
		c->domain = 0;
		if (c->state == OVER)
			c->state = FREE;
	}
}

bool agreed_next(uint32_t *at, uint32_t *domain, uint64_t *tag, int32_t *result)
{
	for (; *at < AGREED_CALLS; ++*at) {
		const struct call *c = &calls[*at];

		if (c->state != OVER)
			continue;
		*domain = c->domain;
		*tag = c->tag;
		*result = c->result;
		return true;
	}
	return false;
}

void agreed_told(uint32_t at)
{
	calls[at].state = FREE;
}
