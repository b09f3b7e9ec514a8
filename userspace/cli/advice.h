/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to do about errors.
 */
#ifndef REMORA_CLI_ADVICE_H
#define REMORA_CLI_ADVICE_H

#include <stdint.h>

/** advice_reason - what to do about an enum remora_reason; NULL for an unknown number. */
const char *advice_reason(uint32_t reason);

/** advice_errno - what an errno value means when Remora returns it; NULL: nothing special. */
const char *advice_errno(int err);

#endif
