// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fixed work quanta: the same work again and again, and how long it took each time. What a quantum
 * takes longer than the shortest one was taken by somebody else. The same source runs on a core of
 * a partition and on one of Linux.
 *
 *   fwq [-t TICKS] [-w TURNS] [-o]
 *
 * Computes for TICKS of the TSC (default 10^9), in quanta of TURNS of a loop (default 100000). Says
 * "begin TSC" before, and, behind it, without a word in between: "quanta TICKS..." in lines of some,
 * "checksum N" of the work, "end TSC". With -o only quanta that took 1/64 longer than the shortest,
 * as "outlier TSC TICKS". For programs to read: remora bench quiet.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUANTA_MAX 100000u
#define A_LINE 16u

static uint64_t stamps[QUANTA_MAX + 1];

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ __volatile__("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* In registers alone: each turn needs the one before. */
static uint64_t work(uint64_t value, uint64_t turns)
{
	while (turns--) {
		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
	}
	return value;
}

static uint32_t compute(uint64_t for_ticks, uint64_t turns, uint64_t *value)
{
	uint32_t n = 0;

	/* Touched before: no page is missing later. */
	memset(stamps, 1, sizeof(stamps));
	*value = work(1, turns);
	stamps[0] = ticks();
	while (n < QUANTA_MAX && stamps[n] - stamps[0] < for_ticks) {
		*value = work(*value, turns);
		stamps[++n] = ticks();
	}
	return n;
}

static void show_all(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		printf("%s%" PRIu64 "%s", i % A_LINE ? " " : "quanta ", stamps[i + 1] - stamps[i],
		       i % A_LINE == A_LINE - 1 || i == count - 1 ? "\n" : "");
}

static void show_outliers(uint32_t count)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < count; i++)
		if (stamps[i + 1] - stamps[i] < least)
			least = stamps[i + 1] - stamps[i];
	printf("least %" PRIu64 " of %" PRIu32 "\n", least, count);
	for (uint32_t i = 0; i < count; i++)
		if (stamps[i + 1] - stamps[i] > least + least / 64)
			printf("outlier %" PRIu64 " %" PRIu64 "\n", stamps[i],
			       stamps[i + 1] - stamps[i]);
}

static bool number(const char *text, uint64_t *value)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &end, 10);
	return !*end && *value;
}

int main(int argc, char **argv)
{
	uint64_t for_ticks = 1000000000, turns = 100000, value;
	bool outliers = false;
	uint32_t count;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-o")) {
			outliers = true;
		} else if ((!strcmp(argv[i], "-t") && number(argv[i + 1], &for_ticks)) ||
			   (!strcmp(argv[i], "-w") && number(argv[i + 1], &turns))) {
			i++;
		} else {
			fprintf(stderr, "fwq: '%s' is none of -t TICKS, -w TURNS and -o\n", argv[i]);
			return 2;
		}
	}
	printf("begin %" PRIu64 "\n", ticks());
	fflush(stdout);
	count = compute(for_ticks, turns, &value);
	if (outliers)
		show_outliers(count);
	else
		show_all(count);
	printf("checksum %" PRIu64 "\nend %" PRIu64 "\n", value, stamps[count]);
	return 0;
}
