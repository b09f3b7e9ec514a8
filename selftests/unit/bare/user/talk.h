/* SPDX-License-Identifier: GPL-2.0-only */
/* What the program of the tests of messages does: report.mode. */
#ifndef TALK_H
#define TALK_H

enum talk_mode {
	TALK_RECEIVE = 100, /* take messages for ever; @argument: records of the buffer */
	TALK_RECEIVE_LAZY,  /* the same, but say that nothing was taken, then that anything was */
	TALK_RECEIVE_DIE,   /* die at the first message */
	TALK_RECEIVE_SPIN,  /* as TALK_RECEIVE, without a system call */
	TALK_LENGTHS,       /* messages of every length, and every refusal */
	TALK_FLOOD,         /* @argument messages, sleeping when the buffer is full */
	TALK_FLOOD_DEAD,    /* until there is no receiver any more */
	TALK_GRANT,         /* capabilities with messages */
	TALK_LRPC,          /* what LRPC refuses; then @argument calls of a TALK_SERVE */
	TALK_SERVE,
	TALK_SLEEP,         /* when a sleep ends at once, and when it does not */
	TALK_BUFFER,        /* what ABI_ENDPOINT_BUFFER refuses */
	TALK_IRQ,           /* bind, raise, acknowledge; then serve IRQ_VECTOR */
	TALK_ALARM,
	TALK_MONITOR,       /* bind what node 0 asks for, and echo; @argument: enum talk_monitor */
	TALK_SPIN,
	TALK_DIED,          /* dispatchers without an entry point end, and it is told */
};

/* What a TALK_MONITOR does. */
enum talk_monitor {
	MONITOR_ECHO,
	MONITOR_REFUSE,  /* with errno 28 */
	MONITOR_SILENT,  /* answers nothing */
	MONITOR_DIE,     /* at the first message */
	MONITOR_CLOSE,   /* closes with errno 5 at the first message */
	MONITOR_LATE,    /* answers a bind only after the next event */
	MONITOR_DEAF,    /* serves nothing */
	MONITOR_SLOW,    /* takes 5 ms between arming and sleeping */
};

#define TALK_VECTOR 0x40u

#endif
