/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REMORA_LATENCY_H
#define REMORA_LATENCY_H

struct remora_partition;
struct remora_running;

/**
 * remora_latency_measure - tell node 0 how far the packages of running cores are from each other
 * Nothing when all are in one package. Takes some microseconds for each pair of packages; ends with the first
 * that does not answer, after two seconds. Context: process, under mesh.lock.
 */
void remora_latency_measure(struct remora_partition *p, const struct remora_running *r);

#endif
