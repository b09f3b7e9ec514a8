// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection into the life cycle: debugfs remora/fail_step holds "NAME" or "NAME N"; the N-th
 * time (from 1) that a step of that name is about to be acquired, it fails. Then the file is empty.
 */

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "device.h"
#include "steps.h"

#define STEP_NAME_MAX 48

static struct dentry *directory;

static DEFINE_SPINLOCK(fault_lock); /* protects both */
static char fault_name[STEP_NAME_MAX];
static unsigned int fault_countdown;

bool remora_steps_fault(const char *name)
{
	bool hit = false;

	spin_lock(&fault_lock);
	if (fault_name[0] && !strcmp(fault_name, name) && !--fault_countdown) {
		fault_name[0] = '\0';
		hit = true;
	}
	spin_unlock(&fault_lock);
	return hit;
}

static ssize_t fail_step_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	char text[STEP_NAME_MAX + 16];
	int length = 0;

	spin_lock(&fault_lock);
	if (fault_name[0])
		length = scnprintf(text, sizeof(text), "%s %u\n", fault_name, fault_countdown);
	spin_unlock(&fault_lock);
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

	spin_lock(&fault_lock);
	strscpy(fault_name, name, sizeof(fault_name));
	fault_countdown = nth;
	spin_unlock(&fault_lock);
	return count;
}

static const struct file_operations fail_step_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = fail_step_read,
	.write = fail_step_write,
	.llseek = default_llseek,
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
}

void remora_fault_exit(void)
{
	debugfs_remove(directory);
	directory = NULL;
}
