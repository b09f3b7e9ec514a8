// SPDX-License-Identifier: GPL-2.0-only
/* Writes a small good image to the file named: where the fuzzer of images begins. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <linux/elf.h>

#include <abi/image.h>
#include <abi/layout.h>

#define BYTES 64

static struct {
	Elf64_Ehdr e;
	Elf64_Phdr p[3];
	Elf64_Nhdr n;
	char name[8];
	struct abi_image_note note;
	unsigned char text[BYTES];
	unsigned char data[BYTES];
} __attribute__((packed)) f;

static Elf64_Phdr segment(unsigned int flags, size_t offset, Elf64_Addr at, size_t memory)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = flags, .p_offset = offset, .p_vaddr = at,
		.p_paddr = at, .p_filesz = BYTES, .p_memsz = memory, .p_align = ABI_PAGE_SIZE,
	};
}

int main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "wb") : NULL;

	f.e = (Elf64_Ehdr){
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_entry = ABI_IMAGE_VA + 16, .e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3,
	};
	memcpy(f.e.e_ident, ELFMAG "\2\1\1", SELFMAG + 3);
	f.p[0] = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = sizeof(f.e) + sizeof(f.p), .p_align = 4,
		.p_filesz = sizeof(f.n) + sizeof(f.name) + sizeof(f.note),
	};
	f.p[1] = segment(PF_R | PF_X, offsetof(__typeof__(f), text), ABI_IMAGE_VA, BYTES);
	f.p[2] = segment(PF_R | PF_W, offsetof(__typeof__(f), data), ABI_IMAGE_VA + 0x1000, 5000);
	f.n = (Elf64_Nhdr){ sizeof(ABI_NOTE_NAME), sizeof(f.note), ABI_NOTE_IMAGE };
	memcpy(f.name, ABI_NOTE_NAME, sizeof(ABI_NOTE_NAME));
	f.note.magic = ABI_MAGIC;
	f.note.revision = ABI_REVISION;
	f.note.size = sizeof(f.note);
	return !file || fwrite(&f, sizeof(f), 1, file) != 1 || fclose(file);
}
