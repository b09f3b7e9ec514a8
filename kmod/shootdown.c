// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run of shootdowns, from the request to the report.
 *
 * Every core that was asked to open the run is asked to close it, whatever happened meanwhile. One
 * that does not answer is remembered: until it has closed, or is silenced, no other run begins, as
 * it may still write to its lines.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/topology.h>

#include "device_priv.h"
#include "shootdown_priv.h"
#include "start.h"
#include "watch.h"

#define CALL_MS 5000u
#define RUN_MS_LEAST (CALL_MS + ABI_SHOOT_TIMEOUT_MS)
#define RUN_MS_EACH 20u
#define RUN_MS_MOST 600000u

static_assert(REMORA_SHOOTDOWN_BY_NONE == (int)ABI_SHOOT_NONE);
static_assert(REMORA_SHOOTDOWN_BY_PAGE == (int)ABI_SHOOT_PAGE);
static_assert(REMORA_SHOOTDOWN_BY_PCID == (int)ABI_SHOOT_PCID);
static_assert(REMORA_SHOOTDOWN_BY_FULL == (int)ABI_SHOOT_FULL);
static_assert(REMORA_SHOOTDOWN_PAGES_MAX == ABI_SHOOT_PAGES_MAX);
static_assert(REMORA_SHOOTDOWN_COUNT_MAX == ABI_SHOOT_ROUNDS_MAX);

/* ---- the request ---- */

static int want_check(const struct remora_shootdown *want, struct remora_error *err)
{
	if (want->flags)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
				   want->flags);
	if (want->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (want->protocol < REMORA_SHOOTDOWN_BROADCAST ||
	    want->protocol > REMORA_SHOOTDOWN_NUMA_MULTICAST)
		return remora_fail(err, REMORA_R_SHOOTDOWN_PROTOCOL,
				   "%u is no shootdown protocol; they are %u to %u", want->protocol,
				   REMORA_SHOOTDOWN_BROADCAST, REMORA_SHOOTDOWN_NUMA_MULTICAST);
	if (want->method > REMORA_SHOOTDOWN_BY_FULL)
		return remora_fail(err, REMORA_R_SHOOTDOWN_METHOD,
				   "%u is no way to invalidate; they are 0 to %u", want->method,
				   REMORA_SHOOTDOWN_BY_FULL);
	if (!want->pages || want->pages > REMORA_SHOOTDOWN_PAGES_MAX)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "%u pages; 1 to %u were expected", want->pages,
				   REMORA_SHOOTDOWN_PAGES_MAX);
	if (!want->count || want->count > REMORA_SHOOTDOWN_COUNT_MAX)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "%u rounds; 1 to %u were expected", want->count,
				   REMORA_SHOOTDOWN_COUNT_MAX);
	return 0;
}

static int nodes_check(const struct remora_partition *p, const struct remora_shootdown *want,
		       struct remora_error *err)
{
	u64 cores = 0;
	unsigned int i;

	lockdep_assert_held(&p->lock);
	for (i = 0; i < p->core_count; i++)
		cores |= (u64)p->cores[i].present << (i + 1);
	if (want->initiator && (want->initiator >= ABI_NODES_MAX || !(cores >> want->initiator & 1)))
		return remora_core_unknown(p, want->initiator, REMORA_R_CORE_UNKNOWN, err);
	if (!want->nodes)
		return remora_fail(err, REMORA_R_SHOOTDOWN_NODES,
				   "no recipients; at least one core was expected");
	if (want->nodes & ~cores)
		return remora_fail(err, REMORA_R_SHOOTDOWN_NODES,
				   "recipients %#llx are not all cores of %s; those are %#llx",
				   want->nodes, p->name, cores);
	if (want->nodes >> want->initiator & 1)
		return remora_fail(err, REMORA_R_SHOOTDOWN_NODES,
				   "core %u cannot be initiator and recipient", want->initiator);
	return 0;
}

/* ---- control messages ---- */

static struct remora_core *job_core(const struct remora_job *job, unsigned int node)
{
	return &job->p->cores[node - 1];
}

int remora_job_failed(struct remora_job *job, unsigned int node, int error,
		      struct remora_error *err)
{
	struct remora_core *core = node ? job_core(job, node) : NULL;

	if (core && READ_ONCE(core->state) != REMORA_RUNNING)
		error = -EHOSTDOWN;
	switch (error) {
	case -EHOSTDOWN:
		return remora_fail(err, REMORA_R_CORE_DEAD, "core %u died during the shootdown",
				   node);
	case -ETIMEDOUT:
		remora_watch_kick(job->p);
		return remora_fail(err, REMORA_R_CORE_NO_ANSWER,
				   "core %u did not answer a shootdown within %u ms", node,
				   ABI_SHOOT_TIMEOUT_MS);
	case -EPROTO:
		return remora_fail(err, REMORA_R_SHOOTDOWN_BROKEN,
				   "core %u broke the protocol of the shootdown's lines", node);
	default:
		return remora_fail(err, REMORA_R_SHOOTDOWN_BROKEN,
				   "core %u refused the shootdown with error %d; its console may say why",
				   node, -error);
	}
}

static int open_failed(unsigned int node, int error, struct remora_error *err)
{
	if (error == -EOPNOTSUPP || error == -ENOSYS)
		return remora_fail(err, REMORA_R_SHOOTDOWN_UNSUPPORTED,
				   error == -ENOSYS ? "the image of core %u knows no shootdowns" :
						      "the CPU of core %u cannot invalidate this way",
				   node);
	return remora_fail(err, REMORA_R_SHOOTDOWN_BROKEN,
			   "core %u refused its part in the shootdown with error %d; its console says why",
			   node, -error);
}

static int core_open(struct remora_job *job, unsigned int node, struct remora_error *err)
{
	struct remora_shoot *shoot = &job->p->shoot;
	struct abi_ctl_shoot_open request = {
		.run = job->run,
		.plan = remora_plan_phys(job->p, node),
	};
	struct remora_call call = {
		.type = ABI_CTL_SHOOT_OPEN,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(struct abi_ctl_status),
		.timeout_ms = CALL_MS,
		.epoch = job->epoch[node],
	};
	int ret;

	shoot->run[node] = job->run;
	shoot->epoch[node] = job->epoch[node];
	ret = remora_node_call(job_core(job, node), &call, err);
	if (!ret)
		return 0;
	if (!call.sent || !call.result)
		shoot->run[node] = 0;
	return call.result ? ret : open_failed(node, ret, err);
}

/*
 * Ask a core to close what it may have open. Its answer is waited for even when the caller is being
 * killed: a core that is well needs microseconds.
 * Return: 0 and *@report filled, or a negative errno; shoot.run[] says whether it is closed.
 */
static int core_close(struct remora_partition *p, unsigned int node,
		      struct abi_ctl_shoot_report *report)
{
	struct remora_shoot *shoot = &p->shoot;
	struct abi_ctl_shoot_close request = { .run = shoot->run[node] };
	struct remora_call call = {
		.type = ABI_CTL_SHOOT_CLOSE,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(*report),
		.timeout_ms = CALL_MS,
		.epoch = shoot->epoch[node],
		.uninterrupted = true,
	};
	int ret;

	if (!shoot->run[node])
		return -ENOENT;
	ret = remora_node_call(&p->cores[node - 1], &call, NULL);
	/* Any answer to this request means that nothing is open any more; so does a new epoch. */
	if (!call.result || ret == -EHOSTDOWN)
		shoot->run[node] = 0;
	if (!ret)
		memcpy(report, call.answer.payload, sizeof(*report));
	return ret;
}

/* ---- opening and closing ---- */

/* Children before their parents, the initiator last. */
static int job_open(struct remora_job *job, struct remora_error *err)
{
	unsigned int i;
	int ret = 0;

	for (i = job->tree.count; i > 0 && !ret; i--)
		ret = core_open(job, job->tree.edge[i - 1].to, err);
	if (!ret && job->want->initiator)
		ret = core_open(job, job->want->initiator, err);
	return ret;
}

static void job_count(struct remora_job *job, unsigned int node,
		      const struct abi_ctl_shoot_report *report)
{
	job->stale += report->stale;
	if (node == job->want->initiator)
		return;
	job->want->handled += report->handled;
	job->want->lost_max = max(job->want->lost_max, report->lost_max);
	job->lost[job->losts++] = report->lost_median;
}

/* In the opposite order. Return: 0, or the errno of the first core that did not report. */
static int job_close(struct remora_job *job, struct remora_error *err)
{
	struct abi_ctl_shoot_report report;
	unsigned int i, node;
	int ret = 0;

	for (i = 0; i <= job->tree.count; i++) {
		int one;

		node = i ? job->tree.edge[i - 1].to : job->want->initiator;
		if (!node)
			continue;
		one = core_close(job->p, node, &report);
		if (!one)
			job_count(job, node, &report);
		else if (!ret)
			ret = remora_job_failed(job, node, one, err);
	}
	return ret;
}

/* ---- the run ---- */

static int job_lead(struct remora_job *job, struct remora_error *err)
{
	struct remora_shootdown *want = job->want;
	struct abi_ctl_shoot_run request = { .run = job->run };
	const struct abi_ctl_shoot_result *result;
	struct remora_call call = {
		.type = ABI_CTL_SHOOT_RUN,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(*result),
		.timeout_ms = min(RUN_MS_LEAST + want->count * RUN_MS_EACH, RUN_MS_MOST),
		.epoch = job->epoch[want->initiator],
	};
	u32 culprit;
	int ret;

	ret = remora_node_call(job_core(job, want->initiator), &call, err);
	result = (const void *)call.answer.payload;
	if (!call.result && ret) {
		culprit = call.answer.len >= sizeof(*result) ? result->node : 0;
		if (!culprit || culprit > job->p->core_count)
			culprit = want->initiator;
		return remora_job_failed(job, culprit, ret, err);
	}
	if (ret)
		return ret;
	want->min = result->min;
	want->median = result->median;
	want->p99 = result->p99;
	want->max = result->max;
	want->samples = result->samples;
	return 0;
}

static int job_run(struct remora_job *job, struct remora_error *err)
{
	int ret, closed;

	remora_rooms_fill(job);
	ret = job_open(job, err);
	if (!ret)
		ret = job->want->initiator ? job_lead(job, err) : remora_job_rounds(job, err);
	closed = job_close(job, ret ? NULL : err);
	if (ret || closed)
		return ret ? ret : closed;
	job->want->lost_median = remora_sorted(job->lost, job->losts, 50);
	if (job->stale)
		return remora_fail(err, REMORA_R_SHOOTDOWN_STALE,
				   "%llu translations were used after they had been invalidated",
				   job->stale);
	return 0;
}

/* ---- before the run ---- */

/*
 * A core that joined can be called by node 0 only: other cores do not know where to ring for it, nor
 * does it answer anybody else.
 */
static int joined_check(const struct remora_job *job, const struct remora_core *core,
			struct remora_error *err)
{
	const struct remora_shootdown *want = job->want;

	if (!core->joined ||
	    (!want->initiator && (want->protocol == REMORA_SHOOTDOWN_BROADCAST ||
				  want->protocol == REMORA_SHOOTDOWN_UNICAST)))
		return 0;
	return remora_fail(err, REMORA_R_CORE_JOINED,
			   "core %u joined later: it takes part in broadcast and unicast from Linux only",
			   core->node);
}

/* The cores that take part all run; which ones they are is kept in @job->epoch. */
static int job_cores(struct remora_job *job, struct remora_error *err)
{
	struct remora_partition *p = job->p;
	unsigned int node;
	int ret = remora_partition_lock(p, err);

	if (ret)
		return ret;
	ret = nodes_check(p, job->want, err);
	for (node = 1; node <= p->core_count && !ret; node++) {
		struct remora_core *core;

		if (!(job->want->nodes >> node & 1) && node != job->want->initiator)
			continue;
		core = remora_core_running(p, node, REMORA_R_CORE_UNKNOWN, err, &ret);
		if (!core)
			break;
		job->epoch[node] = core->control_node.epoch;
		ret = joined_check(job, core, err);
	}
	mutex_unlock(&p->lock);
	return ret;
}

/* No core has an earlier run open: those that did not close it then get one more chance. */
static int earlier_closed(struct remora_partition *p, struct remora_error *err)
{
	struct abi_ctl_shoot_report report;
	unsigned int node;

	for (node = 1; node <= p->core_count; node++) {
		if (!p->shoot.run[node])
			continue;
		core_close(p, node, &report);
		if (p->shoot.run[node])
			return remora_fail(err, REMORA_R_SHOOTDOWN_BUSY,
					   "core %u did not end its part in an earlier shootdown",
					   node);
	}
	return 0;
}

static int distance(int from, int to)
{
	return node_distance(max(from, 0), max(to, 0));
}

static void job_plan(struct remora_job *job)
{
	struct remora_machine machine = { .distance = distance };
	unsigned int cpu = raw_smp_processor_id(), node;

	machine.package[0] = topology_physical_package_id(cpu);
	machine.numa[0] = cpu_to_node(cpu);
	for (node = 1; node <= job->p->core_count; node++) {
		machine.package[node] = job_core(job, node)->cpu.package;
		machine.numa[node] = job_core(job, node)->cpu.numa;
	}
	remora_tree_make(&machine, job->want->protocol, job->want->initiator, job->want->nodes,
			 &job->tree);
}

static int shoot_locked(struct remora_job *job, struct remora_error *err)
{
	struct remora_partition *p = job->p;
	int ret;

	if (p->shoot.ending)
		return -ENODEV;
	ret = job_cores(job, err);
	if (!ret)
		ret = earlier_closed(p, err);
	if (!ret)
		ret = remora_rooms_alloc(p, err);
	if (ret)
		return ret;
	if (!++p->shoot.serial)
		p->shoot.serial++;
	job->run = p->shoot.serial;
	job_plan(job);
	return job_run(job, err);
}

static void want_clear(struct remora_shootdown *want)
{
	want->min = 0;
	want->median = 0;
	want->p99 = 0;
	want->max = 0;
	want->samples = 0;
	want->handled = 0;
	want->lost_median = 0;
	want->lost_max = 0;
}

long remora_device_shootdown(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_partition *p =
		((struct remora_device_file *)file->private_data)->partition;
	struct remora_job *job;
	long ret = want_check(arg, err);

	if (ret)
		return ret;
	job = kvzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	job->p = p;
	job->want = arg;
	want_clear(job->want);
	if (mutex_trylock(&p->shoot.lock)) {
		ret = shoot_locked(job, err);
		mutex_unlock(&p->shoot.lock);
	} else {
		ret = remora_fail(err, REMORA_R_SHOOTDOWN_BUSY, NULL);
	}
	kvfree(job);
	return ret;
}

/* ---- the partition's ---- */

void remora_shootdown_init(struct remora_partition *p)
{
	mutex_init(&p->shoot.lock);
}

void remora_shootdown_end(struct remora_partition *p)
{
	WRITE_ONCE(p->shoot.ending, true);
	mutex_lock(&p->shoot.lock);
	remora_rooms_free(p);
	mutex_unlock(&p->shoot.lock);
}
