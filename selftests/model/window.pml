/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Window, piggybacked acknowledgements and sequence wrap, in both directions at once.
 *
 * Two ends, a ring each way, as in urpc/ops.h: the header carries the sequence and the
 * acknowledgement modulo SEQS; the acknowledgement is widened from the last one heard in a header
 * (tx_heard) or, when the ring was found empty, from the last one known at all; the control line
 * carries the whole count and is read only when the window is full. Polling only: sleep is wake.pml.
 * Loads and stores are in program order here, which is what release and acquire give.
 *
 * Properties, asserted: message r carries payload r (no overrun, duplicate, reordering); an honest
 * peer's acknowledgement is always accepted and never taken for more than was consumed; the window
 * is never overrun. A deadlock (both ends out of window for ever) is an invalid end state.
 *
 * Mutants (-D), each must fail:
 *   WINDOW_LARGE      the window is one more than the ring
 *   ACK_EARLY         the control line is written before the message is read
 *   ACK_EARLY_HEADER  headers acknowledge one message more than was read
 *   WIDEN_FROM_KNOWN  headers are widened from tx_acked, which the control line may have moved past
 *                     the age of the header
 *   NO_EXPLICIT_ACK   acknowledgements travel in headers only
 *   SEQS_SMALL        sequence numbers count modulo the ring: a stale header looks fresh
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifdef SEQS_SMALL
#define SEQS SLOTS
#else
#define SEQS (2 * SLOTS)
#endif
#ifndef COUNT
#define COUNT (SEQS + 2)
#endif

#ifndef BACK
#define BACK COUNT /* messages of the second end */
#endif

#ifdef WINDOW_LARGE
#define WINDOW (SLOTS + 1)
#else
#define WINDOW SLOTS
#endif

typedef ring {
	byte payload[SLOTS];
	byte seq[SLOTS]; /* 1 + number mod SEQS; 0: never written */
	byte ack[SLOTS]; /* mod SEQS */
	byte control     /* explicit acknowledgement */
};

ring rings[2];
byte consumed[2]; /* by end e; ghost, for the assertions */

#define TX rings[me]
#define RX rings[1 - me]

proctype end_of_channel(byte me; byte total; byte expected)
{
	byte tx_next = 1, tx_acked = 0, tx_heard = 0;
	byte rx_next = 1, rx_told = 0;
	byte ahead;

	do
	:: tx_next <= total && tx_next - tx_acked <= WINDOW ->
		TX.payload[tx_next % SLOTS] = tx_next;
#ifdef ACK_EARLY_HEADER
		TX.ack[tx_next % SLOTS] = rx_next % SEQS;
#else
		TX.ack[tx_next % SLOTS] = (rx_next - 1) % SEQS;
#endif
		TX.seq[tx_next % SLOTS] = 1 + tx_next % SEQS;
		tx_next++
	:: tx_next <= total && tx_next - tx_acked > WINDOW && RX.control > tx_acked ->
		tx_acked = RX.control;
		assert(tx_acked < tx_next)
	:: RX.seq[rx_next % SLOTS] == 1 + rx_next % SEQS ->
#ifdef ACK_EARLY
		TX.control = rx_next;
#endif
		d_step {
#ifdef WIDEN_FROM_KNOWN
			tx_heard = tx_acked;
#endif
			ahead = (RX.ack[rx_next % SLOTS] + 2 * SEQS - tx_heard % SEQS) % SEQS;
			assert(tx_heard + ahead < tx_next);
			assert(tx_heard + ahead <= consumed[1 - me]);
			tx_heard = tx_heard + ahead;
			if
			:: tx_heard > tx_acked -> tx_acked = tx_heard
			:: else
			fi
		}
		assert(RX.payload[rx_next % SLOTS] == rx_next);
		d_step { rx_next++; consumed[me]++ }
#ifndef NO_EXPLICIT_ACK
		if
		:: rx_next - 1 - rx_told >= SLOTS / 2 ->
			rx_told = rx_next - 1;
			TX.control = rx_told
		:: else
		fi
#endif
	:: RX.seq[rx_next % SLOTS] != 1 + rx_next % SEQS ->
		/* Empty: the message to come is younger than every acknowledgement read so far. */
		d_step {
			tx_heard = tx_acked;
			ahead = 0
		};
		if
		:: tx_next > total && rx_next > expected -> break
		:: RX.seq[rx_next % SLOTS] == 1 + rx_next % SEQS
		:: tx_next <= total && (tx_next - tx_acked <= WINDOW || RX.control > tx_acked)
		fi
	od
}

init {
	atomic {
		run end_of_channel(0, COUNT, BACK);
		run end_of_channel(1, BACK, COUNT)
	}
}
