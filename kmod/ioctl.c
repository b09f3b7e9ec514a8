// SPDX-License-Identifier: GPL-2.0-only
/* Dispatch of ioctls from tables. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/ioctl.h>
#include <linux/uaccess.h>

#include "ioctl.h"

static const struct remora_ioctl *ioctl_find(unsigned int command, const struct remora_ioctl *table,
					     unsigned int count)
{
	const unsigned int mask = ~(_IOC_SIZEMASK << _IOC_SIZESHIFT);
	unsigned int i;

	for (i = 0; i < count; i++)
		if ((table[i].command & mask) == (command & mask))
			return &table[i];
	return NULL;
}

static int ioctl_permitted(struct file *file, const struct remora_ioctl *row,
			   struct remora_error *err)
{
	if (!(row->flags & REMORA_IOCTL_ADMIN))
		return 0;
	if (!(file->f_mode & FMODE_WRITE) || !capable(CAP_SYS_ADMIN))
		return remora_fail(err, REMORA_R_PERMISSION, NULL);
	return 0;
}

/* Copies the structure in by the size rule; *@size becomes its size as user space knows it. */
static int ioctl_copy_in(const struct remora_ioctl *row, void __user *user, void *buffer,
			 u32 *size, struct remora_error *err)
{
	int ret;

	if (get_user(*size, (u32 __user *)user))
		return -EFAULT;
	if (*size < row->min_size)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		ret = -E2BIG;
	else
		ret = copy_struct_from_user(buffer, row->size, user, *size);
	if (ret == -E2BIG)
		return remora_fail(err, REMORA_R_SIZE_UNKNOWN,
				   "the structure has %u bytes, this module knows %u; the excess must be zero",
				   *size, row->size);
	return ret;
}

static int ioctl_copy_out(const struct remora_ioctl *row, void __user *user, const void *buffer,
			  u32 size)
{
	return copy_to_user(user, buffer, min_t(u32, size, row->size)) ? -EFAULT : 0;
}

/* Runs one command whose structure is in @buffer. */
static long ioctl_call(struct file *file, const struct remora_ioctl *row, void *buffer,
		       struct remora_error *err)
{
	long ret = ioctl_permitted(file, row, err);

	return ret ? ret : row->handler(file, buffer, err);
}

/* The sentence must reach even a caller whose structure was refused. */
static void ioctl_report(const struct remora_ioctl *row, void __user *user, u32 size,
			 const struct remora_error *err)
{
	if (row->error == REMORA_IOCTL_NO_ERROR || size < row->error + sizeof(*err))
		return;
	if (copy_to_user(user + row->error, err, sizeof(*err)))
		return; /* the caller learns the errno of the first failure */
}

long remora_ioctl(struct file *file, unsigned int command, unsigned long arg,
		  const struct remora_ioctl *table, unsigned int count)
{
	u8 buffer[REMORA_IOCTL_BUFFER] __aligned(8) = {};
	const struct remora_ioctl *row = ioctl_find(command, table, count);
	void __user *user = (void __user *)arg;
	struct remora_error plain = {};
	struct remora_error *err = &plain;
	u32 size = 0;
	long ret;

	if (!row)
		return -ENOTTY;
	if (!row->size)
		return ioctl_call(file, row, NULL, err);
	if (WARN_ON_ONCE(row->size > sizeof(buffer)))
		return -EINVAL;

	ret = ioctl_copy_in(row, user, buffer, &size, err);
	if (ret) {
		if (err->reason)
			ioctl_report(row, user, size, err);
		return ret;
	}
	if (row->error != REMORA_IOCTL_NO_ERROR) {
		err = (struct remora_error *)(buffer + row->error);
		memset(err, 0, sizeof(*err));
	}

	/* A descriptor cannot be taken back: whether the structure can be written is found out before. */
	if ((row->flags & REMORA_IOCTL_FD) && ioctl_copy_out(row, user, buffer, size))
		return -EFAULT;
	ret = ioctl_call(file, row, buffer, err);
	if (ret < 0) {
		if (row->error != REMORA_IOCTL_NO_ERROR && ioctl_copy_out(row, user, buffer, size))
			return -EFAULT;
		return ret;
	}
	if (ioctl_copy_out(row, user, buffer, size) && !(row->flags & REMORA_IOCTL_FD))
		return -EFAULT;
	return ret;
}
