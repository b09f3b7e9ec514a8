/* SPDX-License-Identifier: GPL-2.0-only */
/* debugfs remora/bench_agree: what agreements cost (testing). */
#ifndef REMORA_BENCH_H
#define REMORA_BENCH_H

#include <linux/types.h>

struct node;
struct remora_partition;

/** remora_bench_init - after remora_fault_init(), whose directory the file is in and goes with */
void remora_bench_init(void);

/** remora_bench_part - node 0 can be asked for it. Under monitor.lock. Return: 0, -ENOMEM, -EINVAL. */
int remora_bench_part(struct remora_partition *p, struct node *n);
/** remora_bench_unpart - the node is about to go; nothing without the above */
void remora_bench_unpart(struct remora_partition *p);

/** remora_bench_done - an agreement that node 0 asked for has ended. Under monitor.lock. */
void remora_bench_done(u64 cookie, int result);

#endif
