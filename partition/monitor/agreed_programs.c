// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs ask to be agreed on with other nodes, what they give to programs there and here, and where they
 * take what comes. Addresses are in the program's own root CNode: what they lead to is looked at when it is used.
 */
#include <base/string.h>

#include <bound.h>
#include <build.h>
#include <caps.h>
#include <memory_parts.h>

#include "agreed_priv.h"

static struct take takes[AGREED_TAKES];

uint8_t agreed_object(struct abi_cap_at at, struct agree_object *object)
{
	uint64_t kind = caps_identify(at, ABI_INVOKE_KIND);

	object->base = caps_identify(at, ABI_INVOKE_BASE);
	object->bytes = caps_identify(at, ABI_INVOKE_BYTES);
	object->type = kind & 0xffff;
	return object->bytes ? (uint8_t)(kind >> 16) : 0;
}

/* An address of a program, seen from the monitor's root: in the program's root CNode and no other. */
int agreed_address(const struct domain *d, uint64_t *address, uint32_t *depth)
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
	int rc = agreed_address(d, &word[1], &from);

	if (!rc && op == ABI_CAP_DO_RETYPE)
		rc = via ? agreed_address(d, &word[3], &via) : agreed_address(d, &word[2], &to);
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

int agreed_ask(const struct domain *d, uint64_t tag, const uint64_t word[6])
{
	struct call *c = agreed_free_call(d->number);
	struct agree_request q = { 0 };
	struct abi_cap_at at;
	uint32_t op = (uint8_t)word[0];
	uint8_t has;
	int rc;

	if (op != ABI_CAP_DO_RETYPE && op != ABI_CAP_DO_REVOKE && op != ABI_CAP_DO_DELETE)
		return -ABI_CAP_E_OPERATION;
	if (!c)
		return -AGREE_E_FULL;
	*c = (struct call){ .domain = d->number, .named = true, .kind = op, .tag = tag };
	memcpy(c->word, word, sizeof(c->word));
	rc = move_addresses(d, op, c->word);
	if (rc)
		return rc;
	at = (struct abi_cap_at){ c->word[1], (uint8_t)(c->word[0] >> ABI_INVOKE_FROM_SHIFT), 0 };
	has = agreed_object(at, &q.object);
	if (!q.object.bytes)
		return -ABI_CAP_E_EMPTY;
	if (agreed_needs(op) & ~has)
		return -ABI_CAP_E_RIGHTS;
	q.kind = op == ABI_CAP_DO_RETYPE ? AGREE_RETYPE : op == ABI_CAP_DO_REVOKE ? AGREE_REVOKE :
									       AGREE_DELETE;
	if (op == ABI_CAP_DO_RETYPE)
		rc = piece_of(c->word, &q);
	return rc ? rc : agreed_start(c, &q);
}

/* ---- to other programs ---- */

/* To one of this core: a copy as programs make themselves, of which no other node need know. */
static int give_here(struct call *c, struct abi_cap_at at, const struct agreed_gift *gift)
{
	const struct take *t = agreed_take_of(gift->domain);
	int rc = t ? caps_mint(at, t->at, (uint8_t)gift->rights, 0) : -ABI_CAP_E_OCCUPIED;

	/* What passes is the giver's to try again; else the slot is of no use, and who waits hears of it. */
	if (t && rc != -ABI_CAP_E_AGAIN && rc != -ABI_CAP_E_BUSY)
		agreed_taken(gift->domain, agreed_machine()->self, c->domain, (uint8_t)gift->rights,
			     c->object.bytes, rc);
	if (!rc)
		c->state = OVER;
	return rc;
}

/* What may be given of one: on this core also an endpoint, to be called back by. */
static uint8_t rights_to_give(const struct agree_object *o, bool here)
{
	if (here && o->type == ABI_CAP_ENDPOINT)
		return ABI_CAP_WRITE | ABI_CAP_GRANT;
	return o->type == ABI_CAP_FRAME ? ABI_CAP_RW : 0;
}

int agreed_give(const struct domain *d, uint64_t tag, const struct agreed_gift *gift)
{
	struct call *c = agreed_free_call(d->number);
	const bool here = gift->node == agreed_machine()->self;
	struct abi_cap_at at = { gift->address, gift->depth, 0 };
	uint8_t has, may;
	int rc = agreed_address(d, &at.address, &at.depth);

	if (rc)
		return rc;
	if (!c)
		return -AGREE_E_FULL;
	*c = (struct call){ .domain = d->number, .kind = AGREED_GIVE, .tag = tag };
	has = agreed_object(at, &c->object);
	if (!has)
		return -ABI_CAP_E_EMPTY;
	/*
	 * Of all else the other core's CPU driver would have to reach the memory. A ring goes when its channel
	 * does, at once, so no other node may have it.
	 */
	may = rights_to_give(&c->object, here);
	if (!may || bound_is_ring(c->object.base, c->object.bytes))
		return -AGREE_E_KIND;
	/* It goes back to its owner when this program frees it: nobody else may have it then. */
	if (memory_parts_borrowed(c->object.base))
		return -AGREE_E_KIND;
	if (!gift->rights || gift->rights & ~(uint32_t)(has & may))
		return -ABI_CAP_E_RIGHTS;
	if (here)
		return give_here(c, at, gift);
	if (gift->domain > AGREED_NUMBER_MAX || d->number > AGREED_NUMBER_MAX)
		return -ABI_CAP_E_OCCUPIED;
	return agreed_send(c, gift->node, (uint8_t)gift->rights,
			   AGREED_HANDLE(gift->domain, d->number,
					 agreed_origin(&c->object, agreed_machine()->self)));
}

void agreed_takes_init(void)
{
	memset(takes, 0, sizeof(takes));
}

void agreed_takes_end(uint32_t domain)
{
	for (struct take *t = takes; t < takes + AGREED_TAKES; t++) {
		if (t->domain == domain)
			t->domain = 0;
	}
}

int agreed_take(const struct domain *d, uint64_t tag, uint64_t address, uint32_t depth)
{
	struct abi_cap_at at = { address, depth, 0 };
	struct take *free = NULL;
	uint32_t own = 0;
	int rc = agreed_address(d, &at.address, &at.depth);

	if (rc)
		return rc;
	for (struct take *t = takes; t < takes + AGREED_TAKES; t++) {
		own += t->domain == d->number;
		if (!t->domain && !free)
			free = t;
	}
	if (!free || own >= AGREED_TAKES_DOMAIN)
		return -AGREE_E_FULL;
	*free = (struct take){ .domain = d->number, .at = at, .result = { .domain = d->number, .tag = tag } };
	return 0;
}

/* The one that waits, of those of a program. */
static struct take *waiting(uint32_t domain)
{
	for (struct take *t = takes; domain && t < takes + AGREED_TAKES; t++) {
		if (t->domain == domain && !t->over)
			return t;
	}
	return NULL;
}

const struct take *agreed_take_of(uint32_t domain)
{
	return waiting(domain);
}

void agreed_taken(uint32_t domain, uint32_t node, uint32_t from, uint8_t rights, uint64_t bytes, int rc)
{
	struct take *t = waiting(domain);

	t->over = true;
	t->result.error = rc;
	t->result.node = node;
	t->result.from = from;
	t->result.rights = rights;
	t->result.bytes = bytes;
}

bool agreed_take_next(struct agreed_take_result *result)
{
	for (struct take *t = takes; t < takes + AGREED_TAKES; t++) {
		if (!t->domain || !t->over)
			continue;
		*result = t->result;
		t->domain = 0;
		return true;
	}
	return false;
}
