// SPDX-License-Identifier: GPL-2.0-only
/*
 * A core starts in real mode in a page below 1 MiB. Linux reserves all of that RAM for itself and
 * uses little of it: its own trampoline, and what firmware left. A page that is System RAM and all
 * zero is in nobody's use; to stay clear of the zero pages inside Linux's own start-up code, the
 * middle of the longest run of such pages is taken. It is zero again when it goes back.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lowpage.h"
#include "wake.h"

/* Below 64 KiB firmware scribbles, and Linux may watch for it; the top is the firmware's too. */
#define LOW_FIRST SZ_64K
#define LOW_END 0x9f000u

/* Written at module start and end only. */
static phys_addr_t low_phys;
static void *low_virt;

static bool usable(phys_addr_t phys)
{
	void *virt;
	bool zero;

	if (region_intersects(phys, PAGE_SIZE, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_INTERSECTS)
		return false;
	virt = memremap(phys, PAGE_SIZE, MEMREMAP_WB);
	if (!virt)
		return false;
	zero = !memchr_inv(virt, 0, PAGE_SIZE);
	memunmap(virt);
	return zero;
}

/* Middle of the longest run of usable pages, or 0. */
static phys_addr_t find(void)
{
	phys_addr_t phys, start = 0, best = 0;
	size_t run = 0, longest = 0;

	for (phys = LOW_FIRST; phys < LOW_END; phys += PAGE_SIZE) {
		if (!usable(phys)) {
			run = 0;
			continue;
		}
		if (!run++)
			start = phys;
		if (run > longest) {
			longest = run;
			best = start + run / 2 * PAGE_SIZE;
		}
	}
	return best;
}

int remora_low_page_find(struct remora_error *err)
{
	phys_addr_t phys = find();

	if (!phys)
		return remora_fail(err, REMORA_R_PLATFORM_NO_LOW_PAGE, NULL);
	low_virt = memremap(phys, PAGE_SIZE, MEMREMAP_WB);
	if (!low_virt)
		return remora_fail(err, REMORA_R_PLATFORM_NO_LOW_PAGE,
				   "the page at %pa below 1 MiB cannot be mapped", &phys);
	low_phys = phys;
	return 0;
}

void remora_low_page_forget(void)
{
	if (low_virt)
		memunmap(low_virt);
	low_virt = NULL;
	low_phys = 0;
}

phys_addr_t remora_wake_low_page(void)
{
	return low_phys;
}

void *remora_low_page_borrow(struct remora_ledger *ledger, struct remora_error *err)
{
	if (!low_virt) {
		remora_fail(err, REMORA_R_PLATFORM_NO_LOW_PAGE, NULL);
		return NULL;
	}
	if (memchr_inv(low_virt, 0, PAGE_SIZE)) {
		remora_fail(err, REMORA_R_PLATFORM_NO_LOW_PAGE,
			    "somebody wrote into the page at %pa since the module chose it; reload the module",
			    &low_phys);
		return NULL;
	}
	remora_ledger_add(ledger, REMORA_LEDGER_LOW_PAGES, 1);
	return low_virt;
}

void remora_low_page_return(struct remora_ledger *ledger)
{
	memset(low_virt, 0, PAGE_SIZE);
	remora_ledger_add(ledger, REMORA_LEDGER_LOW_PAGES, -1);
}
