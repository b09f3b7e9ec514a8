/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The call line: request and reply in one cache line, one call outstanding.
 *
 * Beside the ring, for calls of which an answer, or an acknowledgement, is all that comes back.
 * Both ends write the same line in place, the reply over the request, so that a round trip moves
 * one line there and back; over two rings it moves two.
 *
 * The line is a slot (urpc/abi.h): 7 payload words, then the header word, stored last with release
 * order and polled with acquire order. The header says whose turn it is: the first call is number
 * 1, its request has URPC_LINE_REPLY clear, its reply has it set. Zeroed memory is a line on which
 * nothing was called yet. An end that waits accepts two values there: the header that it wrote last
 * itself, which means not yet, and a well-formed header of the expected call and turn. Anything
 * else yields URPC_EPROTO, and the end stays broken from then on.
 *
 * Both ends map the line writable. All that a hostile peer gains is to send bad payloads and to
 * withhold the doorbell: header and payload are copied out once and checked in the copy, and no end
 * reads back its own words to decide anything.
 *
 * An end belongs to one thread at a time; it takes no lock. Nothing here blocks or enters a kernel.
 *
 *	caller					callee
 *	urpc_line_call(e, ...);			for (;;) {
 *	if (urpc_line_notify_needed(e))			while (urpc_line_accept(e, &m) == 0) {
 *		ring the callee's doorbell			urpc_line_reply(e, ...);
 *	while (urpc_line_finish(e, &m)			if (urpc_line_notify_needed(e))
 *	       == -URPC_EAGAIN)					ring the caller's doorbell
 *		urpc_line_relax(e), or			}
 *		sleep					poll for a while, then sleep
 *						}
 * where to sleep is
 *	if (urpc_line_arm(e)) {
 *		wait for the own doorbell
 *		urpc_line_disarm(e);
 *	}
 *
 * A call cannot be taken back. When a callee is given up, both ends and the memory begin anew.
 */
#ifndef URPC_LINE_H
#define URPC_LINE_H

#include <urpc/chan.h>

#define URPC_LINE_ALIGN 256u

#define URPC_EBUSY 16 /* the call before this one is not over */

/*
 * The header word. Sequence (the call's number mod 2^16), type and length are where a ring has
 * them (URPC_HDR_*); bits 17-31 and 56-63 are zero in this revision.
 */
#define URPC_LINE_REPLY 0x10000ull

/**
 * struct urpc_line_armed - one end's wish to be woken; a line of its own
 * @armed: not 0 while that end sleeps, or is about to, until its turn comes
 * @seen:  the header that end wrote last: what differs from it in the line is what it waits for.
 *         Lets a kernel that does not run that end's code look. Written before @armed
 */
struct urpc_line_armed {
	uint32_t armed __attribute__((aligned(URPC_CACHE_LINE)));
	uint32_t reserved;
	uint64_t seen;
};

enum urpc_line_role {
	URPC_LINE_CALLER,
	URPC_LINE_CALLEE,
};

/**
 * struct urpc_line - a call line, in shared memory
 * @call:  the line itself. Written by the caller from the end of one call to the next request's
 *         header, by the callee from there to the reply's header
 * @spare: not used: processors fetch lines in pairs, and an armed line would be fetched along
 * @armed: by enum urpc_line_role; each is written by the end of that role only
 */
struct urpc_line {
	struct urpc_slot call __attribute__((aligned(URPC_LINE_ALIGN)));
	uint64_t spare[8];
	struct urpc_line_armed armed[2];
};

URPC_STATIC_ASSERT(sizeof(struct urpc_line) == 256, "a call line and what belongs to it");
URPC_STATIC_ASSERT(offsetof(struct urpc_line, call) == 0, "call line");
URPC_STATIC_ASSERT(offsetof(struct urpc_line, armed) == 128, "armed lines");
URPC_STATIC_ASSERT(sizeof(struct urpc_line_armed) == URPC_CACHE_LINE, "an armed line each");
URPC_STATIC_ASSERT(offsetof(struct urpc_line_armed, armed) == 0, "armed line");
URPC_STATIC_ASSERT(offsetof(struct urpc_line_armed, seen) == 8, "armed line");

/* What an end may do next. A zeroed end is broken. */
enum urpc_line_state {
	URPC_LINE_BROKEN, /* nothing: the peer broke the protocol */
	URPC_LINE_IDLE, /* caller: urpc_line_call() */
	URPC_LINE_CALLED, /* caller: urpc_line_finish() */
	URPC_LINE_OPEN, /* callee: urpc_line_accept() */
	URPC_LINE_SERVING, /* callee: urpc_line_reply() */
};

/**
 * struct urpc_line_end - one end; private
 * @line:   the shared memory
 * @number: number of the last call posted (caller) or accepted (callee)
 * @seen:   the header this end wrote last, 0 before the first
 * @role:   enum urpc_line_role
 * @state:  enum urpc_line_state
 * @armed:  this end's armed bit is set
 * @fetch:  urpc_line_relax() fetches the line for writing
 */
struct urpc_line_end {
	struct urpc_line *line;
	uint64_t number;
	uint64_t seen;
	uint8_t role;
	uint8_t state;
	bool armed;
	bool fetch;
};

#ifdef __cplusplus
extern "C" {
#endif

/**
 * urpc_line_init - open an end on a zeroed line
 * Return: 0, or -URPC_EINVAL when @line is NULL or not aligned to URPC_LINE_ALIGN, or @role is
 * none.
 */
int urpc_line_init(struct urpc_line_end *e, struct urpc_line *line, enum urpc_line_role role);

/**
 * urpc_line_call - caller: post a request
 * Publishes it (release). Does not ring the doorbell: see urpc_line_notify_needed().
 * @payload may have any alignment; it may be NULL when @len is 0.
 * Return: 0, -URPC_EBUSY (the last call's reply is not taken), -URPC_EMSGSIZE, -URPC_EPROTO,
 * -URPC_EINVAL (this is a callee).
 */
static inline int urpc_line_call(struct urpc_line_end *e, uint16_t type, const void *payload,
				 size_t len);

/**
 * urpc_line_finish - caller: take the reply, which ends the call
 * Return: 0 and *@m filled, -URPC_EAGAIN (not there yet), -URPC_EPROTO, -URPC_EINVAL (no call is
 * outstanding, or this is a callee).
 */
static inline int urpc_line_finish(struct urpc_line_end *e, struct urpc_msg *m);

/**
 * urpc_line_accept - callee: take the request
 * Return: 0 and *@m filled, -URPC_EAGAIN (none), -URPC_EBUSY (the last one is not answered),
 * -URPC_EPROTO, -URPC_EINVAL (this is a caller).
 */
static inline int urpc_line_accept(struct urpc_line_end *e, struct urpc_msg *m);

/**
 * urpc_line_reply - callee: post the reply, over the request
 * As urpc_line_call().
 * Return: 0, -URPC_EMSGSIZE (the reply is still owed), -URPC_EPROTO, -URPC_EINVAL (no request was
 * accepted, or this is a caller).
 */
static inline int urpc_line_reply(struct urpc_line_end *e, uint16_t type, const void *payload,
				  size_t len);

/**
 * urpc_line_ready - has what this end waits for come, or something that breaks the protocol?
 * One acquire load. False while this end waits for nothing; true on a broken end, so that nobody
 * waits there. An end that polls puts urpc_line_relax() between looks.
 */
static inline bool urpc_line_ready(const struct urpc_line_end *e);

/**
 * urpc_line_relax - what an end that polls does between two looks, as this processor likes it best
 * urpc_pause() and urpc_line_fetch() where urpc_read_shares(), urpc_line_pause() elsewhere: chosen
 * by urpc_line_init().
 */
static inline void urpc_line_relax(const struct urpc_line_end *e);

/**
 * urpc_line_pause - wait a little between two looks
 * Longer than urpc_pause(): the end that posted last must not look again before the other has taken
 * the message and begun to write over it. A look in between makes the line a shared one, and the
 * answer pays for taking it back; on one processor that doubled the round trip.
 */
static inline void urpc_line_pause(void);

/**
 * urpc_line_fetch - fetch the line for writing, before each look of an end that polls
 * A hint. Where a read leaves a modified line shared (AMD) it saves the answer's upgrade, and one
 * urpc_pause() between looks is best then; where a read takes the only copy (Intel) it gains
 * nothing, and pollers do better without. Measure with bench-urpc, which has a row for each.
 */
static inline void urpc_line_fetch(const struct urpc_line_end *e);

/**
 * urpc_line_changed - does the line hold anything but @seen?
 * For a kernel that serves a mapped end whose private state it does not have: @seen is that end's
 * armed line's. It says nothing of use about an end that is not armed.
 */
static inline bool urpc_line_changed(const struct urpc_line *line, uint64_t seen);

/**
 * urpc_line_notify_needed - must the peer be woken for what this end posted last?
 * Full fence, then a look at the peer's armed line: pairs with urpc_line_arm(). Ask once after
 * urpc_line_call() and after urpc_line_reply().
 * Return: true when the peer sleeps or is about to, and it is the peer's turn.
 */
static inline bool urpc_line_notify_needed(const struct urpc_line_end *e);

/**
 * urpc_line_arm - announce sleep: a caller until the reply comes, a callee until a request comes
 * Sets the armed bit, full fence, looks again.
 * Return: true when the caller may sleep; false (and the bit cleared) when it has come meanwhile,
 * when this end waits for nothing, or is broken.
 */
bool urpc_line_arm(struct urpc_line_end *e);

/** urpc_line_disarm - awake again: clears the armed bit. */
void urpc_line_disarm(struct urpc_line_end *e);

/* The parts of the fast path that are rarely taken. For urpc/line_ops.h only. */
int urpc_line_refuse(const struct urpc_line_end *e, enum urpc_line_state busy);
int urpc_line_break(struct urpc_line_end *e);

#ifdef __cplusplus
}
#endif

#include <urpc/line_ops.h>

#endif
