// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk through all page tables of the running core, from the CR3 that QEMU shows. Rights of a
 * page are those that all levels allow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/shootdown.h>

#include "guest.h"

#define PRESENT (1ull << 0)
#define WRITE (1ull << 1)
#define USER (1ull << 2)
#define CACHE_OFF (1ull << 4)
#define LARGE (1ull << 7)
#define NO_EXECUTE (1ull << 63)
#define ADDRESS 0x000ffffffffff000ull
#define APIC_BASE 0xfee00000ull

/* What the image says about itself. */
static uint64_t text, text_end, rodata_end, data_end;

static unsigned int pages, executable, user_pages;
static bool ring3; /* the lower half is ring 3's */

static bool in(uint64_t address, uint64_t start, uint64_t end)
{
	return address >= start && address < end;
}

static void check_image_page(uint64_t va, uint64_t pa, uint64_t rights)
{
	assert_int_equal(pa, GUEST_IMAGE + va - ABI_IMAGE_VA);
	assert_true(va < data_end);
	assert_int_equal(rights & WRITE, va < rodata_end ? 0 : WRITE);
	assert_int_equal(rights & NO_EXECUTE, in(va, text, text_end) ? 0 : NO_EXECUTE);
}

static void check_window_page(uint64_t va, uint64_t pa, uint64_t rights)
{
	uint64_t constant_end = GUEST_IMAGE + rodata_end - ABI_IMAGE_VA;

	assert_int_equal(va - ABI_WINDOW_VA, pa);
	assert_int_equal(rights & NO_EXECUTE, NO_EXECUTE);
	/* No writable alias of text, constants, or the pages of node 0. */
	if (in(pa, GUEST_IMAGE, constant_end) || pa == GUEST_PAGES || pa == guest_boot->host_page)
		assert_int_equal(rights & WRITE, 0);
	else
		assert_int_equal(rights & WRITE, WRITE);
	/* Nothing but what the core was told of. */
	assert_true(in(pa, GUEST_IMAGE, GUEST_IMAGE + GUEST_IMAGE_BYTES) ||
		    in(pa, GUEST_KERNEL, GUEST_KERNEL + GUEST_KERNEL_BYTES) ||
		    in(pa, GUEST_PAGES, GUEST_PAGES + 3 * ABI_PAGE_SIZE) ||
		    in(pa, GUEST_CONSOLE, GUEST_CONSOLE + 0x9000) ||
		    in(pa, GUEST_OWN, GUEST_OWN + GUEST_OWN_BYTES) ||
		    in(pa, GUEST_SHARED, GUEST_SHARED + GUEST_SHARED_BYTES));
}

/* Memory for programs, never both writable and executable; nothing that is the CPU driver's. */
static void check_user_page(uint64_t pa, uint64_t rights)
{
	user_pages++;
	assert_int_equal(rights & USER, USER);
	assert_true((rights & (WRITE | NO_EXECUTE)) != WRITE);
	assert_true(in(pa, GUEST_OWN, GUEST_OWN + GUEST_OWN_BYTES));
}

static void check_page(uint64_t va, uint64_t pa, uint64_t rights)
{
	if (ring3 && va < ABI_WINDOW_VA) {
		check_user_page(pa, rights);
		return;
	}
	pages++;
	assert_int_equal(rights & USER, 0);
	assert_true((rights & (WRITE | NO_EXECUTE)) != WRITE);
	executable += !(rights & NO_EXECUTE);
	if (va >= ABI_IMAGE_VA)
		check_image_page(va, pa, rights);
	else if (va >= ABI_MMIO_VA)
		assert_true(va == ABI_MMIO_VA && pa == APIC_BASE && rights & CACHE_OFF);
	else if (va >= ABI_TEST_VA && va < ABI_TEST_VA + ABI_SHOOT_PAGES_MAX * ABI_PAGE_SIZE)
		assert_true(!(rights & WRITE) &&
			    in(pa, GUEST_KERNEL, GUEST_KERNEL + GUEST_KERNEL_BYTES));
	else if (va >= ABI_STACK_VA)
		assert_true(rights & WRITE && in(pa, GUEST_KERNEL, GUEST_KERNEL + GUEST_KERNEL_BYTES));
	else
		check_window_page(va, pa, rights);
}

/* Calls check_page() for every 4 KiB, large pages included. */
static void walk(uint64_t table, int level, uint64_t va, uint64_t rights)
{
	/* Those of ring 3's half are made of memory for domains. */
	assert_true(in(table, GUEST_KERNEL, GUEST_KERNEL + GUEST_KERNEL_BYTES) ||
		    (ring3 && in(table, GUEST_OWN, GUEST_OWN + GUEST_OWN_BYTES) &&
		     (level == 4 || va < ABI_WINDOW_VA)));
	for (uint64_t i = 0; i < 512; i++) {
		uint64_t entry = ((uint64_t *)guest_at(table))[i];
		uint64_t at = va | i << (3 + 9 * level);
		uint64_t both = (rights & entry & (WRITE | USER)) |
				((rights | entry) & (NO_EXECUTE | CACHE_OFF));

		if (!(entry & PRESENT))
			continue;
		if (level == 4 && i >= 256)
			at |= 0xffffull << 48;
		if (level == 4)
			assert_true(i >= 256 || ring3); /* else the lower half is empty */
		if (level > 1 && !(entry & LARGE)) {
			walk(entry & ADDRESS, level - 1, at, both);
			continue;
		}
		assert_true(level <= 2);
		for (uint64_t o = 0; o < 1ull << (3 + 9 * level); o += ABI_PAGE_SIZE)
			check_page(at + o, (entry & ADDRESS & ~(NO_EXECUTE)) + o, both);
	}
}

static bool mapped(uint64_t root, uint64_t va)
{
	uint64_t table = root;

	for (int level = 4;; level--) {
		uint64_t entry = ((uint64_t *)guest_at(table))[va >> (3 + 9 * level) & 511];

		if (!(entry & PRESENT))
			return false;
		if (level == 1 || entry & LARGE)
			return true;
		table = entry & ADDRESS;
	}
}

/* Each stretch of mapped pages in the stack area is a stack: both neighbours must be holes. */
static unsigned int stacks(uint64_t root)
{
	unsigned int count = 0;

	assert_false(mapped(root, ABI_STACK_VA));
	for (uint64_t va = ABI_STACK_VA; va < ABI_STACK_VA + (1 << 20); va += ABI_PAGE_SIZE)
		count += mapped(root, va) && !mapped(root, va - ABI_PAGE_SIZE);
	return count;
}

static void audit(void)
{
	const char *cr3 = strstr(guest_monitor("info registers"), "CR3=");
	uint64_t root;

	assert_non_null(cr3);
	root = strtoull(cr3 + 4, NULL, 16) & ADDRESS;
	text = guest_symbol("section_text");
	text_end = guest_symbol("section_text_end");
	rodata_end = guest_symbol("section_rodata_end");
	data_end = guest_symbol("section_data_end");
	pages = 0;
	user_pages = 0;
	executable = 0;
	walk(root, 4, 0, WRITE | USER);
	assert_int_equal(executable, (text_end - text) / ABI_PAGE_SIZE);
	assert_true(pages > (ring3 ? GUEST_OWN_BYTES + GUEST_SHARED_BYTES : GUEST_SHARED_BYTES) /
				    ABI_PAGE_SIZE);
	assert_int_equal(stacks(root), 4); /* main, NMI, double fault, machine check */
}

void audit_tables(void)
{
	ring3 = false;
	audit();
}

unsigned int audit_ring3(void)
{
	ring3 = true;
	audit();
	return user_pages;
}
