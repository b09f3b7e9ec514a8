/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to dispatchers that wait in their buffers (abi/lmp.h), from others and from the CPU driver.
 *
 * No wake-up is lost: what arrives for a dispatcher that is not asleep is noted in @fresh or @event, and its
 * next sleep ends at once because of it (dispatcher_news()). What found a buffer full waits where it
 * comes from: a sender asleep (@full), a notice at its source. The endpoint is noted in @wanted, and
 * looked at when its dispatcher sleeps or yields, and every WATCH_US as long as any is wanted.
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <abi/lmp.h>
#include <timer.h>

struct cap_entry;
struct dispatcher;

/**
 * struct messages - of one dispatcher
 * @alarm:  time of ABI_SYSCALL_ALARM
 * @fresh:  endpoints, by number, that got messages since it last began to sleep
 * @wanted: its endpoints that somebody found full
 * @channels: of ring 3 that wake it
 * @alarm_told: it has come, while disabled; @shared->alarm is set until that is noticed
 * @event:  something else came that its next sleep ends by
 * @over:   it never runs again
 * @died_untold: it is over, and who gets its notices has not been told
 * @full:   the dispatcher whose endpoint @full_number it found full, or NULL
 */
struct messages {
	struct timer alarm;
	uint32_t fresh;
	uint32_t wanted;
	uint32_t channels;
	bool alarm_told;
	bool event;
	bool over;
	bool died_untold;
	uint32_t full_number;
	struct dispatcher *full;
};

URPC_STATIC_ASSERT(ABI_LMP_BUFFERS <= 32, "masks of endpoints are words of 32 bits");

/** enum notice - what became of one */
enum notice {
	NOTICE_TOLD,
	NOTICE_WAITS,  /* no room: messages_retry() of the source will be called */
	NOTICE_NOBODY, /* no endpoint, no buffer, or its dispatcher is over: it is dropped */
};

/**
 * lmp_send - ABI_SYSCALL_LMP; a sender that sleeps afterwards still has to leave the CPU
 * @args: its arguments, any values
 * Return: 0 or a negative errno value of abi/syscall.h; then nothing was done. LMP_REPEAT: likewise,
 * capabilities that are on their way out are in the way; the same call again once they are gone.
 */
#define LMP_REPEAT 1
int lmp_send(struct dispatcher *from, const uint64_t args[4]);

/**
 * lrpc_send - ABI_SYSCALL_LRPC, likewise
 * @sleep: afterwards
 * Return: as lmp_send().
 */
int lrpc_send(struct dispatcher *from, uint64_t endpoint, uint64_t depth, bool sleep,
	      const uint64_t words[4]);

/** lmp_notice - tell something. @endpoint: slot of the CPU driver's own, may have become empty */
enum notice lmp_notice(const struct cap_entry *endpoint, enum abi_lmp_notice kind,
		       const uint64_t *words, unsigned int count);

/** lmp_room - a dispatcher may have taken messages: whoever found a buffer full may go on */
void lmp_room(struct dispatcher *d);

/** dispatcher_event - something came that a sleep ends by; also the next one, if it is awake */
void dispatcher_event(struct dispatcher *d);

/**
 * messages_news - asked when it wants to sleep: did anything come since it looked?
 * A message counts once, and not when it has been taken.
 */
bool messages_news(struct dispatcher *d);

/** dispatcher_alarm - ABI_SYSCALL_ALARM. Return: 0, -ERR_NOMEM when there are too many timers */
int dispatcher_alarm(struct dispatcher *d, uint64_t at);

/**
 * messages_over - a dispatcher ended: exit, kill, or its last capability went
 * May be called twice. Its blocked senders, its channels and who gets its notices are told.
 */
void messages_over(struct dispatcher *d);

/** messages_poll - interrupts and channels of ring 3: wake whom they are for. Return: was there any? */
bool messages_poll(void);

#endif
