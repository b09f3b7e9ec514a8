/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "node.h"

/** work_report - a table of what agreements cost the nodes themselves. Return: 1: it went wrong */
int work_report(void);

#endif
