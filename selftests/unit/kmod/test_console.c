// SPDX-License-Identifier: GPL-2.0-only
/* kmod/console.c: lines in order, lines lost, lines torn, and rings full of rubbish. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "console.h"
#include "pure.h"

#define RECORDS 8u

static struct abi_console *ring;

/* Allocated exactly, so that the sanitizer sees any step outside. */
static int make_ring(void **state)
{
	(void)state;
	ring = calloc(1, sizeof(*ring) + RECORDS * sizeof(ring->line[0]));
	if (!ring)
		return -1;
	ring->records = RECORDS;
	return 0;
}

static int free_ring(void **state)
{
	(void)state;
	free(ring);
	return 0;
}

static void write_line(const char *text)
{
	uint64_t number = ring->written + 1;
	struct abi_console_line *line = &ring->line[number & (RECORDS - 1)];

	memset(line, 0, sizeof(*line));
	line->tsc = number * 1000;
	line->level = 6;
	line->length = (uint16_t)strlen(text);
	memcpy(line->text, text, strlen(text));
	line->number = number;
	ring->written = number;
}

static void write_numbered(unsigned int count)
{
	char text[32];
	unsigned int i;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "line %llu", (unsigned long long)ring->written + 1);
		write_line(text);
	}
}

static void test_empty(void **state)
{
	struct remora_console_line line;
	__u64 next = 0, missed = 0;

	(void)state;
	assert_false(remora_console_next(ring, RECORDS, &next, &missed, &line));
	assert_int_equal(next, 0);
	assert_int_equal(missed, 0);
}

static void test_order(void **state)
{
	struct remora_console_line line;
	__u64 next = 0, missed = 0;
	unsigned int i;
	char text[32];

	(void)state;
	write_numbered(5);
	for (i = 1; i <= 5; i++) {
		assert_true(remora_console_next(ring, RECORDS, &next, &missed, &line));
		snprintf(text, sizeof(text), "line %u", i);
		assert_int_equal(line.number, i);
		assert_int_equal(line.tsc, i * 1000);
		assert_int_equal(line.level, 6);
		assert_int_equal(line.length, strlen(text));
		assert_string_equal(line.text, text);
		assert_int_equal(next, i + 1);
	}
	assert_false(remora_console_next(ring, RECORDS, &next, &missed, &line));
	assert_int_equal(next, 6);
	assert_int_equal(missed, 0);
}

static void test_full_ring_misses_nothing(void **state)
{
	struct remora_console_line line;
	__u64 next = 1, missed = 0;
	unsigned int got = 0;

	(void)state;
	write_numbered(RECORDS);
	while (remora_console_next(ring, RECORDS, &next, &missed, &line))
		got++;
	assert_int_equal(got, RECORDS);
	assert_int_equal(missed, 0);
}

static void test_missed(void **state)
{
	struct remora_console_line line;
	__u64 next = 3, missed = 0;

	(void)state;
	write_numbered(RECORDS + 5);
	assert_true(remora_console_next(ring, RECORDS, &next, &missed, &line));
	assert_int_equal(line.number, 6);
	assert_int_equal(missed, 3); /* 3, 4 and 5 are gone */
	assert_int_equal(next, 7);
}

static void test_torn(void **state)
{
	struct remora_console_line line;
	__u64 next = 1, missed = 0;

	(void)state;
	write_numbered(3);
	ring->line[1].number = 0; /* the writer is in the middle of it */
	assert_true(remora_console_next(ring, RECORDS, &next, &missed, &line));
	assert_int_equal(line.number, 2);
	assert_int_equal(missed, 1);
	ring->line[3].number = 3 + RECORDS; /* overwritten, though the header does not say so yet */
	assert_false(remora_console_next(ring, RECORDS, &next, &missed, &line));
	assert_int_equal(missed, 2);
	assert_int_equal(next, 4);
}

static void test_hostile_record(void **state)
{
	struct remora_console_line line;
	__u64 next = 1, missed = 0;
	unsigned int i;

	(void)state;
	write_numbered(1);
	memset(ring->line[1].text, 0x1b, ABI_CONSOLE_TEXT);
	ring->line[1].length = 0xffff;
	ring->line[1].level = 0xff;
	ring->line[1].continued = 0xff;
	ring->line[1].reserved = ~0u;
	assert_true(remora_console_next(ring, RECORDS, &next, &missed, &line));
	assert_int_equal(line.length, REMORA_CONSOLE_TEXT);
	assert_in_range(line.level, 0, 7);
	assert_int_equal(line.continued, 1);
	assert_int_equal(line.reserved, 0);
	for (i = 0; i < REMORA_CONSOLE_TEXT; i++)
		assert_int_equal(line.text[i], '?');
}

static void test_text_past_length_is_zero(void **state)
{
	struct remora_console_line line;
	__u64 next = 1, missed = 0;
	unsigned int i;

	(void)state;
	write_line("secret leftovers");
	ring->line[1].length = 6;
	assert_true(remora_console_next(ring, RECORDS, &next, &missed, &line));
	assert_memory_equal(line.text, "secret", 6);
	for (i = 6; i < REMORA_CONSOLE_TEXT; i++)
		assert_int_equal(line.text[i], 0);
}

static void test_hostile_header(void **state)
{
	static const __u64 numbers[] = { ~0ull, ~0ull - 1, 1ull << 63, (1ull << 48) + 1 };
	struct remora_console_line line;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		__u64 next = 1, missed = 0;

		ring->written = numbers[i];
		assert_false(remora_console_next(ring, RECORDS, &next, &missed, &line));
		assert_int_equal(next, 1);
		assert_int_equal(missed, 0);
	}
}

/* Any bytes at all: bounded time (the runner's alarm), nothing read outside, sane lines. */
static void test_random(void **state)
{
	uint32_t *words = (uint32_t *)ring;
	size_t count = (sizeof(*ring) + RECORDS * sizeof(ring->line[0])) / sizeof(*words);
	unsigned int round;

	(void)state;
	srand(20090101);
	for (round = 0; round < 20000; round++) {
		struct remora_console_line line;
		__u64 next = (unsigned int)rand() % 20, missed = 0;
		unsigned int turns = 0;
		size_t i;

		for (i = 0; i < count; i++)
			words[i] = ((uint32_t)rand() << 16) ^ (uint32_t)rand();
		if (round & 1)
			ring->written = (unsigned int)rand() % 64;
		if (round & 2)
			ring->line[(unsigned int)rand() % RECORDS].number = (unsigned int)rand() % 64;
		while (remora_console_next(ring, RECORDS, &next, &missed, &line)) {
			assert_true(line.length <= REMORA_CONSOLE_TEXT);
			assert_true(line.number != 0 && line.number < next);
			assert_true(++turns <= RECORDS);
		}
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_ring, free_ring)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_order),
		TEST(test_full_ring_misses_nothing),
		TEST(test_missed),
		TEST(test_torn),
		TEST(test_hostile_record),
		TEST(test_text_past_length_is_zero),
		TEST(test_hostile_header),
		TEST(test_random),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
