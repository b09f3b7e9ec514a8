// SPDX-License-Identifier: GPL-2.0-only
/* The life cycle as a table. Pure: runs in the module and in host tests. */

#include "lifecycle.h"
#include "pure.h"

#define STATES (REMORA_CRASHED + 1)

/* States count from 1 here, so that what the table leaves out reads as "not allowed". */
#define TO(state) (1 + REMORA_##state)

static const unsigned char next[STATES][REMORA_EV_COUNT] = {
	[REMORA_OFFLINE] = {
		[REMORA_EV_START] = TO(BOOTING),
	},
	[REMORA_BOOTING] = {
		[REMORA_EV_UP] = TO(RUNNING),
		[REMORA_EV_FAILED] = TO(OFFLINE),
		[REMORA_EV_CRASH] = TO(CRASHED),
	},
	[REMORA_RUNNING] = {
		[REMORA_EV_STOP] = TO(STOPPING),
		[REMORA_EV_CRASH] = TO(CRASHED),
	},
	[REMORA_STOPPING] = {
		/* asked again, by force: a core did not stop when asked politely */
		[REMORA_EV_STOP] = TO(STOPPING),
		[REMORA_EV_DOWN] = TO(OFFLINE),
		[REMORA_EV_CRASH] = TO(CRASHED),
	},
	[REMORA_CRASHED] = {
		[REMORA_EV_START] = TO(BOOTING),
		[REMORA_EV_STOP] = TO(STOPPING),
		/* one more core died */
		[REMORA_EV_CRASH] = TO(CRASHED),
		[REMORA_EV_MENDED] = TO(RUNNING),
	},
};

int remora_lifecycle_next(enum remora_state from, enum remora_event event)
{
	if ((unsigned int)from >= STATES || (unsigned int)event >= REMORA_EV_COUNT)
		return -1;
	return (int)next[from][event] - 1;
}

const char *remora_state_name(unsigned int state)
{
	static const char *const names[STATES] = {
		[REMORA_OFFLINE] = "offline",
		[REMORA_BOOTING] = "booting",
		[REMORA_RUNNING] = "running",
		[REMORA_STOPPING] = "stopping",
		[REMORA_CRASHED] = "crashed",
	};

	return state < STATES ? names[state] : "unknown";
}
