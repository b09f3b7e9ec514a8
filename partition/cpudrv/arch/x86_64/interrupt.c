// SPDX-License-Identifier: GPL-2.0-only
#include <abi/layout.h>
#include <apic.h>
#include <bootinfo.h>
#include <irq.h>
#include <trace.h>
#include <trap.h>

void trap_interrupt(uint8_t vector)
{
	/* Only what the APIC has in service is acknowledged: a spurious interrupt is not. */
	if (!apic_in_service(vector)) {
		core_page->count.spurious++;
		return;
	}
	apic_write(APIC_EOI, 0);
	switch (vector) {
	case ABI_VECTOR_DOORBELL:
		core_page->count.doorbells++;
		trace(ABI_TRACE_BELL_TAKEN, 0, ABI_TRACE_CHANNEL_NONE, core_page->count.doorbells, 0);
		break;
	case ABI_VECTOR_TIMER:
		core_page->count.timers++;
		break;
	default:
		if (irq_came(vector))
			break;
		core_page->count.foreign++;
		core_page->count.foreign_last = vector;
	}
}
