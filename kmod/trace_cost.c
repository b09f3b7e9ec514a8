// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an event costs a core: debugfs remora/trace_cost. A program writes "NAME CORE" and reads, from
 * the same descriptor, "EVENTS WITHOUT OFF ON": TSC cycles of a loop of so many turns with no event in
 * it, with one that nobody wants, and with one that is recorded; medians of many, taken on the core.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <abi/ctl.h>
#include "create.h"
#include "device.h"
#include "device_priv.h"
#include "start.h"
#include "trace.h"

#define COST_MS 5000u

static struct dentry *file;

static int ask(struct remora_core *core, u32 epoch, struct abi_ctl_trace_took *took)
{
	struct abi_ctl_trace_cost request = {};
	struct remora_call call = {
		.type = ABI_CTL_TRACE_COST,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(*took),
		.timeout_ms = COST_MS,
		.epoch = epoch,
	};
	int ret = remora_node_call(core, &call, NULL);

	if (!ret)
		memcpy(took, call.answer.payload, sizeof(*took));
	return ret;
}

static int measure(struct remora_core *core, u32 epoch, char *text, size_t room)
{
	struct abi_ctl_trace_took on, off;
	int ret;

	/* Refused while anybody listens: his records would be pushed out of the ring. */
	ret = remora_trace_force(core, ABI_TRACE_NOTE);
	if (ret)
		return ret;
	ret = ask(core, epoch, &on);
	remora_trace_unforce(core);
	if (!ret)
		ret = ask(core, epoch, &off);
	if (ret)
		return ret;
	return scnprintf(text, room, "%u %llu %llu %llu\n", ABI_TRACE_COST_BATCH, off.without,
			 off.with, on.with);
}

static int measure_named(const char *name, unsigned int node, char *text, size_t room)
{
	struct remora_partition *p = remora_partition_get(name);
	struct remora_core *core;
	u32 epoch = 0;
	int ret;

	if (!p)
		return -ENOENT;
	ret = remora_partition_lock(p, NULL);
	if (!ret) {
		core = remora_core_running(p, node, REMORA_R_CORE_UNKNOWN, NULL, &ret);
		if (core)
			epoch = core->control_node.epoch;
		mutex_unlock(&p->lock);
		if (core)
			ret = measure(core, epoch, text, room);
	}
	put_device(&p->dev);
	return ret;
}

static ssize_t cost_write(struct file *filp, const char __user *from, size_t count, loff_t *pos)
{
	char *text = simple_transaction_get(filp, from, count), *request, *number;
	char name[REMORA_NAME_MAX];
	unsigned int node;
	int ret;

	if (IS_ERR(text))
		return PTR_ERR(text);
	request = strim(text);
	number = strchr(request, ' ');
	if (!number)
		return -EINVAL;
	*number++ = '\0';
	if (!*request || kstrtouint(number, 10, &node) ||
	    strscpy(name, request, sizeof(name)) < 0)
		return -EINVAL;
	ret = measure_named(name, node, text, SIMPLE_TRANSACTION_LIMIT);
	if (ret < 0)
		return ret;
	simple_transaction_set(filp, ret);
	return count;
}

static const struct file_operations cost_fops = {
	.owner = THIS_MODULE,
	.write = cost_write,
	.read = simple_transaction_read,
	.release = simple_transaction_release,
	.llseek = default_llseek,
};

void remora_trace_cost_init(void)
{
	file = debugfs_create_file("trace_cost", 0600, remora_debugfs(), NULL, &cost_fops);
}

void remora_trace_cost_exit(void)
{
	debugfs_remove(file);
	file = NULL;
}
