// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* A first look at a program's file, in the words of the core that would refuse it. */
#include <elf.h>
#include <string.h>

#include "private.h"

#define HEADERS_MAX 16

/* ELF note of the run-time library that remora-cc links: abi/domain.h */
#define NOTE_NAME "Remora"
#define NOTE_TYPE 1
#define NOTE_REVISION 2

struct note {
	Elf64_Nhdr head;
	char name[(sizeof(NOTE_NAME) + 3) & ~3];
	uint32_t revision;
};

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

static bool is_ours(const struct note *note)
{
	return note->head.n_namesz == sizeof(NOTE_NAME) && note->head.n_type == NOTE_TYPE &&
	       note->head.n_descsz == sizeof(note->revision) &&
	       !memcmp(note->name, NOTE_NAME, sizeof(NOTE_NAME));
}

/* Is there the note of a program, among those of a segment that lies in the file? */
static bool find_note(const char *file, size_t bytes, const Elf64_Phdr *p, struct note *note)
{
	size_t left = p->p_filesz;

	if (p->p_type != PT_NOTE || p->p_offset > bytes || left > bytes - p->p_offset)
		return false;
	file += p->p_offset;
	while (left >= sizeof(*note)) {
		size_t align = p->p_align == 8 ? 7 : 3, whole;

		memcpy(note, file, sizeof(*note));
		if (is_ours(note))
			return true;
		whole = sizeof(note->head) + (((size_t)note->head.n_namesz + align) & ~align) +
			(((size_t)note->head.n_descsz + align) & ~align);
		if (whole > left)
			return false;
		file += whole;
		left -= whole;
	}
	return false;
}

static const char *check_link(bool interpreter, bool dynamic, unsigned int type)
{
	if (interpreter)
		return "dynamically linked, a static executable was expected";
	if (type != ET_EXEC)
		return "not a static executable with fixed addresses (-static -no-pie)";
	return dynamic ? "dynamically linked, a static executable was expected" : NULL;
}

REMORA_API const char *remora_program_check(const void *file, size_t bytes)
{
	bool interpreter = false, dynamic = false, noted = false;
	struct note note = { .revision = 0 };
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
		noted = noted || find_note(file, bytes, &p, &note);
	}
	if (!wrong)
		wrong = check_link(interpreter, dynamic, h.e_type);
	if (!wrong && !noted)
		wrong = "a program for Linux, one that remora-cc has linked was expected";
	if (!wrong && note.revision != NOTE_REVISION)
		wrong = "of another version of Remora, it has to be compiled again with this one's remora-cc";
	return wrong;
}
