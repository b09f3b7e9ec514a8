/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the work that makes channels of programs and the machine that says which. */
#ifndef REMORA_BOUND_PRIV_H
#define REMORA_BOUND_PRIV_H

#include <abi/protocol/bind.h>

struct remora_broker;
struct remora_partition;

/**
 * remora_bound_want - make channel @id; remora_broker_made() follows. Under monitor.lock
 * @node: the client's and the server's; one that is not there is found out by the work
 * @numa: where the program of Linux's runs, if one of them is 0
 */
void remora_bound_want(struct remora_partition *p, u64 id, const unsigned int node[2], u32 slots,
		       int numa);
/** remora_bound_unwant - take it away; remora_broker_unmade() follows. Under monitor.lock */
void remora_bound_unwant(struct remora_partition *p, u64 id);
/** remora_bounds_forget - the same for all, and nothing follows. Under monitor.lock */
void remora_bounds_forget(struct remora_partition *p);

/** remora_broker_made, remora_broker_unmade - what was wanted is done. Under monitor.lock */
void remora_broker_made(struct remora_broker *broker, u64 id, u32 error, const u32 end[2], u64 now);
void remora_broker_unmade(struct remora_broker *broker, u64 id);

#endif
