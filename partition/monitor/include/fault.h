/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on purpose: the core fails, or its monitor hangs, at a message between monitors, so that tests see
 * what the others make of each step that it does not do. Node 0 asks; the CPU driver refuses it in partitions
 * that were not created for it.
 */
#ifndef FAULT_H
#define FAULT_H

#include <abi/if/fault.h>

#include <mon.h>

/** fault_message - a message of the interface came from node @from. Return: 0, -URPC_EPROTO. */
int fault_message(uint32_t from, uint16_t type, const void *payload, uint32_t bytes);

/**
 * fault_point - a message is handled or sent; what is in a batch counts too
 * Does not return if that is what was asked for; for FAULT_MOMENT_SENT fault_flushed() does it.
 */
void fault_point(enum fault_moment at, uint16_t type, const void *payload, uint32_t bytes);

/** fault_loses - is this message not to be sent? */
bool fault_loses(uint16_t type, const void *payload, uint32_t bytes);

/** fault_flushed - the peers were rung for what was sent */
void fault_flushed(void);

#endif
