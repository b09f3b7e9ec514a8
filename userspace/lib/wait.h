/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Waiting, for every call that does: one attempt after the other, sleep in between.
 */
#ifndef REMORA_LIB_WAIT_H
#define REMORA_LIB_WAIT_H

#include "chan.h"

struct remora_wait;

/**
 * struct remora_wait_for - what is waited for
 * @attempt: does it, or says -EAGAIN
 * @events:  for poll(2)
 * @arm:     announces sleep: false when the next attempt may succeed; NULL: for one message, or for
 *           room for one, as @events say
 */
struct remora_wait_for {
	int (*attempt)(struct remora_wait *wait);
	short events;
	bool (*arm)(struct remora_wait *wait);
};

/**
 * struct remora_wait - a wait; the first member of what the attempt needs besides
 * @deadline: by remora_clock_ms(); 0: the clock was not asked yet
 */
struct remora_wait {
	struct remora_chan *chan;
	const struct remora_wait_for *what;
	int timeout_ms;
	int64_t deadline;
};

/** remora_wait_run - attempt until it is something else than -EAGAIN, -ETIMEDOUT or -EINTR. */
int remora_wait_run(struct remora_wait *wait);

#endif
