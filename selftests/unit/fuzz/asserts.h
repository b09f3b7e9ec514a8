/* SPDX-License-Identifier: GPL-2.0-only */
/* What cmocka's asserts of a harness are in a fuzzer. Included once in a program. */
#ifndef FUZZ_ASSERTS_H
#define FUZZ_ASSERTS_H

#include "../monitor/core.h"

#include <stdio.h>

void _assert_true(const LargestIntegralType result, const char *expression, const char *file, int line)
{
	if (!result)
		fprintf(stderr, "broken promise: %s:%d: %s\n", file, line, expression), abort();
}

void _assert_int_equal(const LargestIntegralType a, const LargestIntegralType b, const char *file, int line)
{
	if (a != b)
		fprintf(stderr, "broken promise: %s:%d: %llu != %llu\n", file, line, (unsigned long long)a,
			(unsigned long long)b), abort();
}

void print_message(const char *format, ...)
{
	(void)format;
}

void vprint_message(const char *format, va_list args)
{
	(void)format;
	(void)args;
}

#endif
