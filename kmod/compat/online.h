/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting added memory online: a matter of policy, which differs by kernel version and setting. */
#ifndef REMORA_COMPAT_ONLINE_H
#define REMORA_COMPAT_ONLINE_H

#include <linux/types.h>

/**
 * remora_memory_block_online - see to it that the memory block at @base is online
 * @movable: as movable memory, if Linux has not put it online by itself already
 * Context: process, root. Return: 0 or -errno.
 */
int remora_memory_block_online(u64 base, bool movable);

#endif
