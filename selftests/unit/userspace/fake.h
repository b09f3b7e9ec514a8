/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module made of user space, for the tests of libremora and of the command: the linker puts it
 * between them and the system (--wrap). Partitions live in the file that FAKE_STATE names, so that
 * several runs of the command see the same; channels live in the process, with an echo at the
 * other end, on the same transport as the real one. Without FAKE_STATE there is no module.
 */
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>

/*
 * What the other end of a channel does. Set it at any time.
 * FAKE_HELD: nothing, so that the window fills up. FAKE_DEAD: hang-up. FAKE_CLOSED: it closed the
 * channel, because this end broke the protocol.
 */
enum fake_peer {
	FAKE_ECHO,
	FAKE_HELD,
	FAKE_DEAD,
	FAKE_CLOSED,
};

void fake_peer_set(enum fake_peer behaviour);

/** fake_scribble - the other end of the mapped channel @fd writes an ill-formed header. */
void fake_scribble(int fd);

/** fake_sleep_for_room - as if the other end of @fd slept until its message 1 is acknowledged. */
void fake_sleep_for_room(int fd);

/** fake_notifications - how often a doorbell was rung. */
unsigned int fake_notifications(void);

#endif
