// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux adds memory to a core and takes it away, while the partition runs or is offline.
 *
 * p->lock is held all the way, as by a core that joins. Where cores run, each step is confirmed by who is
 * concerned: memory goes back to Linux only when the monitor has let go of it, and after it the CPU driver.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "device_priv.h"
#include "partition.h"
#include "start.h"
#include "steps.h"

#define TAKE_MS 2000u
#define TAKE_MS_MAX 60000u
#define MEMBER_MS 2000u /* a core that has just started has no links yet */
#define ANYWHERE ~0ull

/**
 * struct remora_grow - a call under way, the tables' context
 * @core:   whose memory it is
 * @pieces: of add: what was obtained, struct remora_added
 * @added:  of remove
 */
struct remora_grow {
	struct remora_core *core;
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	unsigned int extent_count;
	struct list_head pieces;
	struct remora_added *added;
	unsigned int timeout_ms;
	u64 bytes;
};

/* ---- pieces ---- */

/* Return: false: Linux did not take it back. */
static bool piece_release(struct remora_core *core, struct remora_added *added)
{
	struct remora_ledger *ledger = &core->partition->ledger;
	s64 pages = remora_ledger_read(ledger, REMORA_LEDGER_PAGES);
	u64 bytes = added->memory.bytes;

	list_del(&added->link);
	remora_memory_release(&added->memory, ledger);
	kfree(added);
	return remora_ledger_read(ledger, REMORA_LEDGER_PAGES) == pages - (s64)(bytes >> PAGE_SHIFT);
}

void remora_added_release(struct remora_core *core)
{
	struct remora_added *added, *next;

	list_for_each_entry_safe_reverse(added, next, &core->added, link)
		piece_release(core, added);
}

static unsigned int added_pieces(const struct remora_core *core, u64 *bytes)
{
	const struct remora_added *added;
	unsigned int pieces = 0;

	*bytes = 0;
	list_for_each_entry(added, &core->added, link) {
		*bytes += added->memory.bytes;
		pieces++;
	}
	return pieces;
}

static u64 added_bytes(const struct remora_core *core)
{
	u64 bytes;

	added_pieces(core, &bytes);
	return bytes;
}

/* ---- add ---- */

/* What the core confirmed not to have is Linux's again, the rest its own. */
static void give_pieces_back(void *context)
{
	struct remora_grow *grow = context;
	struct remora_added *added, *next;

	list_for_each_entry_safe_reverse(added, next, &grow->pieces, link) {
		if (!added->known) {
			piece_release(grow->core, added);
			continue;
		}
		pr_warn("%s: core %u may still use the memory at %pa; it stays there\n",
			grow->core->partition->name, grow->core->node,
			&remora_added_extent(added)->base);
		list_move_tail(&added->link, &grow->core->added);
	}
}

/* One by one, so that each can be removed. */
static int cut_pieces(struct remora_grow *grow, struct remora_memory *all, struct remora_error *err)
{
	u64 bytes;
	unsigned int had = added_pieces(grow->core, &bytes);

	if (had + all->count > REMORA_ADDED_MAX)
		return remora_fail(err, REMORA_R_MEMORY_TOO_MANY,
				   "%u more pieces of memory for core %u, which has %u; there can be %u",
				   all->count, grow->core->node, had, REMORA_ADDED_MAX);
	while (all->count) {
		struct remora_added *added = kzalloc(sizeof(*added), GFP_KERNEL);

		if (!added)
			return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
		grow->bytes += all->extent[all->count - 1].bytes;
		remora_memory_cut(all, &added->memory);
		list_add(&added->link, &grow->pieces);
	}
	return 0;
}

static int grow_memory(void *context, struct remora_error *err)
{
	struct remora_grow *grow = context;
	struct remora_ledger *ledger = &grow->core->partition->ledger;
	struct remora_memory *all;
	int ret = remora_interrupted(err);

	if (ret)
		return ret;
	all = kzalloc(sizeof(*all), GFP_KERNEL);
	if (!all)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = remora_memory_acquire(all, grow->extents, grow->extent_count, ledger, err);
	if (!ret)
		ret = cut_pieces(grow, all, err);
	if (ret) {
		give_pieces_back(grow);
		remora_memory_release(all, ledger);
	}
	kfree(all);
	return ret;
}

static void ungrow_window(void *context)
{
	struct remora_grow *grow = context;
	struct remora_added *added;

	list_for_each_entry_reverse(added, &grow->pieces, link)
		if (added->known)
			remora_core_memory_take(grow->core, added, NULL);
}

static int grow_window(void *context, struct remora_error *err)
{
	struct remora_grow *grow = context;
	struct remora_added *added;
	int ret = remora_interrupted(err);

	list_for_each_entry(added, &grow->pieces, link) {
		if (ret)
			break;
		ret = remora_core_memory_add(grow->core, added, err);
	}
	if (ret)
		ungrow_window(grow);
	return ret;
}

static int grow_monitor(void *context, struct remora_error *err)
{
	struct remora_grow *grow = context;
	struct remora_added *added, *failed = NULL;
	int ret = 0;

	list_for_each_entry(added, &grow->pieces, link) {
		ret = remora_monitor_memory_add(grow->core, added, err);
		if (!ret)
			continue;
		failed = added;
		break;
	}
	if (!failed)
		return 0;
	/* It may have been told without its answer coming in time. */
	list_for_each_entry_from_reverse(added, &grow->pieces, link)
		remora_monitor_memory_take(grow->core, added, TAKE_MS, NULL);
	return ret;
}

static void ungrow_monitor(void *context)
{
	struct remora_grow *grow = context;
	struct remora_added *added;

	list_for_each_entry_reverse(added, &grow->pieces, link)
		remora_monitor_memory_take(grow->core, added, TAKE_MS, NULL);
}

#define HOLD_STEPS 1u /* the others are for a core that runs */

static const struct remora_step grow_steps[] = {
	{ "grow-memory", grow_memory, give_pieces_back },
	{ "grow-window", grow_window, ungrow_window },
	{ "grow-monitor", grow_monitor, ungrow_monitor },
};

static int state_check(struct remora_partition *p, struct remora_error *err)
{
	lockdep_assert_held(&p->lock);
	if (remora_power_busy())
		return remora_fail(err, REMORA_R_PLATFORM_SUSPEND, NULL);
	if (p->state != REMORA_RUNNING && p->state != REMORA_OFFLINE)
		return remora_fail(err, REMORA_R_STATE_WRONG,
				   "partition \"%s\" is %s; memory comes and goes while it runs or is offline",
				   p->name, remora_state_name(p->state));
	return 0;
}

/* The one asked for; or of those that are near the one with the least that was added. */
static struct remora_core *grow_core(struct remora_partition *p, u32 node, int numa,
				     struct remora_error *err, int *ret)
{
	struct remora_core *core, *best = NULL;
	bool near = false;

	if (node) {
		core = remora_partition_core(p, node);
		if (!core)
			*ret = remora_core_unknown(p, node, REMORA_R_CORE_UNKNOWN, err);
		return core;
	}
	remora_for_each_core(core, p) {
		bool here = core->cpu.numa == numa;

		if (best && here < near)
			continue;
		if (best && here == near && added_bytes(core) >= added_bytes(best))
			continue;
		best = core;
		near = here;
	}
	return best;
}

/*
 * A core that has just started becomes a member by links that are made without p->lock: wait for that.
 * Return: with p->lock the core, or NULL without it.
 */
static struct remora_core *grow_lock(struct remora_partition *p, u32 node, int numa,
				     struct remora_error *err, int *ret)
{
	bool waited = false;
	struct remora_core *core;

	for (;;) {
		*ret = remora_partition_lock(p, err);
		if (*ret)
			return NULL;
		core = NULL;
		*ret = state_check(p, err);
		if (!*ret)
			core = grow_core(p, node, numa, err, ret);
		if (core && (waited || p->state == REMORA_OFFLINE || remora_monitor_member(core)))
			return core;
		mutex_unlock(&p->lock);
		if (!core)
			return NULL;
		wait_event_killable_timeout(p->monitor.wait, remora_monitor_member(core),
					    msecs_to_jiffies(MEMBER_MS));
		waited = true;
	}
}

static int grow_locked(struct remora_grow *grow, struct remora_error *err)
{
	struct remora_partition *p = grow->core->partition;
	unsigned int done = 0;
	int ret = remora_memory_check_adding(grow->extents, grow->extent_count, err);

	if (!ret)
		ret = remora_steps_acquire(grow_steps,
					   p->state == REMORA_RUNNING ? ARRAY_SIZE(grow_steps) :
									HOLD_STEPS,
					   &done, grow, err);
	if (ret)
		return ret;
	list_splice_tail_init(&grow->pieces, &grow->core->added);
	pr_info("%s: %llu MiB added to core %u\n", p->name, grow->bytes >> 20, grow->core->node);
	remora_partition_event(p);
	return 0;
}

static int grow_want(struct remora_grow *grow, const struct remora_memory_add *request,
		     struct remora_error *err)
{
	if (request->flags)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
				   request->flags);
	if (request->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (request->extent_count > REMORA_EXTENTS_MAX)
		return remora_fail(err, REMORA_R_MEMORY_TOO_MANY,
				   "%u extents were asked for; there can be %u",
				   request->extent_count, REMORA_EXTENTS_MAX);
	if (!request->extent_count)
		return remora_fail(err, REMORA_R_MEMORY_NONE, NULL);
	grow->extent_count = request->extent_count;
	if (copy_from_user(grow->extents, u64_to_user_ptr(request->extents),
			   request->extent_count * sizeof(grow->extents[0])))
		return -EFAULT;
	return 0;
}

long remora_device_memory_add(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_partition *p = ((struct remora_device_file *)file->private_data)->partition;
	struct remora_memory_add *request = arg;
	struct remora_grow *grow;
	int ret;

	request->bytes = 0;
	request->given = 0;
	grow = kzalloc(sizeof(*grow), GFP_KERNEL);
	if (!grow)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	INIT_LIST_HEAD(&grow->pieces);
	ret = grow_want(grow, request, err);
	if (!ret)
		grow->core = grow_lock(p, request->node, grow->extents[0].node, err, &ret);
	if (grow->core) {
		ret = grow_locked(grow, err);
		if (!ret) {
			request->bytes = grow->bytes;
			request->given = grow->core->node;
		}
		mutex_unlock(&p->lock);
	}
	kfree(grow);
	return ret;
}

/* ---- remove ---- */

static int shrink_monitor(void *context, struct remora_error *err)
{
	struct remora_grow *grow = context;

	return remora_monitor_memory_take(grow->core, grow->added, grow->timeout_ms, err);
}

static int shrink_window(void *context, struct remora_error *err)
{
	struct remora_grow *grow = context;

	return remora_core_memory_take(grow->core, grow->added, err);
}

/* Nothing is undone: what the monitor has let go of nobody uses, and the next try goes on from there. */
static const struct remora_step shrink_steps[] = {
	{ "shrink-monitor", shrink_monitor, NULL },
	{ "shrink-window", shrink_window, NULL },
};

static int shrink_piece(struct remora_grow *grow, struct remora_error *err)
{
	struct remora_partition *p = grow->core->partition;
	u64 base = remora_added_extent(grow->added)->base;
	unsigned int done = 0;
	int ret = 0;

	grow->bytes = grow->added->memory.bytes;
	if (p->state == REMORA_RUNNING)
		ret = remora_steps_acquire(shrink_steps, ARRAY_SIZE(shrink_steps), &done, grow, err);
	if (ret)
		return ret;
	pr_info("%s: %llu MiB removed from core %u\n", p->name, grow->bytes >> 20, grow->core->node);
	if (!piece_release(grow->core, grow->added))
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
static int shrink_locked(struct remora_grow *grow, struct remora_partition *p,
			 const struct remora_memory_remove *request, struct remora_error *err)
{
	struct remora_added *next;
	int ret = state_check(p, err);
	bool tried = false;

	if (ret)
		return ret;
	remora_for_each_core(grow->core, p) {
		list_for_each_entry_safe(grow->added, next, &grow->core->added, link) {
			if (request->address == ANYWHERE ?
				    grow->added->memory.bytes != request->bytes :
				    remora_added_extent(grow->added)->base != request->address)
				continue;
			if (tried && err)
				err->reason = REMORA_R_NONE;
			tried = true;
			ret = shrink_piece(grow, err);
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

/* With p->lock; waits as grow_lock(). */
static int shrink_lock(struct remora_partition *p, struct remora_error *err)
{
	unsigned long end = jiffies + msecs_to_jiffies(MEMBER_MS);
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
		wait_event_killable_timeout(p->monitor.wait, remora_monitor_member(core),
					    msecs_to_jiffies(MEMBER_MS));
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
	struct remora_grow *grow;
	int ret = shrink_check(request, err);

	request->node = 0;
	if (ret)
		return ret;
	grow = kzalloc(sizeof(*grow), GFP_KERNEL);
	if (!grow)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	grow->timeout_ms = request->timeout_ms ?: TAKE_MS;
	ret = shrink_lock(p, err);
	if (!ret) {
		ret = shrink_locked(grow, p, request, err);
		if (!ret) {
			request->node = grow->core->node;
			request->bytes = grow->bytes;
		}
		mutex_unlock(&p->lock);
	}
	kfree(grow);
	return ret;
}
