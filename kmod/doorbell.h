/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbell of node 0: one Linux interrupt a partition, in a hierarchy domain under the x86
 * vector domain. Cores ring it by writing {vector, APIC id} into their ICR; where Linux moves it,
 * the new place is republished in every host page.
 */
#ifndef REMORA_DOORBELL_H
#define REMORA_DOORBELL_H

#include "error.h"
#include "ledger.h"

struct remora_partition;

struct remora_doorbell {
	unsigned int irq; /* 0: none */
	u64 bell;         /* abi_host.bell to publish; written under the irq descriptor's lock */
	atomic64_t taken;
};

int remora_doorbell_domain_init(void);
void remora_doorbell_domain_exit(void);

/** remora_doorbell_acquire - allocate, request, activate; remora_doorbell_publish() follows */
int remora_doorbell_acquire(struct remora_partition *p, struct remora_error *err);
void remora_doorbell_release(struct remora_partition *p);
/** remora_doorbell_publish - write the bell into the host pages of all cores */
void remora_doorbell_publish(struct remora_partition *p);

#endif
