// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of shootdowns: channel memory, so that all cores have it mapped. It is taken once and kept
 * until no core runs any more: a core that does not close its run may write to its lines for as
 * long as it lives.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include "shootdown_priv.h"

static size_t common_bytes(unsigned int rooms)
{
	return PAGE_ALIGN(rooms * sizeof(struct remora_room));
}

void remora_rooms_free(struct remora_partition *p)
{
	struct remora_shoot *s = &p->shoot;
	unsigned int node;

	mutex_lock(&p->shared_memory.lock);
	for (node = s->rooms; node > 1; node--)
		remora_shared_free(p, &s->near[node - 1]);
	remora_shared_free(p, &s->common);
	s->rooms = 0;
	mutex_unlock(&p->shared_memory.lock);
}

int remora_rooms_alloc(struct remora_partition *p, struct remora_error *err)
{
	struct remora_shoot *s = &p->shoot;
	unsigned int node, rooms;
	int ret;

	lockdep_assert_held(&s->lock);
	rooms = READ_ONCE(p->core_count) + 1;
	if (s->rooms == rooms)
		return 0;
	/* No core has a run open: the lines are nobody's. */
	remora_rooms_free(p);
	mutex_lock(&p->shared_memory.lock);
	s->rooms = rooms;
	ret = remora_shared_alloc(p, common_bytes(rooms), -1, &s->common);
	for (node = 1; node < rooms && !ret; node++)
		ret = remora_shared_alloc(p, PAGE_SIZE, p->cores[node - 1].cpu.numa,
					  &s->near[node]);
	mutex_unlock(&p->shared_memory.lock);
	if (!ret)
		return 0;
	remora_rooms_free(p);
	return remora_fail(err, REMORA_R_CHANNELS_EXHAUSTED,
			   "channel memory has no %zu KiB for the lines of shootdowns",
			   (common_bytes(rooms) >> 10) + (rooms - 1) * (PAGE_SIZE >> 10));
}

static struct remora_room *common_room(const struct remora_partition *p, unsigned int node)
{
	return (struct remora_room *)p->shoot.common.virt + node;
}

static phys_addr_t common_phys(const struct remora_partition *p, const void *at)
{
	return p->shoot.common.phys + (at - p->shoot.common.virt);
}

phys_addr_t remora_plan_phys(const struct remora_partition *p, unsigned int node)
{
	return common_phys(p, &common_room(p, node)->plan);
}

/* Where the line is on which a core is called. */
static struct urpc_line *core_line(const struct remora_job *job, unsigned int node)
{
	const struct remora_partition *p = job->p;

	if (job->want->protocol == REMORA_SHOOTDOWN_NUMA_MULTICAST)
		return &((struct remora_room *)p->shoot.near[node].virt)->line;
	return &common_room(p, node)->line;
}

static phys_addr_t core_line_phys(const struct remora_job *job, unsigned int node)
{
	const struct remora_partition *p = job->p;

	if (job->want->protocol == REMORA_SHOOTDOWN_NUMA_MULTICAST)
		return p->shoot.near[node].phys + offsetof(struct remora_room, line);
	return common_phys(p, core_line(job, node));
}

static bool casts(const struct remora_job *job)
{
	return job->want->protocol == REMORA_SHOOTDOWN_BROADCAST;
}

static void plan_fill(struct remora_job *job, unsigned int node)
{
	struct abi_shoot_plan *plan = &common_room(job->p, node)->plan;

	plan->size = sizeof(*plan);
	plan->node = node;
	plan->method = job->want->method;
	plan->pages = job->want->pages;
	plan->rounds = job->want->count;
}

/* Both ends of an edge learn of it. */
static void plan_edge(struct remora_job *job, const struct remora_edge *edge)
{
	struct remora_room *from = common_room(job->p, edge->from);
	struct abi_shoot_plan *to = &common_room(job->p, edge->to)->plan;
	phys_addr_t line = core_line_phys(job, edge->to);
	phys_addr_t cast = casts(job) ? common_phys(job->p, &from->cast) : 0;
	struct abi_shoot_edge *leg;

	to->in.line = line;
	to->in.node = edge->from;
	to->in_cast = cast;
	if (!edge->from) {
		urpc_fan_add(&job->fan, core_line(job, edge->to), edge->to);
		return;
	}
	leg = &from->plan.out[job->children[edge->from]++];
	leg->line = line;
	leg->node = edge->to;
	from->plan.children = job->children[edge->from];
	from->plan.out_cast = cast;
}

void remora_rooms_fill(struct remora_job *job)
{
	struct remora_partition *p = job->p;
	unsigned int i;

	memset(p->shoot.common.virt, 0, p->shoot.common.bytes);
	for (i = 1; i < p->shoot.rooms; i++)
		memset(p->shoot.near[i].virt, 0, sizeof(struct remora_room));
	urpc_fan_init(&job->fan, casts(job) ? &common_room(p, 0)->cast : NULL);
	if (job->want->initiator)
		plan_fill(job, job->want->initiator);
	for (i = 0; i < job->tree.count; i++)
		plan_fill(job, job->tree.edge[i].to);
	for (i = 0; i < job->tree.count; i++)
		plan_edge(job, &job->tree.edge[i]);
}
