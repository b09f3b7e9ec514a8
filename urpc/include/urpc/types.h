/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The fixed-width types of the transport, the same names in all four worlds. This is the only
 * urpc header that may include a Linux one.
 */
#ifndef URPC_TYPES_H
#define URPC_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#ifdef __cplusplus
#define URPC_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define URPC_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif

#define URPC_CACHE_LINE 64

#endif
