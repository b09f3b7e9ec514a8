/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doorbells without end. A core may ring node 0 as often as it likes, and an interrupt that comes
 * back as soon as it was handled leaves its CPU no time for anything else. So doorbells are counted;
 * when there are too many, the bell is withdrawn from the host pages and the partition is looked at
 * by the clock for a while. Cores that keep to the protocol are quiet then. Who still rings has left
 * it, and is silenced, one core after the other until it is quiet.
 */
#ifndef REMORA_STORM_H
#define REMORA_STORM_H

#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct remora_partition;

/**
 * struct remora_storm
 * @lock:    protects what follows; taken with interrupts off, outside the doorbell's lock
 * @begun:   jiffies when the present window of counting began
 * @count:   doorbells in it
 * @calm:    the bell is withdrawn: @look does the doorbell's work
 * @until:   jiffies when it will be offered again
 * @seen:    times that it was withdrawn
 */
struct remora_storm {
	spinlock_t lock;
	unsigned long begun;
	unsigned int count;
	bool calm;
	unsigned long until;
	unsigned int seen;
	struct delayed_work look;
};

/** remora_storm_init - once for a new partition object */
void remora_storm_init(struct remora_partition *p);

/**
 * remora_storm_rung - a doorbell came
 * Context: its handler. Return: whether there is nothing more to do about it now.
 */
bool remora_storm_rung(struct remora_partition *p);

/** remora_storm_stop - after the interrupt was freed, so that no handler begins it again. Sleeps. */
void remora_storm_stop(struct remora_partition *p);

#endif
