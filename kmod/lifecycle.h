/* SPDX-License-Identifier: GPL-2.0-only */
/* The states of a partition and of a core, as a pure function. */
#ifndef REMORA_LIFECYCLE_H
#define REMORA_LIFECYCLE_H

#include <linux/remora.h>

enum remora_event {
	REMORA_EV_START,   /* start was asked for */
	REMORA_EV_UP,      /* every core runs */
	REMORA_EV_FAILED,  /* start failed and was undone */
	REMORA_EV_STOP,    /* stop was asked for */
	REMORA_EV_DOWN,    /* every core is halted and quiescent */
	REMORA_EV_CRASH,   /* a core died */
	REMORA_EV_MENDED,  /* the last core that did not run left the partition */
	REMORA_EV_COUNT
};

/**
 * remora_lifecycle_next - state after an event
 * Return: enum remora_state, or -1 when the event is not allowed in @from.
 */
int remora_lifecycle_next(enum remora_state from, enum remora_event event);

/** remora_state_name - "offline", "booting", "running", "stopping", "crashed", or "unknown" */
const char *remora_state_name(unsigned int state);

#endif
