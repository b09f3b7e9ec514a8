/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the transport wants from an x86-64 processor, beyond what the compiler's atomics give.
 */
#ifndef URPC_ARCH_X86_64_H
#define URPC_ARCH_X86_64_H

#include <urpc/types.h>

/**
 * urpc_fence_full - every load and store before it is visible before any after it
 * A locked instruction on the stack: orders like MFENCE for write-back memory and is cheaper
 * (Intel SDM volume 3, 9.2.3.9; AMD64 APM volume 2, 7.4.2). Non-temporal stores are not used here.
 */
static inline void urpc_fence_full(void)
{
	__asm__ __volatile__("lock; addl $0, -4(%%rsp)" : : : "memory", "cc");
}

/** urpc_pause - tell the core that this is a poll loop; call it once a turn. */
static inline void urpc_pause(void)
{
	__asm__ __volatile__("pause" : : : "memory");
}

/** urpc_prefetch - fetch a line that will be read soon. Never faults. */
static inline void urpc_prefetch(const void *line)
{
	__asm__ __volatile__("prefetcht0 %0" : : "m"(*(const char *)line));
}

/**
 * urpc_prefetchw - fetch a line for writing: the store to come finds it exclusive
 * A no-operation on processors that lack it. Never faults, but takes the line away from a reader.
 */
static inline void urpc_prefetchw(const void *line)
{
	__asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)line));
}

/**
 * urpc_copy_payload - copy the seven words of a slot's payload out, each loaded once
 * Two words at a time where SSE2 may be used: programs do, kernels are compiled without. @from is a
 * slot, @to has a word's alignment.
 */
static inline void urpc_copy_payload(uint64_t *to, const uint64_t *from)
{
#ifdef __SSE2__
	typedef long long pair __attribute__((vector_size(16), may_alias));
	typedef long long loose __attribute__((vector_size(16), aligned(8), may_alias));
	const volatile pair *in = (const volatile pair *)(const volatile void *)from;
	loose *out = (loose *)(void *)to;

	out[0] = in[0];
	out[1] = in[1];
	out[2] = in[2];
	to[6] = *(const volatile uint64_t *)(from + 6);
#else
	int i;

#pragma GCC unroll 7
	for (i = 0; i < 7; i++)
		to[i] = *(const volatile uint64_t *)(from + i);
#endif
}

/**
 * urpc_read_shares - does a read of a line that another core has modified leave a copy there?
 * So it is on AMD's processors (state O of MOESI), and on those of Hygon made after them: whoever
 * will write the line does better to ask for that at once. On Intel's the reader of such a line
 * gets the only copy in practice (bench-urpc shows both). Asks CPUID, which is slow under a
 * hypervisor: for initialization.
 */
static inline bool urpc_read_shares(void)
{
	uint32_t a = 0, b, c = 0, d;

	__asm__ __volatile__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (b == 0x68747541 && d == 0x69746e65 && c == 0x444d4163) || /* AuthenticAMD */
	       (b == 0x6f677948 && d == 0x6e65476e && c == 0x656e6975);	  /* HygonGenuine */
}

#endif
