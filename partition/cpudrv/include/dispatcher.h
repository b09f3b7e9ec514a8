/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dispatchers: what this core runs in ring 3. The event loop stays the boss: ring 3 runs only where
 * the core would otherwise halt, with every link armed as for a halt, and any interrupt ends it.
 */
#ifndef DISPATCHER_H
#define DISPATCHER_H

#include <abi/boot.h>
#include <abi/dispatcher.h>
#include <scheduler.h>
#include <timer.h>
#include <user.h>

#define DISPATCHERS_MAX 64u

/**
 * struct dispatcher - the half of the control block that is the CPU driver's own; one page
 * @context:   registers and extended state while it does not run
 * @shared:    the other half, as the CPU driver sees it; @shared_va as the dispatcher does. Every
 *             word of it is read once, and may be anything
 * @task:      of the scheduler
 * @wake:      end of its sleep
 * @upcall:    the next activation is the upcall `run`; else it continues with @context
 * @number:    in the order they were made; also what others send to, until there are endpoints
 * @name:      for the console
 */
struct dispatcher {
	struct arch_context context;
	struct arch_space space;
	struct abi_dispatcher *shared;
	uint64_t shared_va;
	struct sched_task task;
	struct timer wake;
	bool upcall;
	uint32_t number;
	char name[ABI_NAME_MAX];
};

/* ---- dispatcher.c ---- */

/** dispatchers_init - make the core ready for ring 3. Return: NULL, or what the CPU lacks */
const char *dispatchers_init(void);

/**
 * dispatcher_create - a dispatcher that sleeps, with an empty address space
 * @shared: physical address of a zeroed page for the shared half
 * @va:     where the dispatcher sees it
 * @name:   cut to ABI_NAME_MAX - 1
 * @error:  set to -ERR_INVAL or -ERR_BUSY of sched_add(), or -ERR_NOMEM: DISPATCHERS_MAX are there
 * Its memory comes from memory_page(), and is never given back.
 * Return: the dispatcher or NULL.
 */
struct dispatcher *dispatcher_create(uint64_t shared, uint64_t va, const struct sched_params *params,
				     const char *name, int *error);

/** dispatcher_wake - it has something to do */
void dispatcher_wake(struct dispatcher *d);

/** dispatcher_yield - others go first */
void dispatcher_yield(struct dispatcher *d);

/**
 * dispatcher_sleep - it has nothing to do until dispatcher_wake()
 * @until: or until that TSC; UINT64_MAX: no such time. One that is past does nothing
 * Return: false, and nothing done, when there are too many timers.
 */
bool dispatcher_sleep(struct dispatcher *d, uint64_t until);

/** dispatcher_find - the one with that number, any value, or NULL */
struct dispatcher *dispatcher_find(uint64_t number);

/** dispatcher_hand_over - @to wakes, and has the rest of @from's turn */
void dispatcher_hand_over(struct dispatcher *from, struct dispatcher *to);

/** dispatcher_end - it never runs again; may be the one in the CPU. Forget the pointer */
void dispatcher_end(struct dispatcher *d);

/**
 * dispatchers_ready - may a dispatcher run now? Then the core does not poll for long: it arms its
 * links, and lets the dispatcher run until a doorbell. @now: TSC
 */
bool dispatchers_ready(uint64_t now);

/**
 * dispatchers_run - let dispatchers run until an interrupt
 * @deadline: TSC of the next timer, or UINT64_MAX; made earlier when a dispatcher is due before
 * Return: false at once, and nothing done, when none can run.
 */
bool dispatchers_run(uint64_t *deadline);

/**
 * dispatchers_share - the event loop is busy: let dispatchers run a little, if they waited long
 * Links need not be armed. @now: TSC
 */
void dispatchers_share(uint64_t now);

/* ---- upcall.c ---- */

/**
 * dispatcher_stop - take the CPU from a dispatcher so that it can be another one's
 * Enabled, its registers go to the enabled area and it is entered by upcall next; disabled, it
 * continues where it is.
 */
void dispatcher_stop(struct dispatcher *d);

/** dispatcher_enabled - may it be upcalled right where it is? */
bool dispatcher_enabled(const struct dispatcher *d);

/** dispatcher_enter - prepare its next activation. Return: false when it was killed instead */
bool dispatcher_enter(struct dispatcher *d);

/** dispatcher_message - enter by upcall `lrpc` next; only while d->upcall, and it has an entry for it */
void dispatcher_message(struct dispatcher *d, const uint64_t arguments[ABI_UPCALL_ARGUMENTS]);

/** dispatcher_fault - hand a page fault or trap to it, or kill it */
void dispatcher_fault(struct dispatcher *d, const struct user_event *event);

/* ---- usercall.c ---- */

/** dispatcher_syscall - do what its `syscall` asks for; it may be gone afterwards */
void dispatcher_syscall(struct dispatcher *d);

/* ---- lrpc.c ---- */

/**
 * lrpc_send - hand a message, and the CPU, to another dispatcher
 * @endpoint: any value
 * Return: 0; nothing done: -ERR_NOENT, -ERR_INVAL (to itself), -ERR_BUSY (it cannot take it now).
 */
int lrpc_send(struct dispatcher *from, uint64_t endpoint, const uint64_t words[4]);

/* ---- program.c ---- */

/** programs_start - a dispatcher for every program that node 0 put into the boot information */
void programs_start(void);

#endif
