// SPDX-License-Identifier: GPL-2.0-only
/* See monitor_parts.h. */
#include "bench.h"
#include "jobs.h"
#include "lend.h"
#include "monitor_parts.h"
#include "partition.h"

static int caps_vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		     uint32_t *relations)
{
	*relations = 0;
	return 0;
}

static void caps_busy(void *ctx, const struct agree_request *q, bool on)
{
}

static int caps_perform(void *ctx, const struct agree_request *q, enum agree_part part,
			uint64_t cookie)
{
	return 0;
}

static void caps_alone(void *ctx, const struct agree_request *q)
{
}

/* Node 0 asks for none but to measure them. */
static void caps_done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	remora_bench_done(cookie, result);
}

static int caps_mark(void *ctx, const struct agree_object *object)
{
	return -ABI_CAP_E_EMPTY;
}

static int caps_create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
		       uint64_t handle)
{
	return -ABI_CAP_E_OCCUPIED;
}

static void caps_given(void *ctx, uint64_t cookie, int result)
{
}

static int caps_forget(void *ctx, uint32_t node)
{
	return 0;
}

const struct agree_local remora_agree_local = {
	.vote = caps_vote,
	.busy = caps_busy,
	.perform = caps_perform,
	.alone = caps_alone,
	.done = caps_done,
	.mark = caps_mark,
	.create = caps_create,
	.given = caps_given,
	.forget = caps_forget,
};

int remora_parts_init(struct remora_partition *p, struct node *n)
{
	int ret = remora_bounds_part(p, n);

	if (ret)
		return ret;
	ret = remora_jobs_part(p, n);
	if (ret)
		goto no_jobs;
	ret = remora_lend_part(p, n);
	if (ret)
		goto no_lend;
	ret = remora_bench_part(p, n);
	if (ret)
		goto no_bench;
	return 0;
no_bench:
	remora_lend_unpart(p);
no_lend:
	remora_jobs_unpart(p);
no_jobs:
	remora_bounds_unpart(p);
	return ret;
}

void remora_parts_exit(struct remora_partition *p)
{
	remora_names_end(p);
	remora_bench_unpart(p);
	remora_lend_unpart(p);
	remora_jobs_unpart(p);
	remora_bounds_unpart(p);
}
