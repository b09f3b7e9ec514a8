/* SPDX-License-Identifier: GPL-2.0-only */
/* One way to serve ioctls for all the devices: a table of rows, copying and size rules here. */
#ifndef REMORA_IOCTL_H
#define REMORA_IOCTL_H

#include <linux/stddef.h>
#include "error.h"

struct file;

#define REMORA_IOCTL_ADMIN (1u << 0) /* needs CAP_SYS_ADMIN and the file open for writing */
#define REMORA_IOCTL_FD (1u << 1)    /* returns a descriptor */

/**
 * struct remora_ioctl - one command
 * @command:  as in the uapi header; type, number and direction are compared, the size field is not
 * @size:     the structure's size as this module knows it; 0: the command has no structure
 * @min_size: its first published size
 * @error:    offset of its struct remora_error, or REMORA_IOCTL_NO_ERROR
 * @flags:    REMORA_IOCTL_*
 * @handler:  gets the kernel's copy; what it leaves there goes back to user space, on failure only
 *            when the structure has an error member. @err is never NULL. Return: 0 or a positive
 *            result, or a negative errno
 */
struct remora_ioctl {
	unsigned int command;
	unsigned short size;
	unsigned short min_size;
	unsigned short error;
	unsigned short flags;
	long (*handler)(struct file *file, void *arg, struct remora_error *err);
};

#define REMORA_IOCTL_NO_ERROR 0xffff
#define REMORA_IOCTL_BUFFER 512 /* bytes of the largest structure */

/* Row of a structure that has a member "error"; it is at its first published size. */
#define REMORA_IOCTL_ROW(command_, type, flags_, handler_)                                        \
	{                                                                                          \
		.command = (command_), .size = sizeof(type), .min_size = sizeof(type),             \
		.error = offsetof(type, error), .flags = (flags_), .handler = (handler_),          \
	}
/* Row of one without. */
#define REMORA_IOCTL_ROW_PLAIN(command_, type, flags_, handler_)                                  \
	{                                                                                          \
		.command = (command_), .size = sizeof(type), .min_size = sizeof(type),             \
		.error = REMORA_IOCTL_NO_ERROR, .flags = (flags_), .handler = (handler_),          \
	}

/* One without, that grew since it was published first, when @last_ was its last member. */
#define REMORA_IOCTL_ROW_GROWN(command_, type, last_, flags_, handler_)                           \
	{                                                                                          \
		.command = (command_), .size = sizeof(type), .min_size = offsetofend(type, last_), \
		.error = REMORA_IOCTL_NO_ERROR, .flags = (flags_), .handler = (handler_),          \
	}

/**
 * remora_ioctl - find the row, copy in, check, call, copy out
 * Context: process. Return: what the handler returned; -ENOTTY: no such row; -EINVAL: the structure
 * is smaller than the first published one; -E2BIG: larger than known, and the excess is not zero;
 * -EPERM; -EFAULT.
 */
long remora_ioctl(struct file *file, unsigned int command, unsigned long arg,
		  const struct remora_ioctl *table, unsigned int count);

#endif
