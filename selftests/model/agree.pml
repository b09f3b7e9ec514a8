/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agreement on capabilities (partition/protocol/agree*.c): three nodes, links in order between each
 * two. All have a copy of one object. Node 0 revokes it, nodes 1 and 2 make something of the same
 * piece of it (TWO), or node 1 does and node 2 sends a copy of the object to node 1. Operation o is
 * node o's, and older than those with greater numbers.
 *
 * With HAND: node 1 makes something of the piece, where node 2 has something already, which it hands
 * over to node 0 at the same time.
 *
 * With CRASH: node 0 revokes, and dies at any step; then the others agree on how that ended.
 *
 * Properties:
 *   no piece is two nodes' (assertion where it is made)
 *   when a revocation is over, no other node has a copy or anything made of it, or one on its way
 *   every operation ends, no lock is left, whatever the order: the assertion when all is at rest
 *   the nodes that are left have all revoked, or none (CRASH)
 *
 * Mutants (-D), each must fail:
 *   NO_PREPARE        the coordinator decides without the others' votes
 *   EARLY_ACK         a node acknowledges before it has carried out
 *   SKIP_NODE         one node is not asked, nor told
 *   NO_LOCK           a vote locks nothing
 *   YOUNGER_WAITS     who meets an older operation's lock waits
 *   NO_WAIT           who meets a younger operation's lock does not wait
 *   OVERRULED         a no counts as a yes
 *   VOTE_IN_FLIGHT    a node votes while its copy is on its way
 *   TAKE_LOCKED       a node takes a copy in while the range is locked
 *   NO_REPORT         how the dead node's operation ended is not asked
 *   FROZEN_GOES_ON    a node handles messages after its report
 *   PREPARED_ABORTS   who has voted gives up by itself when the coordinator has died
 */
#if defined(NO_PREPARE) || defined(SKIP_NODE) || defined(NO_LOCK) || defined(YOUNGER_WAITS) || \
	defined(NO_WAIT) || defined(OVERRULED)
#define TWO
#endif
#if defined(NO_REPORT) || defined(FROZEN_GOES_ON) || defined(PREPARED_ABORTS)
#define CRASH
#endif

#ifdef TAKE_LOCKED
#define HAND
#endif

#define N 3
#define NOBODY 7

mtype = { PREPARE, BALLOT, DECIDE, ACK, GIVE, TAKEN };
mtype = { YES, BUSY, NO };

/* From f to t: message, operation, and what goes with it. */
chan link[9] = [5] of { mtype, byte, byte };
#define LINK(f, t) link[(f) * N + (t)]

/* What a node has of an attempt. */
#define NONE 0
#define WAIT 1   /* for those that came before */
#define LOCKED 2 /* voted yes */
#define LOST 3   /* voted otherwise */
#define CARRY 4  /* committed, to be carried out */
#define KEEP 5   /* coordinator: carried out, waits for the others */
byte at[9];
#define AT(n, o) at[(n) * N + (o)]
#define HOLDS(n, o) (AT(n, o) == WAIT || AT(n, o) == LOCKED || AT(n, o) == CARRY || AT(n, o) == KEEP)
#define LOCKS(n, o) (AT(n, o) == LOCKED || AT(n, o) == CARRY || AT(n, o) == KEEP)

/* behind[n, o] has bit p: o came to node n when p was there, and p has not gone since. */
byte behind[9];
#define BEHIND(n, o) behind[(n) * N + (o)]
bool ended[9]; /* the operation's last attempt was decided, as node n knows */
#define ENDED(n, o) ended[(n) * N + (o)]

bool copy[N], made[N];
bool flying;
byte result[N]; /* 0: not yet, 1: done, 2: refused */
bool dead, frozen[N], told[N];

inline leave(n, o)
{
	AT(n, o) = NONE;
	BEHIND(n, 0) = BEHIND(n, 0) & ~(1 << o);
	BEHIND(n, 1) = BEHIND(n, 1) & ~(1 << o);
	BEHIND(n, 2) = BEHIND(n, 2) & ~(1 << o)
}

/* An attempt comes to a node. It lost if an older one is there that is not decided. */
inline arrive(n, o)
{
	ENDED(n, o) = false;
	BEHIND(n, o) = 0;
	blocker = NOBODY;
	AT(n, o) = WAIT;
	i = 0;
	do
	:: i < N ->
		if
		:: i != o && HOLDS(n, i) ->
#ifndef NO_LOCK
			BEHIND(n, o) = BEHIND(n, o) | (1 << i);
#endif
			if
#ifdef NO_WAIT
			:: blocker = i
#endif
#ifndef YOUNGER_WAITS
			:: i < o && AT(n, i) != CARRY && AT(n, i) != KEEP -> blocker = i
#endif
			:: else
			fi
		:: else
		fi;
		i++
	:: else -> break
	od;
	if
	:: blocker != NOBODY -> BEHIND(n, o) = 0; AT(n, o) = LOST
	:: else
	fi
}

/* This node's vote; operation 0 is the revocation. */
inline vote(n, o)
{
	if
	:: o != 0 && (made[n] || (n == o && !copy[n])) -> leave(n, o); AT(n, o) = LOST; answer = NO
	:: else -> AT(n, o) = LOCKED; answer = YES
	fi
}

inline carry_out(n)
{
	copy[n] = false;
	made[n] = false
}

proctype node(byte me)
{
	byte i, o, x, blocker, votes, acks, met = NOBODY;
	mtype answer, worst;
	bool trying, deciding, gave;
	byte from;

end:	do
	/* A message from any node. */
	:: atomic { !(me == 0 && dead) && (!frozen[me] ||
#ifdef FROZEN_GOES_ON
			true
#else
			false
#endif
			) && (nempty(LINK(0, me)) || nempty(LINK(1, me)) || nempty(LINK(2, me))) ->
		if
		:: nempty(LINK(0, me)) -> from = 0
		:: nempty(LINK(1, me)) -> from = 1
		:: nempty(LINK(2, me)) -> from = 2
		fi;
		if
		:: LINK(from, me)?PREPARE(o, x) ->
			arrive(me, o);
			if
			:: blocker != NOBODY -> LINK(me, from)!BALLOT(BUSY, blocker)
			:: else
			fi
		:: LINK(from, me)?BALLOT(answer, x) ->
			votes++;
			if
			:: answer == NO -> worst = NO
			:: answer == BUSY && worst == YES -> worst = BUSY; met = x
			:: else
			fi
		:: LINK(from, me)?DECIDE(o, x) ->
			ENDED(me, o) = true;
			if
			:: x == YES && o == 0 ->
				AT(me, o) = CARRY;
				told[me] = true;
#ifdef EARLY_ACK
				LINK(me, from)!ACK(o, 0)
#endif
			:: else -> leave(me, o); LINK(me, from)!ACK(o, 0)
			fi
		:: LINK(from, me)?ACK(o, x) -> acks++
		:: LINK(from, me)?GIVE(o, x) ->
			if
#ifndef TAKE_LOCKED
			:: LOCKS(me, 0) || LOCKS(me, 1) || LOCKS(me, 2) -> skip
#endif
#ifdef HAND
			:: else -> made[me] = true; x = 1
#else
			:: else -> copy[me] = true
#endif
			fi;
			LINK(me, from)!TAKEN(0, x)
		:: LINK(from, me)?TAKEN(o, x) ->
			flying = false;
			made[me] = made[me] && !x
		fi;
		from = 0; o = 0; x = 0; i = 0; blocker = 0; answer = YES
	   }
	/* Nothing stands in the way of one that came: vote. */
	:: atomic { !(me == 0 && dead) && !frozen[me] && (
#ifndef VOTE_IN_FLIGHT
			!(me == 2 && flying) &&
#endif
			((AT(me, 0) == WAIT && !BEHIND(me, 0)) || (AT(me, 1) == WAIT && !BEHIND(me, 1)) ||
			 (AT(me, 2) == WAIT && !BEHIND(me, 2)))) ->
		if
		:: AT(me, 0) == WAIT && !BEHIND(me, 0) -> o = 0
		:: AT(me, 1) == WAIT && !BEHIND(me, 1) -> o = 1
		:: AT(me, 2) == WAIT && !BEHIND(me, 2) -> o = 2
		fi;
		vote(me, o);
		if
		:: o != me -> LINK(me, o)!BALLOT(answer, 0)
		:: else ->
			votes++;
			if
			:: answer == NO -> worst = NO
			:: else
			fi
		fi;
		o = 0; answer = YES
	   }
	/* Carry out the revocation. */
	:: atomic { me != 0 && AT(me, 0) == CARRY ->
		carry_out(me);
		leave(me, 0);
#ifndef EARLY_ACK
		if
		:: !dead -> LINK(me, 0)!ACK(0, 0)
		:: else
		fi
#endif
	   }
	/* Begin an attempt: not against an older one here, nor before the last one's blocker ended. */
	:: atomic { !dead && !trying && !result[me] &&
#ifndef TWO
			me != 2 &&
#endif
#ifdef CRASH
			me == 0 &&
#endif
#ifdef HAND
			me == 1 &&
#endif
			(met == NOBODY || ENDED(me, met)) &&
			!((me > 0 && HOLDS(me, 0) && AT(me, 0) != CARRY) || (me > 1 && HOLDS(me, 1) && AT(me, 1) != KEEP)) ->
		trying = true;
		met = NOBODY;
		votes = 0;
		acks = 0;
		worst = YES;
		arrive(me, me);
		i = 0;
		do
		:: i < N ->
			if
#ifdef SKIP_NODE
			:: i != me && i == 2 - (me == 2) -> votes++
			:: i != me && i != 2 - (me == 2) -> LINK(me, i)!PREPARE(me, 0)
#else
			:: i != me -> LINK(me, i)!PREPARE(me, 0)
#endif
			:: i == me -> skip
			fi;
			i++
		:: else -> break
		od;
		i = 0; blocker = 0
	   }
	/* All have voted. */
	:: atomic { !(me == 0 && dead) && trying && !deciding && AT(me, me) >= LOCKED && AT(me, me) <= LOST &&
#ifndef NO_PREPARE
			votes == N
#else
			votes >= 1
#endif
			 ->
		deciding = true;
#ifdef OVERRULED
		worst = YES;
#endif
		i = 0;
		do
		:: i < N ->
			if
#ifdef SKIP_NODE
			:: i != me && i == 2 - (me == 2) -> acks++
			:: i != me && i != 2 - (me == 2) -> LINK(me, i)!DECIDE(me, worst)
#else
			:: i != me -> LINK(me, i)!DECIDE(me, worst)
#endif
			:: i == me -> skip
			fi;
			i++
		:: else -> break
		od;
		ENDED(me, me) = true;
		if
		:: worst != YES -> leave(me, me)
		:: else ->
			AT(me, me) = KEEP;
			if
			:: me == 0 -> made[0] = false
			:: else ->
				made[me] = true;
				assert(made[0] + made[1] + made[2] == 1)
			fi
		fi;
		i = 0
	   }
	/* All have acknowledged. */
	:: atomic { !(me == 0 && dead) && deciding && acks == N - 1 ->
		if
		:: worst == YES ->
			if
			:: me == 0 -> assert(!copy[1] && !copy[2] && !made[1] && !made[2] && !flying)
			:: else
			fi;
			leave(me, me);
			result[me] = 1
		:: worst == NO -> result[me] = 2
		:: worst == BUSY -> skip
		fi;
		trying = false; deciding = false; votes = 0; acks = 0
	   }
#if !defined(TWO) && !defined(CRASH)
	/* Send a copy. */
	:: atomic { me == 2 && !gave && copy[2] && !HOLDS(2, 0) && !HOLDS(2, 1) ->
		gave = true;
		flying = true;
#ifdef HAND
		LINK(2, 0)!GIVE(0, 0)
#else
		LINK(2, 1)!GIVE(0, 0)
#endif
	   }
#endif
	od
}

#ifdef CRASH
/* Node 0 dies; what it sent last may be lost: it is dropped by the frozen. Then the view changes. */
proctype change()
{
	byte i;
	bool commit;

	dead = true;
	i = 1;
	do
	:: i < N -> atomic { frozen[i] = true; commit = commit || told[i] }; i++
	:: else -> break
	od;
#ifdef NO_REPORT
	commit = false;
#endif
	i = 1;
	do
	:: i < N -> atomic {
		if
		:: AT(i, 0) == LOCKED ->
#ifdef PREPARED_ABORTS
			leave(i, 0)
#else
			if
			:: commit -> AT(i, 0) = CARRY
			:: else -> leave(i, 0)
			fi
#endif
		:: AT(i, 0) == CARRY -> skip
		:: else -> leave(i, 0)
		fi;
		i++ }
	:: else -> break
	od
}
#endif

init
{
	atomic {
		copy[0] = true; copy[1] = true; copy[2] = true;
#ifdef HAND
		made[2] = true;
		result[0] = 1;
#endif
		run node(0); run node(1); run node(2);
#ifdef CRASH
		run change()
#endif
	}
	timeout ->
#ifdef CRASH
	assert(copy[1] == copy[2]);
#else
	assert(result[0] == 1 && result[1]);
#ifdef TWO
	assert(result[2]);
#endif
#endif
	assert(!HOLDS(1, 0) && !HOLDS(1, 1) && !HOLDS(1, 2) && !HOLDS(2, 0) && !HOLDS(2, 1) && !HOLDS(2, 2))
end:	false
}
