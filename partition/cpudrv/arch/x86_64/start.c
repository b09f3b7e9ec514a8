// SPDX-License-Identifier: GPL-2.0-only
/* From the first C function to the event loop. The order of the two tables matters. */
#include <apic.h>
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <cpu.h>
#include <crash.h>
#include <loop.h>
#include <memory.h>
#include <stack.h>
#include <trace.h>

static void console_start(void)
{
	check(!console_init(memory_at(boot_info->console), boot_info->console_size),
	      "the console's number of records is not a power of two, or too large");
}

/* On node 0's page tables and an early stack. */
static void (*const early_steps[])(void) = {
	memory_init,
	console_start,
	trace_start,
	cpu_init,
	paging_init,
};

/* On the core's own page tables and its main stack. */
static void (*const steps[])(void) = {
	paging_report,
	apic_init,
	apic_timer_init,
	cpu_performance_init,
	core_main,
};

static void start_on_main_stack(void)
{
	for (uint32_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		steps[i]();
}

/* Called by boot.S with what node 0 put into RDI. */
__attribute__((noreturn)) void start(const struct abi_boot *boot);

void start(const struct abi_boot *boot)
{
	bootinfo_accept(boot);
	for (uint32_t i = 0; i < sizeof(early_steps) / sizeof(early_steps[0]); i++)
		early_steps[i]();
	stack_switch(stack_top(STACK_MAIN), start_on_main_stack);
}
