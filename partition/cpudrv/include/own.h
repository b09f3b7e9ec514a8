/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities that the CPU driver keeps for itself, in slots outside all CNodes: what it must not use any
 * more once its owner revoked it. An empty slot says so.
 */
#ifndef OWN_H
#define OWN_H

#include <cap_slot.h>

struct dispatcher;

/**
 * own_copy - keep a copy
 * @from: needs the right to read of the CNodes on the way
 * @own:  what it held before is dropped
 * Return: 0 or a negative enum abi_cap_error; then @own is as it was.
 */
int own_copy(const struct cap_slot *from, struct cap_entry *own);

/** own_drop - empty a slot, empty or not */
void own_drop(struct cap_entry *own);

/**
 * own_copy_endpoint - keep a copy of an ENDPOINT with the right to read
 * @address, @depth: from the dispatcher's root CNode, any values; depth 0 with address 0: drop @own
 * Return: as own_copy().
 */
int own_copy_endpoint(struct dispatcher *d, uint64_t address, uint64_t depth,
		      struct cap_entry *own);

#endif
