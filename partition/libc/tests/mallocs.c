// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* malloc under load, and at the end of memory. usage: mallocs [ROUNDS] */
#include <stdint.h>

#include "test.h"

#define PIECES 500
#define LARGE (1 << 20)

static uint32_t seed = 12345;

static uint32_t rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static size_t some_size(void)
{
	switch (rnd() % 50) {
	case 0:
		return rnd() % 200000;
	case 1:
	case 2:
		return rnd() % 20000;
	default:
		return rnd() % 600;
	}
}

static void fill(unsigned char *p, size_t bytes, unsigned char with)
{
	for (size_t i = 0; i < bytes; i += i < 64 ? 1 : 509)
		p[i] = with;
}

static bool filled(const unsigned char *p, size_t bytes, unsigned char with)
{
	for (size_t i = 0; i < bytes; i += i < 64 ? 1 : 509) {
		if (p[i] != with)
			return false;
	}
	return true;
}

static void stress(int rounds)
{
	static unsigned char *piece[PIECES];
	static size_t bytes[PIECES];

	for (int i = 0; i < rounds; i++) {
		unsigned int k = rnd() % PIECES;
		size_t size = some_size();

		check(filled(piece[k], bytes[k], (unsigned char)k));
		if (rnd() % 4) {
			free(piece[k]);
			piece[k] = rnd() % 3 ? malloc(size) : calloc(size, 1);
		} else {
			unsigned char *p = realloc(piece[k], size + 1);
			size_t kept = bytes[k] < size ? bytes[k] : size;

			check(p && filled(p, kept, (unsigned char)k));
			piece[k] = p;
		}
		check(piece[k]);
		bytes[k] = size;
		fill(piece[k], size, (unsigned char)k);
	}
	for (int k = 0; k < PIECES; k++)
		free(piece[k]);
	test("malloc, calloc, realloc, free");
}

/* All of the memory, twice: the end is NULL, and what is freed is there again. */
static void the_end(void)
{
	enum { MANY = 4096, STEP = 100000 };
	static char *piece[MANY];
	int first = 0, n;

	for (int round = 0; round < 2; round++) {
		for (n = 0; n < MANY; n++) {
			piece[n] = malloc(STEP);
			if (!piece[n])
				break;
			memset(piece[n], n, STEP);
		}
		check(n > 10);
		check(!on_remora() || (n < MANY && errno == ENOMEM));
		check(!round || n >= first * 9 / 10);
		first = n;
		for (int i = 0; i < n; i++) {
			check(piece[i][0] == (char)i && piece[i][STEP - 1] == (char)i);
			free(piece[i]);
		}
	}
	test("the end of memory");
}

static void large(void)
{
	char *p;

	check(!malloc((size_t)1 << 45) && errno == ENOMEM);
	p = malloc(LARGE);
	check(p);
	for (int i = 0; i < LARGE; i += 1000)
		p[i] = (char)i;
	p = realloc(p, LARGE / 2 * 3);
	check(p);
	for (int i = 0; i < LARGE; i += 1000)
		check(p[i] == (char)i);
	free(p);
	test("large pieces");
}

int main(int argc, char **argv)
{
	stress(argc > 1 ? atoi(argv[1]) : 20000);
	large();
	the_end();
	printf("1..3\n");
	return 0;
}
