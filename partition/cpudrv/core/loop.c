// SPDX-License-Identifier: GPL-2.0-only
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <link.h>
#include <loop.h>
#include <shoot.h>
#include <timer.h>

/* Turns with work between two looks at pending interrupts; an idle turn always looks. */
#define WINDOW_TURNS 64

/* Returns whether node 0 wants this core to stop. */
static bool obey_host(void)
{
	uint32_t probe = __atomic_load_n(&host_page->probe, __ATOMIC_RELAXED);

	if (probe != core_page->probe_echo)
		__atomic_store_n(&core_page->probe_echo, probe, __ATOMIC_RELEASE);
	return __atomic_load_n(&host_page->command, __ATOMIC_ACQUIRE) == ABI_COMMAND_STOP;
}

void loop_run(void)
{
	unsigned int turn = 0;

	while (!obey_host()) {
		bool busy = shoot_poll();
		uint64_t now = arch_cycles();

		busy |= links_poll();
		__atomic_store_n(&core_page->heartbeat, core_page->heartbeat + 1, __ATOMIC_RELAXED);
		busy |= timer_run(now);
		links_flush();
		if (!busy) {
			idle_turn(now);
			continue;
		}
		idle_busy(now);
		if (++turn % WINDOW_TURNS == 0)
			arch_interrupt_window();
	}
}
