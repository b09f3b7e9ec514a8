/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Waiting, for every call that does: one attempt after the other, sleep in between.
 */
#ifndef REMORA_LIB_WAIT_H
#define REMORA_LIB_WAIT_H

#include "chan.h"

/**
 * struct remora_wait - what is waited for; the first member of what the attempt needs besides
 * @attempt:  does it, or says -EAGAIN
 * @arm:      announces sleep: false when the next attempt may succeed
 * @events:   for poll(2)
 * @deadline: by remora_clock_ms(); 0: the clock was not asked yet
 */
struct remora_wait {
	struct remora_chan *chan;
	int (*attempt)(struct remora_wait *wait);
	bool (*arm)(struct remora_wait *wait);
	short events;
	int timeout_ms;
	int64_t deadline;
};

/** remora_wait_run - attempt until it is something else than -EAGAIN, -ETIMEDOUT or -EINTR. */
int remora_wait_run(struct remora_wait *wait);

/** remora_wait_arm_recv - the usual @arm of a receiver. */
bool remora_wait_arm_recv(struct remora_wait *wait);
/** remora_wait_arm_send - of a sender of short messages. */
bool remora_wait_arm_send(struct remora_wait *wait);

#endif
