// SPDX-License-Identifier: GPL-2.0-only
/* See jobs.h. */
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <abi/protocol/node.h>
#include <abi/protocol/spawnd.h>

#include "jobs.h"
#include "partition.h"

#define JOBS 64
#define NODE_JOBS 24 /* of all programs of a node */

struct remora_jobs {
	struct remora_partition *p;
	struct node *node;
	struct node_part part;
	struct spawnd spawnd;
	struct spawnd_job jobs[JOBS];
	struct spawnd_ask asks[1];
};

/* ---- hooks: Linux asks for nothing and makes nothing ---- */

static void started(void *ctx, u32 domain, u64 tag, u64 job)
{
}

static void failed(void *ctx, u32 domain, u64 tag, u32 error, u32 node)
{
}

static void exited(void *ctx, u32 domain, u64 tag, u32 how, s32 status, u32 node)
{
}

static void killed(void *ctx, u32 domain, u64 tag, u32 error)
{
}

static void start(void *ctx, const struct spawnd_begin *begin)
{
}

static void nothing(void *ctx, u64 job)
{
}

static void stuck(void *ctx, u32 node)
{
	struct remora_jobs *jobs = ctx;

	pr_notice_ratelimited("partition %s: core %u does not end a program that it was told to end\n",
			      jobs->p->name, node);
	view_suspect(&jobs->node->view, node, VIEW_STUCK, jobs->node->now);
}

static const struct spawnd_hooks hooks = {
	.started = started,
	.failed = failed,
	.exited = exited,
	.killed = killed,
	.start = start,
	.go = nothing,
	.end = nothing,
	.stuck = stuck,
};

/* ---- as a part of the node ---- */

static int part_message(void *ctx, u32 from, u16 type, const void *payload, u32 bytes, u64 now)
{
	return spawnd_message(&((struct remora_jobs *)ctx)->spawnd, from, type, payload, bytes, now);
}

static void part_install(void *ctx, const struct view *old, const struct view *now, u64 time)
{
	spawnd_view(&((struct remora_jobs *)ctx)->spawnd, &now->members, time);
}

static u64 part_tick(void *ctx, u64 now)
{
	return spawnd_tick(&((struct remora_jobs *)ctx)->spawnd, now);
}

int remora_jobs_part(struct remora_partition *p, struct node *n)
{
	struct remora_jobs *jobs = kvzalloc(sizeof(*jobs), GFP_KERNEL);
	int ret;

	if (!jobs)
		return -ENOMEM;
	jobs->p = p;
	jobs->node = n;
	jobs->part = (struct node_part){
		.interface = PROTOCOL_SPAWN,
		.ctx = jobs,
		.message = part_message,
		.install = part_install,
		.tick = part_tick,
	};
	ret = spawnd_init(&jobs->spawnd, 0,
			  &(struct spawnd_memory){ .asks = jobs->asks,
						   .ask_count = ARRAY_SIZE(jobs->asks),
						   .jobs = jobs->jobs,
						   .job_count = JOBS,
						   .domain_jobs = 1,
						   .node_jobs = NODE_JOBS },
			  &n->port, &hooks, jobs);
	if (!ret)
		ret = node_add(n, &jobs->part);
	if (ret) {
		kvfree(jobs);
		return -EINVAL;
	}
	p->jobs = jobs;
	return 0;
}

void remora_jobs_unpart(struct remora_partition *p)
{
	kvfree(p->jobs);
	p->jobs = NULL;
}
