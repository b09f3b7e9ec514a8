// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Capabilities on their way from node to node. One that was sent and not answered counts as the
 * sender's: no vote is given on its range before the answer, and that depends on nobody else. Where
 * the range is locked nothing is taken in: the lock's owner has counted already.
 */
#include "agree_priv.h"

static void finish(struct agree *a, struct agree_transfer *g, int result)
{
	g->state = GIVE_FREE;
	if (!result)
		a->counts.given++;
	a->wake = true;
	a->local.given(a->local.ctx, g->cookie, result);
}

/* Those that wait for a lock come first: they are older here than what is to be sent. */
static bool stands_back(const struct agree *a, const struct agree_transfer *g)
{
	for_each_entry(e, a) {
		if (agree_holds(e) && agree_give_conflict(&g->object, e))
			return true;
	}
	return false;
}

/* Return: 0: it waits or is on its way; else why it cannot be sent any more */
static int send(struct agree *a, struct agree_transfer *g)
{
	struct agree_give m = {
		.base = g->object.base,
		.pages = (uint32_t)(g->object.bytes / PAGE),
		.type = (uint8_t)g->object.type,
		.rights = g->rights,
		.handle = g->handle,
		.tag = g->tag,
	};
	int rc;

	g->state = GIVE_PARKED;
	if (!a->open || stands_back(a, g))
		return 0;
	/* Everything here that could become a conflict asks for agreement from now on. */
	rc = a->local.mark(a->local.ctx, &g->object);
	if (rc == -ABI_CAP_E_AGAIN) {
		g->state = GIVE_AGAIN;
		a->again = true;
		return 0;
	}
	if (rc)
		return rc;
	g->state = GIVE_FLYING;
	agree_give_out(&a->port, g->to, &m);
	return 0;
}

int agree_give(struct agree *a, uint32_t to, const struct agree_object *object, uint8_t rights,
	       uint64_t handle, uint64_t cookie)
{
	int rc = agree_object_check(object);

	if (rc)
		return rc;
	if (rights & ~agree_rights_of(object->type))
		return -AGREE_E_RIGHTS;
	if (!a->view)
		return -AGREE_E_VIEW;
	if (to == a->self || !protocol_set_has(&a->members, to))
		return -AGREE_E_NODE;
	for (uint32_t i = 0; i < AGREE_GIVES_MAX; i++) {
		if (a->gives[i].state != GIVE_FREE)
			continue;
		a->gives[i] = (struct agree_transfer){
			.object = *object,
			.to = (uint16_t)to,
			.rights = rights,
			.handle = handle,
			.cookie = cookie,
			.tag = ++a->tag * AGREE_GIVES_MAX + i,
			.state = GIVE_PARKED,
		};
		a->wake = true;
		return 0;
	}
	return -AGREE_E_FULL;
}

void agree_gives_settle(struct agree *a)
{
	for (uint32_t i = 0; i < AGREE_GIVES_MAX; i++) {
		struct agree_transfer *g = &a->gives[i];
		int rc = 0;

		if (g->state == GIVE_PARKED || g->state == GIVE_AGAIN)
			rc = send(a, g);
		if (rc)
			finish(a, g, rc);
	}
}

int agree_take_give(struct agree *a, uint32_t from, const struct agree_give *m)
{
	struct agree_object object = { m->base, m->pages * PAGE, m->type };
	struct agree_taken answer = { .tag = m->tag };
	bool locked = false;
	int rc = -ABI_CAP_E_BUSY;

	if (agree_object_check(&object) || (m->rights & ~agree_rights_of(m->type)))
		return -URPC_EPROTO;
	for_each_entry(e, a) {
		if ((e->flags & F_LOCKED) && agree_give_conflict(&object, e))
			locked = true;
	}
	if (!locked)
		rc = a->local.create(a->local.ctx, from, &object, m->rights, m->handle);
	if (!rc)
		a->counts.taken++;
	else if (locked)
		protocol_set_add(&a->locked_out, from);
	else if (rc == -ABI_CAP_E_AGAIN || rc == -ABI_CAP_E_BUSY)
		protocol_set_add(&a->put_off, from);
	a->again |= protocol_set_has(&a->put_off, from);
	answer.error = (uint8_t)-rc;
	agree_taken_out(&a->port, from, &answer);
	return 0;
}

int agree_take_taken(struct agree *a, uint32_t from, const struct agree_taken *m)
{
	struct agree_transfer *g = &a->gives[m->tag % AGREE_GIVES_MAX];

	if (g->state != GIVE_FLYING || g->tag != m->tag || g->to != from ||
	    m->error >= AGREE_ERROR_END)
		return -URPC_EPROTO;
	if (m->error == ABI_CAP_E_BUSY || m->error == ABI_CAP_E_AGAIN) {
		g->state = GIVE_LATER;
		a->wake = true; /* who waited for it to land is first */
	} else {
		finish(a, g, -(int)m->error);
	}
	return 0;
}

static void tell(struct agree *a, struct protocol_set *nodes)
{
	struct agree_released m = { 0 };
	uint32_t node;

	protocol_set_each(node, nodes)
		agree_released_out(&a->port, node, &m);
	protocol_set_clear(nodes);
}

/* Tell those who were refused for a while, instead of being asked again and again. */
void agree_call_back(struct agree *a)
{
	if (a->released)
		tell(a, &a->locked_out);
	a->released = false;
	if (protocol_set_empty(&a->put_off))
		return;
	if (!a->local.settled || a->local.settled(a->local.ctx))
		tell(a, &a->put_off);
	else
		a->again = true;
}

void agree_take_released(struct agree *a, uint32_t from)
{
	for (uint32_t i = 0; i < AGREE_GIVES_MAX; i++) {
		if (a->gives[i].state == GIVE_LATER && a->gives[i].to == from)
			a->gives[i].state = GIVE_PARKED;
	}
	a->wake = true;
}
