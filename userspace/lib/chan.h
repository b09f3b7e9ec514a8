/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A channel of libremora.
 */
#ifndef REMORA_LIB_CHAN_H
#define REMORA_LIB_CHAN_H

#include <urpc/chan.h>

#include "private.h"

/**
 * struct remora_chan
 * @urpc: this end of a mapped channel, in a cache line of its own
 * @info: from the module; checked before anything was mapped by it
 * @tx, @rx: the rings; NULL on a channel that is not mapped
 */
struct remora_chan {
	struct urpc_chan urpc __attribute__((aligned(URPC_CACHE_LINE)));
	struct remora_channel info;
	struct urpc_ring *tx;
	struct urpc_ring *rx;
	uint64_t poll_cycles;
	int fd;
	bool mapped;
};

/** remora_chan_open - an end on a descriptor, which the caller keeps when this fails. Return: 0 or an error. */
int remora_chan_open(struct remora_chan **chan, int fd, bool map_it);

/** remora_chan_acked - ring the peer if it sleeps for room that receiving made. Mapped channels. */
void remora_chan_acked(struct remora_chan *chan);

#endif
