// SPDX-License-Identifier: GPL-2.0-only
/*
 * No function that puts a memory block online is exported. The administrator's own way is the file
 * "state" of the block in sysfs; a private mount of sysfs reaches it whatever the caller's root
 * directory and mounts are.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/string.h>

#include "online.h"

static bool is_online(u64 base)
{
	unsigned long pfn = PHYS_PFN(base);

	return pfn_to_online_page(pfn) &&
	       pfn_to_online_page(pfn + (memory_block_size_bytes() >> PAGE_SHIFT) - 1);
}

static int write_below(struct vfsmount *mnt, const char *name, const char *text)
{
	struct path root = { .mnt = mnt, .dentry = mnt->mnt_root };
	struct file *file = file_open_root(&root, name, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t written;

	if (IS_ERR(file))
		return PTR_ERR(file);
	written = kernel_write(file, text, strlen(text), &pos);
	fput(file);
	return written < 0 ? written : 0;
}

int remora_memory_block_online(u64 base, bool movable)
{
	struct file_system_type *type;
	struct vfsmount *mnt;
	char name[64];
	int ret;

	if (is_online(base))
		return 0;
	type = get_fs_type("sysfs"); /* built in: there is no module to put */
	if (!type)
		return -ENODEV;
	mnt = kern_mount(type);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	snprintf(name, sizeof(name), "devices/system/memory/memory%llu/state",
		 base / memory_block_size_bytes());
	ret = write_below(mnt, name, movable ? "online_movable" : "online_kernel");
	kern_unmount(mnt);
	if (!ret && !is_online(base))
		ret = -EIO;
	return ret;
}
