/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block and wake-up of the transport (urpc/ops.h, urpc/src/chan.c) on a machine with store buffers.
 *
 * One sender, one receiver, one ring of SLOTS slots whose sequence field counts modulo SEQS. Every
 * store goes through its processor's store buffer (x86-TSO): a FIFO that drains at any time, and
 * wholly at a full fence. Neither side reads what it writes itself, so forwarding plays no part.
 *
 * Properties:
 *   no lost wake-up   nobody sleeps for ever: an invalid end state
 *   no overrun, no duplicate, no reordering, no torn message
 *                     message r holds payload r: the assertion in the receiver
 *
 * Mutants (-D), each must fail:
 *   NO_FENCE_NOTIFY   the sender looks at armed without the full fence
 *   NO_FENCE_ARM      the receiver looks again without the full fence
 *   NO_RECHECK        the receiver sleeps without looking again
 *   NO_FENCE_ACK      the receiver looks for a sleeping sender without the full fence
 *   NO_RECHECK_SEND   the sender sleeps on its window without looking again
 *   ACK_EARLY         a message is acknowledged before it is read
 *   HEADER_FIRST      the header is stored before the payload (release order lost)
 *   WINDOW_LARGE      the window is one more than the ring
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#define SEQS (2 * SLOTS)
#define COUNT (2 * SEQS + 1)

#ifdef WINDOW_LARGE
#define WINDOW (SLOTS + 1)
#else
#define WINDOW SLOTS
#endif

#define PAYLOAD 0
#define HEADER SLOTS
#define ACK (2 * SLOTS)
#define ARMED_RECV (2 * SLOTS + 1)
#define ARMED_SEND (2 * SLOTS + 2)

byte memory[2 * SLOTS + 3];
bool bell_receiver, bell_sender;
byte received;

chan buffer_sender = [3] of { byte, byte };
chan buffer_receiver = [3] of { byte, byte };

#define FENCE(buffer) empty(buffer)

/* Numbers start at 1 and header memory at 0: the first lap's empty slots never look fresh. */
#define FRESH(number) (memory[HEADER + (number) % SLOTS] == 1 + (number) % SEQS)

proctype drain(chan buffer)
{
	byte where, what;
end:	do
	:: atomic { buffer?where, what -> memory[where] = what }
	od
}

inline notify()
{
#ifndef NO_FENCE_NOTIFY
	FENCE(buffer_sender);
#endif
	if
	:: memory[ARMED_RECV] -> bell_receiver = true
	:: else
	fi;
	quiet = true
}

inline store_message()
{
#ifdef HEADER_FIRST
	buffer_sender!(HEADER + next % SLOTS), (1 + next % SEQS);
	buffer_sender!(PAYLOAD + next % SLOTS), next;
#else
	buffer_sender!(PAYLOAD + next % SLOTS), next;
	buffer_sender!(HEADER + next % SLOTS), (1 + next % SEQS);
#endif
	next++;
	quiet = false
}

inline wait_for_window()
{
	buffer_sender!ARMED_SEND, 1;
	FENCE(buffer_sender);
#ifndef NO_RECHECK_SEND
	acked = memory[ACK];
#endif
	if
	:: next - acked > WINDOW -> bell_sender; bell_sender = false
	:: else
	fi;
	buffer_sender!ARMED_SEND, 0;
	acked = memory[ACK]
}

proctype sender()
{
	byte next = 1, acked = 0;
	bool quiet = true;

	do
	:: next <= COUNT && next - acked <= WINDOW ->
		store_message();
		if
		:: notify()
		:: skip /* the burst goes on */
		fi
	:: next <= COUNT && next - acked > WINDOW ->
		acked = memory[ACK];
		if
		:: next - acked > WINDOW ->
			if
			:: !quiet -> notify()
			:: else
			fi;
			wait_for_window()
		:: else
		fi
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
	:: memory[ARMED_SEND] -> bell_sender = true
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
#ifndef NO_FENCE_ARM
	FENCE(buffer_receiver);
#endif
	if
#ifdef NO_RECHECK
	:: true -> bell_receiver; bell_receiver = false
#else
	:: !FRESH(next) -> bell_receiver; bell_receiver = false
	:: else
#endif
	fi;
	buffer_receiver!ARMED_RECV, 0
}

proctype receiver()
{
	byte next = 1, told = 0;

	do
	:: next > COUNT -> break
	:: next <= COUNT && FRESH(next) ->
#ifdef ACK_EARLY
		if
		:: next - told >= SLOTS / 2 -> acknowledge(next)
		:: else
		fi;
		assert(memory[PAYLOAD + next % SLOTS] == next);
		next++;
#else
		assert(memory[PAYLOAD + next % SLOTS] == next);
		next++;
		if
		:: next - 1 - told >= SLOTS / 2 -> acknowledge(next - 1)
		:: else
		fi;
#endif
		received++
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
