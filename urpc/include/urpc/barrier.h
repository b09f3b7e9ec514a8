/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The memory-order words of the transport: one spelling in the Linux kernel, in the CPU driver, in
 * user programs and in host tests. Everything that the other end may touch at the same time goes
 * through them, except payload words, which a header's release and acquire order.
 */
#ifndef URPC_BARRIER_H
#define URPC_BARRIER_H

#include <urpc/types.h>

#if defined(__x86_64__)
#include <urpc/arch/x86_64.h>
#else
#error "urpc has no urpc/arch header for this processor; x86_64 is the one there is"
#endif

/* Objects of 32 or 64 bits, naturally aligned: each is one plain instruction on x86-64. */
#define urpc_load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define urpc_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define urpc_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define urpc_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* The compiler neither moves memory accesses across it nor repeats earlier ones after it. */
#define urpc_compiler_barrier() __asm__ __volatile__("" : : : "memory")

/* What everything is made of is not worth a call, however often it stands there. */
#define urpc_always_inline inline __attribute__((always_inline))

#define urpc_likely(x) __builtin_expect(!!(x), 1)
#define urpc_unlikely(x) __builtin_expect(!!(x), 0)

#endif
