// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and stopping a partition's cores. p->lock is held all the way through: the doorbell's
 * handler, which ends the waits here, does not take it.
 */
#include <linux/ctype.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "arch/x86/wake.h"
#include "channel.h"
#include "device.h"
#include "regions.h"
#include "start.h"
#include "steps.h"
#include "trace.h"

#define START_ALIVE_MS 5000u    /* start-up message to first instruction of the CPU driver */
#define START_RUNNING_MS 10000u /* then until it serves; it measures its idle costs meanwhile */
#define STOP_DEFAULT_MS 2000u
#define STOP_MAX_MS 60000u
#define STOP_KILLED_MS 200u /* left to the cores when the caller is killed meanwhile */

/*
 * A core's doorbell ends a wait; a core that died may not have rung it, so waits look by
 * themselves every so many milliseconds.
 */
#define WAIT_LOOK_MS 10u

/* CPUs that execute, or may execute, a CPU driver: for remora_partitions_silence_all(). */
static DECLARE_BITMAP(cpus_awake, NR_CPUS);
static DEFINE_PER_CPU(u32, awake_apic_id);

static u32 core_page_state(const struct remora_core *core)
{
	return smp_load_acquire(&core->page->state);
}

int remora_partition_move(struct remora_partition *p, enum remora_event event,
			  struct remora_error *err)
{
	int next = remora_lifecycle_next(p->state, event);

	if (next < 0)
		return remora_fail(err, REMORA_R_STATE_WRONG,
				   "partition \"%s\" is %s; that does not allow this", p->name,
				   remora_state_name(p->state));
	WRITE_ONCE(p->state, next);
	remora_partition_event(p);
	return 0;
}

void remora_core_set_state(struct remora_core *core, enum remora_state state)
{
	WRITE_ONCE(core->state, state);
	remora_trace_state(core->partition, core->node, state);
}

static void cores_set_state(struct remora_partition *p, enum remora_state state)
{
	struct remora_core *core;

	remora_for_each_core(core, p)
		remora_core_set_state(core, state);
}

int remora_interrupted(struct remora_error *err)
{
	if (!fatal_signal_pending(current))
		return 0;
	return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
}

int remora_partition_lock(struct remora_partition *p, struct remora_error *err)
{
	if (mutex_lock_killable(&p->lock))
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	if (p->dead) {
		mutex_unlock(&p->lock);
		return -ENODEV;
	}
	return 0;
}

/* ---- the start table ---- */

static int start_fill(void *context, struct remora_error *err)
{
	struct remora_partition *p = context;
	struct remora_core *core;

	remora_places_clear(p);
	remora_polling_measure(p);
	remora_for_each_core(core, p) {
		remora_boot_fill(core);
		remora_watch_forget(core);
	}
	return 0;
}

static void start_unmap(void *context)
{
	struct remora_partition *p = context;
	unsigned int i;

	for (i = p->core_count; i > 0; i--)
		remora_tables_free(&p->cores[i - 1].tables);
}

static int start_map(void *context, struct remora_error *err)
{
	struct remora_partition *p = context;
	struct remora_core *core;
	int ret = 0;

	remora_for_each_core(core, p) {
		ret = remora_boot_map(core, err);
		if (ret)
			break;
	}
	if (ret)
		start_unmap(p);
	return ret;
}

static void start_close_nodes(void *context)
{
	struct remora_partition *p = context;
	unsigned int i;

	for (i = p->core_count; i > 0; i--)
		remora_node_close(&p->cores[i - 1]);
}

int remora_core_open(struct remora_core *core)
{
	struct remora_partition *p = core->partition;

	return remora_node_open(core, remora_ring(p, 0, core->node), remora_ring(p, core->node, 0),
				REMORA_CONTROL_SLOTS);
}

static int start_open_nodes(void *context, struct remora_error *err)
{
	struct remora_partition *p = context;
	struct remora_core *core;
	int ret = 0;

	remora_for_each_core(core, p) {
		ret = remora_core_open(core);
		if (ret)
			break;
	}
	if (ret)
		start_close_nodes(p);
	return ret;
}

static int start_publish(void *context, struct remora_error *err)
{
	remora_doorbell_publish(context);
	return 0;
}

static bool core_alive(void *arg)
{
	return core_page_state(arg) != ABI_CORE_NONE;
}

int remora_core_wake(struct remora_core *core, struct remora_error *err)
{
	const struct remora_wake_args args = {
		.apic_id = core->cpu.apic_id,
		.cr3 = core->tables.cr3,
		.entry = core->partition->image.entry,
		.rdi = ABI_WINDOW_VA + core->pages.phys + ((void *)core->boot - core->pages.virt),
	};
	int ret;

	per_cpu(awake_apic_id, core->cpu.cpu) = core->cpu.apic_id;
	smp_wmb(); /* silence_all reads the bit first */
	set_bit(core->cpu.cpu, cpus_awake);
	core->sipi_tsc = rdtsc_ordered();
	core->boot->boot_tsc = core->sipi_tsc;
	ret = remora_wake_core(&args, core_alive, core, START_ALIVE_MS,
			       &core->partition->ledger, err);
	if (ret)
		return remora_fail(err, REMORA_R_CORE_NO_START,
				   "core %u (CPU %u) did not reach its CPU driver within %u ms",
				   core->node, core->cpu.cpu, START_ALIVE_MS);
	return 0;
}

void remora_core_silence(struct remora_core *core)
{
	remora_node_close(core);
	remora_wake_silence(core->cpu.apic_id);
	clear_bit(core->cpu.cpu, cpus_awake);
	remora_channels_hangup(core->partition, core->node);
	/* What it did last is in the trace before anybody hears that it is dead. */
	remora_trace_drain(core);
	remora_mesh_kick(core->partition);
	remora_bounds_kick(core->partition);
}

static void start_silence(void *context)
{
	struct remora_partition *p = context;
	unsigned int i;

	for (i = p->core_count; i > 0; i--)
		if (p->cores[i - 1].present)
			remora_core_silence(&p->cores[i - 1]);
	cores_set_state(p, REMORA_OFFLINE);
}

static int start_wake(void *context, struct remora_error *err)
{
	struct remora_partition *p = context;
	struct remora_core *core;
	int ret = 0;

	cores_set_state(p, REMORA_BOOTING);
	remora_for_each_core(core, p) {
		ret = remora_interrupted(err);
		if (!ret)
			ret = remora_core_wake(core, err);
		if (ret)
			break;
	}
	if (ret)
		start_silence(p);
	return ret;
}

/* Why a core that came up will not run: text that the core wrote is cut and made printable. */
static int core_start_failed(struct remora_core *core, u32 state, struct remora_error *err)
{
	char reason[sizeof(core->page->crash.reason)];
	unsigned int i;

	switch (state) {
	case ABI_CORE_REFUSED:
		return remora_fail(err, REMORA_R_CORE_REFUSED_ABI,
				   "the CPU driver of core %u wants ABI revision %u, the module has %u",
				   core->node, READ_ONCE(core->page->refused_revision),
				   ABI_REVISION);
	case ABI_CORE_CRASHED:
		memcpy(reason, core->page->crash.reason, sizeof(reason));
		reason[sizeof(reason) - 1] = '\0';
		for (i = 0; reason[i]; i++)
			if (!isascii(reason[i]) || !isprint(reason[i]))
				reason[i] = '?';
		return remora_fail(err, REMORA_R_CORE_DEAD,
				   "core %u (CPU %u) crashed while it started: %s", core->node,
				   core->cpu.cpu, reason);
	default:
		return remora_fail(err, REMORA_R_CORE_NO_START,
				   "core %u (CPU %u) is in state %u; it did not begin to serve within %u ms",
				   core->node, core->cpu.cpu, state, START_RUNNING_MS);
	}
}

static bool cores_left_start(const struct remora_partition *p)
{
	const struct remora_core *core;

	remora_for_each_core(core, p)
		if (core->state == REMORA_BOOTING && core_page_state(core) == ABI_CORE_STARTED)
			return false;
	return true;
}

int remora_cores_await(struct remora_partition *p, struct remora_error *err)
{
	unsigned long end = jiffies + msecs_to_jiffies(START_RUNNING_MS);
	struct remora_core *core;

	while (!cores_left_start(p) && time_before(jiffies, end)) {
		int ret = remora_interrupted(err);

		if (ret)
			return ret;
		wait_event_killable_timeout(p->events, cores_left_start(p),
					    msecs_to_jiffies(WAIT_LOOK_MS));
	}
	remora_for_each_core(core, p) {
		u32 state;

		if (core->state != REMORA_BOOTING)
			continue;
		state = core_page_state(core);
		if (state != ABI_CORE_RUNNING)
			return core_start_failed(core, state, err);
	}
	remora_for_each_core(core, p)
		if (core->state == REMORA_BOOTING)
			remora_core_set_state(core, REMORA_RUNNING);
	return 0;
}

static int start_wait(void *context, struct remora_error *err)
{
	return remora_cores_await(context, err);
}

/* The watch ends by itself once the partition's state says that no core runs. */
static int start_watch(void *context, struct remora_error *err)
{
	remora_watch_start(context);
	remora_mesh_kick(context);
	return 0;
}

static const struct remora_step start_steps[] = {
	{ "start-fill", start_fill, NULL },
	{ "start-map", start_map, start_unmap },
	{ "start-nodes", start_open_nodes, start_close_nodes },
	{ "start-doorbell", start_publish, NULL },
	{ "start-wake", start_wake, start_silence },
	{ "start-wait", start_wait, NULL },
	{ "start-watch", start_watch, NULL },
};

int remora_start_locked(struct remora_partition *p, struct remora_error *err)
{
	int ret;

	lockdep_assert_held(&p->lock);
	if (remora_power_busy())
		return remora_fail(err, REMORA_R_PLATFORM_SUSPEND, NULL);
	ret = remora_partition_move(p, REMORA_EV_START, err);
	if (ret)
		return ret;

	/* From crashed: what the earlier start acquired goes first. */
	remora_steps_release(start_steps, 0, &p->start_done, p);
	ret = remora_steps_acquire(start_steps, ARRAY_SIZE(start_steps), &p->start_done, p, err);
	remora_partition_move(p, ret ? REMORA_EV_FAILED : REMORA_EV_UP, NULL);
	return ret;
}

/* ---- stop ---- */

/* A core is down when it halted for good: as asked, because it crashed, or was fenced. */
static bool core_down(const struct remora_core *core)
{
	u32 state = core_page_state(core);

	return core->state != REMORA_RUNNING || state == ABI_CORE_STOPPED ||
	       state == ABI_CORE_CRASHED || READ_ONCE(core->control_node.fenced);
}

/* Of these and the next: @only: that core alone, NULL: all. */
static bool cores_down(const struct remora_partition *p, const struct remora_core *only)
{
	const struct remora_core *core;

	remora_for_each_core(core, p)
		if ((!only || core == only) && !core_down(core))
			return false;
	return true;
}

static void cores_command(struct remora_partition *p, const struct remora_core *only,
			  enum abi_command command)
{
	struct remora_core *core;

	remora_for_each_core(core, p) {
		if (only && core != only)
			continue;
		/* Before the doorbell that follows: the core reads it when it wakes. */
		smp_store_release(&core->host->command, command);
		remora_node_doorbell(core);
	}
}

/*
 * Asks cores to stop and waits. A caller that is killed does not leave them half stopped: they
 * get a little more time, which is plenty for a core that is well.
 * Return: true when all are down.
 */
static bool stop_politely(struct remora_partition *p, const struct remora_core *only,
			  unsigned int timeout_ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(timeout_ms);
	bool killed = false;

	cores_command(p, only, ABI_COMMAND_STOP);
	while (!cores_down(p, only) && time_before(jiffies, end)) {
		if (!killed && fatal_signal_pending(current)) {
			killed = true;
			end = min(end, jiffies + msecs_to_jiffies(STOP_KILLED_MS));
		}
		wait_event_timeout(p->events, cores_down(p, only), msecs_to_jiffies(WAIT_LOOK_MS));
	}
	return cores_down(p, only);
}

static int core_unstoppable(const struct remora_core *core, unsigned int timeout_ms,
			    struct remora_error *err)
{
	return remora_fail(err, REMORA_R_CORE_UNSTOPPABLE,
			   "core %u (CPU %u) did not stop within %u ms; stop by force", core->node,
			   core->cpu.cpu, timeout_ms);
}

int remora_core_stop(struct remora_core *core, unsigned int timeout_ms, struct remora_error *err)
{
	struct remora_partition *p = core->partition;
	int ret;

	lockdep_assert_held(&p->lock);
	if (stop_politely(p, core, timeout_ms))
		return 0;
	cores_command(p, core, ABI_COMMAND_NONE);
	ret = remora_interrupted(err);
	return ret ? ret : core_unstoppable(core, timeout_ms, err);
}

/*
 * Some core did not stop and force was not asked for: the cores that did are silenced, the others
 * keep what they have, and the partition counts as crashed until it is stopped by force.
 */
static int stop_gave_up(struct remora_partition *p, unsigned int timeout_ms,
			struct remora_error *err)
{
	int ret = remora_interrupted(err);
	struct remora_core *core;

	cores_command(p, NULL, ABI_COMMAND_NONE);
	remora_for_each_core(core, p) {
		if (core_down(core)) {
			remora_core_silence(core);
			if (core->state == REMORA_RUNNING)
				remora_core_set_state(core, REMORA_OFFLINE);
		} else if (!ret) {
			ret = core_unstoppable(core, timeout_ms, err);
		}
	}
	remora_partition_move(p, REMORA_EV_CRASH, NULL);
	return ret ? ret : -ETIMEDOUT;
}

int remora_stop_locked(struct remora_partition *p, bool force, unsigned int timeout_ms,
		       struct remora_error *err)
{
	int ret;

	lockdep_assert_held(&p->lock);
	ret = remora_partition_move(p, REMORA_EV_STOP, err);
	if (ret)
		return ret;
	if (timeout_ms && !stop_politely(p, NULL, timeout_ms) && !force)
		return stop_gave_up(p, timeout_ms, err);
	remora_steps_release(start_steps, 0, &p->start_done, p);
	remora_partition_move(p, REMORA_EV_DOWN, NULL);
	return 0;
}

/* ---- as the ioctls know it ---- */

int remora_partition_start(struct remora_partition *p, struct remora_error *err)
{
	int ret = remora_partition_lock(p, err);

	if (ret)
		return ret;
	ret = remora_start_locked(p, err);
	mutex_unlock(&p->lock);
	return ret;
}

int remora_partition_stop(struct remora_partition *p, bool force, unsigned int timeout_ms,
			  struct remora_error *err)
{
	int ret;

	if (timeout_ms > STOP_MAX_MS)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "a time-out of %u ms; at most %u are accepted", timeout_ms,
				   STOP_MAX_MS);
	ret = remora_partition_lock(p, err);
	if (ret)
		return ret;
	ret = remora_stop_locked(p, force, timeout_ms ? timeout_ms : STOP_DEFAULT_MS, err);
	mutex_unlock(&p->lock);
	return ret;
}

int remora_partition_reset(struct remora_partition *p, struct remora_error *err)
{
	int ret = remora_partition_lock(p, err);

	if (ret)
		return ret;
	ret = remora_stop_locked(p, true, 0, err);
	if (!ret)
		ret = remora_start_locked(p, err);
	mutex_unlock(&p->lock);
	return ret;
}

void remora_partitions_silence_all(void)
{
	unsigned int cpu;

	for_each_set_bit(cpu, cpus_awake, NR_CPUS) {
		smp_rmb(); /* pairs with remora_core_wake() */
		remora_wake_silence(per_cpu(awake_apic_id, cpu));
	}
}
