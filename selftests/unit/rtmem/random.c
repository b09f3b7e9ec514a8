// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random operations on a window of addresses against a model that notes of each page what it may
 * hold. usage: random [OPERATIONS [SEED]]
 */
#include <stdio.h>

#include "world.h"

#define PAGES 3000u

/* @stamp: what the page's first word must be; @mapped; @protection. */
struct page {
	uint64_t stamp;
	uint32_t protection;
	bool mapped;
};

static struct page model[PAGES];
static uint64_t base, state_word;
static unsigned long done[8], refused[8];

static uint64_t rnd(uint64_t n)
{
	state_word ^= state_word << 13;
	state_word ^= state_word >> 7;
	state_word ^= state_word << 17;
	return state_word % n;
}

static void die(const char *what, uint64_t page)
{
	fprintf(stderr, "# page %llu: %s; %s\n", (unsigned long long)page, what, world_complaint);
	abort();
}

static void page_check(uint64_t p)
{
	volatile uint64_t *at = (volatile uint64_t *)(base + p * PAGE);
	bool readable = model[p].mapped && model[p].protection;

	if (touch((uint64_t)at, false) != readable)
		die("can be read, or not, against the model", p);
	if (readable && *at != model[p].stamp)
		die("content", p);
	if (rnd(2) || !readable)
		return;
	if (touch((uint64_t)at, true) != (model[p].protection == RW))
		die("can be written, or not, against the model", p);
	if (model[p].protection == RW)
		*at = model[p].stamp = state_word;
}

static bool all_mapped(uint64_t from, uint64_t count)
{
	for (uint64_t p = from; p < from + count; p++) {
		if (!model[p].mapped)
			return false;
	}
	return true;
}

static uint32_t some_protection(void)
{
	static const uint32_t protections[] = { RW, RW, RW, RT_READ, RT_NONE };

	return protections[rnd(5)];
}

static void do_map(uint64_t p, uint64_t n)
{
	uint32_t protection = some_protection(), flags = rnd(8) ? RT_MAP_FIXED : RT_MAP_EXACTLY;
	uint64_t va = base + p * PAGE;
	bool clear = true, mapped = true;
	int rc;

	for (uint64_t i = p; i < p + n; i++)
		clear &= !model[i].mapped;
	rc = rt_vspace_map(&va, n * PAGE, protection, flags | (rnd(6) ? 0 : RT_MAP_NOW));
	if (rc == -RT_EEXIST && flags == RT_MAP_EXACTLY && !clear) {
		refused[0]++;
		return;
	}
	if (rc == -RT_ENOMEM) {
		/* Linux' way: what was there may be gone. Make it so. */
		refused[0]++;
		if (flags == RT_MAP_EXACTLY)
			return;
		rc = rt_vspace_unmap(va, n * PAGE);
		mapped = false;
	} else {
		done[0]++;
	}
	if (rc || (flags == RT_MAP_EXACTLY && !clear))
		die("map", p);
	for (uint64_t i = p; i < p + n; i++)
		model[i] = (struct page){ .protection = protection, .mapped = mapped };
}

static void do_unmap(uint64_t p, uint64_t n)
{
	if (rt_vspace_unmap(base + p * PAGE, n * PAGE)) {
		refused[1]++;
		return;
	}
	done[1]++;
	memset(&model[p], 0, n * sizeof(model[0]));
}

static void do_protect(uint64_t p, uint64_t n)
{
	uint32_t protection = some_protection();
	int rc = rt_vspace_protect(base + p * PAGE, n * PAGE, protection);

	if (rc == -RT_ENOMEM) {
		refused[2]++;
		return;
	}
	if (rc || !all_mapped(p, n))
		die("protect", p);
	done[2]++;
	for (uint64_t i = p; i < p + n; i++)
		model[i].protection = protection;
}

static void do_discard(uint64_t p, uint64_t n)
{
	int rc = rt_vspace_discard(base + p * PAGE, n * PAGE);

	if (rc) {
		refused[3]++;
		return;
	}
	done[3]++;
	for (uint64_t i = p; i < p + n; i++)
		model[i].stamp = 0;
}

static void do_check(uint64_t p, uint64_t n)
{
	done[4]++;
	for (uint64_t i = p; i < p + n && i < p + 40; i++)
		page_check(p + rnd(n));
}

int main(int argc, char **argv)
{
	static void (*const ops[])(uint64_t p, uint64_t n) = { do_map, do_unmap, do_protect,
							       do_discard, do_check, do_check };
	unsigned long operations = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000;
	struct ledger before;

	state_word = argc > 2 ? strtoull(argv[2], NULL, 0) : 88172645463325252ull;
	world_begin(10ull << 20);
	base = RT_VSPACE_BASE + 2 * LARGE - 700 * PAGE;
	for (int round = 0; round < 3; round++) {
		if (round == 2)
			before = world_ledger();
		for (unsigned long i = 0; i < operations / 3; i++) {
			uint64_t p = rnd(PAGES), n = rnd(4) ? rnd(40) + 1 : rnd(900) + 1;

			ops[rnd(6)](p, n < PAGES - p ? n : PAGES - p);
			if (i % 1000 == 0)
				world_sound();
		}
		do_unmap(0, PAGES);
		world_sound();
	}
	printf("# map %lu/%lu unmap %lu/%lu protect %lu/%lu discard %lu/%lu done/refused, check %lu\n",
	       done[0], refused[0], done[1], refused[1], done[2], refused[2], done[3], refused[3],
	       done[4]);
	/* What the library keeps for notes may have grown, nothing else. */
	if (world_ledger().promised != before.promised || world_ledger().areas != before.areas)
		die("promises or areas are left", 0);
	for (int i = 0; i < 5; i++) {
		if (!done[i])
			die("an operation was never done", (uint64_t)i);
	}
	printf("1..1\nok 1 random operations\n");
	return 0;
}
