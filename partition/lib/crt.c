// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The first activation: the library is made ready, and the main thread runs rt_main(). */
#include <base/string.h>

#include <lib/crt.h>
#include <lib/stream.h>
#include <lib/vspace.h>

#include "crt_core.h"
#include "thread_core.h"

#define STATUS_NOT_STARTED 126

struct abi_dispatcher *rt_dispatcher;

static const struct abi_startup *startup;

const struct abi_startup *rt_startup(void)
{
	return startup;
}

/* String @n of a row of @count that begins at an offset from the startup page's begin. */
static const char *string(uint32_t offset, uint32_t count, unsigned int n)
{
	const char *at = (const char *)startup + offset;

	if (n >= count)
		return NULL;
	while (n--)
		at += base_strlen(at, ABI_DOMAIN_STARTUP_BYTES) + 1;
	return at;
}

const char *rt_argument(unsigned int n)
{
	return string(startup->argv, startup->argc, n);
}

const char *rt_environment(unsigned int n)
{
	return string(startup->environ, startup->environ_count, n);
}

static void *run_main(void *argument)
{
	(void)argument;
	rt_exit(rt_main(startup));
}

__attribute__((noreturn)) static void not_started(const char *what, int error)
{
	rt_complain("the program cannot start: %s: error %d", what, -error);
	rt_exit(STATUS_NOT_STARTED);
}

/* LRPC is refused until somebody serves it: else a question could be lost. */
static void take_upcalls(struct abi_dispatcher *d)
{
	for (unsigned int i = 0; i < ABI_UPCALLS; i++)
		d->entry[i] = i == ABI_UPCALL_LRPC ? 0 : (uint64_t)rt_upcall_entry;
	d->fault_stack = (uint64_t)rt_fault_stack_end;
	d->critical = (uint64_t)rt_critical;
	d->critical_end = (uint64_t)rt_critical_end;
}

void rt_begin(struct abi_dispatcher *dispatcher, const struct abi_startup *from)
{
	const struct rt_thread_options options = { .stack_bytes = RT_MAIN_STACK_BYTES };
	struct abi_cap_at caps[ABI_STARTUP_EXTENTS];
	struct rt_thread *thread;
	int rc;

	rt_dispatcher = dispatcher;
	startup = from;
	take_upcalls(dispatcher);
	rt_extended_init();
	if (dispatcher->revision != ABI_DISPATCHER_REVISION || from->revision != ABI_STARTUP_REVISION)
		rt_exit(STATUS_NOT_STARTED);
	rt_stream_init(from->domain ? (struct abi_stream *)ABI_DOMAIN_STREAM : NULL);
	rc = rt_vspace_init(caps, rt_ram_caps(from, caps, ABI_STARTUP_EXTENTS));
	if (rc)
		not_started("its memory", rc);
	rt_tls_init(from);
	rc = rt_lmp_begin(from);
	if (rc)
		not_started("its first endpoint", rc);
	rc = rt_thread_create(&thread, &options, run_main, NULL);
	if (rc)
		not_started("its main thread", rc);
	rt_dispatch();
}
