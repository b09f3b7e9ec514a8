// SPDX-License-Identifier: GPL-2.0-only
/* See monitor_parts.h. */
#include "monitor_parts.h"
#include "partition.h"

/* No program of Linux asks for anything yet, so nobody is to be told. */
static void names_answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
			 const struct names_slot *slot)
{
}

static bool names_changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
			  const struct names_slot *slot)
{
	return true;
}

static void names_ended(void *ctx, uint32_t domain)
{
}

const struct names_hooks remora_names_hooks = {
	.answer = names_answer,
	.changed = names_changed,
	.ended = names_ended,
};

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

static void caps_done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
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
	return 0;
}

void remora_parts_exit(struct remora_partition *p)
{
}
