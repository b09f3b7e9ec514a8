// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each step is a row of operations of which the first that fails ends it. Nothing is undone here: all
 * that is made is made of the domain's memory, and goes when that is revoked.
 */
#include <abi/lmp.h>

#include <build.h>
#include <caps.h>
#include <memory.h>

#define RO ABI_CAP_READ
#define RW ABI_CAP_RW
#define RX (ABI_CAP_READ | ABI_CAP_EXECUTE)

/* Slots of the table. */
static uint32_t table_slot(const struct domain *d)
{
	uint32_t i = 0;

	while (domain_at(i) != d)
		i++;
	return CAPS_DOMAINS_AT + i * CAPS_DOMAIN;
}

struct abi_cap_at build_memory(const struct domain *d)
{
	return caps_table(table_slot(d));
}

static struct abi_cap_at inner_node(const struct domain *d)
{
	return caps_table(table_slot(d) + 1);
}

struct abi_cap_at build_inner(const struct domain *d, uint32_t slot)
{
	return caps_in(inner_node(d), d->plan.inner_bits, slot);
}

struct abi_cap_at build_child(const struct domain *d, uint32_t slot)
{
	return caps_in(build_inner(d, PLAN_SLOT_ROOT), ABI_DOMAIN_ROOT_BITS, slot);
}

static int make(const struct domain *d, uint32_t slot, uint32_t type, uint64_t offset, uint64_t bytes,
		uint32_t count)
{
	return caps_retype(build_memory(d), build_inner(d, slot), type, offset, bytes, count);
}

/* ---- objects ---- */

static int make_objects(const struct domain *d)
{
	const struct plan *p = &d->plan;
	uint64_t at = p->page_tables;
	int rc;

	rc = caps_retype(build_memory(d), inner_node(d), ABI_CAP_CNODE, p->inner,
			 (uint64_t)ABI_CAP_SLOT_BYTES << p->inner_bits, 1);
	if (!rc)
		rc = make(d, PLAN_SLOT_ROOT, ABI_CAP_CNODE, p->root,
			  (uint64_t)ABI_CAP_SLOT_BYTES << ABI_DOMAIN_ROOT_BITS, 1);
	if (!rc)
		rc = make(d, PLAN_SLOT_DISPATCHER, ABI_CAP_DISPATCHER, p->dispatcher,
			  ABI_CAP_DISPATCHER_BYTES, 1);
	if (!rc)
		rc = make(d, PLAN_SLOT_PML4, ABI_CAP_PML4, at, MON_PAGE, 1);
	if (!rc)
		rc = make(d, PLAN_SLOT_PDPT, ABI_CAP_PDPT, at += MON_PAGE, MON_PAGE, 1);
	if (!rc)
		rc = make(d, PLAN_SLOT_PD, ABI_CAP_PD, at += MON_PAGE, MON_PAGE, 2);
	if (!rc)
		rc = make(d, PLAN_SLOT_OWN, ABI_CAP_PT, at += 2 * MON_PAGE, MON_PAGE, 1);
	at += MON_PAGE;
	for (uint32_t i = 0, n; !rc && i < p->tables; i += n, at += n * MON_PAGE) {
		n = p->tables - i < ABI_CAP_RETYPE_MAX ? p->tables - i : ABI_CAP_RETYPE_MAX;
		rc = make(d, PLAN_SLOT_PT + i, ABI_CAP_PT, at, MON_PAGE, n);
	}
	return rc;
}

static int make_frames(const struct domain *d)
{
	int rc = make(d, PLAN_SLOT_FRAME, ABI_CAP_FRAME, d->plan.frame, d->plan.frame_bytes, 1);

	if (rc)
		return rc;
	return caps_retype(build_inner(d, PLAN_SLOT_FRAME), build_inner(d, PLAN_SLOT_CONTROL),
			   ABI_CAP_FRAME, PLAN_CONTROL, ABI_DOMAIN_CONTROL_BYTES, 1);
}

/* ---- address spaces ---- */

/* An address of a program's page table. */
static uint64_t table_address(const struct plan *p, uint32_t table)
{
	uint32_t fixed = p->tables - 4;

	if (table < fixed)
		return (p->program & ~(MON_BIG_PAGE - 1)) + table * MON_BIG_PAGE;
	if (table == p->tables - 1)
		return ABI_DOMAIN_STACK_END - MON_BIG_PAGE;
	return ABI_DOMAIN_STARTUP + (table - fixed) * MON_BIG_PAGE;
}

static int link_tables(const struct domain *d)
{
	const struct plan *p = &d->plan;
	uint32_t index;
	struct abi_cap_at own = memory_domain_directory((table_slot(d) - CAPS_DOMAINS_AT) / CAPS_DOMAIN,
							&index);
	int rc = caps_map_table(build_inner(d, PLAN_SLOT_PDPT), build_inner(d, PLAN_SLOT_PML4), 0,
				build_inner(d, PLAN_SLOT_TABLE_MAPPINGS));

	for (uint32_t i = 0; !rc && i < 2; i++)
		rc = caps_map_table(build_inner(d, PLAN_SLOT_PD + i), build_inner(d, PLAN_SLOT_PDPT), i,
				    build_inner(d, PLAN_SLOT_TABLE_MAPPINGS + 1 + i));
	if (!rc)
		rc = caps_map_table(build_inner(d, PLAN_SLOT_OWN), own, index,
				    build_inner(d, PLAN_SLOT_TABLE_MAPPINGS + 3));
	for (uint32_t i = 0; !rc && i < p->tables; i++) {
		uint64_t address = table_address(p, i);

		rc = caps_map_table(build_inner(d, PLAN_SLOT_PT + i),
				    build_inner(d, PLAN_SLOT_PD + (uint32_t)(address >> 30)),
				    (uint32_t)(address >> 21) % 512,
				    build_inner(d, PLAN_SLOT_PT + p->tables + i));
	}
	return rc;
}

/* A part of the frame, by its next two slots, into the page tables that it needs. */
static int map_range(const struct domain *d, uint32_t *slot, uint64_t address, uint64_t offset,
		     uint64_t pages, uint8_t rights)
{
	int rc = 0;

	while (!rc && pages) {
		struct caps_pages part = {
			.frame = build_inner(d, *slot),
			.offset = offset,
			.table = build_inner(d, PLAN_SLOT_PT + plan_table(&d->plan, address)),
			.index = (uint32_t)(address / MON_PAGE) % 512,
			.rights = rights,
		};

		part.count = 512 - part.index < pages ? 512 - part.index : (uint32_t)pages;
		rc = caps_copy(build_inner(d, PLAN_SLOT_FRAME), part.frame);
		if (!rc)
			rc = caps_map(&part, build_inner(d, *slot + 1));
		*slot += 2;
		address += part.count * MON_PAGE;
		offset += part.count * MON_PAGE;
		pages -= part.count;
	}
	return rc;
}

static int map_child(const struct domain *d)
{
	static const struct {
		uint64_t address, offset, bytes;
		uint8_t rights;
	} fixed[] = {
		{ ABI_DOMAIN_STARTUP, PLAN_STARTUP, ABI_DOMAIN_STARTUP_BYTES, RO },
		{ ABI_DOMAIN_STREAM, PLAN_STREAM, ABI_DOMAIN_STREAM_BYTES, RW },
		{ ABI_DOMAIN_CONTROL, PLAN_CONTROL, ABI_DOMAIN_CONTROL_BYTES, RW },
		{ ABI_DOMAIN_STACK_END - ABI_DOMAIN_STACK_BYTES, PLAN_STACK, ABI_DOMAIN_STACK_BYTES,
		  RW },
	};
	const struct plan *p = &d->plan;
	uint32_t slot = PLAN_SLOT_PT + 2 * p->tables;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		rc = map_range(d, &slot, fixed[i].address, fixed[i].offset, fixed[i].bytes / MON_PAGE,
			       fixed[i].rights);
	for (uint32_t i = 0; !rc && i < p->segments; i++) {
		const struct plan_segment *s = &p->segment[i];

		rc = map_range(d, &slot, s->address, s->frame, s->pages,
			       s->flags & ELF64_WRITE ? RW : s->flags & ELF64_EXECUTE ? RX : RO);
	}
	return rc;
}

/* What is there at start, but for the program, is mapped in the monitor for good. */
static int map_own(const struct domain *d)
{
	struct caps_pages fixed = {
		.frame = build_inner(d, PLAN_SLOT_FIXED),
		.table = build_inner(d, PLAN_SLOT_OWN),
		.count = PLAN_FIXED_PAGES,
		.rights = RW,
	};
	int rc = caps_copy(build_inner(d, PLAN_SLOT_FRAME), fixed.frame);

	return rc ? rc : caps_map(&fixed, build_inner(d, PLAN_SLOT_FIXED + 1));
}

int build_objects(const struct domain *d, struct abi_cap_at programs)
{
	int rc = make_objects(d);

	if (!rc)
		rc = make_frames(d);
	if (!rc)
		rc = link_tables(d);
	if (!rc)
		rc = map_child(d);
	if (!rc)
		rc = map_own(d);
	return rc ? rc : build_grants(d, programs);
}

/* ---- what it holds itself ---- */

/* Without the right to revoke: the monitor's own capabilities of these stay. */
int build_grants(const struct domain *d, struct abi_cap_at programs)
{
	static const struct {
		uint32_t slot, inner;
		uint8_t rights;
	} copies[] = {
		{ ABI_SLOT_ROOT, PLAN_SLOT_ROOT, ABI_CAP_RW },
		{ ABI_SLOT_DISPATCHER, PLAN_SLOT_DISPATCHER,
		  ABI_CAP_RW | ABI_CAP_GRANT | ABI_CAP_RETYPE },
		{ ABI_SLOT_PML4, PLAN_SLOT_PML4, ABI_CAP_RW },
		{ ABI_SLOT_CONTROL, PLAN_SLOT_CONTROL, ABI_CAP_RW | ABI_CAP_RETYPE },
		{ ABI_SLOT_ENDPOINT, PLAN_SLOT_ENDPOINT, ABI_CAP_RW | ABI_CAP_GRANT },
	};
	int rc = caps_retype(build_inner(d, PLAN_SLOT_DISPATCHER), build_inner(d, PLAN_SLOT_ENDPOINT),
			     ABI_CAP_ENDPOINT, ABI_CAP_ENDPOINTS_AT, ABI_CAP_ENDPOINT_BYTES, 1);

	for (uint32_t i = 0; !rc && i < sizeof(copies) / sizeof(copies[0]); i++)
		rc = caps_mint(build_inner(d, copies[i].inner), build_child(d, copies[i].slot),
			       copies[i].rights, 0);
	if (!rc)
		rc = caps_mint(programs, build_child(d, ABI_SLOT_MONITOR), ABI_CAP_WRITE | ABI_CAP_GRANT,
			       d->number);
	if (!rc)
		rc = caps_retype(build_memory(d), build_child(d, ABI_SLOT_RAM), ABI_CAP_RAM, d->plan.rest,
				 d->plan.rest_bytes, 1);
	if (!rc)
		rc = caps_retype(caps_root(ABI_SLOT_DOMAIN), build_child(d, ABI_SLOT_DOMAIN), ABI_CAP_DOMAIN,
				 d->number, 1, 1);
	return rc;
}
