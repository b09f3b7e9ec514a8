// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls by which Linux shoots down TLB entries, and membarrier, which interrupts the
 * same CPUs and has nothing else to do.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shoot.h"

#define PAGE 4096u
#define PAGE_TABLE (512u * PAGE) /* what one page of page tables maps (SDM vol. 3, 4.5) */

int shoot_pin(unsigned int cpu)
{
	cpu_set_t set;

	if (cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* Every page present, dirty, and in this CPU's TLB. */
static void write_all(struct shoot_area *area)
{
	for (size_t at = 0; at < area->bytes; at += PAGE)
		*(volatile char *)(area->start + at) = 1;
}

/*
 * Aligned so that small areas lie inside one page of page tables, with a neighbour on either side:
 * Linux frees page tables only when nothing is mapped beside.
 */
int shoot_area_open(struct shoot_area *area, unsigned int pages)
{
	size_t room = (size_t)pages * PAGE;
	size_t whole = 3u * PAGE_TABLE;
	uintptr_t aligned;
	char *mapping;

	if (!pages || pages > SHOOT_PAGES_MAX)
		return -EINVAL;
	mapping = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	/* Huge pages would make one entry of many. */
	if (madvise(mapping, whole, MADV_NOHUGEPAGE) && errno != EINVAL) {
		int err = -errno;

		munmap(mapping, whole);
		return err;
	}
	aligned = ((uintptr_t)mapping + PAGE_TABLE - 1) / PAGE_TABLE * PAGE_TABLE;
	area->mapping = mapping;
	area->start = (char *)aligned + PAGE;
	area->bytes = room;
	*(volatile char *)aligned = 1;
	*(volatile char *)(area->start + room) = 1;
	write_all(area);
	return 0;
}

void shoot_area_close(struct shoot_area *area)
{
	munmap(area->mapping, 3u * PAGE_TABLE);
}

static int make_writable(struct shoot_area *area)
{
	if (mprotect(area->start, area->bytes, PROT_READ | PROT_WRITE))
		return -errno;
	write_all(area);
	return 0;
}

static int protect(struct shoot_area *area)
{
	return mprotect(area->start, area->bytes, PROT_READ) ? -errno : 0;
}

static int map_again(struct shoot_area *area)
{
	void *at = mmap(area->start, area->bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	if (madvise(area->start, area->bytes, MADV_NOHUGEPAGE) && errno != EINVAL)
		return -errno;
	write_all(area);
	return 0;
}

static int unmap(struct shoot_area *area)
{
	return munmap(area->start, area->bytes) ? -errno : 0;
}

static int touch(struct shoot_area *area)
{
	write_all(area);
	return 0;
}

static int discard(struct shoot_area *area)
{
	return madvise(area->start, area->bytes, MADV_DONTNEED) ? -errno : 0;
}

static int nothing(struct shoot_area *area)
{
	(void)area;
	return 0;
}

static int barrier(struct shoot_area *area)
{
	(void)area;
	return syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) ? -errno : 0;
}

int shoot_membarrier_register(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) ? -errno :
											  0;
}

const struct shoot_call shoot_calls[] = {
	[SHOOT_MPROTECT] = { "mprotect", true, make_writable, protect },
	[SHOOT_MUNMAP] = { "munmap", true, map_again, unmap },
	[SHOOT_MADVISE] = { "madvise", true, touch, discard },
	[SHOOT_MEMBARRIER] = { "membarrier", false, nothing, barrier },
	[SHOOT_MEMBARRIER + 1] = { 0 },
};
