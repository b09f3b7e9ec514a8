// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora check: the image. The module checks it field by field before it uses anything of it; here
 * only what people get wrong is looked at.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"
#include "sysfile.h"

#define DEFAULT_IMAGE "remora/cpudrv.elf"
#define NOTE_OWNER "Remora"
#define HEADERS_MAX 64
#define NOTE_MAX 4096

static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
	return offset <= INT64_MAX && pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* Does a note segment hold a note of our owner? */
static bool segment_has_note(int fd, const Elf64_Phdr *segment)
{
	char data[NOTE_MAX];
	size_t size = segment->p_filesz < NOTE_MAX ? segment->p_filesz : NOTE_MAX, at = 0;
	Elf64_Nhdr note;

	if (!read_at(fd, data, size, segment->p_offset))
		return false;
	while (size - at >= sizeof(note)) {
		uint64_t name, next;

		memcpy(&note, data + at, sizeof(note));
		name = at + sizeof(note);
		next = name + (((uint64_t)note.n_namesz + 3) & ~3ull) +
		       (((uint64_t)note.n_descsz + 3) & ~3ull);
		if (next > size)
			return false;
		if (note.n_namesz == sizeof(NOTE_OWNER) &&
		    !memcmp(data + name, NOTE_OWNER, sizeof(NOTE_OWNER)))
			return true;
		at = next;
	}
	return false;
}

static uint32_t inspect(int fd)
{
	Elf64_Phdr segment;
	Elf64_Ehdr header;
	bool note = false;

	if (!read_at(fd, &header, sizeof(header), 0))
		return REMORA_R_IMAGE_TRUNCATED;
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_machine != EM_X86_64 || header.e_type != ET_EXEC ||
	    header.e_phentsize != sizeof(segment))
		return REMORA_R_IMAGE_NOT_ELF;
	for (unsigned int i = 0; i < header.e_phnum && i < HEADERS_MAX; i++) {
		if (!read_at(fd, &segment, sizeof(segment), header.e_phoff + i * sizeof(segment)))
			return REMORA_R_IMAGE_TRUNCATED;
		if (segment.p_type == PT_INTERP || segment.p_type == PT_DYNAMIC)
			return REMORA_R_IMAGE_DYNAMIC;
		if (segment.p_type == PT_LOAD && segment.p_flags & PF_W && segment.p_flags & PF_X)
			return REMORA_R_IMAGE_RIGHTS;
		if (segment.p_type == PT_NOTE)
			note = note || segment_has_note(fd, &segment);
	}
	return note ? REMORA_R_NONE : REMORA_R_IMAGE_NO_NOTE;
}

/* The firmware loader also takes compressed files; what is in those only the module will see. */
static bool is_compressed(const char *path)
{
	char longer[SYSFILE_PATH_MAX + 8];

	for (int i = 0; i < 2; i++) {
		snprintf(longer, sizeof(longer), "%s%s", path, i ? ".zst" : ".xz");
		if (!access(longer, R_OK))
			return true;
	}
	return false;
}

void probe_image(struct probe *probe)
{
	const char *name = probe->request.create.image_name;
	char path[SYSFILE_PATH_MAX];
	uint32_t reason;
	int fd;

	if (probe->image_path)
		snprintf(path, sizeof(path), "%s", probe->image_path);
	else
		sysfile_path(path, "/lib/firmware/%s", *name ? name : DEFAULT_IMAGE);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && is_compressed(path)) {
		probe_found(probe, LEVEL_OK, "image", 0, "%s is there, compressed", path);
		return;
	}
	if (fd < 0) {
		probe_found(probe, LEVEL_FAIL, "image", REMORA_R_IMAGE_NOT_FOUND, "%s: %s", path,
			    strerror(errno));
		return;
	}
	reason = inspect(fd);
	close(fd);
	if (reason)
		probe_found(probe, LEVEL_FAIL, "image", reason, "%s: %s", path,
			    remora_reason_text(reason));
	else
		probe_found(probe, LEVEL_OK, "image", 0, "%s", path);
}
