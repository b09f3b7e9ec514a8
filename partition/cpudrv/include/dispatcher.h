/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dispatchers: what this core runs in ring 3. The event loop stays the boss: ring 3 runs only where
 * the core would otherwise halt, with every link armed as for a halt, and any interrupt ends it.
 */
#ifndef DISPATCHER_H
#define DISPATCHER_H

#include <abi/boot.h>
#include <abi/dispatcher.h>
#include <abi/object.h>
#include <cap_slot.h>
#include <memory.h>
#include <messages.h>
#include <scheduler.h>
#include <timer.h>
#include <user.h>

#define DISPATCHERS_MAX 64u
#define DISPATCHERS_INNER 49u /* numbers from here on are enough for what programs set up themselves */
#define DISPATCHERS_INNER_EACH 5u /* of these, what one program may have */

/* Slots of a dispatcher's object: copies of what it was set up with. Slot 0 is the capabilities' own. */
enum dispatcher_slot {
	DISPATCHER_ROOT = 1,    /* CNODE: addresses begin there */
	DISPATCHER_PML4 = 2,
	DISPATCHER_FRAME = 3,   /* the shared frame */
	DISPATCHER_NOTICES = 4, /* ENDPOINT, or empty */
};

/**
 * struct dispatcher - the half of the control block that is the CPU driver's own
 * It lies in the first page of the DISPATCHER object, behind the slots, and is all zero until the
 * object is set up. Nothing of it may be used once the object's last capability is gone.
 * @context:   registers and extended state while it does not run
 * @shared:    the other half, as the CPU driver sees it; @shared_va as the dispatcher does. Every
 *             word of it is read once, and may be anything. Not to be used when it is over
 * @shared_bytes: of the shared frame
 * @task:      of the scheduler
 * @wake:      end of its sleep
 * @messages:  what came for it, and what it waits for
 * @upcall:    the next activation is the upcall `run`; else it continues with @context
 * @stopped:   by ABI_DISPATCHER_STOP
 * @inner:     set up by this program, or by what that set up; 0: by the first. Its end is no affair of the console
 * @number:    of dispatcher_number()
 * @domain:    for notices
 * @flags:     ABI_SETUP_*
 * @over:      0, ABI_DISPATCHER_EXITED or ABI_DISPATCHER_KILLED
 * @end:       how it ended, and what it did; state is filled in when somebody asks
 * @name:      for the console
 */
struct dispatcher {
	struct arch_context context;
	struct abi_dispatcher *shared;
	uint64_t shared_va;
	uint64_t shared_bytes;
	struct sched_task task;
	struct timer wake;
	struct messages messages;
	bool set_up;
	bool upcall;
	bool stopped;
	uint32_t inner;
	uint32_t over;
	uint32_t number;
	uint32_t domain;
	uint32_t flags;
	struct abi_dispatcher_status end;
	char name[ABI_NAME_MAX];
};

#define DISPATCHER_SLOTS_BYTES (ABI_CAP_DISPATCHER_SLOTS * ABI_CAP_SLOT_BYTES)

/** dispatcher_of - of a DISPATCHER capability */
static inline struct dispatcher *dispatcher_of(const struct cap_entry *e)
{
	return (struct dispatcher *)((char *)memory_at(e->base) + DISPATCHER_SLOTS_BYTES);
}

/** dispatcher_slots - enum dispatcher_slot is the index */
static inline struct cap_entry *dispatcher_slots(struct dispatcher *d)
{
	return (struct cap_entry *)((char *)d - DISPATCHER_SLOTS_BYTES);
}

/** dispatcher_intact - is it set up and not over? Else its shared frame is not to be touched */
static inline bool dispatcher_intact(const struct dispatcher *d)
{
	return d->set_up && !d->over;
}

/* Asked when it wants to sleep: did anything come since it looked? */
static inline bool dispatcher_news(struct dispatcher *d)
{
	const struct messages *m = &d->messages;

	return (m->fresh | m->wanted | m->channels | m->event) && messages_news(d);
}

/* ---- dispatcher.c ---- */

/** dispatchers_init - make the core ready for ring 3. Return: NULL, or what the CPU lacks */
const char *dispatchers_init(void);

/**
 * dispatcher_set_up - a dispatcher that sleeps
 * @d: its object is zeroed, but for @inner. Its slots are filled by the caller, once this has
 *     succeeded and before anything else happens
 * @setup: of which only frame_va, domain, flags and name are used
 * @pml4:  the address space; @frame: the shared frame
 * Return: 0, -ERR_INVAL or -ERR_BUSY of sched_add(), -ERR_NOMEM: no memory, or too many are there.
 */
int dispatcher_set_up(struct dispatcher *d, const struct abi_dispatcher_setup *setup,
		      const struct sched_params *params, const struct cap_entry *pml4,
		      const struct cap_entry *frame);

/** dispatcher_number - that one, also if it is over; NULL: none. @number: any below DISPATCHERS_MAX */
struct dispatcher *dispatcher_number(uint32_t number);

/** dispatchers_count - those whose object is there */
uint32_t dispatchers_count(void);

/** dispatcher_stop_running, dispatcher_may_run - ABI_DISPATCHER_STOP and _RUN, of one that is not over */
void dispatcher_stop_running(struct dispatcher *d);
void dispatcher_may_run(struct dispatcher *d);

/** dispatcher_status - all that ABI_DISPATCHER_STATUS tells */
struct abi_dispatcher_status dispatcher_status(const struct dispatcher *d);

/** dispatchers_look - a slot of some dispatcher was emptied: kill those that lack something now */
void dispatchers_look(void);

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

/**
 * dispatcher_hand_over - @to wakes, and has the rest of @from's turn
 * @sleep: @from has nothing to do until dispatcher_wake(). @from has made a system call in this stay
 */
void dispatcher_hand_over(struct dispatcher *from, struct dispatcher *to, bool sleep);

/** dispatcher_exit - it is over, with a status; may be the one in the CPU */
void dispatcher_exit(struct dispatcher *d, int64_t status);

/**
 * dispatcher_kill - it is over, because of what it did or lost; may be the one in the CPU
 * @what: for the console, with @address behind it; @address and @error are also for who asks
 */
void dispatcher_kill(struct dispatcher *d, enum abi_killed reason, uint64_t address, uint64_t error,
		     const char *what);

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

/**
 * dispatcher_message - enter by upcall `lrpc` next; only while d->upcall
 * Return: false when it had no entry for it and was killed.
 */
bool dispatcher_message(struct dispatcher *d, const uint64_t arguments[ABI_UPCALL_ARGUMENTS]);

/** dispatcher_fault - hand a page fault or trap to it, or kill it */
void dispatcher_fault(struct dispatcher *d, const struct user_event *event);

/* ---- usercall.c ---- */

/** dispatcher_syscall - do what its `syscall` asks for; it may be gone afterwards */
void dispatcher_syscall(struct dispatcher *d);

/* ---- user_memory.c ---- */

/**
 * dispatcher_copy_in, dispatcher_copy_out - read or write what a dispatcher sees
 * @from, @to: of ring 3, any value
 * Return: false when some of it is not mapped, or not writable; a part may have been copied.
 */
bool dispatcher_copy_in(const struct dispatcher *d, void *to, uint64_t from, uint64_t bytes);
bool dispatcher_copy_out(const struct dispatcher *d, uint64_t to, const void *from, uint64_t bytes);

/* ---- program.c ---- */

/**
 * programs_start - the core's first program, its monitor
 * In tests, a domain for every module of the boot information instead.
 */
void programs_start(void);

#endif
