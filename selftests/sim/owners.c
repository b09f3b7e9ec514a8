// SPDX-License-Identifier: GPL-2.0-only
/* What must be true of all capabilities when no agreement is under way. */
#include <cap_mdb.h>

#include "programs.h"

/* What another node has of an object: itself, or something derived from it. */
static bool elsewhere(const struct programs *p, const struct place_cap *cap, uint32_t *where)
{
	for (uint32_t node = 0; node < p->sim->nodes; node++) {
		const struct place *other = p->truth->places[node];

		if (node == p->node || !other || !p->sim->node[node].alive)
			continue;
		for (uint32_t i = 0; i < other->count; i++)
			if (place_derived(cap, &other->seen[i]) ||
			    place_same(cap, &other->seen[i])) {
				*where = node;
				return true;
			}
	}
	return false;
}

static bool owned_by(const struct programs *p, const struct place_cap *cap, uint32_t node)
{
	const struct place *other = p->truth->places[node];
	struct cap_key key = { cap->base, cap->end, cap->type, ABI_CAP_SPACE_MEMORY };
	struct cap_entry *e = NULL;

	if (other->space)
		e = cap_mdb_find((struct cap_space *)other->space, &key);
	return e && !(e->state & CAP_FOREIGN);
}

/* An object that was made once has one owner; who made frames of frames did not ask. */
static void check_owners(struct programs *p, const struct place_cap *cap, bool deaths)
{
	uint32_t owners = 0;

	if (cap->type != ABI_CAP_RAM && cap->type != ABI_CAP_PHYSADDR)
		return;
	for (uint32_t node = 0; node < p->sim->nodes; node++)
		if (p->truth->places[node] && p->sim->node[node].alive)
			owners += owned_by(p, cap, node);
	if (owners > 1 || (!owners && !deaths))
		sim_fail(p->sim, "RAM [%llx, %llx) has %u owners, node %u has a copy",
			 (unsigned long long)cap->base, (unsigned long long)cap->end, owners,
			 p->node);
}

/*
 * A revocation that was carried out anywhere was carried out everywhere, though who asked for it is
 * dead: at rest nobody has what was there when it was decided.
 */
static void check_revoked(const struct programs *p)
{
	const struct programs_truth *t = p->truth;

	for (uint32_t i = 0; i < t->revokes; i++) {
		const struct revoke *r = &t->revoke[i];

		if (protocol_set_empty(&r->carried) || (p->sim->node[r->node].alive && p->sim->node[r->node].life == r->life))
			continue;
		for (uint32_t j = 0; j < p->place.count; j++) {
			const struct place_cap *seen = &p->place.seen[j];

			if (seen->since < r->object.since && (place_same(&r->object, seen) ||
							      place_derived(&r->object, seen)))
				sim_fail(p->sim, "node %u has type %u [%llx, %llx), which node %u has revoked before it died",
					 p->node, seen->type, (unsigned long long)seen->base,
					 (unsigned long long)seen->end, r->node);
		}
	}
}

void programs_check(struct programs *p, bool deaths)
{
	const char *wrong = local_check(&p->local);
	struct cap_entry *e;
	uint32_t where;

	if (wrong)
		sim_fail(p->sim, "node %u: %s", p->node, wrong);
	check_revoked(p);
	for (e = cap_mdb_first(&p->local.space, ABI_CAP_SPACE_MEMORY); e; e = cap_mdb_next(e)) {
		struct place_cap cap = { e->base, e->end, e->type, 0 };
		uint8_t state = cap_state(&p->local.space, e);

		if (state & CAP_BUSY)
			sim_fail(p->sim, "node %u: type %u at %llx is busy at rest", p->node,
				 e->type, (unsigned long long)e->base);
		if (!(state & (CAP_REMOTE | CAP_FOREIGN)) && elsewhere(p, &cap, &where))
			sim_fail(p->sim, "node %u does not know that node %u has something of type %u [%llx, %llx)",
				 p->node, where, e->type, (unsigned long long)e->base,
				 (unsigned long long)e->end);
		check_owners(p, &cap, deaths);
	}
}
