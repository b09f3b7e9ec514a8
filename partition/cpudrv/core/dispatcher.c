// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>

#include <arch.h>
#include <bootinfo.h>
#include <dispatcher.h>
#include <errors.h>
#include <memory.h>

#define SLICE_US 1000u
#define BEST_EFFORT_PERIOD_US 10000u

/* While the event loop never finds nothing to do, ring 3 gets a part of the time. */
#define STARVED_US 300u
#define SHARE_US 100u

static struct sched sched;
static struct dispatcher *dispatchers[DISPATCHERS_MAX]; /* by number; gaps where one ended */
static bool ready; /* dispatchers_init() succeeded */
static struct dispatcher *current; /* ran last, and has not been stopped */
static uint64_t ran_at; /* TSC of the end of the last stay in ring 3 */

URPC_STATIC_ASSERT(sizeof(struct dispatcher) <= ABI_PAGE_SIZE, "a dispatcher is one page");

static uint64_t cycles(uint64_t us)
{
	return us * boot_info->tsc_khz / 1000;
}

const char *dispatchers_init(void)
{
	const char *lack = ready ? NULL : arch_user_init();

	if (lack || ready)
		return lack;
	sched_init(&sched, cycles(SLICE_US), cycles(BEST_EFFORT_PERIOD_US));
	ready = true;
	return NULL;
}

struct dispatcher *dispatcher_create(uint64_t shared, uint64_t va, const struct sched_params *params,
				     const char *name, int *error)
{
	struct dispatcher *d;
	uint32_t number = 0;

	*error = -ERR_NOMEM;
	while (number < DISPATCHERS_MAX && dispatchers[number])
		number++;
	if (number == DISPATCHERS_MAX)
		return NULL;
	d = memory_at(memory_page());
	*error = sched_add(&sched, &d->task, params, arch_cycles());
	if (*error)
		return NULL;
	dispatchers[number] = d;
	d->number = number;
	arch_space_init(&d->space);
	arch_context_init(&d->context, &d->space, memory_at(memory_page()));
	arch_space_map(&d->space, va, shared, USER_WRITE);
	d->shared = memory_at(shared);
	d->shared->revision = ABI_DISPATCHER_REVISION;
	d->shared->size = sizeof(*d->shared);
	d->shared->disabled = 1;
	d->shared->tsc_khz = boot_info->tsc_khz;
	d->shared_va = va;
	d->upcall = true;
	base_strcopy(d->name, name, sizeof(d->name));
	return d;
}

void dispatcher_wake(struct dispatcher *d)
{
	timer_cancel(&d->wake);
	sched_wake(&sched, &d->task, arch_cycles());
}

static void wake_expire(struct timer *timer)
{
	dispatcher_wake((struct dispatcher *)((char *)timer - offsetof(struct dispatcher, wake)));
}

struct dispatcher *dispatcher_find(uint64_t number)
{
	return number < DISPATCHERS_MAX ? dispatchers[number] : NULL;
}

void dispatcher_hand_over(struct dispatcher *from, struct dispatcher *to)
{
	timer_cancel(&to->wake);
	sched_hand_over(&sched, &from->task, &to->task, arch_cycles());
}

void dispatcher_yield(struct dispatcher *d)
{
	sched_defer(&sched, &d->task, arch_cycles());
}

bool dispatcher_sleep(struct dispatcher *d, uint64_t until)
{
	if (until <= arch_cycles())
		return true;
	if (until != UINT64_MAX && !timer_start(&d->wake, until, wake_expire))
		return false;
	sched_sleep(&sched, &d->task, arch_cycles());
	return true;
}

void dispatcher_end(struct dispatcher *d)
{
	timer_cancel(&d->wake);
	sched_remove(&sched, &d->task, arch_cycles());
	if (current == d) {
		arch_user_switch(NULL);
		current = NULL;
	}
	dispatchers[d->number] = NULL;
}

bool dispatchers_ready(uint64_t now)
{
	return ready && sched_ready(&sched, now);
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

/*
 * System calls and faults do not end the run: an interrupt that comes meanwhile is taken at the next
 * entry to ring 3, and does.
 */
bool dispatchers_run(uint64_t *deadline)
{
	struct sched_task *task;
	uint64_t until, timer = UINT64_MAX;
	bool any = false, more = true;

	if (!ready)
		return false;
	while (more) {
		task = sched_pick(&sched, arch_cycles(), &until);
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

	if (ready && now - ran_at >= cycles(STARVED_US) && sched_ready(&sched, now))
		dispatchers_run(&deadline);
}
