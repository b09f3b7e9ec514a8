// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of tests without Linux, in the image that is built for them (TESTS=1): each module of the
 * boot information is a static ELF executable, and becomes a domain; the first has the monitor's place.
 * Its name may be followed by what it asks of the scheduler: "NAME weight=N", "NAME soft=BUDGET/PERIOD"
 * or "NAME hard=BUDGET/PERIOD", both in microseconds. A bad one is told on the console and left out.
 */
#include <base/string.h>

#include <bootinfo.h>
#include <capability.h>
#include <console.h>
#include <dispatcher.h>
#include <domain.h>
#include <memory.h>

#define MODULE_RAM (256ull << 10) /* for each but the first */

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
	if (!domain_create(domain, ABI_SLOT_DOMAIN, ABI_CAP_DOMAIN, domain->number, 1, ABI_CAP_READ))
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

const char *modules_start(struct cap_entry *ram)
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
	if (domains[0].dispatcher && domain_finish_first(&domains[0]))
		console_error("the first program lacks capabilities");
	for (uint32_t i = 0; i < count; i++) {
		if (domains[i].dispatcher)
			dispatcher_wake(domains[i].dispatcher);
	}
	return NULL;
}
