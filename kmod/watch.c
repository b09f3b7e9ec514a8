// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding dead cores.
 *
 * A core that can still run code says that it crashed, and its doorbell brings the watch work at
 * once. For the others the work looks at every running core each watch_ms: one that is awake and
 * does not turn its event loop, or sleeps and left a request unanswered, is probed
 * REMORA_PROBES times, then told by NMI to report where it is, then declared dead. So a silent core
 * is found within REMORA_PROBES + 3 periods. A sleeping core without unanswered requests is left
 * in peace.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "arch/x86/wake.h"
#include "device.h"
#include "partition.h"
#include "watch.h"

#define REMORA_PROBES 3u

static unsigned int watch_ms = 1000;
module_param(watch_ms, uint, 0644);
MODULE_PARM_DESC(watch_ms, "Period of the look at all cores in milliseconds; 0: crash reports only (default 1000)");

/* ---- the report of a dead core ---- */

static void set_reason(struct abi_crash *crash, const char *reason)
{
	memset(crash, 0, sizeof(*crash));
	crash->vector = 256;
	strscpy(crash->reason, reason, sizeof(crash->reason));
}

/* What the core wrote, read once, its sentence terminated and printable. */
static void copy_crash(struct abi_crash *to, const struct abi_crash *from)
{
	unsigned int i;

	to->vector = READ_ONCE(from->vector);
	to->error = READ_ONCE(from->error);
	to->rip = READ_ONCE(from->rip);
	to->rsp = READ_ONCE(from->rsp);
	to->cr2 = READ_ONCE(from->cr2);
	to->rflags = READ_ONCE(from->rflags);
	for (i = 0; i < sizeof(to->reason) - 1; i++) {
		char c = READ_ONCE(from->reason[i]);

		if (!c)
			break;
		to->reason[i] = isascii(c) && isprint(c) ? c : '?';
	}
	memset(to->reason + i, 0, sizeof(to->reason) - i);
	if (!to->reason[0])
		strscpy(to->reason, "no reason given", sizeof(to->reason));
}

/* Declare the core dead. @reason: what the watch saw, or NULL when the core's own report counts. */
static void core_died(struct remora_core *core, const char *reason)
{
	struct remora_partition *p = core->partition;
	const struct abi_core *page = core->page;

	lockdep_assert_held(&p->lock);
	if (page && smp_load_acquire(&page->state) == ABI_CORE_CRASHED)
		copy_crash(&core->crash, &page->crash);
	else
		set_reason(&core->crash, reason ? reason : "it did not start");
	pr_err("%s: core %u (CPU %u) crashed: %s (vector %u, error %#x, rip %#llx, rsp %#llx)\n",
	       p->name, core->node, core->cpu.cpu, core->crash.reason, core->crash.vector,
	       core->crash.error, core->crash.rip, core->crash.rsp);
	/* Its own record goes when it leaves or starts anew. */
	p->last_crash = core->crash;
	p->last_crash_cpu = core->cpu.cpu;
	WRITE_ONCE(p->last_crash_node, core->node);

	/* Silenced first: whoever sees it crashed may count on it to write nothing more. */
	remora_core_silence(core);
	remora_core_set_state(core, REMORA_CRASHED);
	if (p->state == REMORA_RUNNING)
		WRITE_ONCE(p->state, remora_lifecycle_next(p->state, REMORA_EV_CRASH));
	remora_partition_event(p);
}

void remora_core_crashed(struct remora_core *core)
{
	core_died(core, NULL);
}

/* ---- the look at one core ---- */

static const char page_rubbish[] = "its core page is corrupted";

/* Why the core page cannot be true, or NULL. */
static const char *page_fault(const struct remora_core *core, u64 heartbeat)
{
	const struct abi_core *page = core->page;

	switch (READ_ONCE(page->state)) {
	case ABI_CORE_RUNNING:
		break;
	case ABI_CORE_STOPPED:
		return "it stopped without being asked";
	default:
		return page_rubbish;
	}
	if (heartbeat < core->seen_heartbeat || READ_ONCE(page->sleeping) > 1 ||
	    READ_ONCE(page->x2apic) > 1)
		return page_rubbish;
	if (READ_ONCE(core->control_node.broken))
		return "it broke the protocol of the control channel";
	return NULL;
}

static void probe(struct remora_core *core)
{
	core->missed_probes++;
	if (core->missed_probes <= REMORA_PROBES) {
		WRITE_ONCE(core->host->probe, ++core->probe);
		remora_node_doorbell(core);
		return;
	}
	pr_warn("%s: core %u (CPU %u) does not answer, asking it to report by NMI\n",
		core->partition->name, core->node, core->cpu.cpu);
	WRITE_ONCE(core->host->command, ABI_COMMAND_DUMP);
	remora_wake_nmi(core->cpu.apic_id);
}

static unsigned long watch_period(void)
{
	return msecs_to_jiffies(READ_ONCE(watch_ms) ?: 1000);
}

/*
 * Does it still turn its event loop? At most once a period, however often the work is kicked. A core
 * that never did may have no IDT yet: an NMI would take the whole machine down, so it gets none.
 */
static void watch_pulse(struct remora_core *core, u64 heartbeat)
{
	struct abi_core *page = core->page;
	bool alive;

	if (time_before(jiffies, core->watched_at + watch_period()))
		return;
	core->watched_at = jiffies;
	alive = heartbeat != core->seen_heartbeat ||
		(core->missed_probes && READ_ONCE(page->probe_echo) == core->probe);
	core->seen_heartbeat = heartbeat;
	if (alive)
		WRITE_ONCE(core->control_node.silent, false);
	if (alive || (READ_ONCE(page->sleeping) && !READ_ONCE(core->control_node.silent)))
		core->missed_probes = 0;
	else if (core->missed_probes < REMORA_PROBES ||
		 (core->missed_probes == REMORA_PROBES && heartbeat))
		probe(core);
	else
		core_died(core, heartbeat ? "it does not answer, not even to an NMI" :
					    "it never turned its event loop and does not answer");
}

bool remora_watch_told(struct remora_core *core)
{
	if (READ_ONCE(core->control_node.muted))
		core_died(core, "it rang Linux's doorbell without end and was silenced");
	else if (smp_load_acquire(&core->page->state) == ABI_CORE_CRASHED)
		core_died(core, NULL);
	else if (READ_ONCE(core->control_node.fenced))
		core_died(core, "the other cores went on without it, so it was silenced");
	else
		return false;
	return true;
}

static void watch_core(struct remora_core *core)
{
	u64 heartbeat = READ_ONCE(core->page->heartbeat);
	const char *fault;

	if (remora_watch_told(core))
		return;
	fault = page_fault(core, heartbeat);
	if (fault) {
		core->page_ruined = fault == page_rubbish;
		core_died(core, fault);
	} else {
		watch_pulse(core, heartbeat);
	}
}

/* Has the core written console lines since pollers were woken last? */
static bool console_news(struct remora_core *core)
{
	struct abi_console *console = READ_ONCE(core->console);
	u64 written;

	if (!console)
		return false;
	written = READ_ONCE(console->written);
	if (written == READ_ONCE(core->seen_console))
		return false;
	WRITE_ONCE(core->seen_console, written);
	return true;
}

void remora_watch_console(struct remora_core *core)
{
	if (console_news(core))
		wake_up_all(&core->partition->events);
}

void remora_watch_console_arm(struct remora_core *core)
{
	struct remora_partition *p = core->partition;
	struct abi_host *host;
	unsigned long flags;
	bool news = false;

	/* While the lock is held a host page that is seen stays, and the console with it. */
	raw_spin_lock_irqsave(&p->doorbell.lock, flags);
	host = READ_ONCE(core->host);
	if (host) {
		WRITE_ONCE(host->console_at, READ_ONCE(core->seen_console) + 1);
		smp_mb(); /* pairs with the core's fence between line and look */
		news = console_news(core);
	}
	raw_spin_unlock_irqrestore(&p->doorbell.lock, flags);
	if (news)
		wake_up_all(&p->events);
}

/* ---- work and doorbell ---- */

/* Return: whether there is anything left to watch. */
static bool watch_partition(struct remora_partition *p)
{
	bool again = false, news = false;
	unsigned int i;

	for (i = 0; i < p->core_count; i++) {
		struct remora_core *core = &p->cores[i];

		if (core->state != REMORA_RUNNING)
			continue;
		watch_core(core);
		news |= console_news(core);
		again |= core->state == REMORA_RUNNING;
	}
	if (news)
		wake_up_all(&p->events);
	return again;
}

/* Does a core page say that its core stopped? */
static bool death_seen(const struct remora_partition *p)
{
	const struct remora_core *core;

	remora_for_each_core(core, p)
		if (core->state == REMORA_RUNNING &&
		    READ_ONCE(core->page->state) != ABI_CORE_RUNNING)
			return true;
	return false;
}

int remora_watch_await(struct remora_partition *p, const bool *done, bool killable,
		       unsigned int timeout_ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(timeout_ms);

	lockdep_assert_held(&p->lock);
	while (!smp_load_acquire(done)) {
		long left = min_t(long, end - jiffies, watch_period());

		if (left <= 0)
			return -ETIMEDOUT;
		if (killable && fatal_signal_pending(current))
			return -EINTR;
		if (killable)
			wait_event_killable_timeout(p->monitor.wait,
						    smp_load_acquire(done) || death_seen(p), left);
		else
			wait_event_timeout(p->monitor.wait, smp_load_acquire(done) || death_seen(p),
					   left);
		if (READ_ONCE(watch_ms) || death_seen(p))
			watch_partition(p);
		if (p->state == REMORA_CRASHED)
			remora_monitor_bury(p);
	}
	return 0;
}

static void watch_work(struct work_struct *work)
{
	struct remora_partition *p =
		container_of(to_delayed_work(work), struct remora_partition, watch);
	bool again;

	mutex_lock(&p->lock);
	again = !p->dead && watch_partition(p);
	mutex_unlock(&p->lock);
	if (again && READ_ONCE(watch_ms))
		queue_delayed_work(system_long_wq, &p->watch, watch_period());
}

void remora_watch_init(struct remora_partition *p)
{
	INIT_DELAYED_WORK(&p->watch, watch_work);
}

void remora_watch_forget(struct remora_core *core)
{
	core->seen_heartbeat = 0;
	core->seen_console = 0;
	core->probe = 0;
	core->missed_probes = 0;
	core->watched_at = jiffies;
	core->page_ruined = false;
	memset(&core->crash, 0, sizeof(core->crash));
}

void remora_watch_start(struct remora_partition *p)
{
	lockdep_assert_held(&p->lock);
	remora_watch_kick(p);
}

void remora_watch_stop(struct remora_partition *p)
{
	cancel_delayed_work_sync(&p->watch);
}

void remora_watch_kick(struct remora_partition *p)
{
	mod_delayed_work(system_long_wq, &p->watch, 0);
}

void remora_watch_doorbell(struct remora_partition *p)
{
	bool news = false, dead = false;
	unsigned int i;

	for (i = 0; i < READ_ONCE(p->core_count); i++) {
		struct remora_core *core = &p->cores[i];
		struct abi_core *page = READ_ONCE(core->page);
		u32 state = READ_ONCE(core->state);

		if (!page || state == REMORA_OFFLINE || state == REMORA_CRASHED)
			continue;
		if (READ_ONCE(page->state) != ABI_CORE_RUNNING) {
			news = true;
			dead |= state == REMORA_RUNNING;
		}
		news |= state != REMORA_RUNNING || console_news(core);
	}
	if (news)
		wake_up_all(&p->events);
	if (dead) {
		wake_up_all(&p->monitor.wait);
		remora_watch_kick(p);
	}
}
