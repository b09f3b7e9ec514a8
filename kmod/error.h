/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors with a reason and a sentence, all the way to the caller of the ioctl. */
#ifndef REMORA_ERROR_H
#define REMORA_ERROR_H

#include <linux/remora.h>
#include "pure.h"

#ifdef __KERNEL__
#include <linux/compiler_attributes.h>
#define REMORA_PRINTF(f, a) __printf(f, a)
#else
#define REMORA_PRINTF(f, a) __attribute__((format(printf, f, a)))
#endif

/**
 * remora_fail - note why a call fails
 * @err:    where to note it, or NULL
 * @reason: of the table in the uapi header
 * @fmt:    sentence that names the culprit and what was expected; NULL: the reason's own sentence
 *
 * Context: any. The first failure stays: a later one does not overwrite it.
 * Return: the reason's errno, negative; for reasons without one (warnings) -EINVAL.
 */
int remora_fail(struct remora_error *err, enum remora_reason reason, const char *fmt, ...)
	REMORA_PRINTF(3, 4);

/** remora_reason_errno - positive errno of a reason, 0 for warnings and unknown numbers */
int remora_reason_errno(unsigned int reason);

/** remora_reason_text - generic sentence of a reason */
const char *remora_reason_text(unsigned int reason);

#endif
