// SPDX-License-Identifier: GPL-2.0-only
/* Only what a loader needs of the format: System V ABI, chapters 4 and 5. */
#include <base/string.h>

#include <abi/layout.h>
#include <elf64.h>
#include <urpc/types.h>

#define TYPE_EXECUTABLE 2
#define MACHINE_X86_64 62
#define SEGMENT_LOAD 1u
#define SEGMENT_DYNAMIC 2u
#define SEGMENT_INTERPRETER 3u
#define SEGMENTS_MAX 16u

struct header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, segments, sections;
	uint32_t flags;
	uint16_t header_bytes, segment_bytes, segment_count;
	uint16_t section_bytes, section_count, names;
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_bytes, memory_bytes, align;
};

URPC_STATIC_ASSERT(sizeof(struct header) == 64, "ELF header");
URPC_STATIC_ASSERT(sizeof(struct program_header) == 56, "ELF program header");

static struct header header_of(const void *image)
{
	struct header h;

	memcpy(&h, image, sizeof(h));
	return h;
}

static struct program_header program_header_of(const void *image, uint32_t n)
{
	uint64_t at = header_of(image).segments + n * sizeof(struct program_header);
	struct program_header p;

	memcpy(&p, (const char *)image + at, sizeof(p));
	return p;
}

static const char *check_header(const struct header *h, uint64_t bytes)
{
	static const uint8_t ident[7] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	if (memcmp(h->ident, ident, sizeof(ident)))
		return "not a 64-bit little-endian ELF file";
	if (h->machine != MACHINE_X86_64)
		return "for another machine";
	if (h->type != TYPE_EXECUTABLE)
		return "not a static executable";
	if (h->segment_bytes != sizeof(struct program_header) || !h->segment_count ||
	    h->segment_count > SEGMENTS_MAX || h->segments > bytes ||
	    h->segment_count * sizeof(struct program_header) > bytes - h->segments)
		return "bad program headers";
	return NULL;
}

static const char *check_segment(const struct program_header *p, uint64_t bytes, uint64_t limit)
{
	if (p->type == SEGMENT_DYNAMIC || p->type == SEGMENT_INTERPRETER)
		return "dynamically linked";
	if (p->type != SEGMENT_LOAD)
		return NULL;
	if (p->file_bytes > p->memory_bytes || p->offset > bytes || p->file_bytes > bytes - p->offset)
		return "a segment is cut off";
	if (p->address < ABI_PAGE_SIZE || p->address >= limit || p->memory_bytes > limit - p->address)
		return "a segment lies outside of ring 3's addresses";
	if (p->flags & ELF64_WRITE && p->flags & ELF64_EXECUTE)
		return "a segment is writable and executable";
	return NULL;
}

const char *elf64_check(const void *image, uint64_t bytes, uint64_t limit)
{
	struct header h;
	const char *error;

	if (bytes < sizeof(h))
		return "not a 64-bit little-endian ELF file";
	h = header_of(image);
	error = check_header(&h, bytes);
	for (uint32_t i = 0; !error && i < h.segment_count; i++) {
		struct program_header p = program_header_of(image, i);

		error = check_segment(&p, bytes, limit);
	}
	if (!error && (!h.entry || h.entry >= limit))
		error = "bad entry point";
	return error;
}

bool elf64_segment(const void *image, uint32_t n, struct elf64_segment *segment)
{
	uint32_t count = header_of(image).segment_count;

	for (uint32_t i = 0; i < count; i++) {
		struct program_header p = program_header_of(image, i);

		if (p.type != SEGMENT_LOAD || n--)
			continue;
		*segment = (struct elf64_segment){ p.address, p.memory_bytes, p.offset, p.file_bytes,
						   p.flags & (ELF64_WRITE | ELF64_EXECUTE) };
		return true;
	}
	return false;
}

uint64_t elf64_entry(const void *image)
{
	return header_of(image).entry;
}
