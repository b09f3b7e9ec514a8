// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/image.c against an image made here: as it should be, with each field wrong in turn, cut at
 * every length, and with random bytes changed. Every parse gets an exact allocation, so that the
 * sanitizer sees a read past the file's end, and every copy one of exactly the image's span.
 */
#include "unit.h"
#include <stdlib.h>
#include <linux/elf.h>

#include <abi/image.h>
#include <abi/layout.h>
#include "image.h"

enum { SEG_NOTE, SEG_TEXT, SEG_RODATA, SEG_DATA, SEG_COUNT };

#define TEXT_BYTES 200
#define DATA_BYTES 57
#define BSS_BYTES 5000
#define ROUNDS 100000

struct note {
	Elf64_Nhdr header;
	char name[8];
	struct abi_image_note image;
} __attribute__((packed));

/* A file as the CPU driver's linker script makes it, in small; nothing in it is aligned. */
struct file {
	Elf64_Ehdr e;
	Elf64_Phdr p[SEG_COUNT];
	struct note note;
	unsigned char text[TEXT_BYTES];
	unsigned char rodata[31];
	unsigned char data[DATA_BYTES];
} __attribute__((packed));

static Elf64_Phdr segment(unsigned int flags, uint64_t offset, uint64_t va, uint64_t file,
			  uint64_t memory)
{
	Elf64_Phdr p = {
		.p_type = PT_LOAD,
		.p_flags = flags,
		.p_offset = offset,
		.p_vaddr = va,
		.p_paddr = va,
		.p_filesz = file,
		.p_memsz = memory,
		.p_align = ABI_PAGE_SIZE,
	};

	return p;
}

static struct file good(void)
{
	struct file f;
	size_t i;

	memset(&f, 0, sizeof(f));
	memcpy(f.e.e_ident, ELFMAG, SELFMAG);
	f.e.e_ident[EI_CLASS] = ELFCLASS64;
	f.e.e_ident[EI_DATA] = ELFDATA2LSB;
	f.e.e_ident[EI_VERSION] = EV_CURRENT;
	f.e.e_type = ET_EXEC;
	f.e.e_machine = EM_X86_64;
	f.e.e_version = EV_CURRENT;
	f.e.e_entry = ABI_IMAGE_VA + 16;
	f.e.e_phoff = offsetof(struct file, p);
	f.e.e_ehsize = sizeof(Elf64_Ehdr);
	f.e.e_phentsize = sizeof(Elf64_Phdr);
	f.e.e_phnum = SEG_COUNT;

	f.p[SEG_NOTE].p_type = PT_NOTE;
	f.p[SEG_NOTE].p_offset = offsetof(struct file, note);
	f.p[SEG_NOTE].p_filesz = sizeof(f.note);
	f.p[SEG_NOTE].p_align = 4;
	f.p[SEG_TEXT] = segment(PF_R | PF_X, offsetof(struct file, text), ABI_IMAGE_VA, TEXT_BYTES,
				TEXT_BYTES);
	f.p[SEG_RODATA] = segment(PF_R, offsetof(struct file, rodata), ABI_IMAGE_VA + 0x1000,
				  sizeof(f.rodata), sizeof(f.rodata));
	f.p[SEG_DATA] = segment(PF_R | PF_W, offsetof(struct file, data), ABI_IMAGE_VA + 0x3000,
				DATA_BYTES, BSS_BYTES);

	f.note.header.n_namesz = sizeof(ABI_NOTE_NAME);
	f.note.header.n_descsz = sizeof(f.note.image);
	f.note.header.n_type = ABI_NOTE_IMAGE;
	memcpy(f.note.name, ABI_NOTE_NAME, sizeof(ABI_NOTE_NAME));
	f.note.image.magic = ABI_MAGIC;
	f.note.image.revision = ABI_REVISION;
	f.note.image.size = sizeof(f.note.image);

	for (i = 0; i < TEXT_BYTES; i++)
		f.text[i] = (unsigned char)(i * 7 + 1);
	for (i = 0; i < DATA_BYTES; i++)
		f.data[i] = (unsigned char)(i + 100);
	return f;
}

/* Parses and, when that worked, copies; what must hold of any image holds of this one. */
static int parse(const void *data, size_t bytes, struct remora_image *image,
		 struct remora_error *err)
{
	void *copy = malloc(bytes ? bytes : 1);
	unsigned char *memory;
	uint64_t floor = 0;
	unsigned int i;
	int ret;

	assert_non_null(copy);
	memcpy(copy, data, bytes);
	memset(err, 0, sizeof(*err));
	ret = remora_image_parse(copy, bytes, image, err);
	if (ret) {
		assert_true(ret < 0);
		assert_int_not_equal(err->reason, REMORA_R_NONE);
		assert_int_equal(ret, -remora_reason_errno(err->reason));
		assert_true(strlen(err->message) > 15);
		free(copy);
		return ret;
	}
	assert_int_equal(err->reason, REMORA_R_NONE);
	assert_true(image->count >= 1 && image->count <= REMORA_SEGMENTS_MAX);
	assert_true(image->span <= ABI_IMAGE_SIZE_MAX && !(image->span % ABI_PAGE_SIZE));
	for (i = 0; i < image->count; i++) {
		const struct remora_segment *s = &image->segment[i];

		assert_true(s->va >= ABI_IMAGE_VA + floor && !(s->va % ABI_PAGE_SIZE));
		assert_true(s->bytes && !(s->bytes % ABI_PAGE_SIZE) && s->file_bytes <= s->bytes);
		assert_false(s->write && s->execute);
		floor = s->va + s->bytes - ABI_IMAGE_VA;
	}
	assert_true(floor == image->span);
	memory = calloc(1, image->span);
	assert_non_null(memory);
	remora_image_copy(image, memory);
	free(memory);
	free(copy);
	return 0;
}

static void good_image(void **state)
{
	struct file f = good();
	struct remora_image image;
	struct remora_error err = { 0 };
	unsigned char *memory;
	size_t i;

	assert_int_equal(remora_image_parse(&f, sizeof(f), &image, &err), 0);
	assert_int_equal(image.count, 3);
	assert_true(image.entry == ABI_IMAGE_VA + 16);
	assert_true(image.span == 0x5000);
	assert_true(image.segment[0].execute && !image.segment[0].write);
	assert_true(!image.segment[1].execute && !image.segment[1].write);
	assert_true(!image.segment[2].execute && image.segment[2].write);

	memory = calloc(1, image.span);
	assert_non_null(memory);
	remora_image_copy(&image, memory);
	assert_memory_equal(memory, f.text, TEXT_BYTES);
	assert_memory_equal(memory + 0x3000, f.data, DATA_BYTES);
	for (i = TEXT_BYTES; i < 0x1000; i++)
		assert_int_equal(memory[i], 0);
	for (i = 0x3000 + DATA_BYTES; i < image.span; i++)
		assert_int_equal(memory[i], 0);
	free(memory);
}

struct mutation {
	const char *what;
	size_t offset;
	size_t bytes;
	uint64_t value;
	enum remora_reason reason;
};

#define E(field) offsetof(struct file, e.field), sizeof(((struct file *)0)->e.field)
#define P(i, field) \
	offsetof(struct file, p) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field), \
		sizeof(((Elf64_Phdr *)0)->field)
#define N(field) offsetof(struct file, note.field), sizeof(((struct file *)0)->note.field)

static const struct mutation mutations[] = {
	{ "magic", offsetof(struct file, e.e_ident), 1, 0x7e, REMORA_R_IMAGE_NOT_ELF },
	{ "class", offsetof(struct file, e.e_ident) + EI_CLASS, 1, ELFCLASS32,
	  REMORA_R_IMAGE_NOT_ELF },
	{ "byte order", offsetof(struct file, e.e_ident) + EI_DATA, 1, ELFDATA2MSB,
	  REMORA_R_IMAGE_NOT_ELF },
	{ "ident version", offsetof(struct file, e.e_ident) + EI_VERSION, 1, 2,
	  REMORA_R_IMAGE_NOT_ELF },
	{ "version", E(e_version), 2, REMORA_R_IMAGE_NOT_ELF },
	{ "machine", E(e_machine), EM_386, REMORA_R_IMAGE_NOT_ELF },
	{ "shared object", E(e_type), ET_DYN, REMORA_R_IMAGE_DYNAMIC },
	{ "relocatable", E(e_type), ET_REL, REMORA_R_IMAGE_NOT_ELF },
	{ "header size", E(e_ehsize), 63, REMORA_R_IMAGE_NOT_ELF },
	{ "program header size", E(e_phentsize), 55, REMORA_R_IMAGE_NOT_ELF },
	{ "no program headers", E(e_phnum), 0, REMORA_R_IMAGE_LAYOUT },
	{ "very many program headers", E(e_phnum), 0xffff, REMORA_R_IMAGE_LAYOUT },
	{ "more program headers than file", E(e_phnum), 60, REMORA_R_IMAGE_TRUNCATED },
	{ "program headers past the end", E(e_phoff), sizeof(struct file),
	  REMORA_R_IMAGE_TRUNCATED },
	{ "program headers that wrap", E(e_phoff), ~0ull, REMORA_R_IMAGE_TRUNCATED },
	{ "interpreter", P(SEG_RODATA, p_type), PT_INTERP, REMORA_R_IMAGE_DYNAMIC },
	{ "dynamic", P(SEG_RODATA, p_type), PT_DYNAMIC, REMORA_R_IMAGE_DYNAMIC },
	{ "no note segment", P(SEG_NOTE, p_type), PT_NULL, REMORA_R_IMAGE_NO_NOTE },
	{ "notes past the end", P(SEG_NOTE, p_offset), sizeof(struct file),
	  REMORA_R_IMAGE_TRUNCATED },
	{ "notes that wrap", P(SEG_NOTE, p_offset), ~0ull - 8, REMORA_R_IMAGE_TRUNCATED },
	{ "notes longer than the file", P(SEG_NOTE, p_filesz), 1u << 20,
	  REMORA_R_IMAGE_TRUNCATED },
	{ "notes without room", P(SEG_NOTE, p_filesz), 4, REMORA_R_IMAGE_NO_NOTE },
	{ "note cut", P(SEG_NOTE, p_filesz), sizeof(struct note) - 1, REMORA_R_IMAGE_TRUNCATED },
	{ "note's name size", N(header.n_namesz), 6, REMORA_R_IMAGE_NO_NOTE },
	{ "note's name size wraps", N(header.n_namesz), 0xffffffff, REMORA_R_IMAGE_TRUNCATED },
	{ "note's name", N(name[0]), 'r', REMORA_R_IMAGE_NO_NOTE },
	{ "note's type", N(header.n_type), 2, REMORA_R_IMAGE_NO_NOTE },
	{ "note's size", N(header.n_descsz), 12, REMORA_R_IMAGE_NO_NOTE },
	{ "note's size wraps", N(header.n_descsz), 0xffffffff, REMORA_R_IMAGE_TRUNCATED },
	{ "note's magic", N(image.magic), 1, REMORA_R_IMAGE_NO_NOTE },
	{ "note's revision", N(image.revision), ABI_REVISION + 1, REMORA_R_IMAGE_REVISION },
	{ "note's own size", N(image.size), 24, REMORA_R_IMAGE_REVISION },
	{ "va unaligned", P(SEG_DATA, p_vaddr), ABI_IMAGE_VA + 0x3001, REMORA_R_IMAGE_LAYOUT },
	{ "va low", P(SEG_TEXT, p_vaddr), 0x400000, REMORA_R_IMAGE_LAYOUT },
	{ "va just below", P(SEG_TEXT, p_vaddr), ABI_IMAGE_VA - 0x1000, REMORA_R_IMAGE_LAYOUT },
	{ "va above", P(SEG_DATA, p_vaddr), ABI_IMAGE_VA + ABI_IMAGE_SIZE_MAX,
	  REMORA_R_IMAGE_LAYOUT },
	{ "va at the top", P(SEG_DATA, p_vaddr), ~0ull - 0xfff, REMORA_R_IMAGE_LAYOUT },
	{ "overlap", P(SEG_RODATA, p_vaddr), ABI_IMAGE_VA, REMORA_R_IMAGE_LAYOUT },
	{ "descending", P(SEG_TEXT, p_vaddr), ABI_IMAGE_VA + 0x8000, REMORA_R_IMAGE_LAYOUT },
	{ "overlap by length", P(SEG_TEXT, p_memsz), 0x1001, REMORA_R_IMAGE_LAYOUT },
	{ "empty segment", P(SEG_DATA, p_memsz), 0, REMORA_R_IMAGE_LAYOUT },
	{ "file larger than memory", P(SEG_RODATA, p_filesz), 32, REMORA_R_IMAGE_LAYOUT },
	{ "span too large", P(SEG_DATA, p_memsz), ABI_IMAGE_SIZE_MAX, REMORA_R_IMAGE_TOO_LARGE },
	{ "size wraps", P(SEG_DATA, p_memsz), ~0ull, REMORA_R_IMAGE_TOO_LARGE },
	{ "segment past the end", P(SEG_DATA, p_offset), sizeof(struct file) - DATA_BYTES + 1,
	  REMORA_R_IMAGE_TRUNCATED },
	{ "segment that wraps", P(SEG_DATA, p_offset), ~0ull - 4, REMORA_R_IMAGE_TRUNCATED },
	{ "writable text", P(SEG_TEXT, p_flags), PF_R | PF_W | PF_X, REMORA_R_IMAGE_RIGHTS },
	{ "executable data", P(SEG_DATA, p_flags), PF_R | PF_W | PF_X, REMORA_R_IMAGE_RIGHTS },
	{ "no executable segment", P(SEG_TEXT, p_flags), PF_R, REMORA_R_IMAGE_ENTRY },
	{ "entry below", E(e_entry), ABI_IMAGE_VA - 1, REMORA_R_IMAGE_ENTRY },
	{ "entry past the text", E(e_entry), ABI_IMAGE_VA + TEXT_BYTES, REMORA_R_IMAGE_ENTRY },
	{ "entry in data", E(e_entry), ABI_IMAGE_VA + 0x3000, REMORA_R_IMAGE_ENTRY },
};

static void bad_fields(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		const struct mutation *m = &mutations[i];
		struct file f = good();
		struct remora_image image;
		struct remora_error err;

		memcpy((char *)&f + m->offset, &m->value, m->bytes);
		assert_true(parse(&f, sizeof(f), &image, &err) < 0);
		if (err.reason != (unsigned int)m->reason)
			print_message("%s: reason %u, expected %u: %s\n", m->what, err.reason,
				      m->reason, err.message);
		assert_int_equal(err.reason, m->reason);
	}
}

static void revisions_in_sentence(void **state)
{
	struct file f = good();
	struct remora_image image;
	struct remora_error err;
	char ours[32];

	f.note.image.revision = 77;
	parse(&f, sizeof(f), &image, &err);
	snprintf(ours, sizeof(ours), "for %u", ABI_REVISION);
	assert_non_null(strstr(err.message, "77"));
	assert_non_null(strstr(err.message, ours));
}

/* Segments last in the file: no shorter file is an image. */
static void every_length(void **state)
{
	struct file f = good();
	struct remora_image image;
	struct remora_error err;
	size_t bytes;

	for (bytes = 0; bytes < sizeof(f); bytes++) {
		assert_true(parse(&f, bytes, &image, &err) < 0);
		assert_int_equal(err.reason, REMORA_R_IMAGE_TRUNCATED);
	}
	assert_int_equal(parse(&f, sizeof(f), &image, &err), 0);
}

static void too_large_a_file(void **state)
{
	struct file f = good();
	struct remora_image image;
	struct remora_error err = { 0 };

	/* Refused by its length alone: the bytes are not looked at. */
	assert_true(remora_image_parse(&f, REMORA_IMAGE_FILE_MAX + 1ull, &image, &err) < 0);
	assert_int_equal(err.reason, REMORA_R_IMAGE_TOO_LARGE);
}

static void too_many_segments(void **state)
{
	struct {
		struct file f;
		Elf64_Phdr more[16];
	} __attribute__((packed)) big;
	struct remora_image image;
	struct remora_error err;
	unsigned int i, n = REMORA_SEGMENTS_MAX + 1;

	big.f = good();
	memset(big.more, 0, sizeof(big.more));
	big.f.e.e_phoff = offsetof(__typeof__(big), more);
	for (i = 0; i < n; i++)
		big.more[i] = segment(i ? PF_R : PF_R | PF_X, offsetof(struct file, text),
				      ABI_IMAGE_VA + i * 0x1000ull, TEXT_BYTES, TEXT_BYTES);
	big.more[n] = big.f.p[SEG_NOTE];
	big.f.e.e_phnum = (uint16_t)(n + 1);
	assert_true(parse(&big, sizeof(big), &image, &err) < 0);
	assert_int_equal(err.reason, REMORA_R_IMAGE_LAYOUT);

	big.more[0] = big.f.p[SEG_NOTE];
	big.more[1].p_flags = PF_R | PF_X;
	big.f.e.e_entry = big.more[1].p_vaddr;
	big.f.e.e_phnum = (uint16_t)n;
	assert_int_equal(parse(&big, sizeof(big), &image, &err), 0);
	assert_int_equal(image.count, REMORA_SEGMENTS_MAX);
}

/* Other notes before ours, and padding of the last one missing. */
static void notes_in_a_row(void **state)
{
	struct {
		struct file f;
		Elf64_Nhdr other;
		char name[4];
		char text[8];
		struct note ours;
	} __attribute__((packed)) big;
	struct remora_image image;
	struct remora_error err;

	memset(&big, 0, sizeof(big));
	big.f = good();
	big.ours = big.f.note;
	big.other.n_namesz = 4;
	big.other.n_descsz = 5;
	big.other.n_type = 5;
	memcpy(big.name, "GNU", 4);
	big.f.p[SEG_NOTE].p_offset = offsetof(__typeof__(big), other);
	big.f.p[SEG_NOTE].p_filesz = sizeof(big) - sizeof(big.f);
	assert_int_equal(parse(&big, sizeof(big), &image, &err), 0);

	big.f.p[SEG_NOTE].p_filesz = sizeof(big.other) + sizeof(big.name) + 5;
	assert_true(parse(&big, sizeof(big), &image, &err) < 0);
	assert_int_equal(err.reason, REMORA_R_IMAGE_NO_NOTE);
}

static void random_bytes(void **state)
{
	uint64_t seed = 20091011;
	unsigned int i, good_ones = 0;

	for (i = 0; i < ROUNDS; i++) {
		struct file f = good();
		struct remora_image image;
		struct remora_error err;
		uint64_t r = unit_random(&seed);
		unsigned int flips = 1 + r % 4;

		while (flips--) {
			r = unit_random(&seed);
			/* Three of four hit the headers, where it matters. */
			((unsigned char *)&f)[r % ((r >> 60) & 3 ? offsetof(struct file, text) :
								   sizeof(f))] ^=
				(unsigned char)(1 + (r >> 32) % 255);
		}
		if (!parse(&f, sizeof(f), &image, &err))
			good_ones++;
	}
	/* Both happen: bytes that matter and bytes that do not. */
	assert_true(good_ones > ROUNDS / 100);
	assert_true(good_ones < ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_image),
		cmocka_unit_test(bad_fields),
		cmocka_unit_test(revisions_in_sentence),
		cmocka_unit_test(every_length),
		cmocka_unit_test(too_large_a_file),
		cmocka_unit_test(too_many_segments),
		cmocka_unit_test(notes_in_a_row),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
