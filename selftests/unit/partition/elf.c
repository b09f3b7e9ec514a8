// SPDX-License-Identifier: GPL-2.0-only
/* What the loader of programs accepts, and that it stays inside whatever it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <elf.h>
#include <cmocka.h>

#include <base/elf64.h>

#define LIMIT 0x7ffffffff000ull
#define BYTES 4096u
#define SEGMENTS 4u

static struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment[SEGMENTS];
	unsigned char rest[BYTES - sizeof(Elf64_Ehdr) - SEGMENTS * sizeof(Elf64_Phdr)];
} good;

static const char *check(const void *image, uint64_t bytes)
{
	const struct elf64_file file = { image, bytes, bytes, 4096, LIMIT };

	return elf64_check(&file);
}

static int setup(void **state)
{
	(void)state;
	memset(&good, 0, sizeof(good));
	memcpy(good.header.e_ident, "\177ELF\2\1\1", 7);
	good.header.e_type = ET_EXEC;
	good.header.e_machine = EM_X86_64;
	good.header.e_entry = 0x400010;
	good.header.e_phoff = sizeof(Elf64_Ehdr);
	good.header.e_phentsize = sizeof(Elf64_Phdr);
	good.header.e_phnum = SEGMENTS;
	good.segment[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000,
					.p_filesz = 100, .p_memsz = 100 };
	good.segment[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = 1ull << 60 };
	good.segment[2] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = 0x401234,
					.p_offset = 1000, .p_filesz = 3096, .p_memsz = 3096 };
	good.segment[3] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
					.p_vaddr = 0x500000, .p_offset = 4096, .p_memsz = 1 << 20 };
	return 0;
}

static void test_good(void **state)
{
	struct elf64_segment s;

	(void)state;
	assert_null(check(&good, BYTES));
	assert_int_equal(elf64_entry(&good), 0x400010);
	assert_true(elf64_segment(&good, 1, &s));
	assert_int_equal(s.address, 0x401234);
	assert_int_equal(s.offset, 1000);
	assert_int_equal(s.file_bytes, 3096);
	assert_int_equal(s.flags, 0);
	assert_true(elf64_segment(&good, 0, &s));
	assert_int_equal(s.flags, ELF64_EXECUTE);
	assert_true(elf64_segment(&good, 2, &s));
	assert_int_equal(s.memory_bytes, 1 << 20);
	assert_int_equal(s.flags, ELF64_WRITE);
	assert_false(elf64_segment(&good, 3, &s));
}

static void tls(uint64_t address, uint64_t file_bytes, uint64_t memory_bytes, uint64_t align)
{
	good.segment[1] = (Elf64_Phdr){ .p_type = PT_TLS, .p_vaddr = address, .p_filesz = file_bytes,
					.p_memsz = memory_bytes, .p_align = align };
}

/* The headers may lie behind what has come of the file; then it is refused, not read. */
static void test_head(void **state)
{
	struct elf64_file file = { &good, BYTES, 1 << 20, 4096, LIMIT };
	struct elf64_segment s;
	uint32_t count;

	(void)state;
	assert_null(elf64_check(&file));
	assert_int_equal(elf64_headers(&good, &count), 0);
	good.segment[0].p_filesz = good.segment[0].p_memsz = 0x1000;
	assert_int_equal(elf64_headers(&good, &count), 0x400040);
	assert_int_equal(count, SEGMENTS);
	assert_false(elf64_tls(&good, &s));
	tls(0x401240, 8, 16, 16);
	assert_null(elf64_check(&file));
	assert_true(elf64_tls(&good, &s));
	assert_int_equal(s.address, 0x401240);
	assert_int_equal(s.align, 16);
	good.header.e_phoff = BYTES;
	assert_non_null(strstr(elf64_check(&file), "beginning"));
}

#define REFUSED(what, change)                                                                      \
	do {                                                                                       \
		const char *why;                                                                   \
		setup(NULL);                                                                       \
		change;                                                                            \
		why = check(&good, BYTES);                                                         \
		if (!why || !strstr(why, what))                                                    \
			fail_msg("%s: %s", #change, why ? why : "accepted");                       \
	} while (0)

static void test_refused(void **state)
{
	(void)state;
	REFUSED("not an ELF", good.header.e_ident[0] = 0);
	REFUSED("not a 64-bit", good.header.e_ident[EI_CLASS] = ELFCLASS32);
	REFUSED("not a 64-bit", good.header.e_ident[EI_DATA] = ELFDATA2MSB);
	REFUSED("another machine", good.header.e_machine = EM_AARCH64);
	REFUSED("not a static", good.header.e_type = ET_DYN);
	REFUSED("not a static", good.header.e_type = ET_REL);
	REFUSED("program headers", good.header.e_phentsize = 32);
	REFUSED("program headers", good.header.e_phnum = 0);
	REFUSED("program headers", good.header.e_phnum = 17);
	REFUSED("program headers", good.header.e_phoff = BYTES - SEGMENTS * sizeof(Elf64_Phdr) + 1);
	REFUSED("program headers", good.header.e_phoff = ~0ull);
	REFUSED("dynamically", good.segment[1].p_type = PT_INTERP);
	REFUSED("dynamically", good.segment[1].p_type = PT_DYNAMIC);
	REFUSED("cut off", good.segment[0].p_memsz = 99);
	REFUSED("cut off", good.segment[2].p_offset = 1001);
	REFUSED("cut off", good.segment[2].p_offset = ~0ull);
	REFUSED("cut off", good.segment[3].p_offset = 4097);
	REFUSED("outside", good.segment[0].p_vaddr = 0);
	REFUSED("outside", good.segment[0].p_vaddr = LIMIT);
	REFUSED("outside", good.segment[0].p_vaddr = LIMIT - 99);
	REFUSED("outside", good.segment[3].p_memsz = ~0ull);
	REFUSED("writable and executable", good.segment[0].p_flags |= PF_W);
	REFUSED("entry", good.header.e_entry = 0);
	REFUSED("entry", good.header.e_entry = LIMIT);
	REFUSED("entry", good.header.e_entry = 0x400064);
	REFUSED("entry", good.header.e_entry = 0x401234);
	REFUSED("overlap", good.segment[2].p_vaddr = 0x400050);
	REFUSED("ascending", good.segment[3].p_vaddr = 0x400000);
	REFUSED("share a page", good.segment[2].p_vaddr = 0x400100);
	REFUSED("no segment",
		good.segment[0].p_type = good.segment[2].p_type = good.segment[3].p_type = PT_NOTE);
	REFUSED("thread-local", tls(0x402000, 8, 8, 8));
	REFUSED("thread-local", tls(0x401234, 4096, 8192, 8));
	REFUSED("thread-local", tls(0x401234, 16, 8, 8));
	REFUSED("thread-local", tls(0x401234, 8, 16, 3));
	REFUSED("thread-local", tls(0x401234, 8, 16, 8192));
	setup(NULL);
	for (uint64_t bytes = 0; bytes < sizeof(Elf64_Ehdr); bytes++)
		assert_non_null(check(&good, bytes));
}

/* Whatever is accepted can be loaded; the image lies at the end of an allocation that ASan guards. */
static void test_random(void **state)
{
	unsigned int accepted = 0;

	(void)state;
	srand(1);
	for (unsigned int i = 0; i < 200000; i++) {
		uint64_t bytes = rand() % 4 ? BYTES : (uint64_t)rand() % BYTES;
		unsigned char *image = malloc(bytes ? bytes : 1);
		struct elf64_segment s;

		setup(NULL);
		memcpy(image, &good, bytes);
		for (int n = rand() % 4; bytes && n; n--)
			image[(uint64_t)rand() % (bytes < 288 ? bytes : 288)] = (unsigned char)rand();
		if (check(image, bytes)) {
			free(image);
			continue;
		}
		accepted++;
		for (uint32_t n = 0; elf64_segment(image, n, &s); n++) {
			assert_true(s.offset <= bytes && s.file_bytes <= bytes - s.offset);
			assert_true(s.file_bytes <= s.memory_bytes);
			assert_true(s.address && s.address < LIMIT);
			assert_true(s.memory_bytes <= LIMIT - s.address);
			assert_true(s.flags != (ELF64_WRITE | ELF64_EXECUTE));
		}
		free(image);
	}
	assert_true(accepted > 10000);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_good), TEST(test_head), TEST(test_refused),
					    TEST(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
