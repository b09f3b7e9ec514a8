// SPDX-License-Identifier: GPL-2.0-only
/* Names and memory lists: good, bad, and random. */
#include "unit.h"
#include <stdlib.h>
#include "parse.h"

#define M (1ull << 20)
#define G (1ull << 30)

static void good_names(void **state)
{
	static const char *const good[] = {
		"a", "0", "_", "p-1", "a.b", "A_Z.9-x", "abcdefghijklmnopqrstuvwxyz01234",
	};
	struct remora_error err = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(remora_parse_name(good[i], &err), 0);
	assert_int_equal(err.reason, REMORA_R_NONE);
}

static void bad_names(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", ".a", "a.", "a b", "a/b", "../x", "a\n", "\xc3\xa4", "a%s", "a\x01",
		"a:b", "a,b", "abcdefghijklmnopqrstuvwxyz012345",
		"abcdefghijklmnopqrstuvwxyz0123456789",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct remora_error err = { 0 };

		assert_int_equal(remora_parse_name(bad[i], &err), -EINVAL);
		assert_int_equal(err.reason, REMORA_R_NAME_INVALID);
		assert_true(strlen(err.message) > 10);
	}
}

struct good {
	const char *text;
	unsigned int count;
	struct remora_extent e[3];
};

static void good_memory(void **state)
{
	static const struct good good[] = {
		{ "256M", 1, { { 256 * M, 0, -1, REMORA_MEMORY_AUTO } } },
		{ "2048k", 1, { { 2 * M, 0, -1, REMORA_MEMORY_AUTO } } },
		{ "2097152", 1, { { 2 * M, 0, -1, REMORA_MEMORY_AUTO } } },
		{ "0x200000", 1, { { 2 * M, 0, -1, REMORA_MEMORY_AUTO } } },
		{ "0X10M", 1, { { 16 * M, 0, -1, REMORA_MEMORY_AUTO } } },
		{ "1g@1", 1, { { G, 0, 1, REMORA_MEMORY_AUTO } } },
		{ "block:128M@0", 1, { { 128 * M, 0, 0, REMORA_MEMORY_BLOCK } } },
		{ "contig:64M", 1, { { 64 * M, 0, -1, REMORA_MEMORY_CONTIGUOUS } } },
		{ "reserved:64M", 1, { { 64 * M, ~0ull, -1, REMORA_MEMORY_RESERVED } } },
		{ "reserved:64M@0x100000000", 1, { { 64 * M, 4 * G, -1, REMORA_MEMORY_RESERVED } } },
		{ "reserved:1G@4G", 1, { { G, 4 * G, -1, REMORA_MEMORY_RESERVED } } },
		{ "2M,block:4M@3,reserved:6M@8M", 3,
		  { { 2 * M, 0, -1, REMORA_MEMORY_AUTO },
		    { 4 * M, 0, 3, REMORA_MEMORY_BLOCK },
		    { 6 * M, 8 * M, -1, REMORA_MEMORY_RESERVED } } },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		struct remora_extent out[4];
		struct remora_error err = { 0 };

		assert_int_equal(remora_parse_memory(good[i].text, out, 4, &err), good[i].count);
		assert_memory_equal(out, good[i].e, good[i].count * sizeof(out[0]));
		assert_int_equal(err.reason, REMORA_R_NONE);
	}
}

static void bad_memory(void **state)
{
	/* the sentence quotes the culprit */
	static const struct {
		const char *text;
		enum remora_reason reason;
		const char *quoted;
	} bad[] = {
		{ "", REMORA_R_MEMORY_NONE, "empty" },
		{ ",", REMORA_R_MEMORY_SYNTAX, "\"\"" },
		{ "256M,", REMORA_R_MEMORY_SYNTAX, "\"\"" },
		{ "lots", REMORA_R_MEMORY_SYNTAX, "\"lots\"" },
		{ "256X", REMORA_R_MEMORY_SYNTAX, "\"256X\"" },
		{ "256MB", REMORA_R_MEMORY_SYNTAX, "\"256MB\"" },
		{ " 256M", REMORA_R_MEMORY_SYNTAX, "\" 256M\"" },
		{ "-256M", REMORA_R_MEMORY_SYNTAX, "\"-256M\"" },
		{ "0x", REMORA_R_MEMORY_SYNTAX, "\"0x\"" },
		{ "0xM", REMORA_R_MEMORY_SYNTAX, "\"0xM\"" },
		{ "M", REMORA_R_MEMORY_SYNTAX, "\"M\"" },
		{ "18446744073709551616", REMORA_R_MEMORY_SYNTAX, "18446744073709551616" },
		{ "17179869184G", REMORA_R_MEMORY_SYNTAX, "17179869184G" },
		{ "0", REMORA_R_MEMORY_TOO_SMALL, "\"0\"" },
		{ "0G", REMORA_R_MEMORY_TOO_SMALL, "\"0G\"" },
		{ "1M", REMORA_R_MEMORY_UNALIGNED, "\"1M\"" },
		{ "3M", REMORA_R_MEMORY_UNALIGNED, "\"3M\"" },
		{ "2097153", REMORA_R_MEMORY_UNALIGNED, "\"2097153\"" },
		{ "2M@", REMORA_R_MEMORY_SYNTAX, "\"\"" },
		{ "2M@x", REMORA_R_MEMORY_SYNTAX, "\"x\"" },
		{ "2M@-1", REMORA_R_MEMORY_SYNTAX, "\"-1\"" },
		{ "2M@1024", REMORA_R_MEMORY_SYNTAX, "\"1024\"" },
		{ "2M@1K", REMORA_R_MEMORY_SYNTAX, "\"1K\"" },
		{ "2M@0@1", REMORA_R_MEMORY_SYNTAX, "\"0@1\"" },
		{ "huge:2M", REMORA_R_MEMORY_SOURCE_UNKNOWN, "\"huge\"" },
		{ ":2M", REMORA_R_MEMORY_SOURCE_UNKNOWN, "\"\"" },
		{ "block", REMORA_R_MEMORY_SYNTAX, "\"block\"" },
		{ "block:", REMORA_R_MEMORY_SYNTAX, "\"\"" },
		{ "block:contig:2M", REMORA_R_MEMORY_SYNTAX, "\"contig:2M\"" },
		{ "blocks:2M", REMORA_R_MEMORY_SOURCE_UNKNOWN, "\"blocks\"" },
		{ "reserved:2M@", REMORA_R_MEMORY_SYNTAX, "\"\"" },
		{ "reserved:2M@1M", REMORA_R_MEMORY_UNALIGNED, "\"1M\"" },
		{ "2M,2M,2M,2M,2M", REMORA_R_MEMORY_TOO_MANY, "\"2M\"" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct remora_extent out[4];
		struct remora_error err = { 0 };

		assert_int_equal(remora_parse_memory(bad[i].text, out, 4, &err),
				 -remora_reason_errno(bad[i].reason));
		assert_int_equal(err.reason, bad[i].reason);
		assert_non_null(strstr(err.message, bad[i].quoted));
	}
}

static void check_extent(const struct remora_extent *e)
{
	assert_true(e->bytes && e->bytes % (2 * M) == 0);
	assert_true(e->source <= REMORA_MEMORY_CONTIGUOUS);
	assert_true(e->node >= -1);
	if (e->source == REMORA_MEMORY_RESERVED)
		assert_true(e->address == ~0ull || e->address % (2 * M) == 0);
	else
		assert_int_equal(e->address, 0);
}

/* Random lists of plausible characters: either a sentence, or extents that keep the promises. */
static void random_memory(void **state)
{
	static const char alphabet[] = "0123456789xXaFkKMmGg@:,,,2M2M2M2M block:contig:reserved:";
	uint64_t seed = 0x5eed;
	unsigned int accepted = 0, i, j;

	for (i = 0; i < 200000; i++) {
		size_t length = unit_random(&seed) % 24;
		char *text = malloc(length + 1); /* exact: a read past its end is seen */
		struct remora_extent out[3];
		struct remora_error err = { 0 };
		int ret;

		for (j = 0; j < length; j++)
			text[j] = alphabet[unit_random(&seed) % (sizeof(alphabet) - 1)];
		text[length] = '\0';
		ret = remora_parse_memory(text, out, ARRAY_SIZE(out), &err);
		if (ret < 0) {
			assert_int_not_equal(err.reason, REMORA_R_NONE);
			assert_int_equal(ret, -remora_reason_errno(err.reason));
		} else {
			assert_in_range(ret, 1, ARRAY_SIZE(out));
			for (j = 0; j < (unsigned int)ret; j++)
				check_extent(&out[j]);
			accepted++;
		}
		free(text);
	}
	/* the generator reaches both sides */
	assert_in_range(accepted, 100, 199000);
}

static void random_names(void **state)
{
	uint64_t seed = 0xbad5eed;
	unsigned int i, j;

	for (i = 0; i < 100000; i++) {
		char name[REMORA_NAME_MAX];
		struct remora_error err = { 0 };

		/* as it comes from user space: 32 bytes, perhaps without an end */
		for (j = 0; j < sizeof(name); j++)
			name[j] = unit_random(&seed) % 3 ? 'a' + unit_random(&seed) % 26 :
							   (char)unit_random(&seed);
		if (remora_parse_name(name, &err)) {
			assert_int_equal(err.reason, REMORA_R_NAME_INVALID);
			continue;
		}
		assert_non_null(memchr(name, 0, sizeof(name)));
		assert_null(strchr(name, '/'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_names),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(good_memory),
		cmocka_unit_test(bad_memory),
		cmocka_unit_test(random_memory),
		cmocka_unit_test(random_names),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
