// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Plain byte loops and string instructions; nothing here is on a message path. Built with
 * -fno-tree-loop-distribute-patterns, because the compiler would turn memset() into a call of
 * itself.
 */
#include <stdint.h>

#include <base/string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	char *d = to;
	const char *s = from;

	while (bytes--)
		*d++ = *s++;
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	char *d = to;
	const char *s = from;

	if ((uintptr_t)d < (uintptr_t)s) {
		while (bytes--)
			*d++ = *s++;
	} else {
		while (bytes--)
			d[bytes] = s[bytes];
	}
	return to;
}

void *memset(void *to, int byte, size_t bytes)
{
	unsigned char *d = to;

	while (bytes--)
		*d++ = (unsigned char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const unsigned char *x = a;
	const unsigned char *y = b;

	for (; bytes; bytes--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

size_t base_strlen(const char *text, size_t room)
{
	size_t n = 0;

	while (n < room && text[n])
		n++;
	return n;
}

size_t base_strcopy(char *to, const char *from, size_t room)
{
	size_t n = base_strlen(from, room - 1);

	memcpy(to, from, n);
	to[n] = 0;
	return n;
}
