// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parsers of libremora: tables of good and bad texts, and random ones.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <remora/remora.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define RANDOM_TEXTS 200000

static const struct {
	const char *text;
	const char *canonical; /* NULL: a mistake */
	uint32_t reason;
	const char *message; /* a part of it */
} cpu_lists[] = {
	{ "0", "0", 0, NULL },
	{ "3", "3", 0, NULL },
	{ "1-3", "1-3", 0, NULL },
	{ "1-3,5", "1-3,5", 0, NULL },
	{ "5,1-3", "1-3,5", 0, NULL },
	{ "7,7,7", "7", 0, NULL },
	{ "1-3,2-5", "1-5", 0, NULL },
	{ "0-8:2", "0,2,4,6,8", 0, NULL },
	{ "1-3,5,7-9:2", "1-3,5,7,9", 0, NULL },
	{ "4-4", "4", 0, NULL },
	{ "8191", "8191", 0, NULL },
	{ "1-63", "1-63", 0, NULL },
	{ "0-62", "0-62", 0, NULL },
	{ "0-8191:8191", "0,8191", 0, NULL },
	{ "007", "7", 0, NULL },
	{ "", NULL, REMORA_R_CPU_LIST_EMPTY, "at least one CPU" },
	{ "1-64", NULL, REMORA_R_CPU_TOO_MANY, "has 64 CPUs" },
	{ "0-8191", NULL, REMORA_R_CPU_TOO_MANY, "8192" },
	{ "8192", NULL, 0, "larger than 8191" },
	{ "99999999999999999999999999", NULL, 0, "character 1: the number is larger" },
	{ "1,4294967297", NULL, 0, "character 3" },
	{ "3-1", NULL, 0, "backwards" },
	{ "1-3:0", NULL, 0, "step must be at least 1" },
	{ "1,", NULL, 0, "character 3: a CPU number was expected, the list ends" },
	{ ",1", NULL, 0, "character 1: a CPU number was expected, not ','" },
	{ "1-", NULL, 0, "the last CPU of the range was expected" },
	{ "1-2:", NULL, 0, "the step of the range was expected" },
	{ "1:2", NULL, 0, "not ':'" },
	{ "-1", NULL, 0, "not '-'" },
	{ " 1", NULL, 0, "not ' '" },
	{ "1 ", NULL, 0, "',' or the end" },
	{ "1;2", NULL, 0, "not ';'" },
	{ "0x1", NULL, 0, "not 'x'" },
	{ "1\n", NULL, 0, "byte 0x0a" },
	{ "\xff", NULL, 0, "byte 0xff" },
	{ "all", NULL, 0, "not 'a'" },
};

static void test_cpus(void **state)
{
	uint32_t cpus[REMORA_CPUS_MAX], count;
	struct remora_error error;
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cpu_lists); i++) {
		int err;

		memset(&error, 0xff, sizeof(error));
		err = remora_parse_cpus(cpu_lists[i].text, cpus, &count, &error);
		if (cpu_lists[i].canonical) {
			assert_int_equal(err, 0);
			remora_format_cpus(cpus, count, text, sizeof(text));
			assert_string_equal(text, cpu_lists[i].canonical);
			continue;
		}
		assert_int_equal(err, -EINVAL);
		assert_int_equal(error.reason, cpu_lists[i].reason);
		if (!strstr(error.message, cpu_lists[i].message))
			fail_msg("'%s': '%s' lacks '%s'", cpu_lists[i].text, error.message,
				 cpu_lists[i].message);
		assert_int_equal(remora_parse_cpus(cpu_lists[i].text, cpus, &count, NULL), -EINVAL);
	}
}

static void test_format_cut(void **state)
{
	static const uint32_t cpus[] = { 1, 2, 3, 5, 100 };
	char text[16];

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(remora_format_cpus(cpus, COUNT(cpus), text, size), 9);
		assert_int_equal(text[size], 'x');
		if (size)
			assert_memory_equal(text, "1-3,5,100", size < 10 ? size - 1 : 10);
	}
}

#define ANY (~0ull)
#define M (1ull << 20)
#define SYNTAX REMORA_R_MEMORY_SYNTAX

static const struct {
	const char *text;
	uint32_t count; /* 0: a mistake */
	struct remora_extent last;
	uint32_t reason;
	const char *message;
} memories[] = {
	{ "64M", 1, { 64 * M, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "64m", 1, { 64 * M, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "67108864", 1, { 64 * M, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "0x4000000", 1, { 64 * M, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "0x40M", 1, { 64 * M, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "2048K", 1, { 2 * M, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "1T", 1, { 1ull << 40, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "64M@1", 1, { 64 * M, 0, 1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "auto:64M@0", 1, { 64 * M, 0, 0, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "block:256M@1", 1, { 256 * M, 0, 1, REMORA_MEMORY_BLOCK }, 0, NULL },
	{ "contig:64M", 1, { 64 * M, 0, -1, REMORA_MEMORY_CONTIGUOUS }, 0, NULL },
	{ "reserved:64M", 1, { 64 * M, ANY, -1, REMORA_MEMORY_RESERVED }, 0, NULL },
	{ "reserved:64M@0x40000000", 1, { 64 * M, 1ull << 30, -1, REMORA_MEMORY_RESERVED }, 0, NULL },
	{ "reserved:64M@1073741824", 1, { 64 * M, 1ull << 30, -1, REMORA_MEMORY_RESERVED }, 0, NULL },
	{ "1G,contig:2M@3", 2, { 2 * M, 0, 3, REMORA_MEMORY_CONTIGUOUS }, 0, NULL },
	{ "1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,2M", 16,
	  { 2 * M, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "1", 1, { 1, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "18446744073709551615", 1, { ~0ull, 0, -1, REMORA_MEMORY_AUTO }, 0, NULL },
	{ "", 0, { 0 }, REMORA_R_MEMORY_NONE, "at least one extent" },
	{ "1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M,1M", 0, { 0 },
	  REMORA_R_MEMORY_TOO_MANY, "16 at most" },
	{ "disk:64M", 0, { 0 }, REMORA_R_MEMORY_SOURCE_UNKNOWN, "unknown memory source" },
	{ ":64M", 0, { 0 }, REMORA_R_MEMORY_SOURCE_UNKNOWN, "unknown memory source" },
	{ "Block:64M", 0, { 0 }, REMORA_R_MEMORY_SOURCE_UNKNOWN, "character 1" },
	{ "1M,blocks:64M", 0, { 0 }, REMORA_R_MEMORY_SOURCE_UNKNOWN, "character 4" },
	{ "64MB", 0, { 0 }, SYNTAX, "character 4: '@', ',' or the end" },
	{ "64Q", 0, { 0 }, SYNTAX, "character 3" },
	{ "0", 0, { 0 }, SYNTAX, "the size is 0" },
	{ "0M", 0, { 0 }, SYNTAX, "the size is 0" },
	{ "M", 0, { 0 }, SYNTAX, "a size was expected" },
	{ "-1M", 0, { 0 }, SYNTAX, "a size was expected" },
	{ "0x", 0, { 0 }, SYNTAX, "a size was expected" },
	{ "18446744073709551616", 0, { 0 }, SYNTAX, "64 bits" },
	{ "0x10000000000000000", 0, { 0 }, SYNTAX, "64 bits" },
	{ "16777216T", 0, { 0 }, SYNTAX, "64 bits" },
	{ "17179869184G", 0, { 0 }, SYNTAX, "64 bits" },
	{ "64M@", 0, { 0 }, SYNTAX, "a NUMA node from 0 to 1023" },
	{ "64M@x", 0, { 0 }, SYNTAX, "a NUMA node" },
	{ "64M@-1", 0, { 0 }, SYNTAX, "a NUMA node" },
	{ "64M@1024", 0, { 0 }, SYNTAX, "a NUMA node" },
	{ "64M@4294967296", 0, { 0 }, SYNTAX, "a NUMA node" },
	{ "reserved:64M@", 0, { 0 }, SYNTAX, "a physical address" },
	{ "reserved:64M@0xffffffffffffffff", 0, { 0 }, SYNTAX, "a physical address" },
	{ "64M@1@2", 0, { 0 }, SYNTAX, "',' or the end" },
	{ "64M,", 0, { 0 }, SYNTAX, "character 5: a size was expected" },
	{ ",64M", 0, { 0 }, SYNTAX, "character 1" },
	{ "64M 1M", 0, { 0 }, SYNTAX, "character 4" },
};

static void test_memory(void **state)
{
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	struct remora_error error;
	uint32_t count;

	(void)state;
	for (size_t i = 0; i < COUNT(memories); i++) {
		int err = remora_parse_memory(memories[i].text, extents, &count, &error);

		if (memories[i].count) {
			assert_int_equal(err, 0);
			assert_int_equal(count, memories[i].count);
			assert_memory_equal(&extents[count - 1], &memories[i].last,
					    sizeof(extents[0]));
			continue;
		}
		assert_int_equal(err, -EINVAL);
		assert_int_equal(error.reason, memories[i].reason);
		if (!strstr(error.message, memories[i].message))
			fail_msg("'%s': '%s' lacks '%s'", memories[i].text, error.message,
				 memories[i].message);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "0" }, { 1, "1" }, { 1023, "1023" }, { 1024, "1K" }, { 1536, "1536" },
		{ M, "1M" }, { 3 * M / 2, "1536K" }, { 1ull << 30, "1G" }, { 1ull << 40, "1T" },
		{ 1ull << 50, "1024T" }, { ~0ull, "18446744073709551615" },
	};
	uint64_t bytes;
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		remora_format_size(sizes[i].bytes, text, sizeof(text));
		assert_string_equal(text, sizes[i].text);
		assert_int_equal(remora_parse_size(text, &bytes, NULL), 0);
		assert_true(bytes == sizes[i].bytes);
	}
	assert_int_equal(remora_parse_size("1Kx", &bytes, NULL), -EINVAL);
	assert_int_equal(remora_parse_size("", &bytes, NULL), -EINVAL);
	assert_int_equal(remora_parse_size("99999999T", &bytes, NULL), -ERANGE);
}

static void test_names(void **state)
{
	static const char *const good[] = { "a", "left", "a.b", "Node-1", "x_y",
					    "0123456789012345678901234567890" };
	static const char *const bad[] = { "", ".", ".a", "a.", "a b", "a/b", "..", "a\n",
					   "\xc3\xa4", "a:b", "01234567890123456789012345678901" };
	struct remora_error error;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(remora_name_check(good[i], &error), 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(remora_name_check(bad[i], &error), -EINVAL);
		assert_int_equal(error.reason, REMORA_R_NAME_INVALID);
		assert_true(error.message[0]);
		assert_int_equal(remora_name_check(bad[i], NULL), -EINVAL);
	}
}

/* A text on the heap, exactly as long as it is: the sanitizer sees every step past its end. */
static char *random_text(unsigned int *seed, const char *letters)
{
	size_t length = (size_t)rand_r(seed) % 24, kinds = strlen(letters);
	char *text = malloc(length + 1);

	assert_non_null(text);
	for (size_t i = 0; i < length; i++)
		text[i] = rand_r(seed) % 16 ? letters[(size_t)rand_r(seed) % kinds] :
					      (char)(1 + rand_r(seed) % 255);
	text[length] = 0;
	return text;
}

/* Whatever is accepted must survive being written and read again. */
static void check_cpus(const char *text)
{
	uint32_t cpus[REMORA_CPUS_MAX], again[REMORA_CPUS_MAX], count, count_again;
	struct remora_error error = { 0 };
	char written[512];

	if (remora_parse_cpus(text, cpus, &count, &error)) {
		assert_true(error.message[0]);
		return;
	}
	assert_true(count >= 1 && count <= REMORA_CPUS_MAX);
	for (uint32_t i = 1; i < count; i++)
		assert_true(cpus[i - 1] < cpus[i]);
	assert_true(cpus[count - 1] <= REMORA_CPU_NUMBER_MAX);
	remora_format_cpus(cpus, count, written, sizeof(written));
	assert_int_equal(remora_parse_cpus(written, again, &count_again, NULL), 0);
	assert_int_equal(count, count_again);
	assert_memory_equal(cpus, again, count * sizeof(cpus[0]));
}

static void check_memory(const char *text)
{
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	struct remora_error error = { 0 };
	uint32_t count;

	if (remora_parse_memory(text, extents, &count, &error)) {
		assert_true(error.message[0]);
		return;
	}
	assert_true(count >= 1 && count <= REMORA_EXTENTS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		assert_true(extents[i].bytes);
		assert_true(extents[i].node >= -1);
		assert_non_null(remora_source_name(extents[i].source));
	}
}

static void test_random(void **state)
{
	unsigned int seed = 20090921;

	(void)state;
	for (int i = 0; i < RANDOM_TEXTS; i++) {
		char *text = random_text(&seed, "0123456789,-:,1");

		check_cpus(text);
		free(text);
		text = random_text(&seed, "0123456789KMGT@:,x,blockreserved");
		check_memory(text);
		remora_name_check(text, NULL);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),   cmocka_unit_test(test_format_cut),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_names),  cmocka_unit_test(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
