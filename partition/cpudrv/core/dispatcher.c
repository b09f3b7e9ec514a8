// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>

#include <arch.h>
#include <bootinfo.h>
#include <cap_arch.h>
#include <capability.h>
#include <cold.h>
#include <console.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <errors.h>
#include <memory.h>

#define SLICE_US 1000u
#define BEST_EFFORT_PERIOD_US 10000u

/* While the event loop never finds nothing to do, ring 3 gets a part of the time. */
#define STARVED_US 300u
#define SHARE_US 100u

static struct sched sched;
static struct dispatcher *dispatchers[DISPATCHERS_MAX]; /* by number; gaps where an object went */
static bool ready; /* dispatchers_init() succeeded */
static struct dispatcher *current; /* ran last, and has not been stopped */
static struct dispatcher *handed; /* runs next, until then: what sched_pick() would say */
static uint64_t handed_until;
static uint64_t ran_at; /* TSC of the end of the last stay in ring 3 */

URPC_STATIC_ASSERT(DISPATCHER_SLOTS_BYTES + sizeof(struct dispatcher) <= ABI_CAP_ENDPOINTS_AT,
		   "slots and control block share a page");
URPC_STATIC_ASSERT(DISPATCHERS_MAX <= CAP_CALLERS, "each dispatcher is a caller of its own");

static uint64_t cycles(uint64_t us)
{
	return us * boot_info->tsc_khz / 1000;
}

COLD const char *dispatchers_init(void)
{
	const char *lack = ready ? NULL : arch_user_init();

	if (lack || ready)
		return lack;
	sched_init(&sched, cycles(SLICE_US), cycles(BEST_EFFORT_PERIOD_US));
	ready = true;
	return NULL;
}

static COLD uint32_t free_number(uint32_t owner)
{
	uint32_t left = DISPATCHERS_INNER_EACH, found = DISPATCHERS_MAX;

	for (uint32_t i = DISPATCHERS_MAX; left && i-- > (owner ? DISPATCHERS_INNER : 0);) {
		if (!dispatchers[i])
			found = i;
		else if (owner && dispatchers[i]->inner == owner)
			left--;
	}
	return left ? found : DISPATCHERS_MAX;
}

/* What both write: abi/dispatcher.h says who writes which part when. */
static COLD void shared_init(struct dispatcher *d, const struct cap_entry *frame, uint64_t va)
{
	d->shared = memory_at(frame->base);
	d->shared_va = va;
	d->shared_bytes = frame->end - frame->base;
	d->shared->revision = ABI_DISPATCHER_REVISION;
	d->shared->size = sizeof(*d->shared);
	d->shared->disabled = 1;
	d->shared->tsc_khz = boot_info->tsc_khz;
}

COLD int dispatcher_set_up(struct dispatcher *d, const struct abi_dispatcher_setup *setup,
		      const struct sched_params *params, const struct cap_entry *pml4,
		      const struct cap_entry *frame)
{
	uint32_t number = free_number(d->inner);
	uint64_t xstate;
	int rc;

	if (!ready || number == DISPATCHERS_MAX)
		return -ERR_NOMEM;
	xstate = memory_page_try();
	if (!xstate)
		return -ERR_NOMEM;
	rc = sched_add(&sched, &d->task, params, arch_cycles());
	if (rc) {
		memory_page_free(xstate);
		return rc;
	}
	arch_context_init(&d->context, pml4->base, memory_at(xstate));
	shared_init(d, frame, setup->frame_va);
	d->upcall = true;
	d->number = number;
	d->domain = setup->domain;
	d->flags = setup->flags;
	memcpy(d->name, setup->name, sizeof(d->name) - 1);
	d->set_up = true;
	dispatchers[number] = d;
	return 0;
}

struct dispatcher *dispatcher_number(uint32_t number)
{
	return dispatchers[number];
}

COLD uint32_t dispatchers_count(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < DISPATCHERS_MAX; i++)
		count += dispatchers[i] != NULL;
	return count;
}

void dispatcher_wake(struct dispatcher *d)
{
	if (d->over || d->stopped)
		return;
	timer_cancel(&d->wake);
	sched_wake(&sched, &d->task, arch_cycles());
}

static void wake_expire(struct timer *timer)
{
	dispatcher_wake((struct dispatcher *)((char *)timer - offsetof(struct dispatcher, wake)));
}

void dispatcher_hand_over(struct dispatcher *from, struct dispatcher *to, bool sleep)
{
	uint64_t now = arch_cycles();

	if (to->wake.slot)
		timer_cancel(&to->wake);
	if (sleep && dispatcher_news(from))
		sleep = false;
	if (from != to && sched_switch(&sched, &from->task, &to->task, sleep, now, &handed_until)) {
		handed = to;
		return;
	}
	sched_hand_over(&sched, &from->task, &to->task, now);
	if (sleep)
		sched_sleep(&sched, &from->task, now);
}

void dispatcher_yield(struct dispatcher *d)
{
	sched_defer(&sched, &d->task, arch_cycles());
}

bool dispatcher_sleep(struct dispatcher *d, uint64_t until)
{
	if (until <= arch_cycles() || dispatcher_news(d))
		return true;
	if (until != UINT64_MAX && !timer_start(&d->wake, until, wake_expire))
		return false;
	sched_sleep(&sched, &d->task, arch_cycles());
	return true;
}

COLD void dispatcher_stop_running(struct dispatcher *d)
{
	d->stopped = true;
	timer_cancel(&d->wake);
	sched_sleep(&sched, &d->task, arch_cycles());
}

/* It looks for itself what came meanwhile: a sleep may end early. */
COLD void dispatcher_may_run(struct dispatcher *d)
{
	d->stopped = false;
	dispatcher_wake(d);
}

/* It never runs again. What it holds stays until its object goes, but for the CPU driver's own page. */
static COLD void over(struct dispatcher *d, uint32_t how)
{
	d->over = how;
	timer_cancel(&d->wake);
	sched_remove(&sched, &d->task, arch_cycles());
	if (current == d) {
		arch_user_switch(NULL);
		current = NULL;
	}
	memory_page_free(memory_physical(d->context.xstate));
	messages_over(d);
	if (!d->domain)
		console_error("the core's first program is gone; the CPU driver goes on without");
}

COLD void dispatcher_exit(struct dispatcher *d, int64_t status)
{
	if (d->over)
		return;
	if (!d->inner)
		console_info("%s ended with status %ld", d->name, status);
	d->end.status = status;
	over(d, ABI_DISPATCHER_EXITED);
}

COLD void dispatcher_kill(struct dispatcher *d, enum abi_killed reason, uint64_t address, uint64_t error,
		     const char *what)
{
	uint64_t rip = arch_context_rip(&d->context);

	if (d->over)
		return;
	if (!d->inner)
		console_warning("%s killed at 0x%lx: %s 0x%lx", d->name, rip, what, address);
	d->end.reason = reason;
	d->end.rip = rip;
	d->end.address = address;
	d->end.error = error;
	over(d, ABI_DISPATCHER_KILLED);
}

COLD void dispatchers_look(void)
{
	for (uint32_t i = 0; i < DISPATCHERS_MAX; i++) {
		struct dispatcher *d = dispatchers[i];
		const struct cap_entry *slot = d ? dispatcher_slots(d) : NULL;

		if (!d || d->over)
			continue;
		for (unsigned int n = DISPATCHER_ROOT; n <= DISPATCHER_FRAME; n++) {
			if (slot[n].type != ABI_CAP_NONE)
				continue;
			dispatcher_kill(d, ABI_KILLED_FRAME, n, 0, "it has lost its capability");
			break;
		}
	}
}

/* The slots are emptied later: nothing of the dispatcher may need them any more. */
COLD void arch_cap_dispatcher_end(struct cap_space *space, uint64_t pa)
{
	struct dispatcher *d = dispatcher_of(&(struct cap_entry){ .base = pa });

	(void)space;
	/* Capabilities of endpoints may stay, and look at this page when it is somebody's frame. */
	endpoints_dead(pa);
	if (!d->set_up)
		return;
	if (!d->over)
		over(d, ABI_DISPATCHER_KILLED);
	dispatchers[d->number] = NULL;
	d->set_up = false;
}

COLD struct abi_dispatcher_status dispatcher_status(const struct dispatcher *d)
{
	struct abi_dispatcher_status status = d->end;

	status.state = d->over ? d->over : !d->set_up ? ABI_DISPATCHER_NEW :
		       d->stopped ? ABI_DISPATCHER_STOPPED :
		       d->task.runnable ? ABI_DISPATCHER_RUNNABLE : ABI_DISPATCHER_SLEEPING;
	status.cycles = d->task.used;
	return status;
}

bool dispatchers_ready(uint64_t now)
{
	return ready && (capabilities_left || sched_ready(&sched, now));
}

/* One stay in ring 3. Returns whether it may go on without a turn of the event loop. */
static bool run(struct dispatcher *d)
{
	struct user_event event;

	if (current != d) {
		if (current)
			dispatcher_stop(current);
		current = d;
	}
	if (!dispatcher_enter(d))
		return true;
	arch_user_switch(&d->context);
	arch_user_run(&d->context, &event);
	if (event.kind == USER_INTERRUPT)
		return false;
	if (event.kind == USER_SYSCALL)
		dispatcher_syscall(d);
	else
		dispatcher_fault(d, &event);
	return true;
}

static struct sched_task *next(uint64_t *until)
{
	struct dispatcher *d = handed;

	if (!d)
		return sched_pick(&sched, arch_cycles(), until);
	handed = NULL;
	*until = handed_until;
	return &d->task;
}

/*
 * System calls and faults do not end the run: an interrupt that comes meanwhile is taken at the next
 * entry to ring 3, and does.
 */
bool dispatchers_run(uint64_t *deadline)
{
	struct sched_task *task;
	uint64_t until = *deadline, timer = UINT64_MAX;
	bool any = false, more = true;

	if (!ready)
		return false;
	handed = NULL;
	while (more) {
		if (capabilities_left) {
			handed = NULL;
			if (capabilities_work()) {
				any = true;
				break;
			}
		}
		task = next(&until);
		/* System calls of this stay may have set timers. */
		*deadline = *deadline < timer_next() ? *deadline : timer_next();
		until = until < *deadline ? until : *deadline;
		if (!task)
			break;
		if (until != timer) {
			if (until == UINT64_MAX)
				arch_timer_off();
			else
				arch_timer_set(until);
			timer = until;
		}
		any = true;
		more = run((struct dispatcher *)((char *)task - offsetof(struct dispatcher, task)));
	}
	if (timer != UINT64_MAX)
		arch_timer_off();
	ran_at = arch_cycles();
	sched_stop(&sched, ran_at);
	if (!any)
		*deadline = until;
	return any;
}

void dispatchers_share(uint64_t now)
{
	uint64_t deadline = now + cycles(SHARE_US);

	if (now - ran_at >= cycles(STARVED_US) && dispatchers_ready(now))
		dispatchers_run(&deadline);
}
