// SPDX-License-Identifier: GPL-2.0-only
/* What the CPU driver does with good and bad boot information, and how it crashes. */
#include <stdio.h>
#include <string.h>

#include <bootinfo.h>
#include <console.h>
#include <crash.h>
#include <link.h>
#include <memory.h>

#include "fake/fake.h"

static void start(void)
{
	fake_start();
}

static void refuse(void)
{
	bootinfo_accept(fake_boot);
	core_set_state(99); /* must not be reached */
}

static void test_good(void **state)
{
	(void)state;
	fake_prepare();
	assert_string_equal(fake_crash(start), "");
	assert_int_equal(fake_core->state, ABI_CORE_STARTED);
	assert_true(fake_core->start_tsc > 0);
}

static void test_refused(void **state)
{
	(void)state;
	fake_prepare();
	fake_boot->revision++;
	fake_crash(refuse);
	assert_int_equal(fake_core->state, ABI_CORE_REFUSED);
	assert_int_equal(fake_core->refused_revision, ABI_REVISION);

	fake_prepare();
	fake_boot->size--;
	fake_crash(refuse);
	assert_int_equal(fake_core->state, ABI_CORE_REFUSED);

	/* Nothing is written where nothing can be trusted. */
	fake_prepare();
	fake_boot->magic ^= 1;
	fake_crash(refuse);
	assert_int_equal(fake_core->state, ABI_CORE_NONE);
}

/* Each bad field, and a word of the sentence that must name it. */
#define BAD(what, statement)                                                                      \
	do {                                                                                      \
		const char *reason;                                                               \
		fake_prepare();                                                                   \
		statement;                                                                        \
		reason = fake_crash(start);                                                       \
		if (!strstr(reason, what))                                                        \
			fail_msg("%s: \"%s\" does not mention \"%s\"", #statement, reason, what); \
		assert_int_equal(fake_core->crash.vector, CRASH_VECTOR_CHECK);                    \
	} while (0)

static void test_bad_fields(void **state)
{
	(void)state;
	BAD("node", fake_boot->node = 0);
	BAD("node", fake_boot->node = 3);
	BAD("node", fake_boot->nodes = ABI_NODES_MAX + 1);
	BAD("TSC", fake_boot->tsc_khz = 0);
	BAD("33 extents", fake_boot->extent_count = 33);
	BAD("extent 1", fake_boot->extents[1].base += 1);
	BAD("extent 1", fake_boot->extents[1].size = 0);
	BAD("extent 2 is of unknown kind 9", fake_boot->extents[2].kind = 9);
	BAD("window", fake_boot->extents[3].size = ABI_WINDOW_SIZE);
	BAD("window", fake_boot->extents[3].base = 0xfffffffffffff000ul);
	BAD("overlap", fake_boot->extents[2].base = FAKE_SHARED);
	BAD("host page", fake_boot->host_page = 0);
	BAD("console", fake_boot->console_size = 0);
	BAD("console", fake_boot->console = UINT64_MAX & ~0xfffull);
	BAD("image", fake_boot->image_phys += 1);
	BAD("peers", fake_boot->peers = ABI_WINDOW_SIZE);
}

static struct abi_channel *peers(void)
{
	return arch_window(fake_boot->peers);
}

static void test_bad_channels(void **state)
{
	(void)state;
	BAD("no control channel", fake_boot->control.slots = 0);
	BAD("no control channel", fake_boot->control.peer = 1);
	BAD("control channel", fake_boot->control.tx += 64);
	BAD("control channel", fake_boot->control.slots = 17);
	BAD("control channel", fake_boot->control.rx = fake_boot->control.tx);
	BAD("control channel", fake_boot->control.rx = FAKE_OWN);
	BAD("control channel", fake_boot->control.rx = FAKE_SHARED + 0x100000);
	BAD("peer channel", peers()[2].tx = fake_boot->control.tx);
	BAD("peers", peers()[2].peer = 1);
}

static void exhaust(void)
{
	fake_start();
	for (;;)
		memory_page();
}

static void test_memory(void **state)
{
	(void)state;
	fake_prepare();
	/* 16 pages, two of which are in use by the boot information. */
	fake_boot->peers = FAKE_KERNEL + 0x3000;
	fake_boot->console = FAKE_KERNEL + 0x8000;
	fake_boot->console_size = 0x1000;
	((struct abi_console *)arch_window(fake_boot->console))->records = 16;
	bootinfo_accept(fake_boot);
	memory_init();
	for (unsigned int i = 0; i < 14; i++) {
		uint64_t page = memory_page();

		assert_true(memory_within(page, ABI_PAGE_SIZE, ABI_EXTENT_KERNEL));
		assert_false(memory_reserved(page, ABI_PAGE_SIZE));
	}
	assert_int_equal(memory_pages_taken(), 14);
	fake_prepare();
	assert_string_equal(fake_crash(exhaust), "out of kernel memory after 14 pages");
}

static void test_within(void **state)
{
	const uint64_t size = 0x100000;

	(void)state;
	fake_prepare();
	bootinfo_accept(fake_boot);
	memory_init();
	assert_true(memory_within(FAKE_SHARED, size, ABI_EXTENT_SHARED));
	assert_true(memory_within(FAKE_SHARED + size - 1, 1, ABI_EXTENT_SHARED));
	assert_false(memory_within(FAKE_SHARED, size + 1, ABI_EXTENT_SHARED));
	assert_false(memory_within(FAKE_SHARED - 1, 2, ABI_EXTENT_SHARED));
	assert_false(memory_within(FAKE_SHARED, 0, ABI_EXTENT_SHARED));
	assert_false(memory_within(FAKE_SHARED, size, ABI_EXTENT_RAM));
	assert_false(memory_within(FAKE_SHARED + 0x1000, UINT64_MAX, ABI_EXTENT_SHARED));
	assert_false(memory_within(UINT64_MAX, 2, ABI_EXTENT_SHARED));
}

/* ---- crash ---- */

static void crash_once(void)
{
	struct abi_crash record = { .vector = 14, .rip = 0x1234, .reason = "first" };

	fake_start();
	crash_begin(&record);
	crash_finish(&record);
}

static void crash_twice(void)
{
	struct abi_crash record = { .vector = 14, .reason = "first" };

	fake_start();
	crash_begin(&record);
	crash_fail("while reporting");
}

static void test_crash(void **state)
{
	(void)state;
	fake_prepare();
	assert_string_equal(fake_crash(crash_once), "first");
	assert_int_equal(fake_core->crash.vector, 14);
	assert_int_equal(fake_core->crash.rip, 0x1234);
	fake_prepare();
	assert_string_equal(fake_crash(crash_twice),
			    "another crash while a crash was being reported");
	assert_int_equal(fake_core->crash.vector, CRASH_VECTOR_CHECK);
}

/* ---- console ---- */

static struct abi_console *ring(void)
{
	return arch_window(FAKE_CONSOLE);
}

static void test_console_init(void **state)
{
	uint64_t bytes = sizeof(struct abi_console) + 4 * sizeof(struct abi_console_line);

	(void)state;
	fake_prepare();
	ring()->records = 4;
	assert_int_equal(console_init(ring(), bytes), 0);
	assert_int_not_equal(console_init(ring(), bytes - 1), 0);
	assert_int_not_equal(console_init(ring(), 0), 0);
	ring()->records = 3;
	assert_int_not_equal(console_init(ring(), bytes), 0);
	ring()->records = 0;
	assert_int_not_equal(console_init(ring(), bytes), 0);
	ring()->records = 1ull << 63;
	assert_int_not_equal(console_init(ring(), bytes), 0);
	console_info("without a console nothing happens");
	assert_int_equal(ring()->written, 0);
}

static void test_console_lines(void **state)
{
	char text[300], joined[301] = "";
	unsigned int parts = 0;

	(void)state;
	fake_prepare();
	assert_int_equal(console_init(ring(), fake_boot->console_size), 0);
	console_warning("number %u", 1);
	assert_int_equal(ring()->written, 1);
	assert_int_equal(ring()->line[1].number, 1);
	assert_int_equal(ring()->line[1].level, LEVEL_WARNING);
	assert_int_equal(ring()->line[1].length, 8);
	assert_int_equal(ring()->line[1].continued, 0);
	assert_memory_equal(ring()->line[1].text, "number 1", 8);

	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	console_info("%.*s", 300, text);
	for (uint64_t n = 2; n <= ring()->written; n++, parts++) {
		const struct abi_console_line *l = &ring()->line[n];

		assert_int_equal(l->continued, n != ring()->written);
		strncat(joined, l->text, l->length);
	}
	assert_int_equal(parts, 3);
	assert_memory_equal(joined, text, 300);
}

static void test_console_wrap(void **state)
{
	(void)state;
	fake_prepare();
	assert_int_equal(console_init(ring(), fake_boot->console_size), 0);
	for (unsigned int i = 1; i <= 3 * FAKE_RECORDS + 5; i++)
		console_info("line %u", i);
	assert_int_equal(ring()->written, 3 * FAKE_RECORDS + 5);
	for (uint64_t n = 2 * FAKE_RECORDS + 6; n <= ring()->written; n++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "line %lu", n);
		assert_int_equal(ring()->line[n % FAKE_RECORDS].number, n);
		assert_memory_equal(ring()->line[n % FAKE_RECORDS].text, expected,
				    strlen(expected));
	}
}

static void print_long(void)
{
	char text[2000];

	fake_start();
	memset(text, 'x', sizeof(text));
	console_error("%.*s", 2000, text);
	crash_fail("%.*s", 2000, text);
}

/* Lines and reasons longer than any room are cut, never written past it. */
static void test_long(void **state)
{
	const char *reason;

	(void)state;
	fake_prepare();
	reason = fake_crash(print_long);
	assert_int_equal(strlen(reason), sizeof(fake_core->crash.reason) - 1);
	assert_true(ring()->written >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bad_fields),    cmocka_unit_test(test_bad_channels),
		cmocka_unit_test(test_memory),	      cmocka_unit_test(test_within),
		cmocka_unit_test(test_crash),	      cmocka_unit_test(test_console_init),
		cmocka_unit_test(test_console_lines), cmocka_unit_test(test_console_wrap),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
