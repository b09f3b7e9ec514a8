// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU leaves Linux and becomes a core of a partition whose other cores go on.
 *
 * p->lock is held all the way, as by start: no other life cycle call, no look of the watch and no new
 * channel comes in between, and the call can be killed wherever it waits.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/fs.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "device.h"
#include "device_priv.h"
#include "move.h"
#include "regions.h"
#include "start.h"

#define JOIN_BYTES SZ_16M

/* ---- what a core holds ---- */

/* The lowest free number. Handlers that run meanwhile find an offline core without pages there. */
static int join_place(void *context, struct remora_error *err)
{
	struct remora_move *move = context;
	struct remora_partition *p = move->p;
	unsigned int i = 0;

	while (i < p->core_count && p->cores[i].present)
		i++;
	if (i == REMORA_CPUS_MAX)
		return remora_fail(err, REMORA_R_CPU_TOO_MANY,
				   "%s has %u cores, the most a partition can have", p->name,
				   REMORA_CPUS_MAX);
	move->core = &p->cores[i];
	move->core->cpu.cpu = move->cpu;
	move->core->joined = true;
	WRITE_ONCE(move->core->present, true);
	WRITE_ONCE(p->core_count, max(p->core_count, i + 1));
	return 0;
}

static void leave_place(void *context)
{
	struct remora_move *move = context;

	WRITE_ONCE(move->core->present, false);
	move->core->joined = false;
}

static int join_memory(void *context, struct remora_error *err)
{
	struct remora_move *move = context;
	struct remora_partition *p = move->p;
	struct remora_memory *own;
	int ret = remora_interrupted(err);

	if (ret)
		return ret;
	if (!move->extent_count) {
		p->vacant--;
		return 0;
	}
	own = kzalloc(sizeof(*own), GFP_KERNEL);
	if (!own)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = remora_memory_acquire(own, move->extents, move->extent_count, &p->ledger, err);
	if (ret)
		kfree(own);
	else
		move->core->own = own;
	return ret;
}

static void leave_memory(void *context)
{
	struct remora_move *move = context;
	struct remora_memory *own = move->core->own;

	remora_added_release(move->core);
	if (!own) {
		move->p->vacant++;
		return;
	}
	move->core->own = NULL;
	remora_memory_release(own, &move->p->ledger);
	kfree(own);
}

static int join_cpu(void *context, struct remora_error *err)
{
	struct remora_move *move = context;
	int ret = remora_interrupted(err);

	return ret ? ret : remora_cpu_take(&move->core->cpu, move->cpu, &move->p->ledger, err);
}

static void leave_cpu(void *context)
{
	struct remora_move *move = context;
	struct remora_error err = {};

	move->returned = remora_cpu_give_back(&move->core->cpu, &move->p->ledger, &err);
	if (!move->returned)
		return;
	pr_err("%s: %s\n", move->p->name, err.message);
	remora_fail(move->err, REMORA_R_CPU_NOT_RETURNED, "%s", err.message);
}

/* A join was undone. That a CPU is lost matters more than why it was to come back: in the log. */
static int join_lost(struct remora_move *move, int ret, struct remora_error *err)
{
	if (!move->returned)
		return ret;
	pr_err("%s: CPU %u did not join: %s\n", move->p->name, move->cpu,
	       err && err->reason != REMORA_R_NONE ? err->message : "no reason was given");
	if (err)
		err->reason = REMORA_R_NONE;
	return remora_fail(err, REMORA_R_CPU_NOT_RETURNED,
			   "CPU %u did not join, and Linux did not take it back; it stays offline",
			   move->cpu);
}

static int join_regions(void *context, struct remora_error *err)
{
	struct remora_move *move = context;

	return remora_regions_join(move->core, err);
}

static void leave_regions(void *context)
{
	struct remora_move *move = context;

	remora_regions_leave(move->core);
}

static int join_directory(void *context, struct remora_error *err)
{
	struct remora_move *move = context;

	if (remora_sysfs_add_core(move->core))
		return remora_fail(err, REMORA_R_NO_MEMORY, "core %u gets no directory in sysfs",
				   move->core->node);
	return 0;
}

static void leave_directory(void *context)
{
	struct remora_move *move = context;

	remora_sysfs_remove_core(move->core);
}

const struct remora_step remora_hold_steps[REMORA_HOLD_STEPS] = {
	{ "join-place", join_place, leave_place },
	{ "join-memory", join_memory, leave_memory },
	{ "join-cpu", join_cpu, leave_cpu },
	{ "join-regions", join_regions, leave_regions },
	{ "join-directory", join_directory, leave_directory },
};

/* ---- what it needs to run: the start table's work, for one core ---- */

static int join_fill(void *context, struct remora_error *err)
{
	struct remora_move *move = context;

	remora_boot_fill(move->core);
	remora_watch_forget(move->core);
	return 0;
}

static int join_map(void *context, struct remora_error *err)
{
	struct remora_move *move = context;

	return remora_boot_map(move->core, err);
}

static void leave_map(void *context)
{
	struct remora_move *move = context;

	remora_tables_free(&move->core->tables);
}

static int join_node(void *context, struct remora_error *err)
{
	struct remora_move *move = context;

	return remora_core_open(move->core);
}

static void leave_node(void *context)
{
	struct remora_move *move = context;

	remora_node_close(move->core);
}

static int join_doorbell(void *context, struct remora_error *err)
{
	struct remora_move *move = context;

	remora_doorbell_publish(move->p);
	return 0;
}

static void leave_wake(void *context)
{
	struct remora_move *move = context;

	remora_core_silence(move->core);
	remora_core_set_state(move->core, REMORA_OFFLINE);
}

static int join_wake(void *context, struct remora_error *err)
{
	struct remora_move *move = context;
	int ret = remora_interrupted(err);

	if (ret)
		return ret;
	remora_core_set_state(move->core, REMORA_BOOTING);
	ret = remora_core_wake(move->core, err);
	if (ret)
		leave_wake(move);
	return ret;
}

static int join_wait(void *context, struct remora_error *err)
{
	struct remora_move *move = context;

	return remora_cores_await(move->p, err);
}

const struct remora_step remora_boot_steps[REMORA_BOOT_STEPS] = {
	{ "join-fill", join_fill, NULL },
	{ "join-map", join_map, leave_map },
	{ "join-node", join_node, leave_node },
	{ "join-doorbell", join_doorbell, NULL },
	{ "join-wake", join_wake, leave_wake },
	{ "join-wait", join_wait, NULL },
};

/* ---- the call ---- */

static void join_warn(void *arg, enum remora_reason reason)
{
	struct remora_move *move = arg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(move->warnings); i++) {
		if (move->warnings[i] == reason)
			return;
		if (!move->warnings[i]) {
			move->warnings[i] = reason;
			return;
		}
	}
}

/* Memory wanted, as it came. */
static int join_want(struct remora_move *move, const struct remora_add_cpu *request,
		     struct remora_error *err)
{
	if (request->extent_count > REMORA_EXTENTS_MAX)
		return remora_fail(err, REMORA_R_MEMORY_TOO_MANY,
				   "%u extents were asked for; there can be %u",
				   request->extent_count, REMORA_EXTENTS_MAX);
	move->extent_count = request->extent_count;
	if (request->extent_count &&
	    copy_from_user(move->extents, u64_to_user_ptr(request->extents),
			   request->extent_count * sizeof(move->extents[0])))
		return -EFAULT;
	return 0;
}

/* What to do without a wish. Under p->lock. */
static void join_default(struct remora_move *move)
{
	if (move->extent_count || move->p->vacant)
		return;
	move->extents[0] = (struct remora_extent){ .bytes = JOIN_BYTES, .node = -1 };
	move->extent_count = 1;
}

static int join_check_cpu(struct remora_move *move, struct remora_error *err)
{
	struct remora_partition *p = move->p;
	struct remora_core *core;
	cpumask_var_t mine;
	int ret = 0;

	if (!zalloc_cpumask_var(&mine, GFP_KERNEL))
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	remora_for_each_core(core, p) {
		cpumask_set_cpu(core->cpu.cpu, mine);
		if (core->cpu.cpu == move->cpu)
			ret = remora_fail(err, REMORA_R_CPU_TAKEN,
					  "CPU %u is core %u of \"%s\" already", move->cpu,
					  core->node, p->name);
	}
	if (!ret)
		ret = remora_cpu_check_joining(move->cpu, mine, join_warn, move, err);
	free_cpumask_var(mine);
	return ret;
}

static int join_check(struct remora_move *move, struct remora_error *err)
{
	struct remora_partition *p = move->p;
	int ret;

	lockdep_assert_held(&p->lock);
	if (remora_power_busy())
		return remora_fail(err, REMORA_R_PLATFORM_SUSPEND, NULL);
	if (p->state != REMORA_RUNNING && p->state != REMORA_OFFLINE)
		return remora_fail(err, REMORA_R_STATE_WRONG,
				   "partition \"%s\" is %s; a core can join while it runs or is offline",
				   p->name, remora_state_name(p->state));
	ret = join_check_cpu(move, err);
	if (!ret && move->extent_count)
		ret = remora_memory_check_joining(move->extents, move->extent_count, err);
	return ret;
}

static int join_locked(struct remora_move *move, struct remora_error *err)
{
	struct remora_partition *p = move->p;
	unsigned int held = 0, boots = 0;
	int ret;

	join_default(move);
	ret = join_check(move, err);
	if (ret)
		return ret;
	ret = remora_steps_acquire(remora_hold_steps, REMORA_HOLD_STEPS, &held, move, err);
	if (ret)
		return join_lost(move, ret, err);
	if (p->state == REMORA_RUNNING)
		ret = remora_steps_acquire(remora_boot_steps, REMORA_BOOT_STEPS, &boots, move, err);
	if (ret) {
		remora_steps_release(remora_hold_steps, 0, &held, move);
		return join_lost(move, ret, err);
	}
	remora_watch_start(p);
	remora_mesh_kick(p);
	pr_info("%s: CPU %u joined as core %u\n", p->name, move->cpu, move->core->node);
	remora_partition_event(p);
	return 0;
}

long remora_device_add_cpu(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_partition *p =
		((struct remora_device_file *)file->private_data)->partition;
	struct remora_add_cpu *request = arg;
	struct remora_move *move;
	int ret;

	request->node = 0;
	memset(request->warnings, 0, sizeof(request->warnings));
	if (request->flags)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
				   request->flags);
	if (request->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	move = kzalloc(sizeof(*move), GFP_KERNEL);
	if (!move)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	move->p = p;
	move->cpu = request->cpu;
	ret = join_want(move, request, err);
	if (!ret)
		ret = remora_partition_lock(p, err);
	if (!ret) {
		ret = join_locked(move, err);
		if (!ret)
			request->node = move->core->node;
		mutex_unlock(&p->lock);
	}
	static_assert(sizeof(request->warnings) == sizeof(move->warnings));
	memcpy(request->warnings, move->warnings, sizeof(move->warnings));
	kfree(move);
	return ret;
}
