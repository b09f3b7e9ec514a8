// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: an ELF file that nobody vouches for. Pure; also built into host tests.
 *
 * Every read of the file goes through image_read(), which checks the range against the file's
 * length and copies, so that neither alignment nor arithmetic of the file's numbers matters. Sums
 * of two numbers from the file are never formed before one of them was bounded.
 */
#include "pure.h"

#include <linux/elf.h>

#include <abi/image.h>
#include <abi/layout.h>
#include "image.h"

#define IMAGE_HEADERS_MAX 64u /* program headers looked at */
#define IMAGE_NOTES_MAX 64u   /* notes looked at in one segment */

/* An image file while it is checked. */
struct image_file {
	const u8 *data;
	__u64 bytes;
	struct remora_error *err;
};

static bool image_range_ok(const struct image_file *f, __u64 offset, __u64 bytes)
{
	return offset <= f->bytes && bytes <= f->bytes - offset;
}

/* Copies bytes out of the file; @what is for the sentence. */
static int image_read(const struct image_file *f, __u64 offset, void *to, size_t bytes,
		      const char *what)
{
	if (!image_range_ok(f, offset, bytes))
		return remora_fail(f->err, REMORA_R_IMAGE_TRUNCATED,
				   "the image has %llu bytes and ends before the %s at offset %llu",
				   f->bytes, what, offset);
	memcpy(to, f->data + offset, bytes);
	return 0;
}

static int image_check_ident(const struct image_file *f, const Elf64_Ehdr *h)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return remora_fail(f->err, REMORA_R_IMAGE_NOT_ELF,
				   "the image does not begin with the ELF magic");
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_ident[EI_VERSION] != EV_CURRENT || h->e_version != EV_CURRENT)
		return remora_fail(f->err, REMORA_R_IMAGE_NOT_ELF,
				   "the image is not a little-endian ELF64 file of version 1");
	if (h->e_machine != EM_X86_64)
		return remora_fail(f->err, REMORA_R_IMAGE_NOT_ELF,
				   "the image is for ELF machine %u; expected %u, x86-64",
				   h->e_machine, EM_X86_64);
	if (h->e_type == ET_DYN)
		return remora_fail(f->err, REMORA_R_IMAGE_DYNAMIC,
				   "the image is position-independent (ET_DYN); link it static, with -no-pie");
	if (h->e_type != ET_EXEC)
		return remora_fail(f->err, REMORA_R_IMAGE_NOT_ELF,
				   "the image has ELF type %u; expected %u, an executable", h->e_type,
				   ET_EXEC);
	return 0;
}

static int image_read_header(const struct image_file *f, Elf64_Ehdr *h)
{
	int ret = image_read(f, 0, h, sizeof(*h), "ELF header");

	if (!ret)
		ret = image_check_ident(f, h);
	if (ret)
		return ret;
	if (h->e_ehsize != sizeof(Elf64_Ehdr) || h->e_phentsize != sizeof(Elf64_Phdr))
		return remora_fail(f->err, REMORA_R_IMAGE_NOT_ELF,
				   "the image's headers have %u and %u bytes; expected %u and %u",
				   h->e_ehsize, h->e_phentsize, (unsigned int)sizeof(Elf64_Ehdr),
				   (unsigned int)sizeof(Elf64_Phdr));
	if (!h->e_phnum || h->e_phnum > IMAGE_HEADERS_MAX)
		return remora_fail(f->err, REMORA_R_IMAGE_LAYOUT,
				   "the image has %u program headers; expected 1 to %u", h->e_phnum,
				   IMAGE_HEADERS_MAX);
	if (!image_range_ok(f, h->e_phoff, (__u64)h->e_phnum * sizeof(Elf64_Phdr)))
		return remora_fail(f->err, REMORA_R_IMAGE_TRUNCATED,
				   "the image has %llu bytes and ends before the %u program headers at offset %llu",
				   f->bytes, h->e_phnum, (__u64)h->e_phoff);
	return 0;
}

static int image_read_phdr(const struct image_file *f, const Elf64_Ehdr *h, unsigned int i,
			   Elf64_Phdr *p)
{
	return image_read(f, h->e_phoff + (__u64)i * sizeof(*p), p, sizeof(*p), "program header");
}

static int image_check_note(const struct image_file *f, __u64 offset, __u64 bytes)
{
	struct abi_image_note note;
	int ret;

	if (bytes < sizeof(note))
		return remora_fail(f->err, REMORA_R_IMAGE_NO_NOTE,
				   "the image's Remora note has %llu bytes; expected %u", bytes,
				   (unsigned int)sizeof(note));
	ret = image_read(f, offset, &note, sizeof(note), "Remora note");
	if (ret)
		return ret;
	if (note.magic != ABI_MAGIC)
		return remora_fail(f->err, REMORA_R_IMAGE_NO_NOTE,
				   "the image's Remora note has magic 0x%llx; expected 0x%llx",
				   (unsigned long long)note.magic, ABI_MAGIC);
	if (note.revision != ABI_REVISION || note.size != sizeof(note))
		return remora_fail(f->err, REMORA_R_IMAGE_REVISION,
				   "the image is built for ABI revision %u (note of %u bytes), the module for %u (%u bytes)",
				   note.revision, note.size, ABI_REVISION,
				   (unsigned int)sizeof(note));
	return 0;
}

/*
 * Walks the notes of one PT_NOTE segment. Return: 1 when the Remora note was found and is good, 0
 * when it is not among them, or the errno of a bad one.
 */
static int image_scan_notes(const struct image_file *f, const Elf64_Phdr *p)
{
	const __u64 align = p->p_align == 8 ? 8 : 4;
	__u64 offset = p->p_offset, left = p->p_filesz;
	unsigned int i;

	if (!image_range_ok(f, offset, left))
		return remora_fail(f->err, REMORA_R_IMAGE_TRUNCATED,
				   "the image has %llu bytes and ends before its notes at offset %llu",
				   f->bytes, offset);

	for (i = 0; i < IMAGE_NOTES_MAX && left >= sizeof(Elf64_Nhdr); i++) {
		char name[sizeof(ABI_NOTE_NAME)] = "";
		__u64 name_room, desc_room;
		Elf64_Nhdr n;
		int ret = image_read(f, offset, &n, sizeof(n), "note");

		if (ret)
			return ret;
		offset += sizeof(n);
		left -= sizeof(n);
		/* 32-bit sizes in 64-bit arithmetic: the sums cannot wrap. */
		name_room = ((__u64)n.n_namesz + align - 1) & ~(align - 1);
		desc_room = ((__u64)n.n_descsz + align - 1) & ~(align - 1);
		if (name_room > left || n.n_descsz > left - name_room)
			return remora_fail(f->err, REMORA_R_IMAGE_TRUNCATED,
					   "a note of the image is longer than its segment");
		if (n.n_namesz == sizeof(name))
			memcpy(name, f->data + offset, sizeof(name));
		if (n.n_type == ABI_NOTE_IMAGE && !memcmp(name, ABI_NOTE_NAME, sizeof(name))) {
			ret = image_check_note(f, offset + name_room, n.n_descsz);
			return ret ? ret : 1;
		}
		/* The last note's padding may be missing. */
		if (desc_room > left - name_room)
			break;
		offset += name_room + desc_room;
		left -= name_room + desc_room;
	}
	return 0;
}

/* First pass: what kind of image is this? Its revision decides before its layout does. */
static int image_check_kind(const struct image_file *f, const Elf64_Ehdr *h)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p;
		int ret = image_read_phdr(f, h, i, &p);

		if (ret)
			return ret;
		if (p.p_type == PT_INTERP || p.p_type == PT_DYNAMIC)
			return remora_fail(f->err, REMORA_R_IMAGE_DYNAMIC,
					   "program header %u makes the image dynamically linked; link it static",
					   i);
		if (p.p_type != PT_NOTE || found)
			continue;
		ret = image_scan_notes(f, &p);
		if (ret < 0)
			return ret;
		found = ret > 0;
	}
	if (!found)
		return remora_fail(f->err, REMORA_R_IMAGE_NO_NOTE,
				   "the image has no note of name \"%s\" and type %u", ABI_NOTE_NAME,
				   ABI_NOTE_IMAGE);
	return 0;
}

/* Is [va, va + bytes) inside the room for images, page-aligned, and not below @floor? */
static int image_check_place(const struct image_file *f, unsigned int i, const Elf64_Phdr *p,
			     __u64 floor)
{
	if (p->p_vaddr % ABI_PAGE_SIZE)
		return remora_fail(f->err, REMORA_R_IMAGE_LAYOUT,
				   "segment %u is linked at 0x%llx, which is not a multiple of %lu", i,
				   (__u64)p->p_vaddr, ABI_PAGE_SIZE);
	if (p->p_vaddr < ABI_IMAGE_VA || p->p_vaddr - ABI_IMAGE_VA >= ABI_IMAGE_SIZE_MAX)
		return remora_fail(f->err, REMORA_R_IMAGE_LAYOUT,
				   "segment %u is linked at 0x%llx; expected 0x%lx or up to %lu MiB above",
				   i, (__u64)p->p_vaddr, ABI_IMAGE_VA, ABI_IMAGE_SIZE_MAX >> 20);
	if (!p->p_memsz || p->p_filesz > p->p_memsz)
		return remora_fail(f->err, REMORA_R_IMAGE_LAYOUT,
				   "segment %u has %llu bytes in the file for %llu in memory", i,
				   (__u64)p->p_filesz, (__u64)p->p_memsz);
	if (p->p_memsz > ABI_IMAGE_SIZE_MAX - (p->p_vaddr - ABI_IMAGE_VA))
		return remora_fail(f->err, REMORA_R_IMAGE_TOO_LARGE,
				   "segment %u reaches 0x%llx bytes past its place; an image spans at most %lu MiB",
				   i, (__u64)p->p_memsz, ABI_IMAGE_SIZE_MAX >> 20);
	if (p->p_vaddr < floor)
		return remora_fail(f->err, REMORA_R_IMAGE_LAYOUT,
				   "segment %u at 0x%llx overlaps the one before it, or segments are not ascending",
				   i, (__u64)p->p_vaddr);
	return 0;
}

static int image_add_segment(const struct image_file *f, struct remora_image *image,
			     unsigned int i, const Elf64_Phdr *p)
{
	struct remora_segment *s = &image->segment[image->count];
	int ret = image_check_place(f, i, p, ABI_IMAGE_VA + image->span);

	if (ret)
		return ret;
	if (!image_range_ok(f, p->p_offset, p->p_filesz))
		return remora_fail(f->err, REMORA_R_IMAGE_TRUNCATED,
				   "the image has %llu bytes and ends before segment %u's %llu at offset %llu",
				   f->bytes, i, (__u64)p->p_filesz, (__u64)p->p_offset);
	if ((p->p_flags & PF_W) && (p->p_flags & PF_X))
		return remora_fail(f->err, REMORA_R_IMAGE_RIGHTS,
				   "segment %u at 0x%llx is writable and executable", i,
				   (__u64)p->p_vaddr);
	if (image->count == REMORA_SEGMENTS_MAX)
		return remora_fail(f->err, REMORA_R_IMAGE_LAYOUT,
				   "the image has more than %u segments to load",
				   REMORA_SEGMENTS_MAX);

	s->va = p->p_vaddr;
	s->file_offset = p->p_offset;
	s->file_bytes = p->p_filesz;
	s->bytes = (p->p_memsz + ABI_PAGE_SIZE - 1) & ~(__u64)(ABI_PAGE_SIZE - 1);
	s->write = p->p_flags & PF_W;
	s->execute = p->p_flags & PF_X;
	image->span = s->va + s->bytes - ABI_IMAGE_VA;
	image->count++;
	return 0;
}

/* The entry point must be inside the bytes that come from the file: zeroes are no program. */
static int image_check_entry(const struct image_file *f, const struct remora_image *image)
{
	unsigned int i;

	for (i = 0; i < image->count; i++) {
		const struct remora_segment *s = &image->segment[i];

		if (s->execute && image->entry >= s->va && image->entry - s->va < s->file_bytes)
			return 0;
	}
	return remora_fail(f->err, REMORA_R_IMAGE_ENTRY,
			   "the image's entry point 0x%llx is in no executable segment",
			   image->entry);
}

int remora_image_parse(const void *data, __u64 bytes, struct remora_image *image,
		       struct remora_error *err)
{
	const struct image_file f = { .data = data, .bytes = bytes, .err = err };
	Elf64_Ehdr h;
	unsigned int i;
	int ret;

	memset(image, 0, sizeof(*image));
	if (bytes > REMORA_IMAGE_FILE_MAX)
		return remora_fail(err, REMORA_R_IMAGE_TOO_LARGE,
				   "the image file has %llu bytes; at most %u are accepted", bytes,
				   REMORA_IMAGE_FILE_MAX);
	ret = image_read_header(&f, &h);
	if (!ret)
		ret = image_check_kind(&f, &h);
	for (i = 0; !ret && i < h.e_phnum; i++) {
		Elf64_Phdr p;

		ret = image_read_phdr(&f, &h, i, &p);
		if (!ret && p.p_type == PT_LOAD)
			ret = image_add_segment(&f, image, i, &p);
	}
	if (ret)
		return ret;
	image->entry = h.e_entry;
	ret = image_check_entry(&f, image);
	if (ret)
		return ret;
	image->data = data;
	image->bytes = bytes;
	return 0;
}

void remora_image_copy(const struct remora_image *image, void *to)
{
	unsigned int i;

	for (i = 0; i < image->count; i++) {
		const struct remora_segment *s = &image->segment[i];

		memcpy((u8 *)to + (s->va - ABI_IMAGE_VA), (const u8 *)image->data + s->file_offset,
		       s->file_bytes);
	}
}
