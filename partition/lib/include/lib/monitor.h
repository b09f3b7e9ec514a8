/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Asking the monitor of this core (interfaces/monitor.if). A call waits for its answer; other threads of
 * the program run meanwhile, and any number of them may call. For names and programs there are
 * lib/names.h and lib/spawn.h.
 */
#ifndef LIB_MONITOR_H
#define LIB_MONITOR_H

#include <abi/if/monitor_stub.h>

#include <lib/sync.h>

/** rt_monitor_sender - the call's own sender; RT_MONITOR_CALL(NAME) defines send_NAME */
typedef int (*rt_monitor_sender)(struct monitor_end *end, struct urpc_call *call,
				 void *question, void *answer);

#define RT_MONITOR_CALL(name)                                                                      \
	static int send_##name(struct monitor_end *end, struct urpc_call *call,                   \
			       void *question, void *answer)                                 \
	{                                                                                          \
		return monitor_##name##_call(end, call, question, answer);                         \
	}

/**
 * rt_monitor_call - ask, and wait for the answer; by a thread
 * Return: 0: @answer is there, with whatever error it tells; -RT_EINVAL: no such question may be asked;
 * -RT_EOPNOTSUPP: this program has no monitor, or one of another version; -RT_EPROTO: it broke the rules.
 */
int rt_monitor_call(rt_monitor_sender send, void *question, void *answer);

/** rt_monitor_hello - who and where this program is. Return: as rt_monitor_call() */
int rt_monitor_hello(struct monitor_hello_reply *reply);

/**
 * rt_monitor_handlers - for what the monitor says by itself: set before anything is asked that makes it do
 * so. They are called disabled, by the scheduler.
 */
extern struct monitor_handlers rt_monitor_handlers;

/**
 * rt_monitor_say - send a message that needs no answer; called disabled
 * @send: sends it. Return: what that returns: -URPC_EAGAIN: no room, tickers are called when there is
 */
int rt_monitor_say(int (*send)(struct monitor_end *end, const void *message), const void *message);

/** rt_monitor_look - take what has come, without waiting for the scheduler to do so; called disabled */
void rt_monitor_look(void);

/** struct rt_monitor_ticker - @tick: called disabled whenever something may have come, or there is room again */
struct rt_monitor_ticker {
	void (*tick)(void);
	struct rt_monitor_ticker *next;
};

/** rt_monitor_tick - call that one, too, for ever; called disabled, once for each */
void rt_monitor_tick(struct rt_monitor_ticker *ticker);

#endif
