// SPDX-License-Identifier: GPL-2.0-only
/* The native system calls: abi/syscall.h. */
#include <abi/syscall.h>

#include <capability.h>
#include <cold.h>
#include <console.h>
#include <dispatcher.h>
#include <errors.h>
#include <object.h>

/*
 * A handler returns the status, and may set the second result; or NO_RETURN, when the caller's
 * registers are not to be continued with that.
 */
#define NO_RETURN 1

/* Give up the CPU: enabled, the call returns 0 once the dispatcher restores the enabled area. */
static int leave(struct dispatcher *d)
{
	if (dispatcher_enabled(d)) {
		arch_syscall_return(&d->context, 0, arch_syscall_argument(&d->context, 2));
		arch_context_save(&d->context, &d->shared->enabled);
	}
	d->upcall = true;
	return NO_RETURN;
}

static int call_nop(struct dispatcher *d, uint64_t *value)
{
	*value = arch_syscall_argument(&d->context, 0);
	return 0;
}

static int call_yield(struct dispatcher *d, uint64_t *value)
{
	(void)value;
	if (arch_syscall_argument(&d->context, 0))
		return -ERR_INVAL;
	lmp_room(d);
	dispatcher_yield(d);
	return leave(d);
}

static int call_sleep(struct dispatcher *d, uint64_t *value)
{
	(void)value;
	if (!dispatcher_sleep(d, arch_syscall_argument(&d->context, 0)))
		return -ERR_NOMEM;
	return leave(d);
}

static COLD int call_exit(struct dispatcher *d, uint64_t *value)
{
	(void)value;
	dispatcher_exit(d, (int64_t)arch_syscall_argument(&d->context, 0));
	return NO_RETURN;
}

static COLD int call_print(struct dispatcher *d, uint64_t *value)
{
	uint64_t bytes = arch_syscall_argument(&d->context, 1);
	char text[ABI_PRINT_MAX];

	(void)value;
	if (!(d->flags & ABI_SETUP_PRINT))
		return -ERR_PERM;
	if (bytes > sizeof(text))
		return -ERR_INVAL;
	if (!dispatcher_copy_in(d, text, arch_syscall_argument(&d->context, 0), bytes))
		return -ERR_FAULT;
	for (uint64_t i = 0; i < bytes; i++) {
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '.';
	}
	console_info("%s: %.*s", d->name, (int)bytes, text);
	return 0;
}

static int call_lrpc(struct dispatcher *d, uint64_t *value)
{
	const struct arch_context *c = &d->context;
	uint64_t flags = arch_syscall_argument(c, 5);
	const uint64_t words[ABI_LRPC_WORDS] = {
		arch_syscall_argument(c, 1), arch_syscall_argument(c, 2),
		arch_syscall_argument(c, 3), arch_syscall_argument(c, 4),
	};
	bool sleep = flags & ABI_LRPC_SLEEP;
	int rc;

	(void)value;
	if ((uint32_t)flags & ~(uint32_t)ABI_LRPC_SLEEP)
		return -ERR_INVAL;
	rc = lrpc_send(d, arch_syscall_argument(c, 0), flags >> ABI_LRPC_DEPTH_SHIFT, sleep, words);
	return rc || !sleep ? rc : leave(d);
}

static int call_alarm(struct dispatcher *d, uint64_t *value)
{
	(void)value;
	return dispatcher_alarm(d, arch_syscall_argument(&d->context, 0));
}

static COLD int call_fs(struct dispatcher *d, uint64_t *value)
{
	(void)value;
	return arch_context_set_fs(&d->context, arch_syscall_argument(&d->context, 0)) ? 0 : -ERR_INVAL;
}

/* A long one is made again and again, with its registers as they are: events come in between. */
static int repeat(struct dispatcher *d)
{
	arch_syscall_repeat(&d->context);
	return NO_RETURN;
}

static int call_lmp(struct dispatcher *d, uint64_t *value)
{
	const struct arch_context *c = &d->context;
	const uint64_t args[4] = {
		arch_syscall_argument(c, 0), arch_syscall_argument(c, 1),
		arch_syscall_argument(c, 2), arch_syscall_argument(c, 3),
	};
	int rc = lmp_send(d, args);

	(void)value;
	if (rc == LMP_REPEAT)
		return repeat(d);
	return rc || !(args[1] >> 16 & ABI_LMP_SLEEP) ? rc : leave(d);
}

static int call_invoke(struct dispatcher *d, uint64_t *value)
{
	uint64_t args[6], second = 0;
	int rc;

	for (unsigned int i = 0; i < 6; i++)
		args[i] = arch_syscall_argument(&d->context, i);
	rc = cap_call(&cap_space, &dispatcher_slots(d)[DISPATCHER_ROOT], args, &second);
	capabilities_settle();
	*value = second;
	return rc == -ABI_CAP_E_AGAIN ? repeat(d) : rc;
}

static int call_object(struct dispatcher *d, uint64_t *value)
{
	uint64_t args[6];
	int rc;

	for (unsigned int i = 0; i < 6; i++)
		args[i] = arch_syscall_argument(&d->context, i);
	*value = 0;
	rc = object_call(d, args, value);
	return rc == -ABI_CAP_E_AGAIN ? repeat(d) : rc;
}

static int (*const calls[ABI_SYSCALL_COUNT])(struct dispatcher *d, uint64_t *value) = {
	[ABI_SYSCALL_NOP - ABI_SYSCALL_FIRST] = call_nop,
	[ABI_SYSCALL_YIELD - ABI_SYSCALL_FIRST] = call_yield,
	[ABI_SYSCALL_SLEEP - ABI_SYSCALL_FIRST] = call_sleep,
	[ABI_SYSCALL_EXIT - ABI_SYSCALL_FIRST] = call_exit,
	[ABI_SYSCALL_PRINT - ABI_SYSCALL_FIRST] = call_print,
	[ABI_SYSCALL_LRPC - ABI_SYSCALL_FIRST] = call_lrpc,
	[ABI_SYSCALL_LMP - ABI_SYSCALL_FIRST] = call_lmp,
	[ABI_SYSCALL_ALARM - ABI_SYSCALL_FIRST] = call_alarm,
	[ABI_SYSCALL_FS - ABI_SYSCALL_FIRST] = call_fs,
	[ABI_SYSCALL_INVOKE - ABI_SYSCALL_FIRST] = call_invoke,
	[ABI_SYSCALL_OBJECT - ABI_SYSCALL_FIRST] = call_object,
};

void dispatcher_syscall(struct dispatcher *d)
{
	uint64_t number = arch_syscall_number(&d->context) - ABI_SYSCALL_FIRST;
	uint64_t value = arch_syscall_argument(&d->context, 2);
	int status = -ERR_NOSYS;

	d->end.syscalls++;
	cap_space.caller = d->number;
	if (number >= ABI_SYSCALL_COUNT) {
		dispatcher_fault(d, &(struct user_event){ .kind = USER_TRAP,
							  .vector = ABI_TRAP_SYSCALL });
		return;
	}
	if (calls[number])
		status = calls[number](d, &value);
	if (status != NO_RETURN)
		arch_syscall_return(&d->context, status, value);
}
