// SPDX-License-Identifier: GPL-2.0-only
/*
 * When to sleep. The order that loses no wake-up:
 *   sleeping = 1; every link and the lines of a shootdown armed (each: armed, full fence, look at
 *   the ring or line); look at the host page; enable interrupts and halt in one step.
 * Whoever sends after the look sees the armed flag and rings; an interrupt that comes before the
 * halt stays pending and ends it.
 */
#include <arch.h>
#include <bootinfo.h>
#include <dispatcher.h>
#include <link.h>
#include <loop.h>
#include <messages.h>
#include <shoot.h>
#include <timer.h>
#include <trace.h>

/* Idle turns between two looks at pending interrupts: a look costs more than the rest of a turn. */
#define WINDOW_TURNS 16

#define MEASURES 9
#define MEASURE_DELAY_US 20
#define POLL_CYCLES_MIN 1000u /* below, polling costs no more than the decision */
#define POLL_US_MAX 100u /* above, an emulator's scheduling was measured, not a wake-up */

static uint64_t poll_cycles;
static uint64_t busy_at; /* TSC of the last turn with work */

/* Time lost by sleeping for an interrupt that comes after a known delay. */
static uint64_t measure_block(void)
{
	uint64_t delay = MEASURE_DELAY_US * boot_info->tsc_khz / 1000;
	uint64_t timers = core_page->count.timers;
	uint64_t start = arch_cycles();
	uint64_t spent;

	arch_timer_set(start + delay);
	while (core_page->count.timers == timers)
		arch_halt();
	spent = arch_cycles() - start;
	return spent > delay ? spent - delay : 0;
}

static uint64_t median(uint64_t *values, unsigned int count)
{
	for (unsigned int i = 1; i < count; i++) {
		for (unsigned int k = i; k && values[k - 1] > values[k]; k--) {
			uint64_t swap = values[k];

			values[k] = values[k - 1];
			values[k - 1] = swap;
		}
	}
	return values[count / 2];
}

void idle_init(void)
{
	uint64_t cost[MEASURES];
	uint64_t most = POLL_US_MAX * boot_info->tsc_khz / 1000;

	for (unsigned int i = 0; i < MEASURES; i++)
		cost[i] = measure_block();
	core_page->block_cycles = median(cost, MEASURES);
	poll_cycles = boot_info->poll_cycles;
	if (!poll_cycles) {
		poll_cycles = core_page->block_cycles;
		if (poll_cycles > most)
			poll_cycles = most;
		if (poll_cycles < POLL_CYCLES_MIN)
			poll_cycles = POLL_CYCLES_MIN;
	}
	core_page->poll_cycles = poll_cycles;
	busy_at = arch_cycles();
}

void idle_busy(uint64_t now)
{
	busy_at = now;
}

static bool host_wants_attention(void)
{
	return __atomic_load_n(&host_page->command, __ATOMIC_ACQUIRE) == ABI_COMMAND_STOP ||
	       __atomic_load_n(&host_page->probe, __ATOMIC_RELAXED) != core_page->probe_echo;
}

static void halt(uint64_t deadline)
{
	uint64_t asleep = 0;

	if (deadline != UINT64_MAX)
		arch_timer_set(deadline);
	core_page->count.sleeps++;
	if (trace_on(ABI_TRACE_BLOCK) || trace_on(ABI_TRACE_WAKE))
		asleep = arch_cycles_ordered();
	if (asleep && trace_on(ABI_TRACE_BLOCK))
		trace_record(ABI_TRACE_BLOCK, asleep, 0, ABI_TRACE_CHANNEL_NONE,
			     core_page->count.sleeps, deadline == UINT64_MAX ? 0 : deadline);
	arch_halt();
	if (asleep)
		trace(ABI_TRACE_WAKE, 0, ABI_TRACE_CHANNEL_NONE, core_page->count.sleeps,
		      arch_cycles_ordered() - asleep);
	if (deadline != UINT64_MAX)
		arch_timer_off();
}

static void sleep(void)
{
	uint64_t deadline;

	__atomic_store_n(&core_page->sleeping, 1, __ATOMIC_RELAXED);
	if (links_arm()) {
		if (shoot_arm()) {
			/* What an interrupt brought before this look, it tells; later, it ends the halt. */
			messages_poll();
			deadline = timer_next();
			if (!host_wants_attention() && !dispatchers_run(&deadline))
				halt(deadline);
			shoot_disarm();
		}
		links_disarm();
	}
	__atomic_store_n(&core_page->sleeping, 0, __ATOMIC_RELAXED);
}

void idle_turn(uint64_t now)
{
	static unsigned int turn;

	if (!dispatchers_ready(now) &&
	    (now - busy_at < poll_cycles || boot_info->flags & ABI_BOOT_NO_SLEEP)) {
		if (++turn % WINDOW_TURNS == 0)
			arch_interrupt_window();
		arch_relax();
		return;
	}
	arch_interrupt_window();
	sleep();
	busy_at = arch_cycles();
}
