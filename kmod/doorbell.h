/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbell of node 0: one Linux interrupt a partition, in a hierarchy domain under the x86
 * vector domain. Cores ring it by writing {vector, APIC id} into their ICR; where Linux moves it,
 * the new place is republished in every host page.
 */
#ifndef REMORA_DOORBELL_H
#define REMORA_DOORBELL_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include "error.h"
#include "ledger.h"

struct remora_partition;

/**
 * struct remora_doorbell
 * @irq:   Linux interrupt number, 0: none
 * @lock:  protects @bell and the writing of it into host pages; taken inside the irq descriptor's
 *         lock, so raw and with interrupts off
 * @bell:  abi_host.bell to publish, 0 while there is none
 * @withdrawn: the cores are offered none for a while: see storm.h. Under @lock
 * @taken: interrupts taken
 * @label: in /proc/interrupts
 */
struct remora_doorbell {
	unsigned int irq;
	raw_spinlock_t lock;
	u64 bell;
	bool withdrawn;
	atomic64_t taken;
	char label[8 + REMORA_NAME_MAX];
};

int remora_doorbell_domain_init(void);
void remora_doorbell_domain_exit(void);

/** remora_doorbell_init - once for a new partition object that has its name; publish may follow */
void remora_doorbell_init(struct remora_partition *p);

/**
 * remora_doorbell_acquire - allocate, request, activate; remora_doorbell_publish() follows
 * From here to release the handler looks at p->cores, so that array, its control nodes and the
 * channels' locks are initialised before.
 */
int remora_doorbell_acquire(struct remora_partition *p, struct remora_error *err);
void remora_doorbell_release(struct remora_partition *p);
/**
 * remora_doorbell_publish - write the bell into the host pages of all cores that have one
 * Call it after core->host was set, and again after core->host was set to NULL and before that
 * page is reused: when it returns, nobody writes the old page any more. Any context.
 */
void remora_doorbell_publish(struct remora_partition *p);

/** remora_doorbell_withdraw - offer the cores no bell, or offer it again. Any context. */
void remora_doorbell_withdraw(struct remora_partition *p, bool withdrawn);

/** remora_doorbell_look - what a doorbell brings: look at everything the cores may have done */
void remora_doorbell_look(struct remora_partition *p);

#endif
