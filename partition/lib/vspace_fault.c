// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Memory on demand. */
#include <lib/stream.h>

#include "area_priv.h"

/* A promise of n bytes needs more than n: page tables, slots, notes. */
#define MARGIN_SHARE 16
#define MARGIN_BYTES (64u << 10)

bool (*rt_vspace_taken)(uint64_t address);

uint64_t fault_count;
static uint64_t promised;
static uint64_t idle_fault; /* the last fault that found nothing to do */

int promise(uint64_t bytes)
{
	uint64_t all = promised + bytes;

	if (bytes > RT_VSPACE_END - RT_VSPACE_BASE ||
	    all + all / MARGIN_SHARE + MARGIN_BYTES > rt_ram_free_bytes())
		return -RT_ENOMEM;
	promised = all;
	return 0;
}

void promise_end(uint64_t bytes)
{
	promised -= bytes;
}

void promise_again(uint64_t bytes)
{
	promised += bytes;
}

uint64_t promised_bytes(void)
{
	return promised;
}

/* Is this part of the area, and nothing there yet? All of it is in the same 2 MiB as the fault. */
static bool is_free(const struct area *a, uint64_t start, uint64_t bytes)
{
	return start >= a->start && bytes <= a->end - start &&
	       !chunks_present(start, start + bytes);
}

/* Pages around a touched one that are likely to be touched, too. */
static uint64_t around(const struct area *a)
{
	uint64_t bytes = a->end - a->start;

	return bytes >= 256 << 10 ? 16 : bytes >= 32 << 10 ? 4 : 1;
}

static int populate_large(const struct area *a, uint64_t va)
{
	uint64_t start = va & ~(LARGE - 1);

	if (a->end - a->start < LARGE || table_at(va) || !is_free(a, start, LARGE) ||
	    rt_ram_free_bytes() < rt_ram_total_bytes() / 2)
		return -RT_ENOMEM;
	return chunk_new(start, ENTRIES, true, a->protection);
}

int populate(const struct area *a, uint64_t va)
{
	uint64_t pages = ENTRIES, start;
	int rc = populate_large(a, va);

	for (pages = rc ? around(a) : 0; pages && rc; pages /= 4) {
		start = va & ~(pages * PAGE - 1);
		if (is_free(a, start, pages * PAGE))
			rc = chunk_new(start, (uint32_t)pages, false, a->protection);
		if (!rc)
			break;
	}
	if (!rc && a->promised)
		promise_end((pages ? pages : ENTRIES) * PAGE);
	return rc;
}

int populate_all(const struct area *a, uint64_t start, uint64_t end)
{
	int rc = 0;

	for (uint64_t va = start; va < end && !rc; va += PAGE) {
		if (!chunks_present(va, va + PAGE))
			rc = populate(a, va);
	}
	return rc;
}

static const char *verb(uint64_t error)
{
	return error & ABI_PAGE_FAULT_FETCH ? "execution" :
	       error & ABI_PAGE_FAULT_WRITE ? "writing" : "reading";
}

static uint32_t needed(uint64_t error)
{
	return error & ABI_PAGE_FAULT_FETCH ? RT_EXECUTE :
	       error & ABI_PAGE_FAULT_WRITE ? RT_WRITE : RT_READ;
}

/* Return: why the access is none that can be served, or NULL. */
static const char *refusal(const struct area *a, uint64_t address, uint64_t error)
{
	if (address < ABI_DOMAIN_PROGRAM)
		return "a null pointer";
	if (address >= ABI_USER_END)
		return "not an address of ring 3";
	if (address < ABI_DOMAIN_STACK_END && (error & ABI_PAGE_FAULT_PRESENT))
		return "a part of the program that is not for that";
	if (address >= ABI_DOMAIN_STACK_END - ABI_DOMAIN_STACK_BYTES - PAGE &&
	    address < ABI_DOMAIN_STACK_END)
		return "the first stack is full";
	if (!a)
		return "nothing is mapped there";
	if (a->kind == AREA_GUARD)
		return "a stack is full";
	if (!(a->protection & needed(error)) &&
	    !(needed(error) == RT_READ && a->protection))
		return "the mapping is not for that";
	return a->kind == AREA_FRAME ? "the frame was taken away" : NULL;
}

static const char *serve(uint64_t address, uint64_t error)
{
	const struct area *a = area_find(address);
	const char *why = refusal(a, address, error);
	uint64_t page = address & ~(PAGE - 1);

	if (why)
		return why;
	if (chunks_present(page, page + PAGE)) {
		if (idle_fault == address)
			return "a page that is mapped is not there";
		idle_fault = address;
		return NULL;
	}
	idle_fault = 0;
	return populate(a, page) ? "out of memory" : NULL;
}

int rt_page_fault(uint64_t address, uint64_t error, uint64_t rip)
{
	const char *why = "in the memory management itself";

	fault_count++;
	if (!memory_locked) {
		memory_locked++;
		why = serve(address, error);
		memory_locked--;
	}
	if (!why || (rt_vspace_taken && rt_vspace_taken(address)))
		return 0;
	rt_complain("page fault, %s at %#llx by the instruction at %#llx: %s", verb(error),
		    (unsigned long long)address, (unsigned long long)rip, why);
	return -RT_EFAULT;
}
