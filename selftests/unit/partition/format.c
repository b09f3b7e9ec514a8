// SPDX-License-Identifier: GPL-2.0-only
/* The formatter against the host's own, and what it does beyond it; the string functions. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <base/format.h>
#include <base/string.h>

/* string.c is built with these names, so that the host's own functions stay what they are. */
void *base_memcpy(void *to, const void *from, size_t bytes);
void *base_memmove(void *to, const void *from, size_t bytes);
void *base_memset(void *to, int byte, size_t bytes);
int base_memcmp(const void *a, const void *b, size_t bytes);

#define SAME(...)                                                                        \
	do {                                                                             \
		char ours[256], theirs[256];                                             \
		size_t length = base_format(ours, sizeof(ours), __VA_ARGS__);            \
		assert_int_equal(length, snprintf(theirs, sizeof(theirs), __VA_ARGS__)); \
		assert_string_equal(ours, theirs);                                       \
	} while (0)

static void test_numbers(void **state)
{
	(void)state;
	SAME("%d %i %u", INT_MIN, INT_MAX, UINT_MAX);
	SAME("%ld %lu %lld %llu", LONG_MIN, ULONG_MAX, LLONG_MIN, ULLONG_MAX);
	SAME("%zu %x %X %lx", (size_t)-1, 0xdeadbeefu, 0xdeadbeefu, 0x123456789abcdeful);
	SAME("[%5d][%-5d][%05d][%-5u][%5d]", 42, 42, 42, 42u, -42);
	SAME("[%05d][%1d][%20ld]", -42, 123456, LONG_MIN);
	SAME("[%#x][%#10x][%#010x][%-#10x]", 255u, 255u, 255u, 255u);
	SAME("%016lx|%08x|%x", 0xffff800000000000ul, 0u, 0u);
	SAME("[%*d][%*d]", 7, 1, 0, 2);
}

static void test_strings(void **state)
{
	(void)state;
	SAME("%s|%10s|%-10s|%.2s|%.*s|%5.1s", "abc", "abc", "abc", "abc", 1, "abc", "abc");
	SAME("%c%c%%|%3c|%-3c|", 'a', 'b', 'c', 'd');
	SAME("%s", "");
	SAME("%p", (void *)0x1234);
}

/* A precision bounds what is read: fields of the boot information need not be terminated. */
static void test_unterminated(void **state)
{
	char *field = malloc(4);
	char out[16];

	(void)state;
	base_memcpy(field, "wxyz", 4);
	assert_int_equal(base_format(out, sizeof(out), "%.*s", 4, field), 4);
	assert_string_equal(out, "wxyz");
	free(field);
}

static void test_cut(void **state)
{
	char *out = malloc(5);
	char nothing = 'x';

	(void)state;
	assert_int_equal(base_format(out, 5, "%s", "abcdefgh"), 8);
	assert_string_equal(out, "abcd");
	assert_int_equal(base_format(out, 1, "%d", 12345), 5);
	assert_string_equal(out, "");
	assert_int_equal(base_format(&nothing, 0, "%d", 12345), 5);
	assert_int_equal(nothing, 'x');
	free(out);
}

static void test_unknown(void **state)
{
	char out[64];
	const char *volatile none = NULL;
	const char *odd[] = { "%q", "100%", "%-", "%5", "%ll", "%k and %05w" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		const char *format = odd[i];

		base_format(out, sizeof(out), format, NULL);
		assert_string_equal(out, odd[i]);
	}
	base_format(out, sizeof(out), "%s", none);
	assert_string_equal(out, "(null)");
}

static void test_memory(void **state)
{
	unsigned char a[64], b[64];

	(void)state;
	for (int i = 0; i < 64; i++)
		a[i] = (unsigned char)i;
	base_memset(b, 0xee, sizeof(b));
	base_memcpy(b + 3, a + 5, 20);
	for (int i = 0; i < 64; i++)
		assert_int_equal(b[i], i >= 3 && i < 23 ? i + 2 : 0xee);
	for (int shift = -7; shift <= 7; shift++) {
		for (int i = 0; i < 64; i++)
			a[i] = (unsigned char)i;
		base_memmove(a + 20 + shift, a + 20, 30);
		for (int i = 0; i < 30; i++)
			assert_int_equal(a[20 + shift + i], 20 + i);
	}
	assert_int_equal(base_memcmp("abc", "abc", 3), 0);
	assert_true(base_memcmp("abc", "abd", 3) < 0);
	assert_true(base_memcmp("\xff", "\x01", 1) > 0);
	assert_int_equal(base_memcmp("a", "b", 0), 0);
}

static void test_strcopy(void **state)
{
	char field[4];

	(void)state;
	assert_int_equal(base_strcopy(field, "abcdef", sizeof(field)), 3);
	assert_string_equal(field, "abc");
	assert_int_equal(base_strcopy(field, "x", sizeof(field)), 1);
	assert_string_equal(field, "x");
	assert_int_equal(base_strcopy(field, "x", 1), 0);
	assert_string_equal(field, "");
	assert_int_equal(base_strlen("abc", 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	     cmocka_unit_test(test_strings),
		cmocka_unit_test(test_unterminated), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_unknown),	     cmocka_unit_test(test_memory),
		cmocka_unit_test(test_strcopy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
