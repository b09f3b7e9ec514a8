// SPDX-License-Identifier: GPL-2.0-only
/* Memory from each source, on a wanted node, in several extents; all of it comes back, scrubbed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "harness.h"

FIXTURE(memory)
{
	struct rt_snapshot before;
	struct rt_spec s;
	struct rt_status st;
	int fd;
};

FIXTURE_SETUP(memory)
{
	rt_sweep();
	rt_spec_init(&self->s, "mem", 0, 1);
	self->s.c.flags = REMORA_CREATE_AUTOSTART;
	self->fd = -1;
	ASSERT_EQ(0, rt_snapshot(&self->before));
}

/*
 * A memory block that comes back brings its page descriptors along: at boot they did not count as
 * MemTotal, now they do. So MemTotal may be larger than before, by 1/64 of the blocks at most.
 */
static void expect_as_before(struct __test_metadata *_metadata, struct rt_snapshot *before)
{
	struct rt_snapshot now;

	ASSERT_EQ(0, rt_snapshot(&now));
	EXPECT_LE(before->mem_total_kb, now.mem_total_kb);
	EXPECT_GE(before->mem_total_kb + 8192, now.mem_total_kb);
	before->mem_total_kb = now.mem_total_kb;
	RT_EXPECT_AS_BEFORE(before, 12288);
}

FIXTURE_TEARDOWN(memory)
{
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
	expect_as_before(_metadata, &self->before);
}

static unsigned long long block_bytes(void)
{
	char text[32];

	if (rt_read_text("/sys/devices/system/memory/block_size_bytes", text, sizeof(text)) < 0)
		return 0;
	return strtoull(text, NULL, 16);
}

static int run(FIXTURE_DATA(memory) *self)
{
	int ret = rt_create(&self->s);

	if (ret)
		return ret;
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ret = rt_status(self->fd, &self->st);
	return ret ? ret : rt_ping(self->fd, 1, 50);
}

static void expect_from(struct __test_metadata *_metadata, const struct rt_status *st,
			unsigned int source, int node, unsigned long long least)
{
	__u64 sum = 0;

	for (unsigned int i = 0; i < st->s.extent_count; i++) {
		sum += st->extents[i].bytes;
		EXPECT_EQ(source, st->extents[i].source);
		if (node >= 0)
			EXPECT_EQ(node, st->extents[i].node);
	}
	EXPECT_LE(least, sum);
	EXPECT_EQ(sum / 4096, (__u64)rt_ledger("pages"));
}

TEST_F(memory, contiguous)
{
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	expect_from(_metadata, &self->st, REMORA_MEMORY_CONTIGUOUS, -1, 16 * RT_MIB);
}

/* More than one contiguous range of Linux's can hold comes in pieces. */
TEST_F(memory, contiguous_large)
{
	self->s.extents[0].bytes = 384 * RT_MIB;
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	expect_from(_metadata, &self->st, REMORA_MEMORY_CONTIGUOUS, -1, 384 * RT_MIB);
}

TEST_F(memory, contiguous_several)
{
	for (int i = 0; i < REMORA_EXTENTS_MAX; i++) {
		self->s.extents[i] = self->s.extents[0];
		self->s.extents[i].bytes = 4 * RT_MIB;
	}
	self->s.c.extent_count = REMORA_EXTENTS_MAX;
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	expect_from(_metadata, &self->st, REMORA_MEMORY_CONTIGUOUS, -1, 64 * RT_MIB);
}

/* Each extent alone could be had, both cannot: the check adds them up before anything is touched. */
TEST_F(memory, sum_too_large)
{
	self->s.extents[0].bytes = self->before.mem_total_kb * 1024 / 8 * 5 / RT_MIB / 2 * 2 * RT_MIB;
	self->s.extents[1] = self->s.extents[0];
	EXPECT_EQ(0, rt_check(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->s.c.extent_count = 2;
	EXPECT_EQ(-ENOMEM, rt_check(&self->s));
	EXPECT_EQ(REMORA_R_MEMORY_UNAVAILABLE, self->s.c.error.reason);
}

/* Near the end of 64 bits a size becomes 0 when it is rounded up to memory blocks, as are those of BLOCK. */
TEST_F(memory, more_than_there_can_be)
{
	static const __u32 sources[] = { REMORA_MEMORY_AUTO, REMORA_MEMORY_BLOCK,
					 REMORA_MEMORY_CONTIGUOUS };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		self->s.extents[0].source = sources[i];
		self->s.extents[0].bytes = -2 * RT_MIB;
		EXPECT_EQ(-ENOMEM, rt_check(&self->s)) { TH_LOG("source %u", sources[i]); }
		EXPECT_EQ(REMORA_R_MEMORY_UNAVAILABLE, self->s.c.error.reason);
		EXPECT_EQ(-ENOMEM, rt_create(&self->s));
		EXPECT_EQ(REMORA_R_MEMORY_UNAVAILABLE, self->s.c.error.reason)
		{
			TH_LOG("%s", self->s.c.error.message);
		}
	}
}

TEST_F_TIMEOUT(memory, block, 60)
{
	if (!block_bytes())
		SKIP(return, "this kernel has no memory hotplug");
	self->s.extents[0].source = REMORA_MEMORY_BLOCK;
	self->s.extents[0].bytes = block_bytes();
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	expect_from(_metadata, &self->st, REMORA_MEMORY_BLOCK, -1, block_bytes());
	/* It is gone from Linux meanwhile, and comes back usable. */
	EXPECT_NE(NULL, rt_snapshot_differs(&self->before, 0));
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	expect_as_before(_metadata, &self->before);
}

/* The wanted size is rounded up to whole blocks. */
TEST_F_TIMEOUT(memory, block_rounded, 60)
{
	if (!block_bytes())
		SKIP(return, "this kernel has no memory hotplug");
	self->s.extents[0].source = REMORA_MEMORY_BLOCK;
	self->s.extents[0].bytes = 16 * RT_MIB;
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	expect_from(_metadata, &self->st, REMORA_MEMORY_BLOCK, -1, block_bytes());
}

/* The region of memmap= on the kernel's command line, when there is one (see ../checklib/jobs.sh). */
TEST_F(memory, reserved)
{
	char line[4096], *p;

	ASSERT_LT(0, rt_read_text("/proc/cmdline", line, sizeof(line)));
	p = strstr(line, "memmap=");
	self->s.extents[0].source = REMORA_MEMORY_RESERVED;
	self->s.extents[0].address = ~0ull;
	if (!p) {
		EXPECT_EQ(-EFAULT, rt_create(&self->s));
		EXPECT_EQ(REMORA_R_MEMORY_NOT_RESERVED, self->s.c.error.reason);
		return;
	}
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	expect_from(_metadata, &self->st, REMORA_MEMORY_RESERVED, -1, 16 * RT_MIB);
}

/* By address; and while it is in use nobody else gets it. */
TEST_F(memory, reserved_by_address)
{
	char line[4096], *p;
	struct rt_spec second;

	ASSERT_LT(0, rt_read_text("/proc/cmdline", line, sizeof(line)));
	p = strstr(line, "memmap=");
	p = p ? strchr(p, '$') : NULL;
	if (!p)
		SKIP(return, "no memmap= on the command line");
	self->s.extents[0].source = REMORA_MEMORY_RESERVED;
	self->s.extents[0].address = strtoull(p + 1, NULL, 0);
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	EXPECT_EQ(self->s.extents[0].address, self->st.extents[0].address);
	rt_spec_init(&second, "mem2", 0, 1);
	second.extents[0] = self->s.extents[0];
	EXPECT_GT(0, rt_create(&second));
	EXPECT_NE(0, second.c.error.reason);
}

/* Bytes of physical memory that are not zero, as /dev/mem shows them; or -errno. */
static long nonzero_bytes(unsigned long long address, size_t bytes)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	unsigned char page[4096];
	long count = 0;

	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < bytes; at += sizeof(page)) {
		if (pread(fd, page, sizeof(page), (off_t)(address + at)) != sizeof(page)) {
			count = -errno;
			break;
		}
		for (size_t i = 0; i < sizeof(page); i++)
			count += page[i] != 0;
	}
	close(fd);
	return count;
}

/*
 * Nothing that a core or the module wrote is left in memory that went back. (While a partition holds
 * the region, /dev/mem does not show it.)
 */
TEST_F(memory, reserved_is_scrubbed)
{
	char line[4096], *p;
	__u64 address;

	ASSERT_LT(0, rt_read_text("/proc/cmdline", line, sizeof(line)));
	p = strstr(line, "memmap=");
	p = p ? strchr(p, '$') : NULL;
	if (!p)
		SKIP(return, "no memmap= on the command line");
	address = strtoull(p + 1, NULL, 0);
	if (nonzero_bytes(address, 4096) < 0)
		SKIP(return, "this kernel does not show reserved memory in /dev/mem");
	self->s.extents[0].source = REMORA_MEMORY_RESERVED;
	self->s.extents[0].address = address;
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	EXPECT_EQ(0, nonzero_bytes(address, 16 * RT_MIB));
}

TEST_F_TIMEOUT(memory, automatic, 60)
{
	self->s.extents[0].source = REMORA_MEMORY_AUTO;
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	ASSERT_LT(0, self->st.s.extent_count);
	EXPECT_NE(REMORA_MEMORY_AUTO, self->st.extents[0].source);
}

TEST_F(memory, wanted_node)
{
	if (rt_read_long("/sys/devices/system/node/node1/cpu0/online") == -ENOENT &&
	    access("/sys/devices/system/node/node1", F_OK))
		SKIP(return, "one NUMA node only");
	for (int node = 0; node < 2; node++) {
		self->s.extents[0].node = node;
		ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
		expect_from(_metadata, &self->st, REMORA_MEMORY_CONTIGUOUS, node, 16 * RT_MIB);
		close(self->fd);
		self->fd = -1;
		ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	}
}

#define GIB (1ull << 30)

/*
 * The physical ranges that Linux's direct map maps with one 1 GiB entry each, as the kernel's own
 * dump of its page tables has them; -errno where it has none. (DirectMap1G of /proc/meminfo counts
 * entries that were split since.)
 */
static int large_ranges(unsigned long long *starts, unsigned int room)
{
	FILE *f = fopen("/sys/kernel/debug/page_tables/kernel", "re");
	unsigned long long base = 0;
	bool direct = false;
	int count = 0;
	char line[160];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		unsigned long long first, end;

		if (!strncmp(line, "---[", 4)) {
			direct = strstr(line, "Low Kernel Mapping") != NULL;
			base = 0;
			continue;
		}
		if (!direct || sscanf(line, "%llx-%llx", &first, &end) != 2)
			continue;
		if (!base)
			base = first;
		for (; strstr(line, "pud") && strstr(line, "PSE") && first < end; first += GIB) {
			if ((unsigned int)count < room)
				starts[count] = first - base;
			count++;
		}
	}
	fclose(f);
	return count;
}

TEST_F_TIMEOUT(memory, block_of_node, 60)
{
	if (access("/sys/devices/system/node/node1", F_OK) || !block_bytes())
		SKIP(return, "one NUMA node, or no memory hotplug");
	if (large_ranges(NULL, 0) > 0)
		SKIP(return, "1 GiB entries: block_under_large_mapping is the test for this guest");
	self->s.extents[0].source = REMORA_MEMORY_BLOCK;
	self->s.extents[0].bytes = block_bytes();
	self->s.extents[0].node = 1;
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
	expect_from(_metadata, &self->st, REMORA_MEMORY_BLOCK, 1, block_bytes());
}

/*
 * A block under a 1 GiB entry of Linux's direct map must stay (lab option --gbpages): Linux would
 * take data for a page table. As many blocks as the node has are asked for; no piece of such an
 * entry may come. Blocks of other places may, so both ends are right: some came, or none could.
 */
TEST_F_TIMEOUT(memory, block_under_large_mapping, 120)
{
	unsigned long long starts[16];
	int ranges = large_ranges(starts, 16);
	int ret = -ENOMEM;

	if (!getenv("REMORA_LARGE_MAPPING") && (ranges <= 0 || !block_bytes()))
		SKIP(return, "no 1 GiB entry seen in the direct map, or no memory hotplug");
	ASSERT_LT(0, ranges);
	if (block_bytes() >= GIB)
		SKIP(return, "a memory block is no smaller than a 1 GiB entry here");
	self->s.extents[0].source = REMORA_MEMORY_BLOCK;
	self->s.extents[0].node = access("/sys/devices/system/node/node1", F_OK) ? -1 : 1;
	for (unsigned int blocks = 4; blocks && ret; blocks--) {
		self->s.extents[0].bytes = blocks * block_bytes();
		ret = run(self);
		if (ret)
			EXPECT_EQ(REMORA_R_MEMORY_UNAVAILABLE, self->s.c.error.reason);
	}
	TH_LOG("%s", ret ? self->s.c.error.message : "some blocks came");
	for (unsigned int i = 0; !ret && i < self->st.s.extent_count; i++) {
		const struct remora_extent *e = &self->st.extents[i];

		for (int r = 0; r < ranges && r < 16; r++) {
			EXPECT_TRUE(e->address + e->bytes <= starts[r] ||
				    e->address >= starts[r] + GIB);
		}
	}
}

/* Exactly the least amount works. */
TEST_F(memory, least)
{
	self->s.extents[0].bytes = 2 * RT_MIB;
	while (self->s.extents[0].bytes < 64 * RT_MIB && rt_check(&self->s) == -EINVAL)
		self->s.extents[0].bytes += 2 * RT_MIB;
	ASSERT_EQ(0, run(self)) { TH_LOG("%s", self->s.c.error.message); }
}

TEST_HARNESS_MAIN
