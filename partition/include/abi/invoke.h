/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ABI_SYSCALL_INVOKE: an operation on capabilities.
 *
 *   RDI  ABI_INVOKE_WORD: operation (enum abi_cap_op), rights, type, depths, count
 *   RSI  address of the capability that it is about
 *   RDX  address of the slot to fill, or of the first
 *   R10  map: address of the page table. Copy, mint, move, retype: address of the CNode that RDX is
 *        resolved from; depth 0: the caller's root CNode, as for all other addresses
 *   R8   mint: badge. Retype, map: offset
 *   R9   retype: bytes. Map: index. Identify: enum abi_invoke_word
 *
 *   RAX  0 or a negative enum abi_cap_error
 *   RDX  identify: the word asked for; else 0
 *
 * What an operation has no use for must be 0 (ABI_INVOKE_USES). The CPU driver never answers
 * -ABI_CAP_E_AGAIN: it goes on by itself.
 */
#ifndef ABI_INVOKE_H
#define ABI_INVOKE_H

#include <abi/cap.h>

#define ABI_INVOKE_RIGHTS_SHIFT 8
#define ABI_INVOKE_TYPE_SHIFT 16
#define ABI_INVOKE_FROM_SHIFT 24 /* depth of RSI */
#define ABI_INVOKE_TO_SHIFT 32   /* depth of RDX */
#define ABI_INVOKE_VIA_SHIFT 40  /* depth of R10 */
#define ABI_INVOKE_COUNT_SHIFT 48

/** ABI_INVOKE_WORD - RDI; each argument is taken as uint64_t and must fit: 8 bits, @count 16 */
#define ABI_INVOKE_WORD(op, rights, type, from_depth, to_depth, via_depth, count)                  \
	((uint64_t)(op) | (uint64_t)(rights) << ABI_INVOKE_RIGHTS_SHIFT |                          \
	 (uint64_t)(type) << ABI_INVOKE_TYPE_SHIFT |                                               \
	 (uint64_t)(from_depth) << ABI_INVOKE_FROM_SHIFT |                                         \
	 (uint64_t)(to_depth) << ABI_INVOKE_TO_SHIFT |                                             \
	 (uint64_t)(via_depth) << ABI_INVOKE_VIA_SHIFT |                                           \
	 (uint64_t)(count) << ABI_INVOKE_COUNT_SHIFT)

/** enum abi_invoke_word - words of struct abi_cap_info */
enum abi_invoke_word {
	ABI_INVOKE_BASE = 0,
	ABI_INVOKE_BYTES = 1,
	ABI_INVOKE_BADGE = 2,
	ABI_INVOKE_KIND = 3, /* type in bits 0-15, rights in 16-23, flags in 24-31 */
	ABI_INVOKE_WORDS
};

/*
 * U(op, rights, type, to, via, count, r8, r9): fields that an operation uses (1), and those that
 * must be 0 (0). @to and @via are an address and its depth.
 */
#define ABI_INVOKE_USES(U)                                                                         \
	U(COPY, 0, 0, 1, 1, 0, 0, 0)                                                               \
	U(MINT, 1, 0, 1, 1, 0, 1, 0)                                                               \
	U(MOVE, 0, 0, 1, 1, 0, 0, 0)                                                               \
	U(RETYPE, 0, 1, 1, 1, 1, 1, 1)                                                             \
	U(MAP, 1, 0, 1, 1, 1, 1, 1)                                                                \
	U(DELETE, 0, 0, 0, 0, 0, 0, 0)                                                             \
	U(REVOKE, 0, 0, 0, 0, 0, 0, 0)                                                             \
	U(IDENTIFY, 0, 0, 0, 0, 0, 0, 1)

URPC_STATIC_ASSERT(ABI_CAP_DO_COUNT <= 256 && ABI_CAP_TYPE_COUNT <= 256, "fields of 8 bits");
URPC_STATIC_ASSERT(sizeof(struct abi_cap_info) == 8 * ABI_INVOKE_WORDS, "words of an answer");

#endif
