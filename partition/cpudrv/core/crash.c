// SPDX-License-Identifier: GPL-2.0-only
#include <base/format.h>
#include <base/string.h>

#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <crash.h>
#include <loop.h>
#include <trace.h>

static unsigned int depth; /* crashes begun */

static void publish(const struct abi_crash *record)
{
	if (!core_page)
		arch_stop();
	memcpy(&core_page->crash, record, sizeof(*record));
	__atomic_store_n(&core_page->sleeping, 0, __ATOMIC_RELAXED);
	core_set_state(ABI_CORE_CRASHED);
}

bool crash_begun(void)
{
	return depth > 0;
}

void crash_begin(struct abi_crash *record)
{
	depth++;
	if (depth == 1)
		return;
	if (depth > 2)
		arch_stop();
	if (core_page && core_page->state == ABI_CORE_CRASHED)
		arch_stop();
	base_strcopy(record->reason, "another crash while a crash was being reported",
		     sizeof(record->reason));
	publish(record);
	notify_node(0);
	arch_stop();
}

void crash_finish(const struct abi_crash *record)
{
	/* Only the first crash gets here: one in the trace itself is reported like any other. */
	if (host_page)
		trace(ABI_TRACE_CORE, 0, ABI_TRACE_CHANNEL_NONE, record->rip, ABI_CORE_CRASHED);
	publish(record);
	notify_node(0);
	arch_stop();
}

void crash_fail(const char *format, ...)
{
	struct abi_crash record = {
		.vector = CRASH_VECTOR_CHECK,
		.rip = (uint64_t)__builtin_return_address(0),
		.rsp = (uint64_t)__builtin_frame_address(0),
	};
	va_list args;

	va_start(args, format);
	base_vformat(record.reason, sizeof(record.reason), format, args);
	va_end(args);
	crash_begin(&record);
	console_error("CPU driver check failed: %s", record.reason);
	arch_backtrace_here();
	crash_finish(&record);
}
