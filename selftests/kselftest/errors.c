// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each reason for which CHECK and CREATE refuse a request: its errno, its number, and a sentence
 * that names the culprit. The images' reasons are in images.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(refused)
{
	struct rt_spec s;
	struct rt_snapshot before;
};

/* change: makes the good request bad. culprit: a part of the sentence. */
FIXTURE_VARIANT(refused)
{
	void (*change)(struct rt_spec *s);
	unsigned int reason;
	int error;
	const char *culprit;
};

#define REFUSED(name_, reason_, error_, culprit_)                                                  \
	FIXTURE_VARIANT_ADD(refused, name_)                                                        \
	{                                                                                          \
		.change = name_##_change, .reason = REMORA_R_##reason_, .error = error_,           \
		.culprit = culprit_,                                                               \
	}

static void name_empty_change(struct rt_spec *s)
{
	s->c.name[0] = 0;
}
REFUSED(name_empty, NAME_INVALID, EINVAL, "name");

static void name_slash_change(struct rt_spec *s)
{
	strcpy(s->c.name, "kst-a/b");
}
REFUSED(name_slash, NAME_INVALID, EINVAL, "kst-a/b");

static void name_dots_change(struct rt_spec *s)
{
	strcpy(s->c.name, "..");
}
REFUSED(name_dots, NAME_INVALID, EINVAL, "..");

static void name_newline_change(struct rt_spec *s)
{
	strcpy(s->c.name, "kst-a\nb");
}
REFUSED(name_newline, NAME_INVALID, EINVAL, "name");

static void name_utf8_change(struct rt_spec *s)
{
	strcpy(s->c.name, "kst-\xc3\xa9");
}
REFUSED(name_utf8, NAME_INVALID, EINVAL, "name");

static void name_percent_change(struct rt_spec *s)
{
	strcpy(s->c.name, "kst-%s%n");
}
REFUSED(name_percent, NAME_INVALID, EINVAL, "name");

static void name_unterminated_change(struct rt_spec *s)
{
	memset(s->c.name, 'a', sizeof(s->c.name));
}
REFUSED(name_unterminated, NAME_INVALID, EINVAL, "name");

static void flags_unknown_change(struct rt_spec *s)
{
	s->c.flags = 1u << 31;
}
REFUSED(flags_unknown, FLAGS_UNKNOWN, EINVAL, "0x80000000");

static void reserved_field_change(struct rt_spec *s)
{
	s->c.reserved = 1;
}
REFUSED(reserved_field, RESERVED_FIELD, EINVAL, "reserved");

static void cpus_none_change(struct rt_spec *s)
{
	s->c.cpu_count = 0;
}
REFUSED(cpus_none, CPU_LIST_EMPTY, EINVAL, "CPU");

static void cpu_unknown_change(struct rt_spec *s)
{
	s->cpus[0] = 9999;
}
REFUSED(cpu_unknown, CPU_UNKNOWN, ENODEV, "9999");

static void cpu_huge_change(struct rt_spec *s)
{
	s->cpus[0] = 0xffffffff;
}
REFUSED(cpu_huge, CPU_UNKNOWN, ENODEV, "4294967295");

static void cpu_zero_change(struct rt_spec *s)
{
	s->cpus[0] = 0;
}
REFUSED(cpu_zero, CPU_ZERO, EPERM, "CPU 0");

static void cpus_many_change(struct rt_spec *s)
{
	s->c.cpu_count = REMORA_CPUS_MAX + 1;
}
REFUSED(cpus_many, CPU_TOO_MANY, EINVAL, "64");

static void cpus_absurd_change(struct rt_spec *s)
{
	s->c.cpu_count = 0xffffffff;
}
REFUSED(cpus_absurd, CPU_TOO_MANY, EINVAL, "4294967295");

static void memory_none_change(struct rt_spec *s)
{
	s->c.extent_count = 0;
}
REFUSED(memory_none, MEMORY_NONE, EINVAL, "memory");

static void memory_small_change(struct rt_spec *s)
{
	s->extents[0].bytes = 2 * RT_MIB;
}
REFUSED(memory_small, MEMORY_TOO_SMALL, EINVAL, "2");

static void memory_zero_change(struct rt_spec *s)
{
	s->extents[0].bytes = 0;
}
REFUSED(memory_zero, MEMORY_TOO_SMALL, EINVAL, "memory");

static void memory_unaligned_change(struct rt_spec *s)
{
	s->extents[0].bytes += 4096;
}
REFUSED(memory_unaligned, MEMORY_UNALIGNED, EINVAL, "2 MiB");

static void memory_address_unaligned_change(struct rt_spec *s)
{
	s->extents[0].source = REMORA_MEMORY_RESERVED;
	s->extents[0].address = 0x40001000;
}
REFUSED(memory_address_unaligned, MEMORY_UNALIGNED, EINVAL, "2 MiB");

static void memory_unavailable_change(struct rt_spec *s)
{
	s->extents[0].bytes = 1ull << 50;
}
REFUSED(memory_unavailable, MEMORY_UNAVAILABLE, ENOMEM, "1073741824 MiB");

/* The sum of the sizes wraps around 2^64. */
static void memory_overflow_change(struct rt_spec *s)
{
	s->extents[0].bytes = 0ull - 2 * RT_MIB;
	s->extents[1] = s->extents[0];
	s->extents[1].bytes = 32 * RT_MIB;
	s->c.extent_count = 2;
}
REFUSED(memory_overflow, MEMORY_UNAVAILABLE, ENOMEM, "memory");

static void memory_overlap_change(struct rt_spec *s)
{
	s->extents[0].source = REMORA_MEMORY_RESERVED;
	s->extents[0].address = 0x40000000;
	s->extents[1] = s->extents[0];
	s->extents[1].address += 2 * RT_MIB;
	s->c.extent_count = 2;
}
REFUSED(memory_overlap, MEMORY_OVERLAP, EEXIST, "0x40200000");

static void memory_not_reserved_change(struct rt_spec *s)
{
	s->extents[0].source = REMORA_MEMORY_RESERVED;
	s->extents[0].address = 16 * RT_MIB; /* Linux itself lives there */
}
REFUSED(memory_not_reserved, MEMORY_NOT_RESERVED, EFAULT, "0x1000000");

static void memory_past_end_change(struct rt_spec *s)
{
	s->extents[0].source = REMORA_MEMORY_RESERVED;
	s->extents[0].address = 0ull - 4 * RT_MIB; /* its end wraps */
}
REFUSED(memory_past_end, MEMORY_NOT_RESERVED, EFAULT, "0xffffffffffc00000");

static void memory_node_unknown_change(struct rt_spec *s)
{
	s->extents[0].node = 63;
}
REFUSED(memory_node_unknown, MEMORY_NODE_UNKNOWN, ENODEV, "63");

static void memory_node_huge_change(struct rt_spec *s)
{
	s->extents[0].node = 0x7fffffff;
}
REFUSED(memory_node_huge, MEMORY_NODE_UNKNOWN, ENODEV, "2147483647");

static void memory_node_negative_change(struct rt_spec *s)
{
	s->extents[0].node = -2;
}
REFUSED(memory_node_negative, MEMORY_NODE_UNKNOWN, ENODEV, "-2");

static void memory_source_unknown_change(struct rt_spec *s)
{
	s->extents[0].source = 77;
}
REFUSED(memory_source_unknown, MEMORY_SOURCE_UNKNOWN, EINVAL, "77");

static void memory_many_change(struct rt_spec *s)
{
	s->c.extent_count = REMORA_EXTENTS_MAX + 1;
}
REFUSED(memory_many, MEMORY_TOO_MANY, EINVAL, "17");

static void image_not_found_change(struct rt_spec *s)
{
	strcpy(s->c.image_name, "remora/there-is-none.elf");
}
REFUSED(image_not_found, IMAGE_NOT_FOUND, ENOENT, "there-is-none");

static void image_outside_change(struct rt_spec *s)
{
	strcpy(s->c.image_name, "../../etc/passwd");
}
REFUSED(image_outside, IMAGE_NOT_FOUND, ENOENT, "passwd");

FIXTURE_SETUP(refused)
{
	rt_sweep();
	ASSERT_EQ(0, rt_snapshot(&self->before));
	rt_spec_init(&self->s, "err", 0, 1);
	variant->change(&self->s);
}

FIXTURE_TEARDOWN(refused)
{
	rt_sweep();
}

static void expect_refused(struct __test_metadata *_metadata, int ret,
			   const struct remora_error *error, unsigned int reason, int number,
			   const char *culprit)
{
	EXPECT_EQ(-number, ret);
	EXPECT_EQ(reason, error->reason);
	EXPECT_NE(NULL, memchr(error->message, 0, sizeof(error->message)));
	EXPECT_NE(0, error->message[0]);
	EXPECT_NE(NULL, strstr(error->message, culprit))
	{
		TH_LOG("the sentence '%s' does not name '%s'", error->message, culprit);
	}
}

TEST_F(refused, check)
{
	int ret = rt_check(&self->s);

	expect_refused(_metadata, ret, &self->s.c.error, variant->reason, variant->error,
		       variant->culprit);
}

TEST_F(refused, create)
{
	int ret = rt_create(&self->s);

	expect_refused(_metadata, ret, &self->s.c.error, variant->reason, variant->error,
		       variant->culprit);
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
}

/* Reasons that need something to be arranged first. */
FIXTURE(arranged)
{
	struct rt_spec s;
};

FIXTURE_SETUP(arranged)
{
	rt_sweep();
	rt_spec_init(&self->s, "err", 0, 1);
}

FIXTURE_TEARDOWN(arranged)
{
	rt_sweep();
}

TEST_F(arranged, name_exists)
{
	struct rt_spec second;

	RT_SKIP_UNLESS_CPUS(2);
	rt_spec_init(&second, "err", 1, 1);
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	expect_refused(_metadata, rt_create(&second), &second.c.error, REMORA_R_NAME_EXISTS,
		       EEXIST, "kst-err");
}

TEST_F(arranged, cpu_taken)
{
	struct rt_spec second;

	rt_spec_init(&second, "err2", 0, 1);
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	expect_refused(_metadata, rt_check(&second), &second.c.error, REMORA_R_CPU_TAKEN, EBUSY,
		       "CPU");
	expect_refused(_metadata, rt_create(&second), &second.c.error, REMORA_R_CPU_TAKEN, EBUSY,
		       "CPU");
}

TEST_F(arranged, cpu_offline)
{
	unsigned int cpu = self->s.cpus[0];
	int ret;

	ASSERT_EQ(0, rt_cpu_online(cpu, false));
	ret = rt_create(&self->s);
	EXPECT_EQ(0, rt_cpu_online(cpu, true));
	expect_refused(_metadata, ret, &self->s.c.error, REMORA_R_CPU_OFFLINE, ENXIO, "CPU");
}

TEST_F(arranged, cpu_twice)
{
	self->s.cpus[1] = self->s.cpus[0];
	self->s.c.cpu_count = 2;
	self->s.extents[0].bytes = 32 * RT_MIB;
	expect_refused(_metadata, rt_create(&self->s), &self->s.c.error, REMORA_R_CPU_DUPLICATE,
		       EINVAL, "CPU");
	RT_EXPECT_LEDGER_ZERO();
}

TEST_F(arranged, name_unknown)
{
	struct remora_error error;

	expect_refused(_metadata, rt_destroy("kst-none", 0, &error), &error,
		       REMORA_R_NAME_UNKNOWN, ENOENT, "kst-none");
}

TEST_F(arranged, destroy_flags)
{
	struct remora_error error;

	expect_refused(_metadata, rt_destroy("kst-none", 0xf0, &error), &error,
		       REMORA_R_FLAGS_UNKNOWN, EINVAL, "0xf0");
}

TEST_F(arranged, cpus_pointer)
{
	self->s.c.cpus = 64;
	EXPECT_EQ(-EFAULT, rt_create(&self->s));
	RT_EXPECT_LEDGER_ZERO();
}

TEST_F(arranged, extents_pointer)
{
	self->s.c.extents = 64;
	EXPECT_EQ(-EFAULT, rt_create(&self->s));
	RT_EXPECT_LEDGER_ZERO();
}

TEST_F(arranged, image_fd_closed)
{
	self->s.c.image_fd = 1000000;
	EXPECT_EQ(-ENOENT, rt_create(&self->s));
	EXPECT_EQ(REMORA_R_IMAGE_NOT_FOUND, self->s.c.error.reason);
	RT_EXPECT_LEDGER_ZERO();
}

TEST_HARNESS_MAIN
