// SPDX-License-Identifier: GPL-2.0-only
/* How a dispatcher is stopped and entered: abi/dispatcher.h says what it sees of that. */
#include <dispatcher.h>

static uint64_t word(const uint64_t *shared)
{
	return __atomic_load_n(shared, __ATOMIC_RELAXED);
}

bool dispatcher_enabled(const struct dispatcher *d)
{
	uint64_t rip = arch_context_rip(&d->context);

	return !__atomic_load_n(&d->shared->disabled, __ATOMIC_RELAXED) &&
	       (rip < word(&d->shared->critical) || rip >= word(&d->shared->critical_end));
}

/* Returns false when the dispatcher has no such entry point and was killed. */
static bool upcall(struct dispatcher *d, enum abi_upcall which, const uint64_t *stack,
		   const uint64_t arguments[ABI_UPCALL_ARGUMENTS])
{
	uint64_t entry = word(&d->shared->entry[which]);

	if (!entry || entry >= ABI_USER_END) {
		dispatcher_kill(d, ABI_KILLED_ENTRY, which, 0, "no entry point for upcall");
		return false;
	}
	__atomic_store_n(&d->shared->disabled, 1, __ATOMIC_RELAXED);
	d->end.upcalls++;
	arch_context_upcall(&d->context, entry, word(stack), d->shared_va, which, arguments);
	return true;
}

void dispatcher_stop(struct dispatcher *d)
{
	if (d->upcall || !dispatcher_enabled(d))
		return;
	arch_context_save(&d->context, &d->shared->enabled);
	d->shared->preempted++;
	d->end.preempted++;
	d->upcall = true;
}

bool dispatcher_enter(struct dispatcher *d)
{
	static const uint64_t none[ABI_UPCALL_ARGUMENTS];

	if (!d->upcall)
		return true;
	d->upcall = false;
	__atomic_store_n(&d->shared->faulting, 0, __ATOMIC_RELAXED);
	return upcall(d, ABI_UPCALL_RUN, &d->shared->stack, none);
}

bool dispatcher_message(struct dispatcher *d, const uint64_t arguments[ABI_UPCALL_ARGUMENTS])
{
	d->upcall = false;
	__atomic_store_n(&d->shared->faulting, 0, __ATOMIC_RELAXED);
	return upcall(d, ABI_UPCALL_LRPC, &d->shared->stack, arguments);
}

static const char *fault_name(const struct user_event *event)
{
	if (event->kind == USER_TRAP)
		return "trap";
	if (event->error & ABI_PAGE_FAULT_FETCH)
		return "page fault, execution at";
	return event->error & ABI_PAGE_FAULT_WRITE ? "page fault, write to" : "page fault, read of";
}

static void kill(struct dispatcher *d, const struct user_event *event, uint64_t what)
{
	dispatcher_kill(d, event->kind == USER_TRAP ? ABI_KILLED_TRAP : ABI_KILLED_PAGE_FAULT, what,
			event->error, fault_name(event));
}

void dispatcher_fault(struct dispatcher *d, const struct user_event *event)
{
	bool trap = event->kind == USER_TRAP;
	uint64_t what = trap ? event->vector : event->address;
	const uint64_t arguments[ABI_UPCALL_ARGUMENTS] = { what, event->error,
							   arch_context_rip(&d->context) };
	enum abi_upcall which = trap ? ABI_UPCALL_TRAP : ABI_UPCALL_PAGE_FAULT;
	const uint64_t *stack = &d->shared->stack;

	if (dispatcher_enabled(d)) {
		arch_context_save(&d->context, &d->shared->enabled);
	} else if (__atomic_load_n(&d->shared->faulting, __ATOMIC_RELAXED)) {
		kill(d, event, what);
		return;
	} else {
		__atomic_store_n(&d->shared->faulting, 1, __ATOMIC_RELAXED);
		stack = &d->shared->fault_stack;
		arch_context_save(&d->context, &d->shared->faulted);
		if (!trap)
			which = ABI_UPCALL_PAGE_FAULT_DISABLED;
	}
	if (!word(&d->shared->entry[which]))
		kill(d, event, what);
	else
		upcall(d, which, stack, arguments);
}
