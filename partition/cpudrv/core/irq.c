// SPDX-License-Identifier: GPL-2.0-only
#include <capability.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <errors.h>
#include <irq.h>
#include <object.h>
#include <own.h>

/*
 * @irq, @endpoint: slots of the CPU driver's own; a capability in both, or the binding is over.
 *          NULL: never used
 * @count: interrupts not told; grows in irq_came() alone
 * @acked: the next one may be told
 */
struct binding {
	struct cap_entry *irq;
	struct cap_entry *endpoint;
	uint64_t count;
	bool acked;
};

static struct binding bindings[IRQ_BINDINGS];
static uint8_t of_vector[ABI_IRQ_LAST + 1]; /* index in bindings plus 1; may be over */
static bool any_came;

static bool bound(const struct binding *b)
{
	return b->irq && b->irq->type != ABI_CAP_NONE && b->endpoint->type != ABI_CAP_NONE;
}

static struct binding *find(uint64_t vector)
{
	struct binding *b;

	if (vector > ABI_IRQ_LAST || !of_vector[vector])
		return NULL;
	b = &bindings[of_vector[vector] - 1];
	return bound(b) && b->irq->base == vector ? b : NULL;
}

bool irq_came(uint8_t vector)
{
	struct binding *b = find(vector);

	if (!b)
		return false;
	b->count++;
	any_came = true;
	return true;
}

static void tell(struct binding *b)
{
	if (!bound(b) || !b->count || !b->acked)
		return;
	if (lmp_notice(b->endpoint, ABI_LMP_IRQ, (const uint64_t[]){ b->irq->base, b->count }, 2) ==
	    NOTICE_WAITS)
		return;
	b->count = 0;
	b->acked = false;
}

void irq_tell(void)
{
	for (uint32_t i = 0; i < IRQ_BINDINGS; i++)
		tell(&bindings[i]);
}

bool irq_poll(void)
{
	if (!any_came)
		return false;
	any_came = false;
	irq_tell();
	return true;
}

/* ---- operations ---- */

static void unbind(struct binding *b)
{
	own_drop(b->irq);
	own_drop(b->endpoint);
	b->count = 0;
}

/* The vector of a capability, when it is of one that programs may have. */
static int vector_of(const struct object_call *c)
{
	if (c->cap->end - c->cap->base != 1 || c->cap->base < ABI_IRQ_FIRST ||
	    c->cap->base > ABI_IRQ_LAST)
		return OBJECT_ERRNO(ERR_INVAL);
	return (int)c->cap->base;
}

int irq_bind(struct object_call *c)
{
	const struct cap_slot irq = cap_slot_own(c->cap);
	int vector = vector_of(c), rc;
	struct binding *old, *b = bindings;

	if (vector < 0)
		return vector;
	if (!c->arg[1] && c->arg[0])
		return OBJECT_ERRNO(ERR_INVAL);
	old = find((uint32_t)vector);
	if (!c->arg[1]) {
		if (old)
			unbind(old);
		return 0;
	}
	while (b < bindings + IRQ_BINDINGS && bound(b))
		b++;
	if (b == bindings + IRQ_BINDINGS)
		return OBJECT_ERRNO(ERR_BUSY);
	if (b->irq) {
		unbind(b);
	} else {
		b->irq = capability_own();
		b->endpoint = capability_own();
	}
	rc = own_copy_endpoint(c->d, c->arg[0], c->arg[1], b->endpoint);
	if (!rc)
		rc = own_copy(&irq, b->irq);
	if (rc) {
		unbind(b);
		return rc;
	}
	if (old)
		unbind(old);
	b->acked = true;
	of_vector[vector] = (uint8_t)(b - bindings + 1);
	return 0;
}

int irq_ack(struct object_call *c)
{
	int vector = vector_of(c);
	struct binding *b;

	if (vector < 0)
		return vector;
	b = find((uint32_t)vector);
	if (!b)
		return OBJECT_ERRNO(ERR_NOENT);
	b->acked = true;
	tell(b);
	return 0;
}

int irq_raise(struct object_call *c)
{
	int vector = vector_of(c);

	if (vector < 0)
		return vector;
	if (!irq_came((uint8_t)vector))
		return OBJECT_ERRNO(ERR_NOENT);
	irq_poll();
	return 0;
}
