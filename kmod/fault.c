// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection into the life cycle: debugfs remora/fail_step holds "NAME" or "NAME N"; the N-th
 * time (from 1) that a step of that name is about to be acquired, it fails. Then the file is empty.
 *
 * Into what monitors do together: "PARTITION NODE TYPE MOMENT N KIND [SINCE]", types in hexadecimal digits, is written
 * into debugfs remora/fail_message; the core fails at the N-th message of that type, counted from when
 * one of type SINCE was to be sent (interfaces/fault.if).
 */

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "create.h"
#include "device.h"
#include "partition.h"
#include "steps.h"

#define STEP_NAME_MAX 48

static struct dentry *directory;

static DEFINE_SPINLOCK(step_lock); /* protects both */
static char step_name[STEP_NAME_MAX];
static unsigned int step_countdown;

bool remora_steps_fault(const char *name)
{
	bool hit = false;

	spin_lock(&step_lock);
	if (step_name[0] && !strcmp(step_name, name) && !--step_countdown) {
		step_name[0] = '\0';
		hit = true;
	}
	spin_unlock(&step_lock);
	return hit;
}

static ssize_t fail_step_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	char text[STEP_NAME_MAX + 16];
	int length = 0;

	spin_lock(&step_lock);
	if (step_name[0])
		length = scnprintf(text, sizeof(text), "%s %u\n", step_name, step_countdown);
	spin_unlock(&step_lock);
	return simple_read_from_buffer(to, count, pos, text, length);
}

static ssize_t fail_step_write(struct file *file, const char __user *from, size_t count,
			       loff_t *pos)
{
	char text[STEP_NAME_MAX + 16];
	unsigned int nth = 1;
	char *name, *number;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	name = strim(text);
	number = strchr(name, ' ');
	if (number) {
		*number++ = '\0';
		if (kstrtouint(number, 0, &nth) || !nth)
			return -EINVAL;
	}
	if (strlen(name) >= STEP_NAME_MAX)
		return -EINVAL;

	spin_lock(&step_lock);
	strscpy(step_name, name, sizeof(step_name));
	step_countdown = nth;
	spin_unlock(&step_lock);
	return count;
}

static const struct file_operations fail_step_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = fail_step_read,
	.write = fail_step_write,
	.llseek = default_llseek,
};

/* ---- at messages ---- */

static int message_parse(char *text, char *name, unsigned int *node, struct fault_arm *fault)
{
	unsigned int type, moment, since = 0;

	static_assert(REMORA_NAME_MAX == 32);
	if (sscanf(text, "%31s %u %x %u %u %u %x", name, node, &type, &moment, &fault->nth,
		   &fault->kind, &since) < 6)
		return -EINVAL;
	if (!*node || *node >= ABI_NODES_MAX || type > U16_MAX || since > U16_MAX ||
	    !fault_moment_valid(moment) ||
	    !fault->nth || fault->kind > REMORA_FAULT_RINGS)
		return -EINVAL;
	fault->type = type;
	fault->since = since;
	fault->at = moment;
	return 0;
}

static ssize_t fail_message_write(struct file *file, const char __user *from, size_t count,
				  loff_t *pos)
{
	char text[96], name[REMORA_NAME_MAX];
	struct remora_partition *p;
	struct fault_arm fault;
	unsigned int node;
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	ret = message_parse(text, name, &node, &fault);
	if (ret)
		return ret;
	p = remora_partition_get(name);
	if (!p)
		return -ENOENT;
	if (p->flags & REMORA_CREATE_FAULTS)
		remora_monitor_fault(p, node, &fault);
	else
		ret = -EPERM;
	put_device(&p->dev);
	return ret ?: count;
}

static const struct file_operations fail_message_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = fail_message_write,
	.llseek = noop_llseek,
};

struct dentry *remora_debugfs(void)
{
	return directory;
}

/* A kernel without debugfs runs without fault injection: errors are not looked at, as is usual. */
void remora_fault_init(void)
{
	directory = debugfs_create_dir("remora", NULL);
	debugfs_create_file("fail_step", 0600, directory, NULL, &fail_step_fops);
	debugfs_create_file("fail_message", 0200, directory, NULL, &fail_message_fops);
}

void remora_fault_exit(void)
{
	debugfs_remove(directory);
	directory = NULL;
}
