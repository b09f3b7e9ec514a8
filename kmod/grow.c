// SPDX-License-Identifier: GPL-2.0-only
/* Linux adds memory to a core, while the partition runs or is offline; shrink.c takes it away. See grow.h. */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "device_priv.h"
#include "partition.h"
#include "start.h"
#include "steps.h"

#define TAKE_MS 2000u

/**
 * struct remora_grow - a call under way, the table's context
 * @core:   whose memory it will be
 * @pieces: what was obtained, struct remora_added; @bytes of them
 */
struct remora_grow {
	struct remora_core *core;
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	unsigned int extent_count;
	struct list_head pieces;
	u64 bytes;
};

/* ---- pieces ---- */

bool remora_added_return(struct remora_core *core, struct remora_added *added)
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
		remora_added_return(core, added);
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
			remora_added_return(grow->core, added);
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

/* From @last back to the first. */
static void monitor_take(struct remora_grow *grow, struct remora_added *last)
{
	list_for_each_entry_from_reverse(last, &grow->pieces, link)
		remora_monitor_memory_take(grow->core, last, TAKE_MS, NULL);
}

static int grow_monitor(void *context, struct remora_error *err)
{
	struct remora_grow *grow = context;
	struct remora_added *added;
	int ret = 0;

	list_for_each_entry(added, &grow->pieces, link) {
		ret = remora_monitor_memory_add(grow->core, added, err);
		if (ret)
			break;
	}
	/* From the one on of which it may have been told without its answer coming in time. */
	if (ret)
		monitor_take(grow, added);
	return ret;
}

static void ungrow_monitor(void *context)
{
	struct remora_grow *grow = context;

	monitor_take(grow, list_last_entry(&grow->pieces, struct remora_added, link));
}

#define HOLD_STEPS 1u /* the others are for a core that runs */

static const struct remora_step grow_steps[] = {
	{ "grow-memory", grow_memory, give_pieces_back },
	{ "grow-window", grow_window, ungrow_window },
	{ "grow-monitor", grow_monitor, ungrow_monitor },
};

int remora_grow_allowed(struct remora_partition *p, struct remora_error *err)
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

/* Return: with p->lock the core, or NULL without it. */
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
		*ret = remora_grow_allowed(p, err);
		if (!*ret)
			core = grow_core(p, node, numa, err, ret);
		if (core && (waited || p->state == REMORA_OFFLINE || remora_monitor_member(core)))
			return core;
		mutex_unlock(&p->lock);
		if (!core)
			return NULL;
		remora_member_await(core);
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
