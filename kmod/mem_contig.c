// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that Linux moves its own things out of, at run time: contiguous allocation, in as few
 * pieces as can be had. The pages stay Linux's, allocated to the module.
 */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "compat/compat.h"
#include "memory_source.h"

#define GRANULE_PAGES (REMORA_MEMORY_GRANULE >> PAGE_SHIFT)
/* Left to Linux when a request is judged. */
#define SPARE_BYTES SZ_32M

/* Free, or on the lists of pages that Linux knows how to move? A look without locks: a guess. */
static bool page_movable(struct page *page)
{
	if (PageReserved(page))
		return false;
	return !page_ref_count(page) || folio_test_lru(page_folio(page));
}

struct zone *remora_range_movable(unsigned long pfn, unsigned long pages, int nid)
{
	struct zone *zone = NULL;
	unsigned long i;

	for (i = 0; i < pages; i++) {
		struct page *page = pfn_to_online_page(pfn + i);

		if (!page || page_to_nid(page) != nid || !page_movable(page))
			return NULL;
		if (!zone)
			zone = page_zone(page);
		if (page_zone(page) != zone)
			return NULL;
	}
	/* below 16 MiB there is little, and old devices need it */
	return pfn >= PHYS_PFN(SZ_16M) ? zone : NULL;
}

/* One piece of exactly @pages from @nid, from the top of the node down. Return: its pfn or 0. */
static unsigned long take_piece(int nid, unsigned long pages)
{
	unsigned long first = ALIGN(NODE_DATA(nid)->node_start_pfn, GRANULE_PAGES);
	unsigned long pfn = ALIGN_DOWN(pgdat_end_pfn(NODE_DATA(nid)), GRANULE_PAGES);
	struct zone *zone = NULL;
	unsigned long run = 0;

	while (pfn >= first + GRANULE_PAGES) {
		struct zone *here;

		pfn -= GRANULE_PAGES;
		here = remora_range_movable(pfn, GRANULE_PAGES, nid);
		run = here && (!run || here == zone) ? run + GRANULE_PAGES : here ? GRANULE_PAGES : 0;
		zone = here;
		if (run >= pages) {
			if (!remora_alloc_contig(pfn, pfn + pages, GFP_KERNEL | __GFP_NOWARN))
				return pfn;
			/* something in it did not move: begin anew below */
			run = 0;
		}
		if (fatal_signal_pending(current))
			return 0;
		cond_resched();
	}
	return 0;
}

static unsigned long take_piece_anywhere(const struct remora_extent *want, unsigned long pages,
					 int *found)
{
	unsigned long pfn;
	int nid;

	for_each_wanted_node(nid, want) {
		pfn = take_piece(nid, pages);
		if (pfn) {
			*found = nid;
			return pfn;
		}
	}
	return 0;
}

static int contig_check(const struct remora_extent *want, struct remora_error *err)
{
	u64 available = (u64)si_mem_available() << PAGE_SHIFT;
	u64 present = 0;
	int nid;

	for_each_wanted_node(nid, want)
		present += (u64)NODE_DATA(nid)->node_present_pages << PAGE_SHIFT;
	available = min(available, present);
	if (available < SPARE_BYTES || want->bytes > available - SPARE_BYTES)
		return remora_fail(err, REMORA_R_MEMORY_UNAVAILABLE,
				   "%llu MiB is more than Linux can spare; about %llu MiB are available",
				   want->bytes >> 20,
				   (available - min_t(u64, available, SPARE_BYTES)) >> 20);
	return 0;
}

static int contig_obtain(struct remora_memory *m, const struct remora_extent *want,
			 struct remora_error *err)
{
	unsigned long left = want->bytes >> PAGE_SHIFT;
	unsigned long pages = left;
	int ret = contig_check(want, err);

	while (!ret && left && remora_memory_room(m)) {
		unsigned long pfn;
		int nid;

		pages = min(pages, left);
		pfn = take_piece_anywhere(want, pages, &nid);
		if (pfn) {
			remora_memory_append(m, REMORA_MEMORY_CONTIGUOUS, &remora_memory_contiguous,
					     PFN_PHYS(pfn), (u64)pages << PAGE_SHIFT, nid);
			left -= pages;
		} else if (fatal_signal_pending(current)) {
			ret = remora_fail(err, REMORA_R_INTERRUPTED, NULL);
		} else if (pages == GRANULE_PAGES) {
			break;
		} else {
			pages = ALIGN(pages / 2, GRANULE_PAGES);
		}
	}
	if (!ret && left)
		ret = remora_fail(err, REMORA_R_MEMORY_UNAVAILABLE,
				  "of %llu MiB, %lu MiB could not be had in contiguous pieces",
				  want->bytes >> 20, left >> (20 - PAGE_SHIFT));
	return ret;
}

static int contig_give_back(struct remora_memory_extent *e)
{
	free_contig_range(PHYS_PFN(e->base), e->bytes >> PAGE_SHIFT);
	return 0;
}

const struct remora_memory_source_ops remora_memory_contiguous = {
	.name = "contig",
	.check = contig_check,
	.obtain = contig_obtain,
	.give_back = contig_give_back,
};
