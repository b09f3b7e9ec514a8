// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>

#include <plan.h>

#define TABLE_SPAN MON_BIG_PAGE /* bytes of addresses that a page table maps */
#define FIXED_TABLES 4u
#define BEFORE_TABLES 5u

static uint64_t table_of(uint64_t address)
{
	return address / TABLE_SPAN;
}

uint32_t plan_table(const struct plan *plan, uint64_t address)
{
	uint32_t fixed = plan->tables - FIXED_TABLES;

	if (address < ABI_DOMAIN_PROGRAM_END)
		return (uint32_t)(table_of(address) - table_of(plan->program));
	if (address >= ABI_DOMAIN_STACK_END - TABLE_SPAN)
		return fixed + FIXED_TABLES - 1;
	return fixed + (uint32_t)(table_of(address) - table_of(ABI_DOMAIN_STARTUP));
}

/* The program's segments in whole pages, one behind the other in the frame. */
static void plan_segments(struct plan *plan, const void *head)
{
	uint64_t frame = PLAN_PROGRAM;
	struct elf64_segment s;

	for (uint32_t n = 0; elf64_segment(head, n, &s); n++) {
		struct plan_segment *p = &plan->segment[plan->segments];
		uint64_t end = mon_up(s.address + s.memory_bytes, MON_PAGE);

		if (!s.memory_bytes)
			continue;
		p->address = s.address & ~(MON_PAGE - 1);
		p->pages = (end - p->address) / MON_PAGE;
		p->frame = frame;
		p->at = s.address;
		p->file = s.offset;
		p->file_bytes = s.file_bytes;
		p->flags = s.flags;
		frame += p->pages * MON_PAGE;
		if (!plan->segments++)
			plan->program = p->address;
		plan->program_bytes = end - plan->program;
	}
	plan->frame_bytes = frame;
}

/* Slots: tables and their mappings; for each piece of the frame in a table a copy and a mapping. */
static uint32_t slots_needed(const struct plan *plan)
{
	uint32_t count = PLAN_SLOT_PT + 2 * plan->tables + 2 * FIXED_TABLES;

	for (uint32_t i = 0; i < plan->segments; i++) {
		const struct plan_segment *p = &plan->segment[i];
		uint64_t last = p->address + (p->pages - 1) * MON_PAGE;

		count += 2 * (uint32_t)(table_of(last) - table_of(p->address) + 1);
	}
	return count;
}

uint64_t plan_make(struct plan *plan, const void *head, uint64_t ram)
{
	uint64_t at = 0;

	memset(plan, 0, sizeof(*plan));
	plan_segments(plan, head);
	plan->tables = FIXED_TABLES + 1 +
		       (uint32_t)(table_of(plan->program + plan->program_bytes - 1) -
				  table_of(plan->program));
	plan->inner_bits = ABI_CAP_CNODE_BITS_MIN;
	while (slots_needed(plan) > 1u << plan->inner_bits)
		plan->inner_bits++;
	plan->inner = at;
	at += (uint64_t)ABI_CAP_SLOT_BYTES << plan->inner_bits;
	plan->root = at;
	at += (uint64_t)ABI_CAP_SLOT_BYTES << ABI_DOMAIN_ROOT_BITS;
	plan->dispatcher = at;
	at += ABI_CAP_DISPATCHER_BYTES;
	plan->page_tables = at;
	at += (BEFORE_TABLES + plan->tables) * MON_PAGE;
	plan->frame = at;
	at += plan->frame_bytes;
	plan->rest = at;
	if (ram < at + PLAN_RAM_LEAST)
		return at + PLAN_RAM_LEAST;
	plan->ram = ram;
	plan->rest_bytes = ram - at;
	return 0;
}
