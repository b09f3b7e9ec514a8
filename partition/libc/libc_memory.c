// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Memory: anonymous mappings and the break, on the library's address space. */
#include "libc_core.h"

#define PAGE 4096ull
#define BREAK_BYTES (256ull << 20) /* addresses for it */
#define ENODEV_ 19

static uint64_t break_start, break_end, break_mapped;

static uint64_t pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static uint32_t map_flags(uint64_t flags)
{
	return (flags & MAP_FIXED_ ? RT_MAP_FIXED : 0) |
	       (flags & MAP_FIXED_NOREPLACE_ ? RT_MAP_EXACTLY : 0) |
	       (flags & MAP_NORESERVE_ ? RT_MAP_UNCOUNTED : 0) |
	       (flags & MAP_POPULATE_ ? RT_MAP_NOW : 0);
}

long linux_mmap(struct abi_registers *r)
{
	uint64_t va = ARG0(r), flags = ARG3(r);
	long rc;

	if (!(flags & MAP_ANONYMOUS_))
		return -ENODEV_;
	if ((flags & MAP_TYPE_) != MAP_PRIVATE_ && (flags & MAP_TYPE_) != MAP_SHARED_)
		return -RT_EINVAL;
	/* Nothing comes at once where nothing may be touched. */
	if (!(ARG2(r) & 7))
		flags &= ~(uint64_t)MAP_POPULATE_;
	rc = rt_vspace_map(&va, ARG1(r), (uint32_t)ARG2(r), map_flags(flags));
	return rc ? rc : (long)va;
}

long linux_munmap(struct abi_registers *r)
{
	return rt_vspace_unmap(ARG0(r), ARG1(r));
}

long linux_mprotect(struct abi_registers *r)
{
	return ARG1(r) ? rt_vspace_protect(ARG0(r), ARG1(r), (uint32_t)ARG2(r)) : 0;
}

/* In place only: a C library that is told ENOMEM copies. */
long linux_mremap(struct abi_registers *r)
{
	uint64_t va = ARG0(r), old = pages(ARG1(r)), new = pages(ARG2(r));
	long rc = 0;

	if (va % PAGE || !old || !new || (ARG3(r) & ~(uint64_t)MREMAP_MAYMOVE_))
		return -RT_EINVAL;
	if (new < old)
		rc = rt_vspace_unmap(va + new, old - new);
	else if (new > old)
		rc = rt_vspace_grow(va, old, new - old);
	return rc ? rc : (long)va;
}

long linux_madvise(struct abi_registers *r)
{
	return ARG2(r) == MADV_DONTNEED_ ? rt_vspace_discard(ARG0(r), ARG1(r)) : 0;
}

/* Returns where the break is: unchanged if it cannot be where it was wished. */
static long break_move(uint64_t wish)
{
	uint64_t end = pages(wish), va;

	if (!break_start) {
		va = 0;
		if (rt_vspace_map(&va, BREAK_BYTES, RT_NONE, RT_MAP_UNCOUNTED))
			return 0;
		break_start = break_end = break_mapped = va;
	}
	if (wish < break_start || wish > break_start + BREAK_BYTES)
		return (long)break_end;
	va = break_mapped;
	if (end > break_mapped &&
	    rt_vspace_map(&va, end - break_mapped, RT_READ | RT_WRITE, RT_MAP_FIXED))
		return (long)break_end;
	va = end;
	if (end < break_mapped &&
	    rt_vspace_map(&va, break_mapped - end, RT_NONE, RT_MAP_FIXED | RT_MAP_UNCOUNTED))
		return (long)break_end;
	break_mapped = end;
	break_end = wish;
	return (long)wish;
}

long linux_brk(struct abi_registers *r)
{
	uint32_t was = rt_disable();
	long at = break_move(ARG0(r));

	rt_enable(was);
	if (was || !linux_short(NR_BRK, r, at) || rt_vspace_short(ARG0(r) - (uint64_t)at))
		return at;
	was = rt_disable();
	at = break_move(ARG0(r));
	rt_enable(was);
	return at;
}

bool linux_short(uint64_t number, struct abi_registers *r, long result)
{
	if (!rt_vspace_short)
		return false;
	return (number == NR_MMAP && result == -RT_ENOMEM) ||
	       (number == NR_BRK && (uint64_t)result < ARG0(r));
}
