// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* A first look at a program's file, in the words of the core that would refuse it. */
#include <elf.h>
#include <string.h>

#include "private.h"

#define HEADERS_MAX 16

static const char *check_header(const Elf64_Ehdr *h, size_t bytes)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return "not an ELF file";
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_ident[EI_VERSION] != EV_CURRENT)
		return "not a 64-bit little-endian ELF file";
	if (h->e_machine != EM_X86_64)
		return "for another machine, x86-64 was expected";
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum || h->e_phnum > HEADERS_MAX ||
	    h->e_phoff > bytes || h->e_phnum * sizeof(Elf64_Phdr) > bytes - h->e_phoff)
		return "bad program headers: 1 to 16 inside the file were expected";
	return NULL;
}

REMORA_API const char *remora_program_check(const void *file, size_t bytes)
{
	bool interpreter = false, dynamic = false;
	const char *wrong;
	Elf64_Ehdr h;

	if (bytes < sizeof(h))
		return bytes < SELFMAG || memcmp(file, ELFMAG, SELFMAG) ?
			       "not an ELF file" : "cut off within the ELF header";
	memcpy(&h, file, sizeof(h));
	wrong = check_header(&h, bytes);
	for (unsigned int i = 0; !wrong && i < h.e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, (const char *)file + h.e_phoff + i * sizeof(p), sizeof(p));
		interpreter |= p.p_type == PT_INTERP;
		dynamic |= p.p_type == PT_DYNAMIC;
	}
	if (wrong)
		return wrong;
	if (interpreter)
		return "dynamically linked, a static executable was expected";
	if (h.e_type != ET_EXEC)
		return "not a static executable with fixed addresses (-static -no-pie)";
	return dynamic ? "dynamically linked, a static executable was expected" : NULL;
}
