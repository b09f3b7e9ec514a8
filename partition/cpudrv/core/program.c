// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's first program, its monitor: the ELF file that is part of the image, in a domain that holds
 * all of the core's memory and everything else there are capabilities for.
 */
#include <abi/ctl.h>
#include <base/string.h>

#include <bootinfo.h>
#include <cap_agree.h>
#include <capability.h>
#include <console.h>
#include <dispatcher.h>
#include <domain.h>
#include <memory.h>
#include <sections.h>

/* Of the extents of the boot information: what domains are made of, by index. NULL: none. */
static struct cap_entry *extents[ABI_EXTENTS_MAX];

/* ---- memory ---- */

/* Take the larger side of a range, without what is in use. */
static void keep_clear(uint64_t *base, uint64_t *end, uint64_t used, uint64_t used_end)
{
	if (used >= *end || used_end <= *base)
		return;
	if (used > *base && (used_end >= *end || used - *base >= *end - used_end))
		*end = used & ~(ABI_PAGE_SIZE - 1);
	else
		*base = used_end < *end ? (used_end + ABI_PAGE_SIZE - 1) & ~(ABI_PAGE_SIZE - 1) : *end;
}

static void ram_create(uint32_t index)
{
	const struct abi_extent *e = &boot_info->extents[index];
	uint64_t base = e->base, end = e->base + e->size;
	struct cap_entry *slot;

	for (uint32_t i = 0; i < boot_info->module_count && i < ABI_MODULES_MAX; i++)
		keep_clear(&base, &end, boot_info->modules[i].base,
			   boot_info->modules[i].base + boot_info->modules[i].size);
	if (base >= end || memory_reserved(base, end - base))
		return;
	slot = capability_own();
	if (!cap_create(&cap_space, slot, ABI_CAP_RAM, base, end - base, ABI_CAP_RIGHTS, 0))
		extents[index] = slot;
}

static void shared_create(uint32_t index)
{
	const struct abi_extent *e = &boot_info->extents[index];
	struct cap_entry *slot = capability_own();

	if (!cap_create(&cap_space, slot, ABI_CAP_FRAME, e->base, e->size,
			ABI_CAP_RW | ABI_CAP_DERIVE, 0))
		extents[index] = slot;
}

/* Return: the capability that domains are made of, the first for memory; NULL: none. */
static struct cap_entry *memory_create(void)
{
	struct cap_entry *first = NULL;

	for (uint32_t i = 0; i < boot_info->extent_count; i++) {
		if (boot_info->extents[i].kind == ABI_EXTENT_SHARED)
			shared_create(i);
		if (boot_info->extents[i].kind == ABI_EXTENT_RAM)
			ram_create(i);
		if (boot_info->extents[i].kind == ABI_EXTENT_RAM && !first)
			first = extents[i];
	}
	return first;
}

/* ---- what the first program has beside other domains ---- */

bool domain_create(struct domain *domain, uint32_t slot, uint32_t type, uint64_t base,
		   uint64_t count, uint8_t rights)
{
	return !cap_create(&cap_space, domain_slot(domain, slot), type, base, count, rights, 0);
}

static bool give_numbers(struct domain *domain)
{
	return domain_create(domain, ABI_SLOT_DOMAIN, ABI_CAP_DOMAIN, 0, 1ull << 32,
		      ABI_CAP_RW | ABI_CAP_DERIVE) &&
	       domain_create(domain, ABI_SLOT_KERNEL, ABI_CAP_KERNEL, boot_info->node, 1, ABI_CAP_RW) &&
	       domain_create(domain, ABI_SLOT_URPC, ABI_CAP_URPC, 0, ABI_CHANNEL_NUMBERS,
		      ABI_CAP_RW | ABI_CAP_GRANT | ABI_CAP_DERIVE) &&
	       domain_create(domain, ABI_SLOT_IRQ, ABI_CAP_IRQ, ABI_IRQ_FIRST,
		      ABI_IRQ_LAST - ABI_IRQ_FIRST + 1, ABI_CAP_RW | ABI_CAP_DERIVE);
}

/* Of the memory that domains are made of, what is left; of all others, everything. */
static const char *give_extents(struct domain *domain)
{
	const char *error = NULL;

	for (uint32_t i = 0; !error && i < boot_info->extent_count; i++) {
		struct cap_entry *slot = domain_slot(domain, ABI_SLOT_EXTENTS + i);

		if (!extents[i])
			continue;
		if (extents[i] == domain->ram)
			error = domain_give_ram(domain, ABI_SLOT_EXTENTS + i, 0);
		else if (!domain_copy(extents[i], slot))
			error = "a capability cannot be copied";
		if (!error)
			domain->startup->extents[i] = (struct abi_startup_extent){
				.base = slot->base,
				.bytes = slot->end - slot->base,
				.kind = boot_info->extents[i].kind,
				.numa = boot_info->extents[i].numa,
			};
	}
	domain->startup->ram_bytes = 0;
	return error;
}

const char *domain_finish_first(struct domain *domain)
{
	return give_numbers(domain) ? give_extents(domain) : "a capability cannot be created";
}

/* ---- the monitor ---- */

static const char *monitor_start(struct cap_entry *ram)
{
	struct domain domain = { .ram = ram,
				 .name = "monitor",
				 .params = { .class = SCHED_BEST_EFFORT, .weight = SCHED_WEIGHT_MAX },
				 .elf = monitor_elf,
				 .elf_bytes = (uint64_t)(monitor_elf_end - monitor_elf) };
	const char *error = domain_make(&domain);

	if (!error)
		error = domain_finish_first(&domain);
	if (!error)
		dispatcher_wake(domain.dispatcher);
	return error;
}

void programs_start(void)
{
	struct cap_entry *ram;
	const char *error;

	if (!boot_info->module_count && &monitor_elf[0] == &monitor_elf_end[0])
		return;
	error = dispatchers_init();
	if (error) {
		console_error("no programs: the CPU lacks %s", error);
		return;
	}
	capabilities_init();
	ram = memory_create();
	if (!ram)
		error = "no memory for domains";
	else if (boot_info->module_count)
		error = modules_start ? modules_start(ram) : "this image takes none from node 0";
	else
		error = monitor_start(ram);
	if (error)
		console_error("no programs: %s", error);
}
