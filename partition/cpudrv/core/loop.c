// SPDX-License-Identifier: GPL-2.0-only
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <dispatcher.h>
#include <link.h>
#include <loop.h>
#include <messages.h>
#include <shoot.h>
#include <timer.h>

/* Turns with work between two looks at pending interrupts. */
#define WINDOW_TURNS 64

/* Looks at the lines of a shootdown in a turn. */
#define SHOOT_TURNS 32

/* Returns whether node 0 wants this core to stop. */
static bool obey_host(void)
{
	uint32_t probe = __atomic_load_n(&host_page->probe, __ATOMIC_RELAXED);

	if (probe != core_page->probe_echo)
		__atomic_store_n(&core_page->probe_echo, probe, __ATOMIC_RELEASE);
	return __atomic_load_n(&host_page->command, __ATOMIC_ACQUIRE) == ABI_COMMAND_STOP;
}

/*
 * While a run of shootdowns is open, most turns look at its lines alone: another core waits for each
 * answer, and what a turn costs is what it waits.
 */
static bool shoot_turns(void)
{
	bool any = false;

	for (unsigned int i = 0; shoot_on && i < SHOOT_TURNS; i++) {
		/* Also after an answer: whoever waits for it should have the line to himself. */
		any |= shoot_poll();
		shoot_relax();
	}
	return any;
}

void loop_run(void)
{
	unsigned int turn = 0;

	while (!obey_host()) {
		bool busy = shoot_turns();
		uint64_t now = arch_cycles();

		busy |= links_poll();
		__atomic_store_n(&core_page->heartbeat, core_page->heartbeat + 1, __ATOMIC_RELAXED);
		busy |= timer_run(now);
		busy |= messages_poll();
		links_flush();
		if (!busy) {
			idle_turn(now);
			continue;
		}
		idle_busy(now);
		dispatchers_share(now);
		if (++turn % WINDOW_TURNS == 0)
			arch_interrupt_window();
	}
}
