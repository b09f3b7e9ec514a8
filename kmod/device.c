// SPDX-License-Identifier: GPL-2.0-only
/* /dev/remora-NAME: one partition, for administrators and for those who may talk to it. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "channel.h"
#include "device.h"
#include "device_priv.h"
#include "ioctl.h"
#include "move.h"
#include "start.h"
#include "watch.h"

#define STOP_MS_MAX 60000u
#define INJECT_MS 300u
#define PING_COUNT_MAX 1000000u
#define PING_MS_LEAST 5000u
#define PING_MS_EACH 20u
#define PING_MS_MOST 600000u

static_assert(REMORA_SERVICE_ECHO == (int)ABI_SERVICE_ECHO);
static_assert(REMORA_SERVICE_DELAY == (int)ABI_SERVICE_DELAY);
static_assert(REMORA_SERVICE_SINK == (int)ABI_SERVICE_SINK);
static_assert(REMORA_FAULT_PAGE == (int)ABI_FAULT_PAGE);
static_assert(REMORA_FAULT_RINGS == (int)ABI_FAULT_RINGS);

static struct remora_partition *file_partition(struct file *file)
{
	struct remora_device_file *df = file->private_data;

	return df->partition;
}

/* ---- life cycle ---- */

static int act_check(const struct remora_act *act, u32 known, struct remora_error *err)
{
	if (act->flags & ~known)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
				   act->flags & ~known);
	if (act->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (act->timeout_ms > STOP_MS_MAX)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "a time-out of %u ms; at most %u are accepted",
				   act->timeout_ms, STOP_MS_MAX);
	return 0;
}

static long device_start(struct file *file, void *arg, struct remora_error *err)
{
	int ret = act_check(arg, 0, err);

	return ret ? ret : remora_partition_start(file_partition(file), err);
}

static long device_stop(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_act *act = arg;
	int ret = act_check(act, REMORA_FORCE, err);

	return ret ? ret : remora_partition_stop(file_partition(file), act->flags & REMORA_FORCE,
						 act->timeout_ms, err);
}

static long device_reset(struct file *file, void *arg, struct remora_error *err)
{
	int ret = act_check(arg, 0, err);

	return ret ? ret : remora_partition_reset(file_partition(file), err);
}

/* ---- requests to cores ---- */

/*
 * A core that runs now, and the epoch of its control node: a request is sent after the lock was
 * dropped, and only to that very core.
 */
struct remora_core *remora_core_running(struct remora_partition *p, u32 node,
					enum remora_reason unknown, struct remora_error *err,
					int *ret)
{
	struct remora_core *core = remora_partition_core(p, node);

	lockdep_assert_held(&p->lock);
	if (!core)
		*ret = remora_core_unknown(p, node, unknown, err);
	else if (core->state != REMORA_RUNNING)
		*ret = remora_fail(err, REMORA_R_CORE_DEAD, "core %u is %s", node,
				   remora_state_name(core->state));
	else
		return core;
	return NULL;
}

static struct remora_core *find_running(struct remora_partition *p, u32 node, u32 *epoch,
					struct remora_error *err, int *ret)
{
	struct remora_core *core;

	*ret = remora_partition_lock(p, err);
	if (*ret)
		return NULL;
	core = remora_core_running(p, node, REMORA_R_CORE_UNKNOWN, err, ret);
	if (core)
		*epoch = core->control_node.epoch;
	mutex_unlock(&p->lock);
	return core;
}

static long device_names(struct file *file, void *arg, struct remora_error *err)
{
	const struct remora_names_open *request = arg;

	if (request->flags & ~(REMORA_NAMES_CLOEXEC | REMORA_NAMES_NONBLOCK))
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x of names are not known",
				   request->flags & ~(REMORA_NAMES_CLOEXEC | REMORA_NAMES_NONBLOCK));
	return remora_names_open(file_partition(file), file, request->flags, err);
}

/* For whoever may open the device: its file mode decides who talks to the partition. */
static long device_bind(struct file *file, void *arg, struct remora_error *err)
{
	return remora_channel_bind(file_partition(file), file, arg, err);
}

static int inject_check(struct remora_partition *p, const struct remora_inject *inject,
			struct remora_error *err)
{
	if (inject->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (!(p->flags & REMORA_CREATE_FAULTS))
		return remora_fail(err, REMORA_R_FAULTS_FORBIDDEN, NULL);
	if (inject->kind < REMORA_FAULT_PAGE || inject->kind > REMORA_FAULT_RINGS)
		return remora_fail(err, REMORA_R_FAULT_UNKNOWN,
				   "%u is no kind of fault; they are %u to %u", inject->kind,
				   REMORA_FAULT_PAGE, REMORA_FAULT_RINGS);
	return 0;
}

/* A core that fails as it was told to does not answer: silence is success, words are a refusal. */
static long device_inject(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_partition *p = file_partition(file);
	struct remora_inject *inject = arg;
	struct abi_ctl_fault request = { .kind = inject->kind };
	struct remora_call call = {
		.type = ABI_CTL_FAULT,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(struct abi_ctl_status),
		.timeout_ms = INJECT_MS,
	};
	struct remora_core *core;
	int ret = inject_check(p, inject, err);

	if (ret)
		return ret;
	core = find_running(p, inject->node, &call.epoch, err, &ret);
	if (!core)
		return ret;
	ret = remora_node_call(core, &call, NULL);
	if (!call.result && ret)
		return remora_fail(err, REMORA_R_FAULT_UNKNOWN,
				   "core %u refused the fault with error %d", core->node, -ret);
	if (call.sent && ret != -EINTR)
		return 0;
	return remora_fail(err, ret == -EINTR ? REMORA_R_INTERRUPTED : REMORA_R_CORE_DEAD, NULL);
}

/* Both cores run, and are two. */
static struct remora_core *ping_cores(struct remora_partition *p,
				      const struct remora_peer_ping *ping, u32 *epoch,
				      struct remora_error *err, int *ret)
{
	struct remora_core *core = find_running(p, ping->node, epoch, err, ret), *peer;

	if (!core)
		return NULL;
	if (ping->peer == ping->node) {
		*ret = remora_fail(err, REMORA_R_PEER_UNKNOWN,
				   "core %u cannot be its own peer", ping->node);
		return NULL;
	}
	*ret = remora_partition_lock(p, err);
	if (*ret)
		return NULL;
	peer = remora_core_running(p, ping->peer, REMORA_R_PEER_UNKNOWN, err, ret);
	if (peer && (core->joined || peer->joined))
		*ret = remora_fail(err, REMORA_R_CORE_JOINED,
				   "core %u joined later: there are no rings between it and core %u",
				   core->joined ? core->node : peer->node,
				   core->joined ? peer->node : core->node);
	if (*ret)
		core = NULL;
	mutex_unlock(&p->lock);
	return core;
}

static long device_ping(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_partition *p = file_partition(file);
	struct remora_peer_ping *ping = arg;
	struct abi_ctl_peer_ping request = { .peer = ping->peer, .count = ping->count };
	const struct abi_ctl_peer_pong *pong;
	struct remora_call call = {
		.type = ABI_CTL_PEER_PING,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(*pong),
		/* Emulated cores take turns on a busy host: slow is not dead. The caller can be killed. */
		.timeout_ms = min(PING_MS_LEAST + ping->count * PING_MS_EACH, PING_MS_MOST),
	};
	struct remora_core *core;
	int ret = 0;

	if (!ping->count || ping->count > PING_COUNT_MAX)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "%u round trips; 1 to %u were expected", ping->count,
				   PING_COUNT_MAX);
	core = ping_cores(p, ping, &call.epoch, err, &ret);
	if (!core)
		return ret;
	ret = remora_node_call(core, &call, err);
	if (ret)
		return ret;
	pong = (const void *)call.answer.payload;
	ping->min = pong->min;
	ping->median = pong->median;
	ping->p99 = pong->p99;
	ping->max = pong->max;
	return 0;
}

static const struct remora_ioctl device_ioctls[] = {
	REMORA_IOCTL_ROW(REMORA_IOC_START, struct remora_act, REMORA_IOCTL_ADMIN, device_start),
	REMORA_IOCTL_ROW(REMORA_IOC_STOP, struct remora_act, REMORA_IOCTL_ADMIN, device_stop),
	REMORA_IOCTL_ROW(REMORA_IOC_RESET, struct remora_act, REMORA_IOCTL_ADMIN, device_reset),
	REMORA_IOCTL_ROW_PLAIN(REMORA_IOC_STATUS, struct remora_status, 0, remora_device_status),
	REMORA_IOCTL_ROW_PLAIN(REMORA_IOC_CONSOLE, struct remora_console, 0, remora_device_console),
	REMORA_IOCTL_ROW(REMORA_IOC_BIND, struct remora_bind, REMORA_IOCTL_FD, device_bind),
	REMORA_IOCTL_ROW(REMORA_IOC_INJECT, struct remora_inject, REMORA_IOCTL_ADMIN,
			 device_inject),
	REMORA_IOCTL_ROW(REMORA_IOC_PEER_PING, struct remora_peer_ping, 0, device_ping),
	REMORA_IOCTL_ROW(REMORA_IOC_ADD_CPU, struct remora_add_cpu, REMORA_IOCTL_ADMIN,
			 remora_device_add_cpu),
	REMORA_IOCTL_ROW(REMORA_IOC_REMOVE_CPU, struct remora_remove_cpu, REMORA_IOCTL_ADMIN,
			 remora_device_remove_cpu),
	REMORA_IOCTL_ROW(REMORA_IOC_MEMORY_ADD, struct remora_memory_add, REMORA_IOCTL_ADMIN,
			 remora_device_memory_add),
	REMORA_IOCTL_ROW(REMORA_IOC_MEMORY_REMOVE, struct remora_memory_remove, REMORA_IOCTL_ADMIN,
			 remora_device_memory_remove),
	REMORA_IOCTL_ROW(REMORA_IOC_SHOOTDOWN, struct remora_shootdown, 0, remora_device_shootdown),
	REMORA_IOCTL_ROW(REMORA_IOC_NAMES, struct remora_names_open, REMORA_IOCTL_FD,
			 device_names),
};

static long device_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	if (READ_ONCE(file_partition(file)->dead))
		return -ENODEV;
	return remora_ioctl(file, command, arg, device_ioctls, ARRAY_SIZE(device_ioctls));
}

/* ---- file ---- */

static int device_open(struct inode *inode, struct file *file)
{
	struct remora_partition *p = container_of(inode->i_cdev, struct remora_partition, cdev);
	struct remora_device_file *df;
	unsigned int i;

	df = kzalloc(sizeof(*df), GFP_KERNEL_ACCOUNT);
	if (!df)
		return -ENOMEM;
	get_device(&p->dev);
	df->partition = p;
	df->seen_generation = atomic64_read(&p->generation);
	for (i = 0; i < ARRAY_SIZE(df->seen_lines); i++)
		df->seen_lines[i] = REMORA_NOT_ASKED;
	file->private_data = df;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	struct remora_device_file *df = file->private_data;

	put_device(&df->partition->dev);
	kfree(df);
	return 0;
}

/* Takes no mutex: a start or stop under way must not hold up an event loop. */
static __poll_t device_poll(struct file *file, struct poll_table_struct *wait)
{
	struct remora_device_file *df = file->private_data;
	struct remora_partition *p = df->partition;
	__poll_t events = 0;
	unsigned int i;

	poll_wait(file, &p->events, wait);
	if (READ_ONCE(p->dead))
		return EPOLLHUP | EPOLLERR | EPOLLPRI;
	if (atomic64_read(&p->generation) != READ_ONCE(df->seen_generation))
		events |= EPOLLPRI;
	for (i = 0; i < READ_ONCE(p->core_count); i++) {
		u64 seen = READ_ONCE(df->seen_lines[i]);

		if (seen == READ_ONCE(p->cores[i].seen_console))
			remora_watch_console_arm(&p->cores[i]);
		if (READ_ONCE(p->cores[i].state) == REMORA_CRASHED)
			events |= EPOLLERR;
		if (seen != REMORA_NOT_ASKED && seen != READ_ONCE(p->cores[i].seen_console))
			events |= EPOLLIN | EPOLLRDNORM;
	}
	return events;
}

const struct file_operations remora_device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.poll = device_poll,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};
