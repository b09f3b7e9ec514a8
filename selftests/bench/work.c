// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agreement costs its nodes in work of their own: all nodes take their turns in one thread, so
 * that no line moves between caches, and only the turns of one of them are timed.
 */
#include <stdio.h>
#include <x86intrin.h>

#include "work.h"

#define OPS 4000u
#define ROUNDS 7u

static uint64_t cycles_now(void)
{
	unsigned int cpu;

	return __rdtscp(&cpu);
}

/* Cycles that node @timed needs for each of @OPS agreements that the first asks for. */
static uint64_t round_of(struct node *nodes, uint32_t count, uint32_t depth, uint32_t timed)
{
	uint64_t begun = 0, end = nodes[0].ended + OPS, cycles = 0, start;

	while (nodes[0].ended < end && !nodes[0].wrong) {
		start = cycles_now();
		while (begun < OPS && begun < nodes[0].ended + OPS - end + depth) {
			if (node_retype(&nodes[0], (uint32_t)(begun++ % (2 * AGREE_OPS_MAX))))
				nodes[0].wrong = "the machine refused an agreement";
		}
		node_turn(&nodes[0]);
		cycles += timed ? 0 : cycles_now() - start;
		for (uint32_t i = 1; i < count; i++) {
			start = cycles_now();
			node_turn(&nodes[i]);
			cycles += timed == i ? cycles_now() - start : 0;
		}
	}
	return cycles / OPS;
}

static uint64_t least(uint32_t count, uint32_t depth, uint32_t timed)
{
	struct node *nodes = nodes_open(count, ROUTE_NUMA);
	uint64_t best = UINT64_MAX;

	for (uint32_t i = 0; nodes && i < ROUNDS; i++) {
		uint64_t cycles = round_of(nodes, count, depth, timed);

		best = cycles < best ? cycles : best;
	}
	for (uint32_t i = 0; nodes && i < count; i++)
		if (nodes[i].wrong || nodes[0].good != nodes[0].ended)
			best = UINT64_MAX;
	if (nodes)
		nodes_close(nodes, count);
	return best;
}

int work_report(void)
{
	static const uint32_t sizes[] = { 2, 4, 8, 16 }, depths[] = { 1, 8, 31 };
	bool good = true;

	printf("# cycles of work for each agreement, all nodes in one thread: least of %u rounds of %u\n"
	       "nodes  under way  who asks  another\n", ROUNDS, OPS);
	for (uint32_t n = 0; n < 4; n++)
		for (uint32_t d = 0; d < 3; d++) {
			uint64_t first = least(sizes[n], depths[d], 0);
			uint64_t other = least(sizes[n], depths[d], 1);

			good &= first != UINT64_MAX && other != UINT64_MAX;
			printf("%5u %10u %9llu %8llu\n", sizes[n], depths[d],
			       (unsigned long long)first, (unsigned long long)other);
		}
	return good ? 0 : 1;
}
