// SPDX-License-Identifier: GPL-2.0-only
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <dispatcher.h>
#include <link.h>
#include <loop.h>
#include <memory.h>
#include <trace.h>

static void banner(void)
{
	const struct abi_boot *b = boot_info;

	console_info("Remora CPU driver, ABI revision %u: node %u of %u in %.*s, Linux CPU %u, "
		     "NUMA node %u", ABI_REVISION, b->node, b->nodes, (int)ABI_NAME_MAX, b->partition,
		     b->linux_cpu, b->numa);
	console_info("APIC %u in %s mode, TSC %lu.%03lu MHz, up %lu us after the start-up message",
		     b->apic_id, core_page->x2apic ? "x2APIC" : "xAPIC", b->tsc_khz / 1000,
		     b->tsc_khz % 1000,
		     (core_page->start_tsc - b->boot_tsc) * 1000 / b->tsc_khz);
	console_info("memory: image %lu KiB, kernel %lu KiB (%lu KiB used), own %lu MiB, shared %lu KiB",
		     memory_total(ABI_EXTENT_IMAGE) >> 10, memory_total(ABI_EXTENT_KERNEL) >> 10,
		     memory_pages_taken() * ABI_PAGE_SIZE >> 10, memory_total(ABI_EXTENT_RAM) >> 20,
		     memory_total(ABI_EXTENT_SHARED) >> 10);
	console_info("block and wake-up cost %lu cycles, polling %lu cycles before sleep%s",
		     core_page->block_cycles, core_page->poll_cycles,
		     b->flags & ABI_BOOT_NO_SLEEP ? "; sleep is off" : "");
}

void core_main(void)
{
	idle_init();
	links_init();
	banner();
	programs_start();
	core_page->ready_tsc = arch_cycles();
	trace(ABI_TRACE_CORE, 0, ABI_TRACE_CHANNEL_NONE, 0, ABI_CORE_RUNNING);
	core_set_state(ABI_CORE_RUNNING);
	notify_node(0);

	loop_run();

	links_flush();
	console_info("stopped as asked");
	trace(ABI_TRACE_CORE, 0, ABI_TRACE_CHANNEL_NONE, 0, ABI_CORE_STOPPED);
	core_set_state(ABI_CORE_STOPPED);
	notify_node(0);
	arch_stop();
}
