// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invalidating translations, and pages to do it to: SDM volume 3, 4.10.
 *
 * The test pages share one table of ABI_SHOOT_PAGES_MAX entries. All of those in use are mapped to
 * one of two pages of memory, the places, each of which holds its own address. Moving them rewrites
 * their entries and nothing else, so that a read shows whose translation it went by.
 */
#include <abi/shootdown.h>
#include <arch.h>
#include <memory.h>
#include <tlb.h>
#include <x86.h>

#define CPUID_7_EBX_INVPCID (1u << 10)
#define INVPCID_CONTEXT 1ul

URPC_STATIC_ASSERT(ABI_SHOOT_PAGES_MAX == 512, "the test pages fill one table");
URPC_STATIC_ASSERT(!(ABI_TEST_VA % ABI_LARGE_PAGE_SIZE), "the test pages fill one table");

static uint64_t place[2]; /* physical */
static uint64_t *entries; /* of the test pages */
static unsigned int mapped; /* which place the pages in use are mapped to */

static void map(uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		__atomic_store_n(&entries[i], place[mapped] | MAP_READ | PTE_PRESENT,
				 __ATOMIC_RELAXED);
}

void test_pages_init(struct pagetable *pt)
{
	for (unsigned int i = 0; i < 2; i++) {
		place[i] = memory_page();
		*(uint64_t *)memory_at(place[i]) = place[i];
	}
	entries = pagetable_entry(pt, ABI_TEST_VA);
	map(ABI_SHOOT_PAGES_MAX);
}

bool arch_flush_known(uint32_t method)
{
	if (method == ABI_SHOOT_PCID)
		return cpuid_checked(7, 0).ebx & CPUID_7_EBX_INVPCID;
	return method <= ABI_SHOOT_FULL;
}

static uint64_t test_page(uint32_t page)
{
	return ABI_TEST_VA + page * ABI_PAGE_SIZE;
}

static void flush_pages(uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		__asm__ volatile("invlpg (%0)" ::"r"(test_page(i)) : "memory");
}

/* PCIDs are off (CR4.PCIDE), so that everything belongs to context 0. */
static void flush_context(void)
{
	const struct {
		uint64_t pcid;
		uint64_t address;
	} descriptor = { 0, 0 };

	__asm__ volatile("invpcid %0, %1" ::"m"(descriptor), "r"(INVPCID_CONTEXT) : "memory");
}

/* A change of CR4.PGE invalidates all, global or not, whichever way it goes. */
static void flush_all(void)
{
	uint64_t cr4 = read_cr4();

	write_cr4(cr4 ^ CR4_PGE);
	write_cr4(cr4);
}

void arch_flush(uint32_t method, uint32_t pages)
{
	switch (method) {
	case ABI_SHOOT_PAGE:
		flush_pages(pages);
		break;
	case ABI_SHOOT_PCID:
		flush_context();
		break;
	case ABI_SHOOT_FULL:
		flush_all();
		break;
	}
}

void arch_test_reset(void)
{
	mapped = 0;
	map(ABI_SHOOT_PAGES_MAX);
	flush_all();
}

uint32_t arch_test_touch(uint32_t pages)
{
	uint32_t stale = 0;

	for (uint32_t i = 0; i < pages; i++) {
		if (*(const volatile uint64_t *)test_page(i) != place[mapped])
			stale++;
	}
	return stale;
}

void arch_test_move(uint32_t pages)
{
	mapped ^= 1;
	map(pages);
}
