/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A printf-like formatter without state, memory allocation or floating point. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/**
 * base_vformat - format into a buffer
 * @out:    the buffer; terminated by a 0 whenever @room is not 0
 * @room:   bytes of the buffer
 * @format: text with %d %i %u %x %X %p %s %c %%; flags '-', '0' and '#' (0x before %x), a width,
 *          a precision for %s (or '*' for either), length l, ll or z
 * @args:   arguments
 *
 * A conversion that is not in the list is copied as it stands, and takes no argument. A NULL
 * string prints as "(null)".
 *
 * Return: bytes of the whole text without the terminating 0; more than @room - 1 when it was cut.
 */
size_t base_vformat(char *out, size_t room, const char *format, va_list args);

/** base_format - as base_vformat() */
size_t base_format(char *out, size_t room, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
