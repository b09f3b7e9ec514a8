// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory beyond what a program began with:
 *
 *   memory take NUMA MIB...  a frame of each size, and what becomes of it; NUMA -1: any
 *   memory rounds N MIB      take and free one N times; it is clear each time
 *   memory ram MIB           for the heap
 *   memory heap MIB          without asking, and when the heap asks by itself; at last all that there is
 *   memory strict NUMA       nothing but of that node
 *   memory hold MIB MIB      take two, the second is used until the program is ended
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/more.h>
#include <lib/slot.h>
#include <lib/vspace.h>

#define MIB (1ull << 20)

static int refused(const char *what, int error)
{
	printf("%s: refused: %d, %s\n", what, error, rt_more_sentence(error));
	fflush(stdout);
	return error;
}

static int take(const char *what, uint64_t bytes, int numa, uint32_t flags, struct rt_more *more,
		unsigned char **at)
{
	uint32_t slot = rt_slot_alloc();
	uint64_t va = 0;
	int rc = rt_more_alloc(bytes, 4096, numa < 0 ? RT_MORE_ANY : (uint16_t)numa, flags, rt_slot_at(slot),
			       more);

	if (rc) {
		rt_slot_free(slot);
		return refused(what, rc);
	}
	rc = rt_vspace_map_frame(rt_slot_at(slot), 0, bytes, RT_READ | RT_WRITE, 0, &va);
	if (rc) {
		printf("%s: cannot be mapped: %d\n", what, rc);
		return 1;
	}
	*at = (unsigned char *)(uintptr_t)va;
	return 0;
}

/* All of it is clear, and then is not. */
static int use(unsigned char *at, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i += sizeof(uint64_t)) {
		if (*(uint64_t *)(at + i)) {
			printf("not clear at 0x%llx\n", (unsigned long long)i);
			return 1;
		}
	}
	memset(at, 0xa5, bytes);
	return 0;
}

static void info(void)
{
	struct rt_more_info i;
	int rc = rt_more_info(&i);

	if (rc)
		refused("info", rc);
	else
		printf("used %llu of %llu MiB\n", (unsigned long long)(i.used / MIB),
		       (unsigned long long)(i.quota / MIB));
}

static int takes(int numa, char **sizes)
{
	struct rt_more more;
	unsigned char *at;

	for (; *sizes; sizes++) {
		uint64_t bytes = strtoull(*sizes, NULL, 0) * MIB;

		if (take(*sizes, bytes, numa, 0, &more, &at))
			continue;
		if (use(at, bytes))
			return 1;
		printf("%s: %s, numa %u\n", *sizes, more.borrowed ? "borrowed" : "own", more.numa);
		fflush(stdout);
	}
	info();
	return 0;
}

static int rounds(unsigned int count, uint64_t bytes)
{
	unsigned int borrowed = 0;
	struct rt_more more;
	unsigned char *at;

	for (unsigned int i = 0; i < count; i++) {
		if (take("round", bytes, -1, 0, &more, &at) || use(at, bytes))
			return 1;
		borrowed += more.borrowed;
		if (rt_vspace_unmap((uint64_t)(uintptr_t)at, bytes))
			return 1;
		if (rt_more_free(&more))
			return 1;
	}
	printf("%u rounds, %s\n", count, borrowed ? "borrowed" : "own");
	info();
	return 0;
}

static int ram(uint64_t bytes)
{
	uint64_t before = rt_ram_total_bytes();
	int rc = rt_more_ram(bytes);
	char *at;

	if (rc)
		return refused("ram", rc);
	printf("%llu MiB more\n", (unsigned long long)((rt_ram_total_bytes() - before) / MIB));
	at = malloc(bytes / 2);
	if (!at)
		return 1;
	memset(at, 1, bytes / 2);
	puts("the heap uses it");
	return 0;
}

/* Return: how many pieces of a MiB there are, up to so many; all are free again. */
static unsigned int fill(unsigned int count)
{
	unsigned char **piece = calloc(count, sizeof(*piece));
	unsigned int n = 0, good = 0;

	if (!piece)
		return 0;
	while (n < count && (piece[n] = malloc(MIB))) {
		memset(piece[n], (int)n, MIB);
		n++;
	}
	for (unsigned int i = 0; i < n; i++) {
		good += piece[i][0] == (unsigned char)i && piece[i][MIB - 1] == (unsigned char)i;
		free(piece[i]);
	}
	free(piece);
	return good;
}

static int heap(unsigned int mib)
{
	unsigned int all;

	printf("%u of %u MiB; ", fill(mib), mib);
	rt_more_heap();
	printf("asking %u; ", fill(mib));
	all = fill(1000);
	printf("in all %u, and again %u\n", all, fill(1000));
	info();
	return 0;
}

static int hold(uint64_t first, uint64_t second)
{
	struct rt_more more;
	unsigned char *at;

	if (take("first", first, -1, 0, &more, &at) || take("second", second, -1, 0, &more, &at) ||
	    use(at, second))
		return 1;
	printf("holds %s\n", more.borrowed ? "borrowed" : "own");
	fflush(stdout);
	for (;;)
		((volatile unsigned char *)at)[0]++;
}

int main(int argc, char **argv)
{
	struct rt_more more;
	unsigned char *at;

	if (argc > 3 && !strcmp(argv[1], "take"))
		return takes(atoi(argv[2]), argv + 3);
	if (argc == 4 && !strcmp(argv[1], "rounds"))
		return rounds((unsigned int)atoi(argv[2]), strtoull(argv[3], NULL, 0) * MIB);
	if (argc == 3 && !strcmp(argv[1], "ram"))
		return ram(strtoull(argv[2], NULL, 0) * MIB) ? 1 : 0;
	if (argc == 3 && !strcmp(argv[1], "heap"))
		return heap((unsigned int)atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "strict"))
		return take("strict", MIB, atoi(argv[2]), RT_MORE_STRICT, &more, &at) ? 1 : 0;
	if (argc == 4 && !strcmp(argv[1], "hold"))
		return hold(strtoull(argv[2], NULL, 0) * MIB, strtoull(argv[3], NULL, 0) * MIB);
	fprintf(stderr, "memory take NUMA MIB... | rounds N MIB | ram MIB | heap MIB | strict NUMA | hold MIB MIB\n");
	return 2;
}
