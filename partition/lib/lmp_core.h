/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef LMP_CORE_H
#define LMP_CORE_H

#include <lib/lmp.h>

/**
 * rt_lmp_attach - give an endpoint its buffer
 * @lmp: @endpoint and @slot are set. Return: 0, -RT_EINVAL: the CPU driver refused.
 */
int rt_lmp_attach(struct rt_lmp *lmp, uint64_t offset, uint32_t records);

#endif
