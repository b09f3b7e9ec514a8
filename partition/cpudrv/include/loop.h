/* SPDX-License-Identifier: GPL-2.0-only */
/* The event loop of the CPU driver, and when it sleeps. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

/**
 * core_main - the CPU driver from the point where the machine is set up
 * Runs on the main stack; everything in arch.h works. Does not return.
 */
__attribute__((noreturn)) void core_main(void);

/** loop_run - serve messages and timers until node 0 says stop. */
void loop_run(void);

/**
 * idle_init - settle how long to poll before sleeping
 * Measures the cost of a block and wake-up, and polls that long unless the boot information says
 * otherwise: then the time lost is at most twice the optimum (SOSP 2009 paper, section 5.2).
 */
void idle_init(void);

/** idle_busy - the event loop had something to do at time @now (TSC). */
void idle_busy(uint64_t now);

/** idle_turn - the event loop found nothing at time @now (TSC): wait a little, or sleep. */
void idle_turn(uint64_t now);

/** notify_node - ring the doorbell of a node. Any value; unknown nodes are ignored. */
void notify_node(uint32_t node);

/** notify_node_about - the same; @channel and @number of the message are for the trace */
void notify_node_about(uint32_t node, uint32_t channel, uint64_t number);

/** notify_core - ring the doorbell of another core, whose APIC id node 0 told */
void notify_core(uint32_t node, uint32_t apic_id, uint32_t channel);

#endif
