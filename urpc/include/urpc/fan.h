/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The fan: one end calls several others at once, and goes on when all have answered.
 *
 * Two transports, chosen when the fan is opened:
 *
 *   lines   a call line (urpc/line.h) to each callee
 *   cast    one shared line that all callees poll; each answers on a line of its own
 *
 * Under cast all lines are call lines in memory, of which only half is used. Headers, numbers and
 * what is accepted are as on a call line:
 *
 *   shared line   call: requests, written by the caller only; armed[URPC_LINE_CALLER]: the caller
 *                 sleeps, or is about to
 *   own line      call: answers, written by its callee only; armed[URPC_LINE_CALLEE]: that callee
 *                 sleeps, or is about to
 *
 * The end that calls is a struct urpc_fan, each end that is called a struct urpc_fan_callee. Both
 * start on zeroed lines. An end belongs to one thread at a time. Nothing here blocks or enters a
 * kernel; whoever must be woken is the user's to ring.
 */
#ifndef URPC_FAN_H
#define URPC_FAN_H

#include <urpc/line.h>

#ifdef __cplusplus
extern "C" {
#endif

#define URPC_FAN_MAX 63u /* callees of one fan */

/**
 * struct urpc_cast - what one end knows of a line under cast; private
 * @line: the shared memory
 * @seen: the header that was last written there, or last read there; 0 before the first
 */
struct urpc_cast {
	struct urpc_line *line;
	uint64_t seen;
};

/** struct urpc_fan_leg - the way to one callee; @node is the user's, the rest private */
struct urpc_fan_leg {
	struct urpc_line_end end; /* lines */
	struct urpc_cast own;     /* cast */
	uint32_t node;
};

/**
 * struct urpc_fan - the calling end
 * @waiting: legs whose answer has not come, a bit each; 0: a call may be posted
 * @number:  of the last call
 * @culprit: the leg that broke the protocol, when urpc_fan_poll() says so; else meaningless
 * The rest is private.
 */
struct urpc_fan {
	uint64_t waiting;
	uint64_t number;
	uint32_t count;
	uint32_t culprit;
	bool cast;
	bool broken;
	bool armed;
	struct urpc_cast shared; /* cast */
	struct urpc_fan_leg leg[URPC_FAN_MAX];
};

/** struct urpc_fan_callee - the called end; private */
struct urpc_fan_callee {
	struct urpc_line_end end; /* lines */
	struct urpc_cast shared;  /* cast: requests */
	struct urpc_cast own;     /* cast: answers */
	uint64_t number;
	bool cast;
	bool serving;
	bool broken;
};

/**
 * urpc_fan_init - open a fan without legs
 * @shared: the line for requests under cast; NULL: each leg has its own
 * Return: 0, or -URPC_EINVAL for a line that is not aligned to URPC_LINE_ALIGN.
 */
int urpc_fan_init(struct urpc_fan *fan, struct urpc_line *shared);

/**
 * urpc_fan_add - one more callee; calls are posted in the order of adding
 * @node: kept in the leg, for whoever rings
 * Return: 0, or -URPC_EINVAL for a misaligned line, a fan that is full, or has called already.
 */
int urpc_fan_add(struct urpc_fan *fan, struct urpc_line *line, uint32_t node);

/**
 * urpc_fan_call - post a request to all
 * Afterwards ask urpc_fan_wakes() for each leg.
 * Return: 0, -URPC_EBUSY (the last call is not over), -URPC_EMSGSIZE, -URPC_EPROTO (broken).
 */
int urpc_fan_call(struct urpc_fan *fan, uint16_t type, const void *payload, size_t len);

/**
 * urpc_fan_wakes - must the callee of a leg be woken for what was posted?
 * Full fence, then a look at its armed line: pairs with urpc_fan_callee_arm().
 */
bool urpc_fan_wakes(const struct urpc_fan *fan, uint32_t leg);

/**
 * urpc_fan_poll - take the answers that have come
 * @type: the only type of answer that is right
 * Return: 0 once all have answered (or nothing was called), -URPC_EAGAIN while some have not,
 * -URPC_EPROTO for anything but the answer to the last call: the fan stays broken, see @culprit.
 */
int urpc_fan_poll(struct urpc_fan *fan, uint16_t type);

/**
 * urpc_fan_relax - what the caller does between two polls, as this processor likes it best
 * As urpc_line_relax() for the lines of all answers that have not come. Under cast an answer's line is
 * written by its callee alone: fetching it for writing would only take it away.
 */
static inline void urpc_fan_relax(const struct urpc_fan *fan)
{
	uint64_t left = fan->cast ? 0 : fan->waiting;

	if (!left || !fan->leg[0].end.fetch) {
		urpc_line_pause();
		return;
	}
	urpc_pause();
	for (; left; left &= left - 1)
		urpc_line_fetch(&fan->leg[__builtin_ctzll(left)].end);
}

/**
 * urpc_fan_arm - announce sleep until an answer comes
 * Armed bits, full fence, a second look.
 * Return: true when the caller may sleep; false, and nothing armed, when an answer is there.
 */
bool urpc_fan_arm(struct urpc_fan *fan);

/** urpc_fan_disarm - awake again. */
void urpc_fan_disarm(struct urpc_fan *fan);

/**
 * urpc_fan_callee_init - open the called end
 * @shared: the caster's line; NULL: requests come on @line too
 * @line:   this callee's line
 * Return: 0, or -URPC_EINVAL for a misaligned line.
 */
int urpc_fan_callee_init(struct urpc_fan_callee *c, struct urpc_line *shared,
			 struct urpc_line *line);

/** urpc_fan_callee_ready - is there a request, or something that breaks the protocol? One load. */
static inline bool urpc_fan_callee_ready(const struct urpc_fan_callee *c)
{
	if (c->serving || c->broken)
		return false;
	return c->cast ? urpc_line_changed(c->shared.line, c->shared.seen) :
			 urpc_line_changed(c->end.line, c->end.seen);
}

/** urpc_fan_callee_relax - the same for a callee that polls for a request */
static inline void urpc_fan_callee_relax(const struct urpc_fan_callee *c)
{
	if (c->cast)
		urpc_line_pause();
	else
		urpc_line_relax(&c->end);
}

/**
 * urpc_fan_callee_accept - take the request
 * Return: 0 and *@m filled, -URPC_EAGAIN (none, or the last is not answered), -URPC_EPROTO: the end
 * stays broken and quiet.
 */
int urpc_fan_callee_accept(struct urpc_fan_callee *c, struct urpc_msg *m);

/**
 * urpc_fan_callee_answer - answer the request that was accepted
 * Return: whether the caller must be woken for it: pairs with urpc_fan_arm().
 */
bool urpc_fan_callee_answer(struct urpc_fan_callee *c, uint16_t type);

/**
 * urpc_fan_callee_arm - announce sleep until a request comes
 * Return: true when the callee may sleep; also while it waits for no request.
 */
bool urpc_fan_callee_arm(struct urpc_fan_callee *c);

/** urpc_fan_callee_disarm - awake again. */
void urpc_fan_callee_disarm(struct urpc_fan_callee *c);

#ifdef __cplusplus
}
#endif

#endif
