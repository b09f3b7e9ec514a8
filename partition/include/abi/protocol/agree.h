/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Agreement on capabilities of which several nodes have copies or descendants, and their way from
 * node to node. Documentation/agreement.md has the protocol, its invariants and bounds.
 *
 * Any node coordinates an operation: two-phase commit over the tree of route.h whose root it is.
 * Ranges are locked by the first phase; who meets an older operation's lock gives up and tries again
 * with its old age, who meets a younger one's waits. A node that freezes drops what comes until the
 * next view, where coordinators tell each member the outcome of what was under way.
 *
 * The runner calls the functions below from one thread; a hook never calls back, and none of them
 * calls itself or waits. agree_work() is to be called after each of the others, as long as it says so.
 */
#ifndef ABI_PROTOCOL_AGREE_H
#define ABI_PROTOCOL_AGREE_H

#include <abi/protocol/agree_state.h>

/**
 * agree_init - begin, in no view
 * @memory: stays the caller's, for as long as @a is used; need not be zeroed
 * @topology: the same on all nodes of a view; what it points at must live as long
 *
 * Return: 0; -URPC_EINVAL: a number is out of range (@memory: more entries than nodes are needed)
 */
int agree_init(struct agree *a, uint32_t self, const struct agree_memory *memory,
	       const struct protocol_port *port, const struct agree_local *local,
	       const struct route_topology *topology, enum route_kind kind);

/**
 * agree_start - begin an operation of this node
 * @q: any values
 * @cookie: for local->perform() and local->done(), which comes once, later than this call
 *
 * Return: 0; -AGREE_E_*: refused, nothing comes.
 */
int agree_start(struct agree *a, const struct agree_request *q, uint64_t cookie);

/**
 * agree_give - send a capability to another node
 * @to:     a member
 * @rights: of the copy there; the caller has checked that the sender's has them
 * @handle: what @to's local->create() is told: where it belongs
 * @cookie: for local->given(), which comes once, later than this call
 *
 * It waits while an agreement on an overlapping range is under way. local->mark() is asked before it
 * is sent, each time.
 *
 * Return: 0; -AGREE_E_*: refused, nothing comes.
 */
int agree_give(struct agree *a, uint32_t to, const struct agree_object *object, uint8_t rights,
	       uint64_t handle, uint64_t cookie);

/**
 * agree_message - a message of interface PROTOCOL_AGREE came
 * @from: the node whose link it came on
 *
 * Return: 0; -URPC_EPROTO: no such message, or one that @from may not send now: nothing changed, and
 * @from should be removed. What comes late because of a change of view is dropped, and no error.
 */
int agree_message(struct agree *a, uint32_t from, uint16_t type, const void *payload,
		  uint32_t bytes);

/**
 * agree_work - go on with what had to wait for this node itself; a bounded part of it
 * Return: true: call again, at once or when local->vote(), perform(), mark(), or forget() may answer
 * something else than AGAIN. False: nothing is left to do before the next message or call.
 */
bool agree_work(struct agree *a);

/* The hooks of the view machine (view.h) of the same names call these. */

/** agree_freeze - a change of view begins: start nothing, decide nothing, drop what comes */
void agree_freeze(struct agree *a);

/**
 * agree_report - which operations of nodes that are not in @proposed were committed here
 * @max: at least AGREE_BLOB_MAX
 * Return: bytes written.
 */
uint32_t agree_report(struct agree *a, const struct protocol_set *proposed, uint8_t *blob,
		      uint32_t max);

/** agree_merge_begin - forget what was put together before */
void agree_merge_begin(struct agree_merger *m, const struct protocol_set *members,
		       const struct protocol_set *proposed);

/** agree_merge - a node's report; Return: 0, -URPC_EPROTO: malformed, nothing of it is used */
int agree_merge(struct agree_merger *m, const uint8_t *blob, uint32_t bytes);

/** agree_outcome - the result, for agree_install() on all; Return: bytes written */
uint32_t agree_outcome(const struct agree_merger *m, uint8_t *blob, uint32_t max);

/**
 * agree_install - @view is the view now
 * @members: of it
 * @blob:    the leader's outcome
 *
 * What was under way of nodes that went is committed if the outcome says so, and ended. Their RAM is
 * taken away by local->forget(), from agree_work().
 *
 * Return: 0; -URPC_EPROTO: @blob is malformed; -URPC_EINVAL: @members without this node, or of higher
 * numbers than there is memory for. Then the node must stop.
 */
int agree_install(struct agree *a, uint32_t view, const struct protocol_set *members,
		  const uint8_t *blob, uint32_t bytes);

/** agree_thaw - all have installed the view: operate */
void agree_thaw(struct agree *a);

/** agree_forgot - is nothing here any more of the memory of those who went? Until the next agree_install() */
static inline bool agree_forgot(const struct agree *a)
{
	return protocol_set_empty(&a->forget);
}

/**
 * agree_quiet - nothing is under way: no operation of this node's, no lock, no transfer
 * Then every table is empty; agree_check() sees that nothing leaked.
 */
bool agree_quiet(const struct agree *a);

/** agree_check - hold the invariants of the tables; for tests. Return: NULL, or what is wrong */
const char *agree_check(const struct agree *a);

/** agree_locked - is a part of the range locked or waited for by an operation? For tests and status */
bool agree_locked(const struct agree *a, uint64_t base, uint64_t bytes);

/** agree_sentence - for an enum agree_error; never NULL */
const char *agree_sentence(uint32_t error);

#endif
