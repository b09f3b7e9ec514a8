/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The name service: records, locks, semaphores and barriers by name, replicated on every node.
 *
 * Each node has the whole table. A change is a request to node 0, which puts all requests in one
 * order, the log, and sends each entry of it to all nodes; every replica applies the same entries
 * in the same order, and the replica of the node that asked answers its domain. Reading, waiting
 * for a name and watching are local. Node 0 keeps no log: an entry is applied by it when it is
 * sent, and gone. A joining node gets the table in pieces while the log goes on.
 *
 * The runner calls the functions below from one thread, and a hook never calls back.
 *
 * Bounds: a node has at most NAMES_OUTSTANDING unordered requests at node 0, node 0 sends at most
 * NAMES_WINDOW entries that a node has not acknowledged; see NAMES_UNSENT.
 */
#ifndef ABI_PROTOCOL_NAMES_H
#define ABI_PROTOCOL_NAMES_H

#include <abi/protocol/names_state.h>

/**
 * names_init - begin: node 0 as the leader, with itself as the only member; others as no members
 * yet
 * @limits: others take node 0's with the snapshot; their .slots must be the same there and here
 *
 * Return: 0, or -URPC_EINVAL if a number of @limits or @memory is out of range
 */
int names_init(struct names *n, uint32_t self, const struct names_limits *limits,
	       const struct names_memory *memory, const struct protocol_port *port,
	       const struct names_hooks *hooks, void *ctx);

/**
 * names_message - a message of interface PROTOCOL_NAMES came
 *
 * At another node than 0 only node 0's are taken. A snapshot can come as soon as node 0 has called
 * names_view(), so that is called when the view machine has sent INSTALL, and at the others on its
 * arrival, before the next message.
 * Return: 0, or -URPC_EPROTO: @from broke the protocol and should be removed; nothing changed
 */
int names_message(struct names *n, uint32_t from, uint16_t type, const void *payload,
		  uint32_t bytes, uint64_t now);

/** names_freeze - a change of view begins: requests wait, node 0 puts nothing in order */
void names_freeze(struct names *n);

/** names_view - a view was installed: who is new gets a snapshot, what the gone had is removed */
void names_view(struct names *n, uint32_t view, const struct protocol_set *members, uint64_t now);

/**
 * names_tick - look at deadlines; Return: when to call again at the latest (us), or
 * PROTOCOL_NEVER
 */
uint64_t names_tick(struct names *n, uint64_t now);

/**
 * names_ready - true when this node has the table: before that reads find nothing, requests wait
 */
bool names_ready(const struct names *n);

/**
 * names_submit - a domain's request; hooks.answer() comes once, later or within the call
 * @deadline: microseconds, as @now; PROTOCOL_NEVER: none. An answer that is under way when it
 *            passes still counts: TIMEOUT says that nothing was done
 * Return: 0, or enum names_error: refused, no answer comes
 */
int names_submit(struct names *n, uint32_t domain, uint64_t tag, const struct names_ask *ask,
		 uint64_t deadline, uint64_t now);

/** names_get - look up a record, or anything with a name; NULL: none. Valid until the next call */
const struct names_slot *names_get(const struct names *n, const char *name);

/**
 * names_list - go through the names that begin with @prefix, in no order
 * @at: 0 at first, then what the call before left there
 * Return: the next one, NULL: no more
 */
const struct names_slot *names_list(const struct names *n, const char *prefix, uint32_t *at);

/**
 * names_await - wait until there is a record @name; hooks.answer() comes once, at once if it is
 * there
 * Return: 0, or enum names_error: refused
 */
int names_await(struct names *n, uint32_t domain, uint64_t tag, const char *name,
		uint64_t deadline, uint64_t now);

/**
 * names_give_up - the deadline of a request or wait that is not answered is now
 * Its answer still comes, soon, and may be that it was done. Call names_tick() after it.
 * Return: false if there is none
 */
bool names_give_up(struct names *n, uint32_t domain, uint64_t tag, uint64_t now);

/** names_of - how many names a domain of this node has, and requests that are not answered */
uint32_t names_of(const struct names *n, uint32_t domain);

/**
 * names_watch - be told by hooks.changed() of each change of a record whose name begins with
 * @prefix
 * Return: 0, or enum names_error: refused
 */
int names_watch(struct names *n, uint32_t domain, uint64_t tag, const char *prefix);

/** names_unwatch - no more; Return: false if there is none with this tag */
bool names_unwatch(struct names *n, uint32_t domain, uint64_t tag);

/**
 * names_domain_end - a domain of this node has ended: nothing is answered to it any more, its
 * ephemeral records and locks and places in queues go, in log order, then hooks.ended() is called
 *
 * What it left for good is NAMES_NOBODY's of this node from then on, and counts for the node alone.
 * Return: 0, or enum names_error: more domains end than memory.domains
 */
int names_domain_end(struct names *n, uint32_t domain, uint64_t now);

/**
 * names_hash - of the table and the log's number: equal at all ready nodes when nothing is under
 * way
 */
uint64_t names_hash(const struct names *n);

/** names_quiet - nothing of this node is under way, and at node 0 nothing of any */
bool names_quiet(const struct names *n);

/** names_check - true when every invariant of the table and its index holds; for tests: slow */
bool names_check(const struct names *n);

/** names_sentence - for an enum names_error; never NULL */
const char *names_sentence(uint32_t error);

#endif
