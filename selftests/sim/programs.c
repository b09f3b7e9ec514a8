// SPDX-License-Identifier: GPL-2.0-only
/* Programs that use capabilities at random, so that their operations meet. */
#include <string.h>

#include "programs.h"

void programs_topology(struct programs_truth *t, struct sim *sim)
{
	uint32_t packages = 1 + sim_random(sim, sim->nodes < 16 ? sim->nodes : 16);
	uint16_t *package = sim_alloc(sim, sim->nodes * sizeof(*package));
	uint32_t *distance = sim_alloc(sim, packages * packages * sizeof(*distance));
	bool mixed = sim_chance(sim, 2);

	for (uint32_t i = 0; i < sim->nodes; i++)
		package[i] = (uint16_t)(mixed ? sim_random(sim, packages) :
						i * packages / sim->nodes);
	for (uint32_t i = 0; i < packages * packages; i++)
		distance[i] = i / packages == i % packages ? 10 : 11 + sim_random(sim, 20);
	t->packages = packages;
	t->package = package;
	t->distance = distance;
	t->kind = ROUTE_UNICAST + sim_random(sim, ROUTE_NUMA);
	t->entries = sim->nodes * (sim->nodes > 64 ? 2 : 2 + sim_random(sim, 6));
	t->pages = sim->nodes > 64 ? 4 : 8;
}

void programs_own(struct programs *p)
{
	struct place_cap range = programs_range(p->truth, p->node);
	uint32_t slot = local_free(&p->local, 0);

	if (slot == LOCAL_SLOTS || local_first(&p->local, slot, ABI_CAP_RAM, range.base,
					       range.end - range.base, 0))
		sim_fail(p->sim, "node %u: its RAM is somebody's", p->node);
	p->place.touched = true;
}

/* Some capability; LOCAL_SLOTS: there is none. */
static uint32_t choose(struct programs *p)
{
	uint32_t found = LOCAL_SLOTS, n = 0;

	for (uint32_t i = 0; i < LOCAL_SLOTS; i++)
		if (p->local.slots[i].type != ABI_CAP_NONE && !sim_random(p->sim, ++n))
			found = i;
	return found;
}

/* Something was called: if others are asked, that begins now. */
static void called(struct programs *p, const char *what, uint32_t slot, int rc)
{
	sim_note(p->sim, p->node, what, slot, (uint64_t)(rc < 0 ? -rc : rc << 8));
	for (uint32_t i = 0; i < LOCAL_CALLS; i++)
		if (p->local.calls[i].used && p->began[i] == SIM_NEVER) {
			p->began[i] = sim_time_us(p->sim);
			p->performed[i] = false;
		}
}

static int act_retype(struct programs *p, uint32_t slot)
{
	static const uint8_t types[] = { ABI_CAP_RAM, ABI_CAP_FRAME, ABI_CAP_FRAME, ABI_CAP_CNODE,
					 ABI_CAP_PT };
	const struct cap_entry *e = &p->local.slots[slot];
	uint64_t pages = (e->end - e->base) / ABI_PAGE_SIZE, at, bytes;
	uint32_t to = local_free(&p->local, 0), type = e->type;

	if (to == LOCAL_SLOTS)
		return 0;
	if (type == ABI_CAP_RAM)
		type = types[sim_random(p->sim, sizeof(types))];
	bytes = (1 + sim_random(p->sim, 2)) * ABI_PAGE_SIZE;
	if (type == ABI_CAP_PT || type == ABI_CAP_CNODE)
		bytes = ABI_PAGE_SIZE;
	at = sim_random(p->sim, (uint32_t)(pages > 4 ? 4 : pages)) * ABI_PAGE_SIZE;
	return local_retype(&p->local, slot, to, type, at, bytes, 1);
}

static void act_give(struct programs *p, uint32_t slot)
{
	const struct cap_entry *e = &p->local.slots[slot];
	struct programs_truth *t = p->truth;
	uint32_t to = sim_random(p->sim, p->sim->nodes);
	struct agree_object object = { e->base, e->end - e->base, e->type };

	if (t->count == PROGRAMS_GIVES)
		return;
	t->giver[t->count] = (uint16_t)p->node;
	t->created[t->count] = 0;
	sim_note(p->sim, p->node, "gives", e->base, to);
	if (!agree_give(p->agree, to, &object, e->rights, t->count, t->count))
		p->gives++;
	t->count++;
}

void programs_act(struct programs *p)
{
	uint32_t slot = choose(p), to = local_free(&p->local, 0);

	if (slot == LOCAL_SLOTS)
		return;
	p->place.touched = true;
	switch (sim_random(p->sim, 10)) {
	case 0:
	case 1:
	case 2:
		called(p, "retype", slot, act_retype(p, slot));
		break;
	case 3:
		called(p, "delete", slot, local_delete(&p->local, slot));
		break;
	case 4:
		called(p, "revoke", slot, local_revoke(&p->local, slot));
		break;
	case 5:
		if (to < LOCAL_SLOTS)
			called(p, "copy", slot, local_copy(&p->local, slot, to));
		break;
	default:
		act_give(p, slot);
	}
}

/*
 * What was left waiting is looked at again with each step, and after a time. It must not wait for its
 * own node only: so many turns are enough for that.
 */
void programs_work(struct programs *p)
{
	p->waits = true;
	p->place.touched = true;
	for (uint32_t i = 0; i < 8 && p->waits; i++)
		p->waits = local_work(&p->local);
}

/* All nodes have room for as many attempts. */
static void memory_init(struct sim *sim, const struct programs_truth *t, struct agree_memory *m)
{
	m->nodes = sim->nodes;
	m->count = t->entries;
	m->entries = sim_alloc(sim, m->count * sizeof(*m->entries));
	m->heard = sim_alloc(sim, (size_t)m->count * AGREE_WORDS(m->nodes) * sizeof(*m->heard));
	m->peers = sim_alloc(sim, m->nodes * sizeof(*m->peers));
	m->room = sim_alloc(sim, ROUTE_ROOM(m->nodes, t->packages) * sizeof(*m->room));
}

void programs_spread(struct programs *p)
{
	uint32_t slot = choose(p);

	for (uint32_t i = 0; slot < LOCAL_SLOTS && i < 6; i++)
		act_give(p, slot);
}

void programs_init(struct programs *p, struct programs_truth *truth, struct sim *sim, uint32_t node,
		   struct agree *agree, struct agree_memory *memory)
{
	p->sim = sim;
	p->truth = truth;
	p->node = node;
	p->gives = 0;
	p->waits = false;
	p->place.space = &p->local.space;
	p->place.count = 0;
	p->place.touched = true;
	p->agree = agree;
	memset(p->began, 0xff, sizeof(p->began));
	memset(p->decided, 0xff, sizeof(p->decided));
	local_init(&p->local, node, agree);
	memory_init(sim, truth, memory);
}

void programs_stop(struct programs *p)
{
	p->place.space = NULL;
	p->place.count = 0;
	p->waits = false;
	for (uint32_t i = 0; p->truth && i < p->truth->revokes; i++)
		protocol_set_remove(&p->truth->revoke[i].carried, p->node);
}

bool programs_quiet(const struct programs *p)
{
	return !p->gives && !p->waits && local_quiet(&p->local);
}
