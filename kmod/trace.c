// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rings of the cores and Linux's trace buffer.
 *
 * A core records what somebody listens to: the first probe on an event sets its bit in the host pages
 * of all cores, the last one clears it. The rings are emptied by a work each trace_ms, and when a
 * core has filled half of one and rings; by the last probe's leaving; and when a core was silenced,
 * so that what it did before it died is in the trace.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "trace.h"

#define CREATE_TRACE_POINTS
#include "trace_points.h"

#define TRACE_MS_MAX 10000u

/* Records taken from one ring before the next one has its turn: a core may write on and on. */
#define DRAIN_MOST (2 * REMORA_TRACE_RECORDS)
#define DRAIN_RESCHED 64u

static void trace_work_run(struct work_struct *work);

/*
 * Under trace_lock: the partitions with rings, the readers of all rings, what is listened to. Taken
 * inside partition->lock and inside the kernel's own locks of trace events; nothing is taken in it.
 */
static DEFINE_MUTEX(trace_lock);
static LIST_HEAD(trace_partitions);
static u64 trace_wanted; /* bits (1 << event); read without the lock by the doorbell */
static bool trace_open;  /* between init and exit: the work may be queued */

static DECLARE_DELAYED_WORK(trace_work, trace_work_run);

static unsigned int trace_ms = 20;

/* ---- what the cores are told ---- */

static void tell_core(struct remora_core *core)
{
	u64 wanted = trace_wanted | core->trace_forced;

	lockdep_assert_held(&trace_lock);
	if (trace_wanted && trace_ms)
		wanted |= ABI_TRACE_BELL;
	if (core->host)
		WRITE_ONCE(core->host->trace, wanted);
}

static void tell_all(void)
{
	struct remora_partition *p;
	unsigned int i;

	list_for_each_entry(p, &trace_partitions, trace_link)
		for (i = 0; i < READ_ONCE(p->core_count); i++)
			tell_core(&p->cores[i]);
}

static void kick(unsigned int ms)
{
	lockdep_assert_held(&trace_lock);
	if (trace_open && trace_wanted && trace_ms)
		mod_delayed_work(system_long_wq, &trace_work, msecs_to_jiffies(ms));
}

static int trace_ms_set(const char *value, const struct kernel_param *kp)
{
	unsigned int ms;
	int ret = kstrtouint(value, 0, &ms);

	if (ret)
		return ret;
	if (ms > TRACE_MS_MAX) {
		pr_err("trace_ms=%u: 0 to %u milliseconds were expected\n", ms, TRACE_MS_MAX);
		return -EINVAL;
	}
	mutex_lock(&trace_lock);
	trace_ms = ms;
	tell_all();
	kick(0);
	mutex_unlock(&trace_lock);
	return 0;
}

static const struct kernel_param_ops trace_ms_ops = {
	.set = trace_ms_set,
	.get = param_get_uint,
};
module_param_cb(trace_ms, &trace_ms_ops, &trace_ms, 0644);
MODULE_PARM_DESC(trace_ms, "Period of emptying the cores' trace rings in milliseconds; 0: only when tracing ends and when a core stops (default 20)");

/* ---- rings into the trace buffer ---- */

void remora_trace_record(const struct remora_partition *p, u32 node,
			 const struct abi_trace_record *r)
{
	switch ((enum abi_trace)r->event) {
	case ABI_TRACE_SEND:
		trace_remora_send(p->name, node, r);
		break;
	case ABI_TRACE_RECEIVE:
		trace_remora_receive(p->name, node, r);
		break;
	case ABI_TRACE_BELL_SENT:
		trace_remora_doorbell_sent(p->name, node, r);
		break;
	case ABI_TRACE_BELL_TAKEN:
		trace_remora_doorbell_taken(p->name, node, r);
		break;
	case ABI_TRACE_BLOCK:
		trace_remora_block(p->name, node, r);
		break;
	case ABI_TRACE_WAKE:
		trace_remora_wake(p->name, node, r);
		break;
	case ABI_TRACE_CORE:
		trace_remora_core(p->name, node, r);
		break;
	case ABI_TRACE_SHOOTDOWN:
		trace_remora_shootdown(p->name, node, r);
		break;
	case ABI_TRACE_NOTE:
		trace_remora_note(p->name, node, r);
		break;
	}
}

void remora_trace_linux(const struct remora_core *core, enum abi_trace event, u32 channel,
			u64 number, u64 arg, u64 tsc)
{
	const struct abi_trace_record r = {
		.tsc = tsc,
		.event = event,
		.node = core->node,
		.channel = channel,
		.number = number,
		.arg = arg,
	};

	remora_trace_record(core->partition, 0, &r);
}

static u64 trace_clock_now(void)
{
	return rdtsc_ordered();
}

/* What is missing between the record before and the next one. */
static void report_missing(const struct remora_core *core, struct remora_trace_reader *before)
{
	const struct remora_trace_reader *now = &core->trace_reader;

	if (now->lost != before->lost || now->bad != before->bad)
		trace_remora_lost(core->partition->name, core->node, now->lost - before->lost,
				  now->bad - before->bad, before->tsc);
	*before = *now;
}

static void drain_core(struct remora_core *core)
{
	struct remora_trace_reader before = core->trace_reader;
	unsigned int count = 0;
	struct abi_trace_record r;

	lockdep_assert_held(&trace_lock);
	if (!core->trace)
		return;
	while (count++ < DRAIN_MOST &&
	       remora_trace_next(core->trace, REMORA_TRACE_RECORDS, trace_clock_now,
				 &core->trace_reader, &r)) {
		report_missing(core, &before);
		remora_trace_record(core->partition, core->node, &r);
		if (!(count % DRAIN_RESCHED))
			cond_resched();
	}
	report_missing(core, &before);
}

static void drain_all(void)
{
	struct remora_partition *p;
	unsigned int i;

	list_for_each_entry(p, &trace_partitions, trace_link)
		for (i = 0; i < READ_ONCE(p->core_count); i++)
			drain_core(&p->cores[i]);
}

static void trace_work_run(struct work_struct *work)
{
	mutex_lock(&trace_lock);
	drain_all();
	kick(trace_ms);
	mutex_unlock(&trace_lock);
}

void remora_trace_drain(struct remora_core *core)
{
	mutex_lock(&trace_lock);
	drain_core(core);
	mutex_unlock(&trace_lock);
}

void remora_trace_settle(struct remora_core *core)
{
	if (!READ_ONCE(trace_wanted) || !READ_ONCE(trace_ms))
		return;
	mutex_lock(&trace_lock);
	if (!list_empty(&core->partition->trace_link))
		drain_core(core);
	mutex_unlock(&trace_lock);
}

/* Which core rang is not known. */
static void doorbell_event(const struct remora_partition *p)
{
	const struct abi_trace_record r = {
		.tsc = rdtsc_ordered(),
		.event = ABI_TRACE_BELL_TAKEN,
		.channel = ABI_TRACE_CHANNEL_NONE,
		.number = atomic64_read(&p->doorbell.taken),
	};

	remora_trace_record(p, 0, &r);
}

void remora_trace_doorbell(struct remora_partition *p)
{
	unsigned int i;

	if (trace_remora_doorbell_taken_enabled())
		doorbell_event(p);
	if (!READ_ONCE(trace_wanted) || !READ_ONCE(trace_ms))
		return;
	for (i = 0; i < READ_ONCE(p->core_count); i++) {
		const struct abi_trace_ring *ring = READ_ONCE(p->cores[i].trace);

		if (ring && remora_trace_pending(ring, &p->cores[i].trace_reader) >=
				    REMORA_TRACE_RECORDS / 2) {
			mod_delayed_work(system_long_wq, &trace_work, 0);
			return;
		}
	}
}

/* ---- somebody listens, nobody listens any more ---- */

static int listen(enum abi_trace event)
{
	mutex_lock(&trace_lock);
	WRITE_ONCE(trace_wanted, trace_wanted | 1ull << event);
	tell_all();
	kick(trace_ms);
	mutex_unlock(&trace_lock);
	return 0;
}

/* The probe is still there: what the cores have recorded so far goes to it. */
static void unlisten(enum abi_trace event)
{
	mutex_lock(&trace_lock);
	WRITE_ONCE(trace_wanted, trace_wanted & ~(1ull << event));
	tell_all();
	drain_all();
	mutex_unlock(&trace_lock);
}

#define LISTEN(name, event)                                                                        \
	int remora_trace_reg_##name(void)                                                          \
	{                                                                                          \
		return listen(event);                                                              \
	}                                                                                          \
	void remora_trace_unreg_##name(void)                                                       \
	{                                                                                          \
		unlisten(event);                                                                   \
	}

LISTEN(send, ABI_TRACE_SEND)
LISTEN(receive, ABI_TRACE_RECEIVE)
LISTEN(doorbell_sent, ABI_TRACE_BELL_SENT)
LISTEN(doorbell_taken, ABI_TRACE_BELL_TAKEN)
LISTEN(block, ABI_TRACE_BLOCK)
LISTEN(wake, ABI_TRACE_WAKE)
LISTEN(core, ABI_TRACE_CORE)
LISTEN(shootdown, ABI_TRACE_SHOOTDOWN)
LISTEN(note, ABI_TRACE_NOTE)

int remora_trace_force(struct remora_core *core, enum abi_trace event)
{
	int ret = -EBUSY;

	mutex_lock(&trace_lock);
	if (!trace_wanted && !core->trace_forced) {
		core->trace_forced = 1ull << event;
		if (!list_empty(&core->partition->trace_link))
			tell_core(core);
		ret = 0;
	}
	mutex_unlock(&trace_lock);
	return ret;
}

void remora_trace_unforce(struct remora_core *core)
{
	mutex_lock(&trace_lock);
	core->trace_forced = 0;
	if (!list_empty(&core->partition->trace_link)) {
		tell_core(core);
		drain_core(core);
	}
	mutex_unlock(&trace_lock);
}

/* ---- partitions come and go ---- */

void remora_trace_reset(struct remora_core *core)
{
	mutex_lock(&trace_lock);
	memset(core->trace_region.virt, 0, core->trace_region.bytes);
	core->trace->revision = ABI_TRACE_REVISION;
	core->trace->records = REMORA_TRACE_RECORDS;
	memset(&core->trace_reader, 0, sizeof(core->trace_reader));
	tell_core(core);
	mutex_unlock(&trace_lock);
}

void remora_trace_hide(struct remora_core *core)
{
	mutex_lock(&trace_lock);
	WRITE_ONCE(core->trace, NULL);
	WRITE_ONCE(core->host, NULL);
	memset(&core->trace_reader, 0, sizeof(core->trace_reader));
	core->trace_forced = 0;
	mutex_unlock(&trace_lock);
}

void remora_trace_attach(struct remora_partition *p)
{
	mutex_lock(&trace_lock);
	list_add_tail(&p->trace_link, &trace_partitions);
	mutex_unlock(&trace_lock);
}

void remora_trace_detach(struct remora_partition *p)
{
	mutex_lock(&trace_lock);
	list_del_init(&p->trace_link);
	mutex_unlock(&trace_lock);
}

int remora_trace_init(void)
{
	mutex_lock(&trace_lock);
	trace_open = true;
	kick(0);
	mutex_unlock(&trace_lock);
	remora_trace_cost_init();
	return 0;
}

void remora_trace_exit(void)
{
	remora_trace_cost_exit();
	mutex_lock(&trace_lock);
	trace_open = false;
	mutex_unlock(&trace_lock);
	cancel_delayed_work_sync(&trace_work);
}
