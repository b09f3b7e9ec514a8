/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * How large the machines of node.h are where they run as a partition's nodes: in the monitors and in the
 * module, which count on each other's numbers.
 */
#ifndef ABI_PROTOCOL_SIZES_H
#define ABI_PROTOCOL_SIZES_H

#include <abi/boot.h>
#include <abi/protocol/node.h>

#define SIZES_NODES ABI_NODES_MAX
/** SIZES_PACKAGES - of a larger machine, those behind are taken for one */
#define SIZES_PACKAGES 16u
/** SIZES_ENTRIES - attempts at agreements under way in the whole partition */
#define SIZES_ENTRIES 512u
/** SIZES_NAMES - slots of the table of names, and what a domain and a node may have of them */
#define SIZES_NAMES 256u
#define SIZES_NAMES_LIMITS { .slots = SIZES_NAMES, .records = 32, .waits = 16, .node = 128 }
/**
 * SIZES_SETTINGS - patience with a monitor that says nothing, or does not do its step, while its core lives:
 * it costs the core. A virtual machine may stand still for a second; of dead cores the module's watch knows
 * before
 */
#define SIZES_SETTINGS { .answer = 50000, .wait = 1000000, .patrol = VIEW_PATROL_US, .phase = 5000000 }
/** SIZES_UNSENT - messages that one node may have for another that it has not taken */
#define SIZES_UNSENT NODE_UNSENT(SIZES_ENTRIES, SIZES_NODES, SIZES_PACKAGES)

URPC_STATIC_ASSERT(SIZES_ENTRIES >= 2 * SIZES_NODES, "as agree_init() wants it");
URPC_STATIC_ASSERT(!(SIZES_NAMES & (SIZES_NAMES - 1)), "as names_init() wants it");

#endif
