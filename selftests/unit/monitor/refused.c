// SPDX-License-Identifier: GPL-2.0-only
/* Every way in which the monitor says no; afterwards nothing is left, and it goes on. */
#include <stdio.h>

#include "core.h"

static struct abi_spawn_start start;
static struct urpc_chan *c;
static uint64_t caps;
static struct elf elf;

static int fresh(void **state)
{
	(void)state;
	core_start();
	elf_make(&elf);
	memset(&start, 0, sizeof(start));
	c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	caps = core_caps();
	return 0;
}

static void is_refused(int error, const char *why)
{
	struct abi_spawn_refused refused;
	struct message m;

	assert_true(take(c, &m));
	assert_int_equal(m.type, ABI_SPAWN_REFUSED);
	memcpy(&refused, m.data, sizeof(refused));
	m.data[m.bytes] = 0;
	if (refused.error != error || !strstr((char *)m.data + sizeof(refused), why))
		fail_msg("%d '%s' instead of %d '%s'", refused.error, (char *)m.data + sizeof(refused), error,
			 why);
	assert_false(take(c, &m));
	assert_int_equal(core_caps(), caps);
	assert_int_equal(core_closed, -1);
	core_sound();
}

/* Refused, and the next program on another channel runs. */
static void program_refused(int error, const char *why)
{
	spawn(c, &start, &elf, sizeof(elf));
	is_refused(error, why);
	spawn_good(core_bind(1, ABI_SERVICE_SPAWN, 256));
	core_unbind(1);
	core_unbind(0);
	fresh(NULL);
}

static void test_files(void **state)
{
	(void)state;
	elf.header.e_ident[1] = 'e';
	program_refused(8, "not an ELF file");
	elf.header.e_ident[EI_CLASS] = ELFCLASS32;
	program_refused(8, "not a 64-bit");
	elf.header.e_machine = EM_AARCH64;
	program_refused(8, "another machine");
	elf.header.e_type = ET_DYN;
	program_refused(8, "fixed addresses");
	elf.segment[4].p_type = PT_INTERP;
	program_refused(8, "dynamically linked");
	elf.segment[4].p_type = PT_DYNAMIC;
	program_refused(8, "dynamically linked");
	elf.segment[1].p_flags |= PF_W;
	program_refused(8, "writable and executable");
	elf.segment[1].p_vaddr = 0x400200;
	program_refused(8, "overlap");
	elf.segment[1].p_vaddr = 0x700000;
	program_refused(8, "ascending");
	elf.segment[1].p_vaddr = 0x400800;
	program_refused(8, "share a page");
	elf.segment[0].p_vaddr = 0x3ff000;
	program_refused(8, "outside of the addresses");
	elf.segment[2].p_memsz = 1ull << 30;
	program_refused(8, "outside of the addresses");
	elf.segment[2].p_filesz = 0x2000;
	program_refused(8, "cut off");
	elf.header.e_entry = 0x400000;
	program_refused(8, "entry point");
	elf.segment[3].p_vaddr = 0x700000;
	program_refused(8, "thread-local");
	elf.header.e_phoff = sizeof(elf) - sizeof(elf.segment);
	program_refused(8, "beginning");
}

static void test_memory(void **state)
{
	(void)state;
	start.ram_bytes = 512 << 10;
	program_refused(12, "too little: the program needs");
	start.ram_bytes = 1 << 30;
	program_refused(12, "out of memory");
	elf.segment[2].p_memsz = 800 << 20;
	program_refused(12, "out of memory");
}

static void test_start(void **state)
{
	(void)state;
	start.elf_bytes = ABI_SPAWN_ELF_MAX + 1ull;
	send_to(c, ABI_SPAWN_START, &start, sizeof(start));
	is_refused(22, "no arguments");
	fresh(NULL);
	spawn(c, &start, &elf, 0);
	is_refused(8, "empty");
	fresh(NULL);
	start.elf_bytes = ABI_SPAWN_ELF_MAX + 1ull;
	spawn(c, &start, &elf, 0);
	is_refused(27, "at most");
	fresh(NULL);
	start.argc = 2;
	start.elf_bytes = 1;
	send_to(c, ABI_SPAWN_START, &start, sizeof(start));
	is_refused(22, "2 arguments and 0 variables");
	fresh(NULL);
	start.argc = 0xffffffff;
	start.environ_count = 2;
	start.elf_bytes = 1;
	send_to(c, ABI_SPAWN_START, &start, sizeof(start));
	is_refused(22, "arguments");
}

static void test_schedule(void **state)
{
	(void)state;
	start.class = 3;
	program_refused(22, "class 3");
	start.weight = 1001;
	program_refused(22, "weight 1001");
	start.class = 1;
	program_refused(22, "budget of 0 us");
	start.class = 2;
	start.budget_us = 11;
	start.period_us = 10;
	program_refused(22, "budget of 11 us in a period of 10 us");
	start.class = 2;
	start.budget_us = 5;
	start.period_us = 99;
	program_refused(22, "period of 99 us");
	start.class = 1;
	start.budget_us = 5;
	start.period_us = 1000000001;
	program_refused(22, "period of 1000000001 us");
	start.class = 2;
	start.budget_us = 938;
	start.period_us = 1000;
	program_refused(16, "6 % stay free: 93 % more");
	core_refuse_setup = 11;
	spawn(c, &start, &elf, sizeof(elf));
	is_refused(16, "too many programs");
	fresh(NULL);
	start.class = 2;
	start.budget_us = 500;
	start.period_us = 1000;
	core_refuse_setup = 11;
	spawn(c, &start, &elf, sizeof(elf));
	is_refused(16, "promised too much");
	fresh(NULL);
	core_refuse_setup = 22;
	spawn(c, &start, &elf, sizeof(elf));
	is_refused(22, "scheduling parameters");
}

static void test_name_twice(void **state)
{
	(void)state;
	strcpy(start.name, "only");
	spawn(c, &start, &elf, sizeof(elf));
	caps = core_caps();
	c = core_bind(1, ABI_SERVICE_SPAWN, 256);
	caps = core_caps();
	start.elf_bytes = 0;
	spawn(c, &start, &elf, sizeof(elf));
	is_refused(17, "'only' runs on this core already");
}

/* A name that is made is none that somebody asked for. */
static void test_made_name(void **state)
{
	(void)state;
	spawn(c, &start, &elf, sizeof(elf));
	strcpy(start.name, "prog-3");
	c = core_bind(1, ABI_SERVICE_SPAWN, 256);
	spawn(c, &start, &elf, sizeof(elf));
	memset(start.name, 0, sizeof(start.name));
	c = core_bind(2, ABI_SERVICE_SPAWN, 256);
	spawn(c, &start, &elf, sizeof(elf));
	assert_string_equal(core_program(2)->setup.name, "prog-3");
	assert_string_equal(core_program(3)->setup.name, "prog-4");
}

/* Together they are promised no more than leaves the monitor some; one that ended counts no more. */
static void test_promises(void **state)
{
	struct message m;

	(void)state;
	start.class = 1;
	start.budget_us = 600;
	start.period_us = 1000;
	spawn(c, &start, &elf, sizeof(elf));
	assert_true(take(c, &m));
	assert_int_equal(m.type, ABI_SPAWN_STARTED);
	c = core_bind(1, ABI_SERVICE_SPAWN, 256);
	caps = core_caps();
	start.budget_us = 350;
	start.elf_bytes = 0;
	spawn(c, &start, &elf, sizeof(elf));
	is_refused(16, "60 % of the core's time is promised to others");
	core_unbind(1);
	core_unbind(0);
	c = core_bind(2, ABI_SERVICE_SPAWN, 256);
	start.elf_bytes = 0;
	spawn(c, &start, &elf, sizeof(elf));
	assert_true(take(c, &m));
	assert_int_equal(m.type, ABI_SPAWN_STARTED);
}

/* As many as there is memory for, then one that is refused. */
static void test_too_many(void **state)
{
	struct message m;
	unsigned int i;

	(void)state;
	core_unbind(0);
	start.ram_bytes = 1 << 20;
	for (i = 0; i < 60; i++) {
		c = core_bind(i, ABI_SERVICE_SPAWN, 256);
		start.elf_bytes = 0;
		spawn(c, &start, &elf, sizeof(elf));
		assert_true(take(c, &m));
		if (m.type != ABI_SPAWN_STARTED)
			break;
	}
	assert_int_equal(m.type, ABI_SPAWN_REFUSED);
	assert_true(i >= 30 && i <= 48);
	core_sound();
}

/* ---- messages ---- */

static void test_messages(void **state)
{
	static const struct {
		uint16_t type;
		uint32_t bytes;
		const char *why;
	} bad[] = {
		{ 0, 1, "no such type" },
		{ 4711, 1, "no such type" },
		{ ABI_SPAWN_START, 64, "another length" },
		{ ABI_SPAWN_LIST, 7, "another length" },
		{ ABI_SPAWN_DATA, 64, "not expected now" },
		{ ABI_SPAWN_INPUT, 1, "not expected now" },
		{ ABI_SPAWN_INTERRUPT, 0, "not expected now" },
	};
	static const uint8_t junk[64];

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (i)
			fresh(NULL);
		send_to(c, bad[i].type, junk, bad[i].bytes);
		is_refused(71, bad[i].why);
	}
	/* It is over: what was under way is dropped, a new start is not. */
	send_to(c, ABI_SPAWN_DATA, junk, 64);
	send_to(c, ABI_SPAWN_INPUT_END, NULL, 0);
	assert_int_equal(core_closed, -1);
	spawn(c, &start, &elf, 0);
	assert_int_equal(core_closed, 71);
}

static void test_too_much_data(void **state)
{
	(void)state;
	start.elf_bytes = sizeof(elf) - 1;
	start.argc = 1;
	spawn(c, &start, &elf, sizeof(elf) - 1000);
	send_to(c, ABI_SPAWN_DATA, &elf, 1000);
	is_refused(71, "999 bytes of the file were still expected, not 1000");
}

static void test_interrupt_while_loading(void **state)
{
	(void)state;
	start.elf_bytes = sizeof(elf);
	spawn(c, &start, &elf, 6000);
	assert_true(core_caps() > caps + 10);
	send_to(c, ABI_SPAWN_INTERRUPT, NULL, 0);
	is_refused(4, "interrupted");
}

static void test_close_while_loading(void **state)
{
	uint64_t bound = caps;

	(void)state;
	core_unbind(0);
	caps = core_caps();
	assert_true(caps < bound);
	for (unsigned int bytes = 0; bytes < sizeof(elf); bytes += 2500) {
		c = core_bind(0, ABI_SERVICE_SPAWN, 256);
		start.elf_bytes = sizeof(elf);
		spawn(c, &start, &elf, bytes);
		core_unbind(0);
		assert_int_equal(core_caps(), caps);
	}
	core_sound();
}

/* ---- channels ---- */

static void test_bind(void **state)
{
	(void)state;
	assert_null(core_bind(1, ABI_SERVICE_PROGRAM + 1, 64));
	assert_int_equal(core_bound, 2);
	assert_null(core_bind(0, ABI_SERVICE_SPAWN, 64));
	assert_int_equal(core_bound, 22);
	assert_null(core_bind(1, ABI_SERVICE_SPAWN, 63));
	assert_null(core_bind(1, ABI_SERVICE_SPAWN, 8192));
	assert_null(core_bind(1, ABI_SERVICE_SPAWN, 0));
	assert_null(core_bind(62, ABI_SERVICE_SPAWN, 4096)); /* its rings end outside of shared memory */
	assert_int_equal(core_caps(), caps);
	core_sound();
}

static void test_spoilt_ring(void **state)
{
	uint32_t number = spawn_good(c);

	(void)state;
	urpc_store_release(&c->tx->slots[c->tx_next & (c->slots - 1)].header,
			   1ull << 63 | (c->tx_next & 0xffff));
	core_turn();
	assert_int_equal(core_closed, 71);
	assert_null(core_program(number));
	core_sound();
}

static void test_flood(void **state)
{
	struct message m;

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		uint8_t data[200];
		uint32_t bytes = (uint32_t)rand() % sizeof(data);

		for (uint32_t n = 0; n < bytes; n++)
			data[n] = (uint8_t)rand();
		urpc_send_long(c, (uint16_t)(rand() % 9), data, bytes);
		if (rand() % 4 == 0)
			core_turn();
		while (rand() % 2 && !urpc_recv_long(c, &m.type, m.data, sizeof(m.data), &m.bytes))
			;
		if (core_closed == -1 && i % 512)
			continue;
		core_unbind(0);
		c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	}
	assert_int_equal(core_caps(), caps);
	core_sound();
	spawn_good(core_bind(1, ABI_SERVICE_SPAWN, 256));
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files), TEST(test_memory), TEST(test_start), TEST(test_schedule),
		TEST(test_name_twice), TEST(test_made_name), TEST(test_promises), TEST(test_too_many), TEST(test_messages),
		TEST(test_too_much_data),
		TEST(test_interrupt_while_loading), TEST(test_close_while_loading), TEST(test_bind),
		TEST(test_spoilt_ring), TEST(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
