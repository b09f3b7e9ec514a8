/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call line (urpc/line_ops.h, urpc/src/line.c) on a machine with store buffers.
 *
 * A caller and a callee, one line that both write in place, COUNT calls whose sequence counts modulo
 * SEQS. Every store goes through its processor's store buffer (x86-TSO): a FIFO that drains at any
 * time, and wholly at a full fence. Both ends read the header that they write themselves: a load
 * finds the own store while that is still in the buffer. Either end may poll or sleep at any time.
 *
 * Properties:
 *   no lost wake-up   nobody sleeps for ever: an invalid end state
 *   no torn, lost, repeated or reordered message, either way
 *                     request n carries 2n and its reply 2n + 1: the assertions on the payload
 *   nobody is taken for hostile
 *                     an end sees its own last header or the expected one, nothing else
 *
 * Mutants (-D), each must fail:
 *   NO_FENCE_CALL        the caller looks at the callee's armed line without the full fence
 *   NO_FENCE_REPLY       the callee looks at the caller's armed line without the full fence
 *   NO_FENCE_ARM_CALLER  the caller looks again without the full fence
 *   NO_FENCE_ARM_CALLEE  the callee looks again without the full fence
 *   NO_RECHECK_CALLER    the caller sleeps without looking again
 *   NO_RECHECK_CALLEE    the callee sleeps without looking again
 *   HEADER_FIRST         the header is stored before the payload (release order lost)
 *   PAYLOAD_EARLY        the payload is read before the header says so (acquire order lost)
 *   REPLY_EARLY          the reply is stored before the request was read
 *   SAME_TURN            request and reply carry the same turn
 *   CALL_TWICE           a call is posted over a call that is not over
 *   NO_ARM_FIRST         the armed bit is set after the second look
 */
#ifndef SEQS
#define SEQS 2
#endif
#ifndef COUNT
#define COUNT (2 * SEQS + 1)
#endif

#define CALLER 0
#define CALLEE 1

#define PAYLOAD 0
#define HEADER 1
#define ARMED 2 /* and 3: by role */

#ifdef SAME_TURN
#define REPLY 0
#else
#define REPLY 1
#endif

/* Numbers start at 1 and memory at 0: a line on which nothing was called. */
#define WORD(number, turn) (1 + 2 * ((number) % SEQS) + (turn))

byte memory[4];
byte own[2];      /* the header each end wrote last */
byte buffered[2]; /* stores to the header in each end's buffer */
bool bell[2];

chan buffer0 = [4] of { byte, byte };
chan buffer1 = [4] of { byte, byte };

#define FENCE(buffer) empty(buffer)
#define LOOK(me) (buffered[me] -> own[me] : memory[HEADER])
#define NOT_YET(me) (buffered[me] > 0 || memory[HEADER] == own[me])

#ifdef NO_RECHECK_CALLER
#define SLEEP_CALLER true
#else
#define SLEEP_CALLER NOT_YET(CALLER)
#endif
#ifdef NO_RECHECK_CALLEE
#define SLEEP_CALLEE true
#else
#define SLEEP_CALLEE NOT_YET(CALLEE)
#endif

proctype drain(byte me; chan buffer)
{
	byte where, what;
end:	do
	:: atomic {
		buffer?where, what ->
		memory[where] = what;
		if
		:: where == HEADER -> buffered[me]--
		:: else
		fi
	}
	od
}

inline store_header(me, buffer, word)
{
	atomic {
		buffer!HEADER, word;
		own[me] = word;
		buffered[me]++
	}
}

inline post(me, buffer, word, value)
{
#ifdef HEADER_FIRST
	store_header(me, buffer, word);
	buffer!PAYLOAD, value
#else
	buffer!PAYLOAD, value;
	store_header(me, buffer, word)
#endif
}

inline notify(me)
{
	if
	:: memory[ARMED + 1 - me] -> bell[1 - me] = true
	:: else
	fi
}

/* Set the armed bit; after the fence look again, and sleep. */
inline announce(me, buffer)
{
#ifndef NO_ARM_FIRST
	buffer!ARMED + me, 1;
#endif
	skip
}

inline sleep_if(not_yet, me, buffer)
{
	if
	:: not_yet ->
#ifdef NO_ARM_FIRST
		buffer!ARMED + me, 1;
#endif
		bell[me];
		bell[me] = false
	:: else
	fi;
	buffer!ARMED + me, 0
}

proctype caller()
{
	byte number = 0, header, value;

	do
	:: number == COUNT -> break
	:: number < COUNT ->
		number++;
		post(CALLER, buffer0, WORD(number, 0), 2 * number);
#ifdef CALL_TWICE
		if
		:: number < COUNT ->
			number++;
			post(CALLER, buffer0, WORD(number, 0), 2 * number)
		:: skip
		fi;
#endif
#ifndef NO_FENCE_CALL
		FENCE(buffer0);
#endif
		notify(CALLER);
		do
		:: true ->
#ifdef PAYLOAD_EARLY
			value = memory[PAYLOAD];
#endif
			header = LOOK(CALLER);
			if
			:: header == WORD(number, REPLY) -> break
			:: header != WORD(number, REPLY) ->
				assert(header == own[CALLER]);
				announce(CALLER, buffer0);
#ifndef NO_FENCE_ARM_CALLER
				FENCE(buffer0);
#endif
				sleep_if(SLEEP_CALLER, CALLER, buffer0)
			:: header != WORD(number, REPLY) ->
				!NOT_YET(CALLER) /* polling */
			fi
		od;
#ifndef PAYLOAD_EARLY
		value = memory[PAYLOAD];
#endif
		assert(value == 2 * number + 1);
		header = 0;
		value = 0
	od
}

proctype callee()
{
	byte number = 0, header, value;

	do
	:: number == COUNT -> break
	:: number < COUNT ->
#ifdef PAYLOAD_EARLY
		value = memory[PAYLOAD];
#endif
		header = LOOK(CALLEE);
		if
		:: header == WORD(number + 1, 0) ->
			number++;
#ifdef REPLY_EARLY
			post(CALLEE, buffer1, WORD(number, REPLY), 2 * number + 1);
			value = memory[PAYLOAD];
			assert(value == 2 * number);
#else
#ifndef PAYLOAD_EARLY
			value = memory[PAYLOAD];
#endif
			assert(value == 2 * number);
			post(CALLEE, buffer1, WORD(number, REPLY), 2 * number + 1);
#endif
#ifndef NO_FENCE_REPLY
			FENCE(buffer1);
#endif
			notify(CALLEE)
		:: header != WORD(number + 1, 0) ->
			assert(header == own[CALLEE]);
			announce(CALLEE, buffer1);
#ifndef NO_FENCE_ARM_CALLEE
			FENCE(buffer1);
#endif
			sleep_if(SLEEP_CALLEE, CALLEE, buffer1)
		:: header != WORD(number + 1, 0) ->
			!NOT_YET(CALLEE) /* polling */
		fi;
		header = 0;
		value = 0
	od
}

init {
	atomic {
		run drain(CALLER, buffer0);
		run drain(CALLEE, buffer1);
		run caller();
		run callee()
	}
}
