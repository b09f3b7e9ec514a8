// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's first program, its monitor: the ELF file that is part of the image, in a domain that holds
 * all of the core's memory and everything else there are capabilities for.
 *
 * Tests without Linux put programs into the boot information: each module is a static ELF executable,
 * and becomes a domain; the first has the monitor's place. Its name may be followed by what it asks of
 * the scheduler: "NAME weight=N", "NAME soft=BUDGET/PERIOD" or "NAME hard=BUDGET/PERIOD", both in
 * microseconds. A bad one is told on the console and left out.
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

#define MODULE_RAM (256ull << 10) /* for each but the first */

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

static bool create(struct domain *domain, uint32_t slot, uint32_t type, uint64_t base, uint64_t count,
		   uint8_t rights)
{
	return !cap_create(&cap_space, domain_slot(domain, slot), type, base, count, rights, 0);
}

static bool give_numbers(struct domain *domain)
{
	return create(domain, ABI_SLOT_DOMAIN, ABI_CAP_DOMAIN, 0, 1ull << 32,
		      ABI_CAP_RW | ABI_CAP_DERIVE) &&
	       create(domain, ABI_SLOT_KERNEL, ABI_CAP_KERNEL, boot_info->node, 1, ABI_CAP_RW) &&
	       create(domain, ABI_SLOT_URPC, ABI_CAP_URPC, 0, ABI_CHANNELS_MAX,
		      ABI_CAP_RW | ABI_CAP_GRANT | ABI_CAP_DERIVE) &&
	       create(domain, ABI_SLOT_IRQ, ABI_CAP_IRQ, ABI_IRQ_FIRST,
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

static const char *finish_first(struct domain *domain)
{
	return give_numbers(domain) ? give_extents(domain) : "a capability cannot be created";
}

/* ---- programs of tests ---- */

static bool take(const char **text, const char *word)
{
	uint64_t length = base_strlen(word, ABI_NAME_MAX);

	if (memcmp(*text, word, length))
		return false;
	*text += length;
	return true;
}

static uint64_t take_number(const char **text)
{
	uint64_t number = 0;

	for (; **text >= '0' && **text <= '9' && number < 1000000000; ++*text)
		number = number * 10 + (uint64_t)(**text - '0');
	return number;
}

/* @text is terminated, with ABI_NAME_MAX bytes of room after it. */
static bool parse(const char *text, struct sched_params *p)
{
	*p = (struct sched_params){ .class = SCHED_BEST_EFFORT, .weight = 1 };
	if (take(&text, "weight=")) {
		p->weight = (uint32_t)take_number(&text);
		return !*text;
	}
	p->class = take(&text, "soft=") ? SCHED_SOFT : SCHED_HARD;
	if (p->class == SCHED_HARD && !take(&text, "hard="))
		return false;
	p->budget = take_number(&text) * boot_info->tsc_khz / 1000;
	if (!take(&text, "/"))
		return false;
	p->period = take_number(&text) * boot_info->tsc_khz / 1000;
	return !*text;
}

/* An endpoint of one domain for another; the badge tells the first which one. */
static bool introduce(struct domain *to, uint32_t slot, struct domain *endpoint_of, uint64_t badge)
{
	struct cap_op op = { .kind = ABI_CAP_DO_MINT,
			     .from = cap_slot_own(domain_slot(endpoint_of, ABI_SLOT_ENDPOINT)),
			     .to = cap_slot_own(domain_slot(to, slot)),
			     .rights = ABI_CAP_WRITE | ABI_CAP_GRANT,
			     .badge = badge };

	return !capability_do(&op);
}

/* The first one also gets an endpoint of each other, in the slots before ABI_SLOT_KERNEL. */
static const char *finish_other(struct domain *domain, struct domain *first)
{
	if (!create(domain, ABI_SLOT_DOMAIN, ABI_CAP_DOMAIN, domain->number, 1, ABI_CAP_READ))
		return "a capability cannot be created";
	if (first->dispatcher &&
	    (!introduce(domain, ABI_SLOT_MONITOR, first, domain->number) ||
	     !introduce(first, ABI_SLOT_DOMAIN + domain->number, domain, first->number + 1)))
		return "a capability cannot be created";
	return domain_give_ram(domain, ABI_SLOT_RAM, MODULE_RAM);
}

static const char *make_module(struct domain *domain, const struct abi_module *m,
			       char name[2 * ABI_NAME_MAX])
{
	uint64_t length = base_strlen(m->name, ABI_NAME_MAX - 1);

	memcpy(name, m->name, length);
	for (uint64_t i = 0; i < length; i++) {
		if (name[i] != ' ')
			continue;
		name[i] = 0;
		if (!parse(&name[i + 1], &domain->params))
			return "parameters not understood";
		break;
	}
	if (!memory_within(m->base, m->size, ABI_EXTENT_RAM))
		return "not in memory for domains";
	domain->name = name;
	domain->elf = memory_at(m->base);
	domain->elf_bytes = m->size;
	return domain_make(domain);
}

static void modules_start(struct cap_entry *ram)
{
	uint32_t count = boot_info->module_count < ABI_MODULES_MAX ? boot_info->module_count :
								     ABI_MODULES_MAX;
	struct domain domains[ABI_MODULES_MAX] = { { .ram = ram } };
	uint64_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct abi_module *m = &boot_info->modules[i];
		char name[2 * ABI_NAME_MAX] = { 0 };
		const char *error;

		domains[i] = (struct domain){ .ram = ram, .ram_used = used, .number = i };
		domains[i].params = (struct sched_params){ .class = SCHED_BEST_EFFORT, .weight = 1 };
		error = make_module(&domains[i], m, name);
		if (!error && i)
			error = finish_other(&domains[i], &domains[0]);
		used = domains[i].ram_used;
		if (!error)
			continue;
		console_error("program %.*s: %s", (int)ABI_NAME_MAX, m->name, error);
		domains[i].dispatcher = NULL;
	}
	domains[0].ram_used = used;
	if (domains[0].dispatcher && finish_first(&domains[0]))
		console_error("the first program lacks capabilities");
	for (uint32_t i = 0; i < count; i++) {
		if (domains[i].dispatcher)
			dispatcher_wake(domains[i].dispatcher);
	}
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
		error = finish_first(&domain);
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
		modules_start(ram);
	else
		error = monitor_start(ram);
	if (error)
		console_error("no programs: %s", error);
}
