// SPDX-License-Identifier: GPL-2.0-only
/*
 * Node 0 as initiator: rounds from the CPU of the caller.
 *
 * A round is polled for with preemption off as long as it goes as it should. One that takes longer
 * than SPIN_US is waited for like anything else: preemptible, sleeping between looks, until it is
 * over, the caller is killed, a core dies, or ABI_SHOOT_TIMEOUT_MS have passed.
 */
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "shootdown_priv.h"
#include "trace.h"

#define SPIN_US 1000u
#define LOOK_US 20u

static u64 cycles_of_us(u64 us)
{
	return div_u64(us * tsc_khz, 1000);
}

static unsigned int first_waiting(const struct remora_job *job)
{
	return job->fan.waiting ? job->fan.leg[__ffs64(job->fan.waiting)].node : 0;
}

/* A recipient that is not the core any more with which the run began, or 0. */
static unsigned int first_dead(const struct remora_job *job)
{
	unsigned int i;

	for (i = 0; i < job->tree.count; i++) {
		unsigned int node = job->tree.edge[i].to;
		const struct remora_core *core = &job->p->cores[node - 1];

		if (READ_ONCE(core->state) != REMORA_RUNNING ||
		    READ_ONCE(core->control_node.epoch) != job->epoch[node])
			return node;
	}
	return 0;
}

static int round_wait(struct remora_job *job, u64 start, struct remora_error *err)
{
	u64 limit = cycles_of_us(ABI_SHOOT_TIMEOUT_MS * 1000ull);
	int ret;

	while ((ret = urpc_fan_poll(&job->fan, ABI_SHOOT_DONE)) == -URPC_EAGAIN) {
		unsigned int dead = first_dead(job);

		if (dead)
			return remora_job_failed(job, dead, -EHOSTDOWN, err);
		if (READ_ONCE(job->p->shoot.ending))
			return -ENODEV;
		if (fatal_signal_pending(current))
			return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
		if (rdtsc() - start > limit)
			return remora_job_failed(job, first_waiting(job), -ETIMEDOUT, err);
		usleep_range(LOOK_US, 2 * LOOK_US);
	}
	return ret;
}

static void round_wake(struct remora_job *job)
{
	unsigned int i;

	for (i = 0; i < job->fan.count; i++)
		if (urpc_fan_wakes(&job->fan, i))
			remora_node_doorbell(&job->p->cores[job->fan.leg[i].node - 1]);
}

static void trace_all(const struct remora_job *job, u64 number, enum abi_trace_shoot step)
{
	unsigned int i;

	if (!trace_remora_shootdown_enabled())
		return;
	for (i = 0; i < job->fan.count; i++)
		remora_trace_shootdown(&job->p->cores[job->fan.leg[i].node - 1], number, step);
}

/* One request to all, until all have answered. *@cycles: how long that took. */
static int round_once(struct remora_job *job, u16 type, u64 *cycles, struct remora_error *err)
{
	const struct abi_shoot_request request = {
		.method = job->want->method,
		.pages = job->want->pages,
	};
	u64 spin = cycles_of_us(SPIN_US), start;
	int ret;

	preempt_disable();
	trace_all(job, job->fan.number + 1, ABI_TRACE_SHOOT_REQUEST);
	start = rdtsc_ordered();
	ret = urpc_fan_call(&job->fan, type, &request, sizeof(request));
	if (!ret) {
		round_wake(job);
		while ((ret = urpc_fan_poll(&job->fan, ABI_SHOOT_DONE)) == -URPC_EAGAIN &&
		       rdtsc() - start < spin)
			urpc_fan_relax(&job->fan);
	}
	*cycles = rdtsc_ordered() - start;
	preempt_enable();
	if (ret == -URPC_EAGAIN) {
		ret = round_wait(job, start, err);
		*cycles = rdtsc_ordered() - start;
	}
	if (ret == -URPC_EPROTO)
		return remora_job_failed(job, job->fan.leg[job->fan.culprit].node, -EPROTO, err);
	if (!ret)
		trace_all(job, job->fan.number, ABI_TRACE_SHOOT_FINISH);
	return ret;
}

static int round_pair(struct remora_job *job, u64 *cycles, struct remora_error *err)
{
	int ret = 0;

	if (fatal_signal_pending(current))
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	if (READ_ONCE(job->p->shoot.ending))
		return -ENODEV;
	if (job->want->method != REMORA_SHOOTDOWN_BY_NONE)
		ret = round_once(job, ABI_SHOOT_TOUCH, cycles, err);
	return ret ? ret : round_once(job, ABI_SHOOT_FLUSH, cycles, err);
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

u64 remora_sorted(u64 *values, unsigned int count, unsigned int percent)
{
	if (!count)
		return 0;
	sort(values, count, sizeof(*values), compare, NULL);
	return values[(count - 1) * percent / 100];
}

int remora_job_rounds(struct remora_job *job, struct remora_error *err)
{
	struct remora_shootdown *want = job->want;
	unsigned int stride = DIV_ROUND_UP(want->count, REMORA_SHOOT_SAMPLES);
	unsigned int i, samples = 0;
	u64 cycles, min = U64_MAX, max = 0;
	int ret;

	for (i = 0; i < want->count; i++) {
		ret = round_pair(job, &cycles, err);
		if (ret)
			return ret;
		min = min(min, cycles);
		max = max(max, cycles);
		if (i % stride == 0)
			job->sample[samples++] = cycles;
		cond_resched();
	}
	want->min = min;
	want->max = max;
	want->median = remora_sorted(job->sample, samples, 50);
	want->p99 = remora_sorted(job->sample, samples, 99);
	want->samples = samples;
	return 0;
}
