/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef NAMES_CORE_H
#define NAMES_CORE_H

#include <stdint.h>

/** rt_names_error - an answer's error. Return: 0 or a negative enum rt_error */
int rt_names_error(uint32_t error);

/** rt_names_us - microseconds of a wait, rounded up */
uint64_t rt_names_us(uint64_t ns);

#endif
