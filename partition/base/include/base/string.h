/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Memory and string functions for worlds without a libc. The four mem* functions are also those
 * that the compiler calls on its own.
 */
#ifndef BASE_STRING_H
#define BASE_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

/**
 * base_strlen - length of a string that may lack its terminating 0
 * @text: the string
 * @room: bytes that may be read
 * Return: bytes before the first 0, at most @room.
 */
size_t base_strlen(const char *text, size_t room);

/**
 * base_strcopy - copy a string into a field, cut if need be, always terminated
 * @to:   the field
 * @from: a terminated string
 * @room: bytes of the field, at least 1
 * Return: bytes copied without the terminating 0.
 */
size_t base_strcopy(char *to, const char *from, size_t room);

#endif
