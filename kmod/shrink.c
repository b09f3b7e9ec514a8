// SPDX-License-Identifier: GPL-2.0-only
/* Linux takes memory away again that it added to a core (grow.c), while the partition runs or is offline. See grow.h. */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "device.h"
#include "device_priv.h"
#include "partition.h"
#include "start.h"
#include "steps.h"

#define TAKE_MS 2000u
#define TAKE_MS_MAX 60000u
#define ANYWHERE ~0ull

/**
 * struct remora_shrink - a call under way, the table's context
 * @core:  whose memory it is
 * @added: the piece
 */
struct remora_shrink {
	struct remora_core *core;
	struct remora_added *added;
	unsigned int timeout_ms;
	u64 bytes;
};

static int shrink_monitor(void *context, struct remora_error *err)
{
	struct remora_shrink *shrink = context;

	return remora_monitor_memory_take(shrink->core, shrink->added, shrink->timeout_ms, err);
}

static int shrink_window(void *context, struct remora_error *err)
{
	struct remora_shrink *shrink = context;

	return remora_core_memory_take(shrink->core, shrink->added, err);
}

/* Nothing is undone: what the monitor has let go of nobody uses, and the next try goes on from there. */
static const struct remora_step shrink_steps[] = {
	{ "shrink-monitor", shrink_monitor, NULL },
	{ "shrink-window", shrink_window, NULL },
};

static int shrink_piece(struct remora_shrink *shrink, struct remora_error *err)
{
	struct remora_partition *p = shrink->core->partition;
	u64 base = remora_added_extent(shrink->added)->base;
	unsigned int done = 0;
	int ret = 0;

	shrink->bytes = shrink->added->memory.bytes;
	if (p->state == REMORA_RUNNING)
		ret = remora_steps_acquire(shrink_steps, ARRAY_SIZE(shrink_steps), &done, shrink, err);
	if (ret)
		return ret;
	pr_info("%s: %llu MiB removed from core %u\n", p->name, shrink->bytes >> 20, shrink->core->node);
	if (!remora_added_return(shrink->core, shrink->added))
		ret = remora_fail(err, REMORA_R_MEMORY_NOT_RETURNED,
				  "Linux did not take the memory at %#llx back", base);
	remora_partition_event(p);
	return ret;
}

static bool came_with(const struct remora_memory *m, u64 address)
{
	unsigned int i;

	for (i = 0; m && i < m->count; i++)
		if (m->extent[i].base == address)
			return true;
	return false;
}

static int shrink_unknown(struct remora_partition *p, const struct remora_memory_remove *request,
			  struct remora_error *err)
{
	bool initial = came_with(&p->memory, request->address);
	struct remora_core *core;

	if (request->address == ANYWHERE)
		return remora_fail(err, REMORA_R_MEMORY_UNKNOWN,
				   "no extent of %llu MiB was added to partition \"%s\"",
				   request->bytes >> 20, p->name);
	remora_for_each_core(core, p)
		initial |= came_with(core->own, request->address);
	if (initial)
		return remora_fail(err, REMORA_R_MEMORY_INITIAL,
				   "the memory at %#llx came with partition \"%s\" or a core of it, and stays until that goes",
				   request->address, p->name);
	return remora_fail(err, REMORA_R_MEMORY_UNKNOWN,
			   "no extent that was added to partition \"%s\" begins at %#llx", p->name,
			   request->address);
}

/* The first that goes; else what the last that was tried says. */
static int shrink_locked(struct remora_shrink *shrink, struct remora_partition *p,
			 const struct remora_memory_remove *request, struct remora_error *err)
{
	struct remora_added *next;
	int ret = remora_grow_allowed(p, err);
	bool tried = false;

	if (ret)
		return ret;
	remora_for_each_core(shrink->core, p) {
		list_for_each_entry_safe(shrink->added, next, &shrink->core->added, link) {
			if (request->address == ANYWHERE ?
				    shrink->added->memory.bytes != request->bytes :
				    remora_added_extent(shrink->added)->base != request->address)
				continue;
			if (tried && err)
				err->reason = REMORA_R_NONE;
			tried = true;
			ret = shrink_piece(shrink, err);
			if (!ret || !err || err->reason != REMORA_R_MEMORY_IN_USE)
				return ret;
		}
	}
	return tried ? ret : shrink_unknown(p, request, err);
}

/* One that has memory to remove, and is no member of the view yet. */
static struct remora_core *stranger(struct remora_partition *p)
{
	struct remora_core *core;

	if (p->state != REMORA_RUNNING)
		return NULL;
	remora_for_each_core(core, p)
		if (!list_empty(&core->added) && !remora_monitor_member(core))
			return core;
	return NULL;
}

/* Return: 0, with p->lock. */
static int shrink_lock(struct remora_partition *p, struct remora_error *err)
{
	unsigned long end = jiffies + msecs_to_jiffies(REMORA_MEMBER_MS);
	struct remora_core *core;
	int ret;

	for (;;) {
		ret = remora_partition_lock(p, err);
		if (ret)
			return ret;
		core = stranger(p);
		if (!core || time_after_eq(jiffies, end))
			return 0;
		mutex_unlock(&p->lock);
		remora_member_await(core);
	}
}

static int shrink_check(const struct remora_memory_remove *request, struct remora_error *err)
{
	if (request->flags)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
				   request->flags);
	if (request->timeout_ms > TAKE_MS_MAX)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "a time-out of %u ms; at most %u are accepted",
				   request->timeout_ms, TAKE_MS_MAX);
	if (request->address == ANYWHERE && !request->bytes)
		return remora_fail(err, REMORA_R_MEMORY_NONE, "neither an address nor a size is given");
	if (request->address != ANYWHERE && request->bytes)
		return remora_fail(err, REMORA_R_RESERVED_FIELD,
				   "an extent is named by its address or by its size, not by both");
	return 0;
}

long remora_device_memory_remove(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_partition *p = ((struct remora_device_file *)file->private_data)->partition;
	struct remora_memory_remove *request = arg;
	struct remora_shrink *shrink;
	int ret = shrink_check(request, err);

	request->node = 0;
	if (ret)
		return ret;
	shrink = kzalloc(sizeof(*shrink), GFP_KERNEL);
	if (!shrink)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	shrink->timeout_ms = request->timeout_ms ?: TAKE_MS;
	ret = shrink_lock(p, err);
	if (!ret) {
		ret = shrink_locked(shrink, p, request, err);
		if (!ret) {
			request->node = shrink->core->node;
			request->bytes = shrink->bytes;
		}
		mutex_unlock(&p->lock);
	}
	kfree(shrink);
	return ret;
}
