/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watch over a partition's cores, as the doorbell and the control channels use it; the life
 * cycle's calls are in device.h.
 */
#ifndef REMORA_WATCH_H
#define REMORA_WATCH_H

#include <linux/types.h>

struct remora_core;
struct remora_partition;

/**
 * remora_watch_doorbell - a doorbell came: look at the core pages and consoles
 * Wakes p->events when a core stopped, died or wrote a console line; when one died, also who waits for
 * a view, and queues the watch work at once. Context: the doorbell's handler.
 */
void remora_watch_doorbell(struct remora_partition *p);

/**
 * remora_watch_console - bring core->seen_console up to date, wake p->events when it moved
 * Context: under p->lock, or another reason why the console stays in place.
 */
void remora_watch_console(struct remora_core *core);

/**
 * remora_watch_console_arm - the core shall ring for the next console line
 * For who found no line past core->seen_console and is about to sleep on p->events. Lines that came
 * meanwhile move core->seen_console, as remora_watch_console() does: look again afterwards. One call
 * brings one doorbell, so that a talkative core rings no more often than its readers lie down.
 * Context: any that may wake.
 */
void remora_watch_console_arm(struct remora_core *core);

/**
 * remora_watch_told - declare a core dead that is known to be: by its own report, or who silenced it said so
 * Context: under p->lock, for a core that is to run. Return: whether it was declared dead.
 */
bool remora_watch_told(struct remora_core *core);

/**
 * remora_watch_await - wait for what an answer of the monitors brings, and look at all cores meanwhile
 * For who holds p->lock all the while, so that the watch itself cannot look: a core that dies is declared dead
 * and taken out of the view, as fast as at any other time.
 * @done: becomes true with p->monitor.wait woken; @killable: a deadly signal ends the wait
 * Context: under p->lock, sleeps. Return: 0, -ETIMEDOUT, -EINTR.
 */
int remora_watch_await(struct remora_partition *p, const bool *done, bool killable,
		       unsigned int timeout_ms);

/** remora_watch_kick - something is wrong with a core: look now. Any context. */
void remora_watch_kick(struct remora_partition *p);

#endif
