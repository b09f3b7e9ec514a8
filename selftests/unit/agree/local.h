/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One node's capabilities for tests and the simulator: the CPU driver's real code, and between it and
 * the machine of agree.h what a monitor does. No globals but the memory, which all nodes share as in
 * the machine. All is reproducible: nothing depends on addresses or time.
 *
 * A test plays the programs of a node by local_copy(), _retype(), _revoke(), _delete(), _give(), on
 * slots 0 to LOCAL_SLOTS - 1. One that needs the other nodes answers LOCAL_WAITS, and its result
 * comes by @done. After each call and each message to the node: local_work() while it says true.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include <abi/protocol/agree.h>
#include <cap_agree.h>

#define LOCAL_SLOTS 48u
#define LOCAL_DROP LOCAL_SLOTS
#define LOCAL_FORGET (LOCAL_SLOTS + 1)
#define LOCAL_CALLS (AGREE_OPS_MAX + AGREE_DELETES_MAX)
#define LOCAL_DISOWNS 4u

/** LOCAL_WAITS - not refused: other nodes are asked */
#define LOCAL_WAITS 1

/** struct local_call - an operation of a program that waits for an agreement */
struct local_call {
	bool used;
	bool disown; /* nobody's: what a dying object held */
	uint32_t slot;
	struct cap_range object;
	struct cap_op op;
};

/**
 * struct local_node - capabilities of a node
 * @space: first, so that it is found from it
 * @agree: attached by local_init()
 * @slots: the programs'; behind them two of the CPU driver's own, LOCAL_DROP and LOCAL_FORGET
 * @orphans: objects whose last copy is held by something dying, for which nobody asked yet
 * @changed: grows whenever something may have come into being here
 * @done:   a program's operation has ended: which slot it was about (LOCAL_SLOTS: none,
 *          something dying had it), enum abi_cap_op, and how. NULL: nobody cares
 * @arrived: a capability has come into @slot
 * @given:  a capability from slot @slot has reached the other node, or not
 * @extent: the RAM that node n brought along, for local->forget(). NULL: none
 */
struct local_node {
	struct cap_space space;
	struct agree *agree;
	uint32_t self;
	struct cap_entry slots[LOCAL_SLOTS + 2];
	struct local_call calls[LOCAL_CALLS];
	struct cap_range orphans[LOCAL_DISOWNS];
	uint32_t orphan_count;
	uint64_t changed;
	uint64_t ownerless; /* objects of which the last copy anywhere went */
	void *ctx;
	void (*done)(void *ctx, uint32_t slot, uint32_t kind, const struct cap_range *object,
		     int result, uint32_t relations);
	void (*arrived)(void *ctx, uint32_t from, uint32_t slot);
	void (*given)(void *ctx, uint32_t slot, int result);
	struct cap_range (*extent)(void *ctx, uint32_t node);
};

/** local_init - no capabilities; ctx and the four behind it are the caller's to set */
void local_init(struct local_node *n, uint32_t self, struct agree *agree);

/** local_hooks - for agree_init() */
struct agree_local local_hooks(struct local_node *n);

/** local_first - a first capability, as at boot. Return: of cap_create() */
int local_first(struct local_node *n, uint32_t slot, uint32_t type, uint64_t base, uint64_t bytes,
		uint8_t state);

/* The programs' operations. Return: 0, LOCAL_WAITS, or a negative error. */
int local_copy(struct local_node *n, uint32_t from, uint32_t to);
int local_retype(struct local_node *n, uint32_t from, uint32_t to, uint32_t type, uint64_t offset,
		 uint64_t bytes, uint32_t count);
int local_revoke(struct local_node *n, uint32_t slot);
int local_delete(struct local_node *n, uint32_t slot);

/** local_give - send a copy, with all its rights, to a free slot of node @to */
int local_give(struct local_node *n, uint32_t slot, uint32_t to);

/** local_free - an empty slot from @from on; LOCAL_SLOTS: none */
uint32_t local_free(const struct local_node *n, uint32_t from);

/**
 * local_work - this node's own work, then agree_work(); a bounded part
 * Return: is there more?
 */
bool local_work(struct local_node *n);

/** local_quiet - no call waits, nothing is dying or being revoked, the machine is quiet */
bool local_quiet(const struct local_node *n);

/** local_check - all invariants of one node's capabilities and tables. Return: NULL or what is wrong */
const char *local_check(const struct local_node *n);

/**
 * local_check_all - what must hold between nodes, at any time: no two capabilities anywhere overlap in
 * types that must not, ranges are nested, and who is not REMOTE is alone
 * @nodes: @count of them, those that live
 */
const char *local_check_all(const struct local_node *const *nodes, uint32_t count);

#endif
