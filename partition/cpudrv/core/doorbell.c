// SPDX-License-Identifier: GPL-2.0-only
/* Waking other nodes. */
#include <abi/layout.h>
#include <arch.h>
#include <bootinfo.h>
#include <loop.h>
#include <trace.h>

void notify_core(uint32_t node, uint32_t apic_id, uint32_t channel)
{
	trace(ABI_TRACE_BELL_SENT, node, channel, 0, 0);
	if (arch_ring(apic_id, ABI_VECTOR_DOORBELL))
		core_page->count.bells_rung++;
}

void notify_node_about(uint32_t node, uint32_t channel, uint64_t number)
{
	uint32_t apic_id;
	uint8_t vector = ABI_VECTOR_DOORBELL;

	if (!node) {
		/* One load: node 0 replaces the word when Linux moves its interrupt. */
		uint64_t bell = __atomic_load_n(&host_page->bell, __ATOMIC_ACQUIRE);

		if (!(bell & ABI_BELL_VALID))
			return;
		apic_id = (uint32_t)bell;
		vector = (uint8_t)(bell >> ABI_BELL_VECTOR_SHIFT);
	} else if (node < boot_info->nodes && node < ABI_NODES_MAX) {
		apic_id = boot_info->node_apic_id[node];
	} else {
		return;
	}
	trace(ABI_TRACE_BELL_SENT, node, channel, number, 0);
	if (arch_ring(apic_id, vector))
		core_page->count.bells_rung++;
}

void notify_node(uint32_t node)
{
	notify_node_about(node, ABI_TRACE_CHANNEL_NONE, 0);
}
