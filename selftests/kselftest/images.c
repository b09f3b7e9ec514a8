// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images that are no images, given by descriptor: each damage has its reason, and none more than an
 * error. Then images that are well-formed and misbehave once they run.
 */
#define _GNU_SOURCE
#include <abi/boot.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "harness.h"

#define IMAGE_ROOM (1u << 20)

/** struct image - a copy of the CPU driver's image, to be damaged */
struct image {
	unsigned char *data;
	size_t bytes;
};

static Elf64_Ehdr *header(struct image *i)
{
	return (Elf64_Ehdr *)i->data;
}

static Elf64_Phdr *segment(struct image *i, unsigned int type, unsigned int nth)
{
	Elf64_Phdr *p = (Elf64_Phdr *)(i->data + header(i)->e_phoff);

	for (unsigned int n = 0; n < header(i)->e_phnum; n++, p++)
		if (p->p_type == type && !nth--)
			return p;
	abort();
}

static struct abi_image_note *note(struct image *i)
{
	/* name size, descriptor size, type, "Remora" padded to 8 */
	return (struct abi_image_note *)(i->data + segment(i, PT_NOTE, 0)->p_offset + 12 + 8);
}

/* The file's bytes behind a virtual address. */
static unsigned char *at(struct image *i, Elf64_Addr address)
{
	for (unsigned int n = 0;; n++) {
		Elf64_Phdr *p = segment(i, PT_LOAD, n);

		if (address >= p->p_vaddr && address < p->p_vaddr + p->p_filesz)
			return i->data + p->p_offset + (address - p->p_vaddr);
	}
}

static int image_open(struct image *i)
{
	unsigned char *file;
	ssize_t bytes = rt_read_file(RT_FIRMWARE, &file);

	if (bytes < 0)
		return (int)bytes;
	i->bytes = (size_t)bytes;
	i->data = calloc(1, i->bytes + IMAGE_ROOM);
	memcpy(i->data, file, i->bytes);
	free(file);
	return 0;
}

FIXTURE(image)
{
	struct image i;
	struct rt_spec s;
};

FIXTURE_VARIANT(image)
{
	void (*damage)(struct image *i);
	unsigned int reason;
	int error;
	const char *culprit;
};

#define BAD(name_, reason_, error_, culprit_)                                                      \
	FIXTURE_VARIANT_ADD(image, name_)                                                          \
	{                                                                                          \
		.damage = name_##_damage, .reason = REMORA_R_##reason_, .error = error_,           \
		.culprit = culprit_,                                                               \
	}

static void magic_damage(struct image *i)
{
	i->data[1] = 'e';
}
BAD(magic, IMAGE_NOT_ELF, ENOEXEC, "ELF");

static void elf32_damage(struct image *i)
{
	i->data[EI_CLASS] = ELFCLASS32;
}
BAD(elf32, IMAGE_NOT_ELF, ENOEXEC, "ELF64");

static void machine_damage(struct image *i)
{
	header(i)->e_machine = EM_AARCH64;
}
BAD(machine, IMAGE_NOT_ELF, ENOEXEC, "183");

static void object_damage(struct image *i)
{
	header(i)->e_type = ET_REL;
}
BAD(object, IMAGE_NOT_ELF, ENOEXEC, "type 1");

static void empty_damage(struct image *i)
{
	i->bytes = 0;
}
BAD(empty, IMAGE_TRUNCATED, ENODATA, "empty");

static void header_cut_damage(struct image *i)
{
	i->bytes = sizeof(Elf64_Ehdr) - 1;
}
BAD(header_cut, IMAGE_TRUNCATED, ENODATA, "63 bytes");

static void segment_cut_damage(struct image *i)
{
	i->bytes = segment(i, PT_LOAD, 2)->p_offset + 1;
}
BAD(segment_cut, IMAGE_TRUNCATED, ENODATA, "segment 2");

static void offset_huge_damage(struct image *i)
{
	segment(i, PT_LOAD, 0)->p_offset = ~0ull - 4095;
}
BAD(offset_huge, IMAGE_TRUNCATED, ENODATA, "segment 0");

static void headers_far_damage(struct image *i)
{
	header(i)->e_phoff = ~0ull - 8;
}
BAD(headers_far, IMAGE_TRUNCATED, ENODATA, "program headers");

static void headers_many_damage(struct image *i)
{
	header(i)->e_phnum = 0xffff;
}
BAD(headers_many, IMAGE_LAYOUT, ENOEXEC, "65535");

static void unaligned_damage(struct image *i)
{
	segment(i, PT_LOAD, 1)->p_vaddr += 8;
}
BAD(unaligned, IMAGE_LAYOUT, ENOEXEC, "segment 1");

static void low_damage(struct image *i)
{
	segment(i, PT_LOAD, 0)->p_vaddr = 0x100000;
}
BAD(low, IMAGE_LAYOUT, ENOEXEC, "0x100000");

static void high_damage(struct image *i)
{
	segment(i, PT_LOAD, 2)->p_vaddr = 0xfffffffffffff000;
}
BAD(high, IMAGE_LAYOUT, ENOEXEC, "0xfffffffffffff000");

static void overlap_damage(struct image *i)
{
	segment(i, PT_LOAD, 1)->p_vaddr = segment(i, PT_LOAD, 0)->p_vaddr;
}
BAD(overlap, IMAGE_LAYOUT, ENOEXEC, "overlaps");

static void file_larger_damage(struct image *i)
{
	segment(i, PT_LOAD, 1)->p_memsz = 16;
}
BAD(file_larger, IMAGE_LAYOUT, ENOEXEC, "16 in memory");

static void memory_huge_damage(struct image *i)
{
	segment(i, PT_LOAD, 2)->p_memsz = 1ull << 40;
}
BAD(memory_huge, IMAGE_TOO_LARGE, EFBIG, "64 MiB");

static void memory_wraps_damage(struct image *i)
{
	segment(i, PT_LOAD, 2)->p_memsz = ~0ull;
}
BAD(memory_wraps, IMAGE_TOO_LARGE, EFBIG, "64 MiB");

static void rights_damage(struct image *i)
{
	segment(i, PT_LOAD, 0)->p_flags = PF_R | PF_W | PF_X;
}
BAD(rights, IMAGE_RIGHTS, EACCES, "segment 0");

static void entry_damage(struct image *i)
{
	header(i)->e_entry = segment(i, PT_LOAD, 2)->p_vaddr;
}
BAD(entry, IMAGE_ENTRY, ENOEXEC, "entry");

static void entry_zero_damage(struct image *i)
{
	header(i)->e_entry = 0;
}
BAD(entry_zero, IMAGE_ENTRY, ENOEXEC, "0x0");

static void note_absent_damage(struct image *i)
{
	segment(i, PT_NOTE, 0)->p_type = PT_NULL;
}
BAD(note_absent, IMAGE_NO_NOTE, ENOEXEC, "Remora");

static void note_magic_damage(struct image *i)
{
	note(i)->magic ^= 1;
}
BAD(note_magic, IMAGE_NO_NOTE, ENOEXEC, "magic");

static void revision_damage(struct image *i)
{
	note(i)->revision = 4711;
}
BAD(revision, IMAGE_REVISION, EPROTO, "4711");

static void dynamic_damage(struct image *i)
{
	header(i)->e_type = ET_DYN;
}
BAD(dynamic, IMAGE_DYNAMIC, ENOEXEC, "static");

static void interpreter_damage(struct image *i)
{
	segment(i, PT_NOTE, 0)->p_type = PT_INTERP;
}
BAD(interpreter, IMAGE_DYNAMIC, ENOEXEC, "link it static");

FIXTURE_SETUP(image)
{
	rt_sweep();
	rt_spec_init(&self->s, "image", 0, 1);
	ASSERT_EQ(0, image_open(&self->i));
}

FIXTURE_TEARDOWN(image)
{
	free(self->i.data);
	rt_sweep();
}

TEST_F(image, refused)
{
	struct remora_error *e = &self->s.c.error;

	variant->damage(&self->i);
	self->s.c.image_fd = rt_memfd(self->i.data, self->i.bytes);
	ASSERT_LE(0, self->s.c.image_fd);
	EXPECT_EQ(-variant->error, rt_check(&self->s));
	EXPECT_EQ(variant->reason, e->reason) { TH_LOG("'%s'", e->message); }
	EXPECT_EQ(-variant->error, rt_create(&self->s));
	EXPECT_EQ(variant->reason, e->reason) { TH_LOG("'%s'", e->message); }
	EXPECT_NE(NULL, strstr(e->message, variant->culprit))
	{
		TH_LOG("the sentence '%s' does not name '%s'", e->message, variant->culprit);
	}
	RT_EXPECT_LEDGER_ZERO();
	close(self->s.c.image_fd);
}

FIXTURE(running)
{
	struct image i;
	struct rt_spec s;
	struct remora_error error;
	int fd;
};

FIXTURE_SETUP(running)
{
	rt_sweep();
	rt_spec_init(&self->s, "image", 0, 1);
	ASSERT_EQ(0, image_open(&self->i));
	self->fd = -1;
}

FIXTURE_TEARDOWN(running)
{
	close(self->fd);
	free(self->i.data);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static int create_from(struct rt_spec *s, const struct image *i, int *fd)
{
	int ret;

	s->c.image_fd = rt_memfd(i->data, i->bytes);
	ret = rt_create(s);
	close(s->c.image_fd);
	if (!ret)
		*fd = rt_open(s->c.name, O_RDWR);
	return ret;
}

TEST_F(running, from_descriptor)
{
	ASSERT_EQ(0, create_from(&self->s, &self->i, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, &self->error));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
}

TEST_F(running, file_too_large)
{
	int file = memfd_create("large", MFD_CLOEXEC);

	ASSERT_EQ(0, ftruncate(file, 33 << 20));
	ASSERT_EQ(64, pwrite(file, self->i.data, 64, 0));
	self->s.c.image_fd = file;
	EXPECT_EQ(-EFBIG, rt_create(&self->s));
	EXPECT_EQ(REMORA_R_IMAGE_TOO_LARGE, self->s.c.error.reason);
	close(file);
}

TEST_F(running, no_file)
{
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	self->s.c.image_fd = pipes[0];
	EXPECT_EQ(-ENOENT, rt_create(&self->s));
	EXPECT_EQ(REMORA_R_IMAGE_NOT_FOUND, self->s.c.error.reason);
}

TEST_F(running, name_and_descriptor)
{
	strcpy(self->s.c.image_name, "remora/cpudrv.elf");
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
}

/* Code put in the place of the CPU driver's first instructions. */
static void patch(struct image *i, const void *code, size_t bytes)
{
	memcpy(at(i, header(i)->e_entry), code, bytes);
}

/* cli; 1: hlt; jmp 1b */
#define CODE_HALT 0xfa, 0xf4, 0xeb, 0xfd
/* rax = the core page: physical address from the boot information, through the window */
#define CODE_CORE_PAGE                                                                             \
	0x48, 0x8b, 0x47, 0x60, 0x48, 0xb9, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0xff, 0xff, 0x48,  \
		0x01, 0xc8
_Static_assert(offsetof(struct abi_boot, core_page) == 0x60, "CODE_CORE_PAGE knows the offset");
_Static_assert(ABI_WINDOW_VA == 0xffff800000000000ul, "CODE_CORE_PAGE knows the window");

TEST_F_TIMEOUT(running, never_starts, 60)
{
	static const unsigned char code[] = { CODE_HALT };

	patch(&self->i, code, sizeof(code));
	ASSERT_EQ(0, create_from(&self->s, &self->i, &self->fd));
	EXPECT_EQ(-ETIMEDOUT, rt_act(self->fd, REMORA_IOC_START, 0, &self->error));
	EXPECT_EQ(REMORA_R_CORE_NO_START, self->error.reason) { TH_LOG("%s", self->error.message); }
	EXPECT_EQ(0, rt_wait_state(self->fd, 0, REMORA_OFFLINE, 0));
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	EXPECT_EQ(0, rt_cpu_works(self->s.cpus[0]));
}

/* The core says that it wants another revision: both numbers are in the sentence. */
TEST_F_TIMEOUT(running, refuses_revision, 60)
{
	static const unsigned char code[] = {
		CODE_CORE_PAGE,
		0xc7, 0x40, 0x04, 77, 0, 0, 0, /* refused_revision = 77 */
		0xc7, 0x00, ABI_CORE_REFUSED, 0, 0, 0, /* state */
		CODE_HALT,
	};

	patch(&self->i, code, sizeof(code));
	ASSERT_EQ(0, create_from(&self->s, &self->i, &self->fd));
	EXPECT_EQ(-EPROTO, rt_act(self->fd, REMORA_IOC_START, 0, &self->error));
	EXPECT_EQ(REMORA_R_CORE_REFUSED_ABI, self->error.reason)
	{
		TH_LOG("%s", self->error.message);
	}
	EXPECT_NE(NULL, strstr(self->error.message, "77"));
}

/* A core that only claims to run: requests end, the watch finds out, force reclaims. */
TEST_F_TIMEOUT(running, only_claims_to_run, 120)
{
	static const unsigned char code[] = {
		CODE_CORE_PAGE,
		0xc7, 0x00, ABI_CORE_RUNNING, 0, 0, 0,
		0xfa, 0xf3, 0x90, 0xeb, 0xfc, /* cli; 1: pause; jmp 1b */
	};
	struct remora_error e;
	int ret;

	patch(&self->i, code, sizeof(code));
	ASSERT_EQ(0, create_from(&self->s, &self->i, &self->fd));
	ret = rt_act(self->fd, REMORA_IOC_START, 0, &self->error);
	if (!ret) {
		ret = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, &e);
		EXPECT_TRUE(ret == -ETIMEDOUT || ret == -EHOSTDOWN) { TH_LOG("%d", ret); }
		EXPECT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	}
	EXPECT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, &e)) { TH_LOG("%s", e.message); }
	EXPECT_EQ(0, rt_cpu_works(self->s.cpus[0]));
}

/* Random bytes in the headers: an error or a partition, never more. Seeded: the same every time. */
TEST_F_TIMEOUT(running, random_headers, 120)
{
	unsigned char *good = malloc(self->i.bytes);
	unsigned int seed = 1;

	memcpy(good, self->i.data, self->i.bytes);
	for (int turn = 0; turn < 300; turn++) {
		memcpy(self->i.data, good, self->i.bytes);
		for (int n = 0; n < 3; n++) {
			seed = seed * 1664525 + 1013904223;
			self->i.data[(seed >> 8) % 288] = (unsigned char)(seed >> 24);
		}
		self->s.c.image_fd = rt_memfd(self->i.data, self->i.bytes);
		rt_check(&self->s);
		close(self->s.c.image_fd);
	}
	free(good);
	RT_EXPECT_LEDGER_ZERO();
}

TEST_HARNESS_MAIN
