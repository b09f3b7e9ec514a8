/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the machine of agree.h and its runner tell each other. */
#ifndef ABI_PROTOCOL_AGREE_TYPES_H
#define ABI_PROTOCOL_AGREE_TYPES_H

#include <abi/cap.h>
#include <abi/protocol/port.h>
#include <abi/protocol/route.h>
#include <abi/protocol/set.h>

/** AGREE_OPS_MAX - operations that a node may have under way */
#define AGREE_OPS_MAX 32u
/** AGREE_DELETES_MAX - of AGREE_DELETE, beside these: revocations wait for them, never they for others */
#define AGREE_DELETES_MAX 8u
/** AGREE_GIVES_MAX - capabilities that a node may be sending */
#define AGREE_GIVES_MAX 32u
/** AGREE_SLOTS_MAX - attempts of one node that may be under way */
#define AGREE_SLOTS_MAX 32u
/** AGREE_DEPART_MAX - nodes that can go in one change of view; the rest in the next */
#define AGREE_DEPART_MAX 4u
/** AGREE_BLOB_MAX - bytes of a report or outcome */
#define AGREE_BLOB_MAX (4u + AGREE_DEPART_MAX * AGREE_SLOTS_MAX * 8u)
/** AGREE_PAGES_MAX - pages of an object */
#define AGREE_PAGES_MAX 0xffffffffu

/**
 * AGREE_UNSENT - messages that the machine may have for one peer and that the peer has not handled
 * @entries: of struct agree_memory: each is one message either way in a phase; with these, transfers
 * and their answers, and what is said once more after a change of view
 */
#define AGREE_UNSENT(entries) (2u * (entries) + 4u * AGREE_GIVES_MAX + AGREE_SLOTS_MAX)

/**
 * enum agree_kind - operations
 * @AGREE_RETYPE: make something of a piece of an object, PHYSADDR or RAM, that others know
 * @AGREE_REVOKE: end all other copies, and all that was derived, everywhere
 * @AGREE_DELETE: the owner's last copy goes: who has it next, is anything left? One that a dying
 *                object holds is made FOREIGN, and then goes by itself
 */
enum agree_kind {
	AGREE_RETYPE = 1,
	AGREE_REVOKE,
	AGREE_DELETE
};

/** struct agree_object - memory of a type that travels: PHYSADDR, RAM, DEVFRAME or FRAME */
struct agree_object {
	uint64_t base;  /* bytes, multiple of a page */
	uint64_t bytes; /* 1 to AGREE_PAGES_MAX pages */
	uint32_t type;  /* enum abi_cap_type */
};

/**
 * struct agree_request - an operation
 * @kind:   enum agree_kind
 * @into:   retype: enum abi_cap_type, else 0
 * @object: on what
 * @piece:  retype: first byte of the part, @piece_bytes of it; in whole pages, inside @object; else 0
 */
struct agree_request {
	uint32_t kind;
	uint32_t into;
	struct agree_object object;
	uint64_t piece;
	uint64_t piece_bytes;
};

/* What a node has of an object: CAP_HAS_* of the CPU driver, the same bits. */
#define AGREE_HAS_COPY 0x1u
#define AGREE_HAS_ANCESTOR 0x2u
#define AGREE_HAS_DESCENDANT 0x4u
#define AGREE_HAS_ALL 0x7u

/**
 * enum agree_part - what local->perform() is to do
 * @AGREE_MINE:  this node asked. RETYPE: make the objects. REVOKE: end all but the asker's copy (all,
 *               if that is gone meanwhile). DELETE: the asker's copy, or give up owning it
 * @AGREE_OTHER: another node asked. REVOKE: end all copies and all that was derived. DELETE, RETYPE:
 *               not called
 * @AGREE_HEIR:  DELETE: this node owns the object from now on
 */
enum agree_part {
	AGREE_MINE = 1,
	AGREE_OTHER,
	AGREE_HEIR
};

/*
 * Why something was refused, beside the errors of abi/cap.h; all are negative where they are
 * returned. They travel between nodes: new ones come last.
 */
#define AGREE_ERRORS(E)                                                                            \
	E(FULL, "as many agreements or transfers as a node may have are under way: repeat later")  \
	E(KIND, "there is no such agreement, or not for objects of this type")                     \
	E(RANGE, "an object is 1 page or more, on a page boundary, and a piece lies inside it")    \
	E(RIGHTS, "a capability of this type cannot have these rights")                            \
	E(NODE, "the other node must be a member, and not the same one")                           \
	E(VIEW, "this node is in no view: wait until it has joined")                               \
	E(GONE, "the other node went before it answered")

#define AGREE_ERROR_FIRST 64 /* behind those of abi/cap.h */

enum agree_error {
	AGREE_E_BEFORE = AGREE_ERROR_FIRST - 1,
#define AGREE_E(name, sentence) AGREE_E_##name,
	AGREE_ERRORS(AGREE_E)
#undef AGREE_E
	AGREE_ERROR_END
};

URPC_STATIC_ASSERT(ABI_CAP_ERROR_COUNT <= AGREE_ERROR_FIRST, "two errors have one number");

/**
 * struct agree_local - the capabilities of this node
 * @ctx: first argument of all
 * @vote: 0: no objection; -ABI_CAP_E_IN_USE and others: refused; -ABI_CAP_E_AGAIN: ask again, from
 *        agree_work(). RETYPE: is anything here that lies in the object and overlaps the piece?
 *        @mine: is what was asked for still so (with @cookie)? -ABI_CAP_E_EMPTY: the asker's capability
 *        is gone: who has none may not end what came into being there since. DELETE: -ABI_CAP_E_BUSY
 *        if it is not the last copy any more, or is FOREIGN: then it needs nobody
 *        @relations: CAP_HAS_* for the object, of the asker without its own copy
 * @busy: DELETE: the local copies of the object may not change, or may again; none: nothing to do
 * @perform: do it, or a step: -ABI_CAP_E_AGAIN: call again, from agree_work(). Any other result is the
 *        end; with AGREE_MINE it is the operation's result. @cookie: with AGREE_MINE
 * @alone: a REVOKE has ended: no other node has anything in the object's range derived from it. RAM
 *        and PHYSADDR need agreements no more, and are this node's (REMOTE and FOREIGN are cleared);
 *        frames, which may cross, do
 * @done: an operation of this node has ended. @result: 0 or negative error. @relations: of DELETE: what
 *        others have: CAP_HAS_*. DELETE with 0: nobody has it or anything of it: the memory has no owner
 * @mark: make sure that a copy of the object is here, and that it, what it was derived from, and what
 *        it may cross are REMOTE. 0, -ABI_CAP_E_AGAIN, or why it cannot be given (-ABI_CAP_E_EMPTY)
 * @create: a capability came. 0, -ABI_CAP_E_AGAIN (it will come again, when settled() says so), or why not
 * @settled: nothing dies or is being revoked here: create() would not say AGAIN. NULL: always
 * @given: a capability of this node has arrived (0) or not (negative error)
 * @forget: node @node is gone: end everything in its RAM. -ABI_CAP_E_AGAIN: call again, before another
 *          node's is asked for
 */
struct agree_local {
	void *ctx;
	int (*vote)(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		    uint32_t *relations);
	void (*busy)(void *ctx, const struct agree_request *q, bool on);
	int (*perform)(void *ctx, const struct agree_request *q, enum agree_part part,
		       uint64_t cookie);
	void (*alone)(void *ctx, const struct agree_request *q);
	void (*done)(void *ctx, uint64_t cookie, int result, uint32_t relations);
	int (*mark)(void *ctx, const struct agree_object *object);
	int (*create)(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
		      uint64_t handle);
	bool (*settled)(void *ctx);
	void (*given)(void *ctx, uint64_t cookie, int result);
	int (*forget)(void *ctx, uint32_t node);
};

#endif
