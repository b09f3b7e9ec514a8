/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages over several slots (urpc/src/bulk.c) on a machine with store buffers.
 *
 * One sender, one receiver, a ring of SLOTS slots, COUNT slots' worth of messages of 1 or LONGEST
 * slots in any mixture; sequence fields count modulo SEQS. The slots of a message are stored last
 * first. Either end sleeps: the receiver for a message, the sender for room for all of its slots,
 * whose number it tells. Every store goes through its processor's store buffer (x86-TSO).
 *
 * Properties:
 *   whole or not at all    whoever sees the first slot's header finds all further slots complete:
 *                          the assertions in the receiver
 *   no overrun, no duplicate, no reordering
 *                          the slot of number n holds payload n
 *   no lost wake-up        nobody sleeps for ever: an invalid end state
 *
 * Mutants (-D), each must fail:
 *   FIRST_FIRST       the slots are stored first to last
 *   ROOM_FOR_ONE      a message is begun when its first slot has room
 *   ARM_TOO_MUCH      the sender waits for more room than the window has
 *   NO_RECHECK_ROOM   the sender sleeps without looking again
 *   NO_FENCE_ROOM     the sender looks again without the full fence
 *   NO_FENCE_ACK      the receiver looks for a sleeping sender without the full fence
 *   ACK_EARLY         a message is acknowledged before its further slots were read
 */
#ifndef SLOTS
#define SLOTS 4
#endif
#ifndef LONGEST
#define LONGEST 2
#endif
#define SEQS (2 * SLOTS)
#ifndef COUNT
#define COUNT SEQS
#endif

#define PAYLOAD 0
#define HEADER SLOTS
#define ACK (2 * SLOTS)
#define ARMED_RECV (2 * SLOTS + 1)
#define ARMED_SEND (2 * SLOTS + 2)
#define ARMED_ACK (2 * SLOTS + 3)

byte memory[2 * SLOTS + 4];
bool bell_receiver, bell_sender;

chan buffer_sender = [2 * LONGEST] of { byte, byte };
chan buffer_receiver = [3] of { byte, byte };

#define FENCE(buffer) empty(buffer)

/* Sequence, further slots, whether it continues. Numbers start at 1 and header memory at 0. */
#define WORD(number, more, continues) \
	(1 + (((number) % SEQS) * LONGEST + (more)) * 2 + (continues))
#define SEQ(word) (((word) - 1) / (2 * LONGEST))
#define MORE(word) ((((word) - 1) / 2) % LONGEST)
#define CONTINUES(word) (((word) - 1) % 2)

#define SLOT(number) ((number) % SLOTS)
#define FRESH(number) (memory[HEADER + SLOT(number)] != 0 && \
	SEQ(memory[HEADER + SLOT(number)]) == (number) % SEQS)

proctype drain(chan buffer)
{
	byte where, what;
end:	do
	:: atomic { buffer?where, what -> memory[where] = what }
	od
}

inline notify()
{
	FENCE(buffer_sender);
	if
	:: memory[ARMED_RECV] -> bell_receiver = true
	:: else
	fi;
	quiet = true
}

inline store_slot(i)
{
	buffer_sender!(PAYLOAD + SLOT(next + i)), (next + i);
	buffer_sender!(HEADER + SLOT(next + i)), WORD(next + i, span - 1 - (i), ((i) > 0 -> 1 : 0))
}

inline store_message()
{
#ifdef FIRST_FIRST
	k = 0;
	do
	:: k < span -> store_slot(k); k++
	:: else -> break
	od;
#else
	k = span;
	do
	:: k > 0 -> k--; store_slot(k)
	:: else -> break
	od;
#endif
	k = 0;
	next = next + span;
	quiet = false
}

#define NO_ROOM(n) (next + (n) - 1 - acked > SLOTS)

inline sleep_for_room()
{
#ifdef ARM_TOO_MUCH
	buffer_sender!ARMED_ACK, (next + span - 1);
#else
	buffer_sender!ARMED_ACK, (next + span - 1 - SLOTS);
#endif
	buffer_sender!ARMED_SEND, 1;
#ifndef NO_FENCE_ROOM
	FENCE(buffer_sender);
#endif
#ifndef NO_RECHECK_ROOM
	acked = memory[ACK];
#endif
	if
	:: NO_ROOM(span) -> bell_sender; bell_sender = false
	:: else
	fi;
	buffer_sender!ARMED_SEND, 0;
	acked = memory[ACK]
}

proctype sender()
{
	byte next = 1, acked = 0, span = 0, k = 0;
	bool quiet = true;

	do
	:: next <= COUNT ->
		if
		:: span = 1
		:: next + 1 <= COUNT -> span = LONGEST
		fi;
		do
#ifdef ROOM_FOR_ONE
		:: !NO_ROOM(1) -> break
		:: NO_ROOM(1) ->
#else
		:: !NO_ROOM(span) -> break
		:: NO_ROOM(span) ->
#endif
			acked = memory[ACK];
			if
			:: NO_ROOM(span) ->
				if
				:: !quiet -> notify()
				:: else
				fi;
				sleep_for_room()
			:: else
			fi
		od;
		store_message();
		if
		:: notify()
		:: skip /* the burst goes on */
		fi;
		span = 0
	:: next > COUNT -> break
	od;
	if
	:: !quiet -> notify()
	:: else
	fi
}

inline acknowledge(number)
{
	buffer_receiver!ACK, number;
	told = number;
#ifndef NO_FENCE_ACK
	FENCE(buffer_receiver);
#endif
	if
	:: memory[ARMED_SEND] && memory[ARMED_ACK] <= told -> bell_sender = true
	:: else
	fi
}

inline sleep_for_message()
{
	if
	:: told != next - 1 -> acknowledge(next - 1)
	:: else
	fi;
	buffer_receiver!ARMED_RECV, 1;
	FENCE(buffer_receiver);
	if
	:: !FRESH(next) -> bell_receiver; bell_receiver = false
	:: else
	fi;
	buffer_receiver!ARMED_RECV, 0
}

inline read_message()
{
	word = memory[HEADER + SLOT(next)];
	assert(!CONTINUES(word));
	more = MORE(word);
#ifdef ACK_EARLY
	acknowledge(next + more);
#endif
	k = 1;
	do
	:: k <= more ->
		assert(memory[HEADER + SLOT(next + k)] == WORD(next + k, more - k, 1));
		assert(memory[PAYLOAD + SLOT(next + k)] == next + k);
		k++
	:: else -> break
	od;
	assert(memory[PAYLOAD + SLOT(next)] == next);
	next = next + more + 1;
	word = 0;
	more = 0;
	k = 0
}

proctype receiver()
{
	byte next = 1, told = 0, word = 0, more = 0, k = 0;

	do
	:: next > COUNT -> break
	:: next <= COUNT && FRESH(next) ->
		read_message();
		if
		:: next - 1 - told >= SLOTS / 2 -> acknowledge(next - 1)
		:: else
		fi
	:: next <= COUNT && !FRESH(next) -> sleep_for_message()
	od
}

init {
	atomic {
		run drain(buffer_sender);
		run drain(buffer_receiver);
		run sender();
		run receiver()
	}
}
