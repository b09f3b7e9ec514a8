// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Only what a loader needs of the format: System V ABI, chapters 4 and 5. */
#include <base/elf64.h>
#include <base/string.h>

#define TYPE_EXECUTABLE 2
#define MACHINE_X86_64 62
#define SEGMENT_LOAD 1u
#define SEGMENT_DYNAMIC 2u
#define SEGMENT_INTERPRETER 3u
#define SEGMENT_TLS 7u
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

_Static_assert(sizeof(struct header) == 64, "ELF header");
_Static_assert(sizeof(struct program_header) == 56, "ELF program header");

static struct header header_of(const void *head)
{
	struct header h;

	memcpy(&h, head, sizeof(h));
	return h;
}

static struct program_header program_header_of(const void *head, uint32_t n)
{
	uint64_t at = header_of(head).segments + n * sizeof(struct program_header);
	struct program_header p;

	memcpy(&p, (const char *)head + at, sizeof(p));
	return p;
}

static struct elf64_segment segment_of(const struct program_header *p)
{
	return (struct elf64_segment){
		.address = p->address,
		.memory_bytes = p->memory_bytes,
		.offset = p->offset,
		.file_bytes = p->file_bytes,
		.align = p->align,
		.flags = p->flags & (ELF64_WRITE | ELF64_EXECUTE),
	};
}

/* The @n-th program header of a type. */
static bool find(const void *head, uint32_t type, uint32_t n, struct elf64_segment *segment)
{
	uint32_t count = header_of(head).segment_count;

	for (uint32_t i = 0; i < count; i++) {
		struct program_header p = program_header_of(head, i);

		if (p.type != type || n--)
			continue;
		*segment = segment_of(&p);
		return true;
	}
	return false;
}

static const char *check_header(const struct header *h, uint64_t head_bytes, uint64_t bytes)
{
	static const uint8_t ident[7] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	uint64_t table = (uint64_t)h->segment_count * sizeof(struct program_header);

	if (memcmp(h->ident, ident, 4))
		return "not an ELF file";
	if (memcmp(h->ident, ident, sizeof(ident)))
		return "not a 64-bit little-endian ELF file";
	if (h->machine != MACHINE_X86_64)
		return "for another machine, x86-64 was expected";
	if (h->segment_bytes != sizeof(struct program_header) || !h->segment_count ||
	    h->segment_count > SEGMENTS_MAX || h->segments > bytes || table > bytes - h->segments)
		return "bad program headers: 1 to 16 inside the file were expected";
	if (h->segments > head_bytes || table > head_bytes - h->segments)
		return "bad program headers: they were expected at the file's beginning";
	return NULL;
}

/* Why it was not linked as a program must be. */
static const char *check_link(const void *head)
{
	struct elf64_segment s;

	if (find(head, SEGMENT_INTERPRETER, 0, &s))
		return "dynamically linked, a static executable was expected";
	if (header_of(head).type != TYPE_EXECUTABLE)
		return "not a static executable with fixed addresses (-static -no-pie)";
	if (find(head, SEGMENT_DYNAMIC, 0, &s))
		return "dynamically linked, a static executable was expected";
	return NULL;
}

static const char *check_segment(const struct elf64_segment *s, const struct elf64_file *f)
{
	if (s->file_bytes > s->memory_bytes || s->offset > f->bytes ||
	    s->file_bytes > f->bytes - s->offset)
		return "a segment is cut off: the file is too short";
	if (s->address < f->first || s->address >= f->limit ||
	    s->memory_bytes > f->limit - s->address)
		return "a segment lies outside of the addresses for programs";
	if (s->flags & ELF64_WRITE && s->flags & ELF64_EXECUTE)
		return "a segment is writable and executable";
	return NULL;
}

/* Each page belongs to one segment, or its rights would not be those of all. */
static const char *check_segments(const struct elf64_file *f)
{
	struct elf64_segment s;
	uint64_t end = 0;
	uint32_t n;

	for (n = 0; elf64_segment(f->head, n, &s); n++) {
		const char *error = check_segment(&s, f);

		if (error)
			return error;
		if (s.address < end)
			return "segments overlap, or are not in ascending order";
		if (end && s.address / ELF64_PAGE <= (end - 1) / ELF64_PAGE)
			return "two segments share a page";
		end = s.address + s.memory_bytes;
	}
	return n ? NULL : "no segment to load";
}

static bool inside(const void *head, uint64_t address, uint64_t bytes, uint32_t flags)
{
	struct elf64_segment s;

	for (uint32_t n = 0; elf64_segment(head, n, &s); n++) {
		if ((s.flags & flags) == flags && address >= s.address &&
		    address - s.address <= s.memory_bytes &&
		    bytes <= s.memory_bytes - (address - s.address))
			return true;
	}
	return false;
}

static const char *check_tls(const struct elf64_file *f)
{
	struct elf64_segment s;

	if (!elf64_tls(f->head, &s))
		return NULL;
	if (s.file_bytes > s.memory_bytes || s.memory_bytes > f->limit ||
	    !inside(f->head, s.address, s.file_bytes, 0) || s.align > ELF64_PAGE ||
	    (s.align & (s.align - 1)))
		return "bad template of thread-local storage";
	return NULL;
}

const char *elf64_check(const struct elf64_file *f)
{
	const char *error;
	struct header h;

	if (f->head_bytes < sizeof(h))
		return f->head_bytes < 4 || memcmp(f->head, "\177ELF", 4) ?
			       "not an ELF file" : "cut off within the ELF header";
	h = header_of(f->head);
	error = check_header(&h, f->head_bytes, f->bytes);
	if (!error)
		error = check_link(f->head);
	if (!error)
		error = check_segments(f);
	if (!error)
		error = check_tls(f);
	if (!error && !inside(f->head, h.entry, 1, ELF64_EXECUTE))
		error = "the entry point lies outside of the executable segments";
	return error;
}

bool elf64_segment(const void *head, uint32_t n, struct elf64_segment *segment)
{
	return find(head, SEGMENT_LOAD, n, segment);
}

bool elf64_tls(const void *head, struct elf64_segment *segment)
{
	/* A link script may ask for the segment where there is nothing to put into it. */
	return find(head, SEGMENT_TLS, 0, segment) && segment->memory_bytes;
}

uint64_t elf64_entry(const void *head)
{
	return header_of(head).entry;
}

uint64_t elf64_headers(const void *head, uint32_t *count)
{
	struct header h = header_of(head);
	uint64_t bytes = (uint64_t)h.segment_count * sizeof(struct program_header);
	struct elf64_segment s;

	*count = 0;
	for (uint32_t n = 0; elf64_segment(head, n, &s); n++) {
		if (h.segments < s.offset || h.segments - s.offset > s.file_bytes ||
		    bytes > s.file_bytes - (h.segments - s.offset))
			continue;
		*count = h.segment_count;
		return s.address + (h.segments - s.offset);
	}
	return 0;
}
