/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of view (partition/protocol/view*.c): a leader, NODES others of which the last is not in at
 * first, a link each way between the leader and each, and between each two others.
 *
 * In any order: the last one joins, one leaves, up to DEATHS die, in any step and with any part of what
 * they sent still on its way, and one that lives may be taken for dead (MISTAKES). The leader finds a
 * death at any time after it. Members in a view operate: they send to each other, as an agreement would.
 *
 * Properties, asserted:
 *   agreement      no two install different sets for one number, numbers grow at each node, and a node
 *                  installs the set that it made its report for
 *   no effect      from its REPORT on a node takes nothing from those it reported to be gone
 *   one view       what is taken was sent in a view that the receiver has installed
 *   frozen         nobody whom the leader counts on operates in a view older than the leader's
 *   an end         in the end no change is under way, all members that live operate in the leader's
 *                  view, no dead one is in it, and no other node operates: checked at timeout; a node
 *                  that waits for ever is an invalid end state
 *
 * Mutants (-D), each must fail:
 *   EARLY_INSTALL     INSTALL before all have reported
 *   EARLY_GO          GO before all have installed
 *   GO_WITH_DEAD      GO although a member is known to be dead
 *   NO_FREEZE         a node operates on after PREPARE
 *   KEEP_LISTENING    after REPORT what the going say still counts
 *   LISTEN_TO_ALL     after INSTALL what the gone say still counts
 *   SAME_NUMBER       the change that follows one in which a node died uses its number again
 *   LATE_SET          the set is made when INSTALL is sent, not when PREPARE is
 *   WAIT_FOR_DEAD     the leader waits for who died during a step
 *   NOT_TOLD          who was taken out by mistake is not told
 */
#define NODES 3
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef MISTAKES
#define MISTAKES 1
#endif
#ifndef OPS
#define OPS 1
#endif
#define CHANGES 7

#define BIT(n) (1 << (n))
#define HAS(s, n) (((s) >> (n)) & 1)
#define ALL (BIT(NODES + 1) - 2)

/* Kinds of messages, places of a node, steps of the leader. */
#define PREPARE 1
#define REPORT 2
#define INSTALL 3
#define INSTALLED 4
#define GO 5
#define EXPELLED 6

#define OUT 0
#define FROZEN 1
#define SET 2
#define OPEN 3
#define GONE 4

#define IDLE 0
#define COLLECT 1
#define SPREAD 2

chan down[NODES + 1] = [4] of { byte, byte, byte }; /* kind, number, set */
chan up[NODES + 1] = [2] of { byte, byte };         /* kind, number */
chan op[(NODES + 1) * (NODES + 1)] = [1] of { byte }; /* the view it was sent in */
#define OP(from, to) op[(from) * (NODES + 1) + (to)]

byte dead;              /* mask */
byte deaths = DEATHS, mistakes = MISTAKES, ops = OPS;
byte phase[NODES + 1], number[NODES + 1], view[NODES + 1];
byte failed;            /* the leader's */
byte decided = 1;       /* number of the leader's view */

/* Ghosts. */
byte known[CHANGES];    /* set of each number; 0: nobody has installed it */
byte reported[NODES + 1]; /* whom a node has reported to be gone */

/* Members at first: all but the last. In d_step. */
inline check_install(who, n, s)
{
	assert(n < CHANGES);
	assert(n > number[who]);
	assert(known[n] == 0 || known[n] == s);
	known[n] = s;
	number[who] = n;
	view[who] = s;
}

#ifdef LISTEN_TO_ALL
#define ACCEPTS(me, peer) true
#elif defined(KEEP_LISTENING)
#define ACCEPTS(me, peer) HAS(view[me], peer)
#else
#define ACCEPTS(me, peer) (HAS(view[me], peer) && (phase[me] != FROZEN || HAS(next, peer)))
#endif

/* Start an operation with another member. */
#define OPERATE(peer) \
	:: atomic { ops > 0 && phase[me] == OPEN && peer != me && HAS(view[me], peer) && \
		    len(OP(me, peer)) == 0 -> \
		assert(number[me] == decided || HAS(failed, me) || !HAS(view[0], me)); \
		ops--; \
		OP(me, peer)!number[me] }

/* Take what another node has to say of its operation. */
#define TAKE(peer) \
	:: atomic { peer != me && phase[me] != OUT && phase[me] != GONE && len(OP(peer, me)) > 0 -> \
		OP(peer, me)?n; \
		assert(!ACCEPTS(me, peer) || (!HAS(reported[me], peer) && number[me] >= n)); \
		n = 0 }

proctype member(byte me)
{
	byte kind, n, s, next;

	do
	:: atomic { len(down[me]) > 0 -> down[me]?kind, n, s;
		if
		:: phase[me] == GONE
		:: phase[me] != GONE && kind == PREPARE ->
			next = s;
			reported[me] = reported[me] | (view[me] & ~s);
#ifdef NO_FREEZE
			if
			:: phase[me] == OUT -> phase[me] = FROZEN
			:: else
			fi;
#else
			phase[me] = FROZEN;
#endif
			up[me]!REPORT, n
		:: phase[me] != GONE && kind == INSTALL ->
			assert(s == next);
			check_install(me, n, s);
			if
			:: HAS(s, me) -> phase[me] = SET; up[me]!INSTALLED, n
			:: else -> phase[me] = GONE
			fi
		:: phase[me] != GONE && kind == GO ->
			phase[me] = OPEN
		:: phase[me] != GONE && kind == EXPELLED ->
			phase[me] = GONE
		fi;
		kind = 0; n = 0; s = 0 }
	OPERATE(1)
	OPERATE(2)
	OPERATE(NODES)
	TAKE(1)
	TAKE(2)
	TAKE(NODES)
	:: atomic { deaths > 0 && phase[me] != GONE ->
		deaths--;
		dead = dead | BIT(me);
		/* What was sent to it is read by nobody. */
		do
		:: len(down[me]) > 0 -> down[me]?_, _, _
		:: else -> break
		od;
		break }
	:: atomic { timeout -> break }
	od
}

/* To each of a set: nobody reads what is sent to the dead. In atomic. */
inline tell(set, kind, n, s)
{
	who = 1;
	do
	:: who <= NODES && HAS(set, who) && !HAS(dead, who) ->
		down[who]!kind, n, s;
		who++
	:: who <= NODES && !(HAS(set, who) && !HAS(dead, who)) -> who++
	:: who > NODES -> break
	od;
	who = 0
}

inline begin()
{
	wanted_in = wanted_in & ~failed;
	failed = failed & view[0];
	next = (view[0] & ~failed & ~wanted_out) | wanted_in;
#ifdef SAME_NUMBER
	highest = highest + (step == IDLE -> 1 : 0);
#else
	highest++;
#endif
	waiting = ((view[0] | wanted_in) & ~failed) & ALL;
	step = COLLECT;
	phase[0] = FROZEN;
	tell(waiting, PREPARE, highest, next)
}

inline install()
{
#ifdef LATE_SET
	next = ((view[0] & ~failed & ~wanted_out) | wanted_in) & ~failed;
#endif
	told = (view[0] | next) & ALL & ~failed;
	gone = view[0] & ~next;
	decided = highest;
	check_install(0, highest, next);
	tell(told, INSTALL, highest, next);
#ifndef NOT_TOLD
	tell(gone & failed, EXPELLED, highest, next);
#endif
	waiting = told & next;
	wanted_in = wanted_in & ~next;
	wanted_out = wanted_out & ~gone;
	failed = failed & ~gone;
	step = SPREAD;
	phase[0] = SET;
	told = 0;
	gone = 0
}

inline go()
{
	assert((failed & view[0]) == 0);
	tell(view[0] & ALL, GO, highest, 0);
	phase[0] = OPEN;
	step = IDLE
}

inline fail(n)
{
	failed = failed | BIT(n);
#ifndef WAIT_FOR_DEAD
	waiting = waiting & ~BIT(n);
#endif
}

active proctype leader()
{
	byte next, waiting, wanted_in, wanted_out, highest = 1, step = IDLE, who, kind, n, told, gone;
	bool may_join = true, may_leave = true;

	atomic {
		view[0] = BIT(NODES) - 1;
		known[1] = view[0];
		number[0] = 1;
		phase[0] = OPEN;
		who = 1;
		do
		:: who < NODES -> phase[who] = OPEN; number[who] = 1; view[who] = view[0]; who++
		:: else -> break
		od;
		who = 1;
		do
		:: who <= NODES -> run member(who); who++
		:: else -> break
		od;
		who = 0
	}
	do
	:: atomic { may_join -> may_join = false;
		if
		:: wanted_in = wanted_in | BIT(NODES)
		:: true
		fi }
	:: atomic { may_leave -> may_leave = false;
		if
		:: HAS(view[0], 1) && !HAS(failed, 1) -> wanted_out = wanted_out | BIT(1)
		:: true
		fi }
	/* Find a dead one, or be mistaken. */
	:: atomic { ((view[0] | wanted_in) & dead & ~failed) != 0 ->
		who = 1;
		do
		:: HAS((view[0] | wanted_in) & dead & ~failed, who) -> break
		:: !HAS((view[0] | wanted_in) & dead & ~failed, who) -> who++
		od;
		fail(who);
		who = 0 }
	:: atomic { mistakes > 0 -> mistakes--;
		who = 1;
		do
		:: who < NODES -> who++
		:: break
		od;
		if
		:: HAS((view[0] | wanted_in) & ~failed & ~dead, who) -> fail(who)
		:: else
		fi;
		who = 0 }
	:: atomic { step == IDLE && ((failed & (view[0] | wanted_in)) | wanted_in | (wanted_out & view[0])) != 0 ->
		begin() }
#ifdef EARLY_INSTALL
	:: atomic { step == COLLECT -> install() }
#else
	:: atomic { step == COLLECT && waiting == 0 -> install() }
#endif
#ifdef EARLY_GO
	:: atomic { step == SPREAD && (waiting == 0 || failed == 0) ->
#else
	:: atomic { step == SPREAD && waiting == 0 ->
#endif
		if
#ifdef GO_WITH_DEAD
		:: go()
#else
		:: failed != 0 -> begin()
		:: failed == 0 -> go()
#endif
		fi }
	:: atomic { up[1]?kind, n -> who = 1; goto answer }
	:: atomic { up[2]?kind, n -> who = 2; goto answer }
	:: atomic { up[NODES]?kind, n -> who = NODES; goto answer }
	:: atomic { false ->
answer:		if
		:: !HAS(failed, who) && HAS(waiting, who) && n == highest &&
		   kind == (step == COLLECT -> REPORT : INSTALLED) -> waiting = waiting & ~BIT(who)
		:: else
		fi;
		who = 0;
		kind = 0;
		n = 0 }
	:: atomic { timeout ->
		assert(step == IDLE && phase[0] == OPEN);
		assert((view[0] & dead) == 0);
		who = 1;
		do
		:: who <= NODES && HAS(view[0], who) ->
			assert(phase[who] == OPEN && number[who] == number[0]);
			who++
		:: who <= NODES && !HAS(view[0], who) ->
			assert(HAS(dead, who) || phase[who] != OPEN);
			who++
		:: who > NODES -> break
		od;
		break }
	od
}
