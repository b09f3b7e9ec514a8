// SPDX-License-Identifier: GPL-2.0-only
/*
 * A core leaves its partition, whose other cores go on, and its CPU is Linux's again.
 *
 * Nothing is taken away before the core halted by itself or force was asked for, but its place in the
 * view: a core that then does not stop stays out until it is started anew. From the halt on nothing can
 * fail but Linux's taking the CPU back. A core that crashes on the way is declared dead first, as by the
 * watch, then leaves as one that had crashed before.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/fs.h>
#include <linux/slab.h>

#include "device_priv.h"
#include "move.h"
#include "start.h"
#include "watch.h"

#define LEAVE_MS 2000u
#define LEAVE_MS_MAX 60000u

static int leave_check(const struct remora_remove_cpu *request, struct remora_error *err)
{
	if (request->flags & ~REMORA_FORCE)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
				   request->flags & ~REMORA_FORCE);
	if (request->reserved || (request->node && request->cpu))
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (request->timeout_ms > LEAVE_MS_MAX)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "a time-out of %u ms; at most %u are accepted",
				   request->timeout_ms, LEAVE_MS_MAX);
	return 0;
}

static struct remora_core *leave_find(struct remora_partition *p,
				      const struct remora_remove_cpu *request,
				      struct remora_error *err, int *ret)
{
	struct remora_core *core;

	if (request->node) {
		core = remora_partition_core(p, request->node);
		if (!core)
			*ret = remora_core_unknown(p, request->node, REMORA_R_CORE_UNKNOWN, err);
		return core;
	}
	remora_for_each_core(core, p)
		if (core->cpu.cpu == request->cpu)
			return core;
	*ret = remora_fail(err, REMORA_R_CORE_UNKNOWN, "no core of %s runs on CPU %u", p->name,
			   request->cpu);
	return NULL;
}

/* Do all cores that are left run? */
static bool mended(const struct remora_partition *p)
{
	const struct remora_core *core;

	remora_for_each_core(core, p)
		if (core->state != REMORA_RUNNING)
			return false;
	return true;
}

static void leave_release(struct remora_move *move)
{
	unsigned int held = REMORA_HOLD_STEPS, boots = REMORA_BOOT_STEPS;

	if (move->p->start_done)
		remora_steps_release(remora_boot_steps, 0, &boots, move);
	/* From here on its memory is used for something else. */
	remora_monitor_forget(move->core);
	remora_steps_release(remora_hold_steps, 0, &held, move);
}

/* The watch could not look since the call began, and will not find the core any more. */
static bool leave_died(struct remora_core *core)
{
	return smp_load_acquire(&core->page->state) != ABI_CORE_STOPPED && remora_watch_told(core);
}

static int leave_locked(struct remora_move *move, const struct remora_remove_cpu *request,
			struct remora_error *err)
{
	struct remora_partition *p = move->p;
	unsigned int node;
	bool died = false;
	int ret = 0;

	move->core = leave_find(p, request, err, &ret);
	if (!move->core)
		return ret;
	if (remora_partition_cores(p) == 1)
		return remora_fail(err, REMORA_R_CORE_LAST, NULL);
	if (move->core->state == REMORA_RUNNING) {
		remora_monitor_leave(move->core);
		ret = remora_core_stop(move->core, request->timeout_ms ?: LEAVE_MS,
				       request->flags & REMORA_FORCE ? NULL : err);
		if (ret && !(request->flags & REMORA_FORCE))
			return ret;
		died = leave_died(move->core);
	}
	node = move->core->node;
	move->cpu = move->core->cpu.cpu;
	leave_release(move);
	pr_info("%s: core %u (CPU %u) left\n", p->name, node, move->cpu);
	if (p->state == REMORA_CRASHED && mended(p))
		remora_partition_move(p, REMORA_EV_MENDED, NULL);
	else
		remora_partition_event(p);
	if (!died || move->returned || request->flags & REMORA_FORCE)
		return move->returned;
	return remora_fail(err, REMORA_R_CORE_DEAD,
			   "core %u crashed while it left: %.*s; CPU %u is Linux's again", node,
			   (int)sizeof(p->last_crash.reason), p->last_crash.reason, move->cpu);
}

long remora_device_remove_cpu(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_partition *p =
		((struct remora_device_file *)file->private_data)->partition;
	struct remora_move *move;
	int ret = leave_check(arg, err);

	if (ret)
		return ret;
	move = kzalloc(sizeof(*move), GFP_KERNEL);
	if (!move)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	move->p = p;
	move->err = err;
	ret = remora_partition_lock(p, err);
	if (!ret) {
		ret = leave_locked(move, arg, err);
		mutex_unlock(&p->lock);
	}
	kfree(move);
	return ret;
}

void remora_joined_leave(struct remora_partition *p)
{
	struct remora_move *move;
	unsigned int i, held;

	lockdep_assert_held(&p->lock);
	move = kzalloc(sizeof(*move), GFP_KERNEL | __GFP_NOFAIL);
	move->p = p;
	for (i = p->core_count; i > 0; i--) {
		move->core = &p->cores[i - 1];
		held = REMORA_HOLD_STEPS;
		if (move->core->present && move->core->joined)
			remora_steps_release(remora_hold_steps, 0, &held, move);
	}
	kfree(move);
}
