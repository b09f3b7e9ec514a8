/* SPDX-License-Identifier: GPL-2.0-only */
/* The partition that module parameters describe. */
#ifndef REMORA_PARAMS_H
#define REMORA_PARAMS_H

/**
 * remora_params_apply - create, and with autostart=1 start, the partition of the parameters
 * Does nothing when none was given. On failure one line in the log says what was wrong.
 * Return: 0 or the negative errno that insmod will fail with.
 */
int remora_params_apply(void);

#endif
