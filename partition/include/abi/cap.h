/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Capabilities as ring 3 sees them: types, rights, limits, results. The lists below are the one
 * definition; the CPU driver's type table, the tests and ring 3's names are generated from them.
 *
 * Types are numbered so that whatever is derived has a higher number than what it is derived from.
 */
#ifndef ABI_CAP_H
#define ABI_CAP_H

#include <abi/layout.h>
#include <urpc/abi.h>

/* Rights. A capability never has more than the one it came from. */
#define ABI_CAP_READ 0x01    /* look through a CNode, map readable, receive */
#define ABI_CAP_WRITE 0x02   /* change a CNode or table, map writable, send */
#define ABI_CAP_EXECUTE 0x04 /* map executable */
#define ABI_CAP_GRANT 0x08   /* send capabilities along */
#define ABI_CAP_RETYPE 0x10  /* derive objects from it */
#define ABI_CAP_REVOKE 0x20  /* delete its other copies and all that was derived from it */
#define ABI_CAP_RIGHTS 0x3f

#define ABI_CAP_DERIVE (ABI_CAP_RETYPE | ABI_CAP_REVOKE)
#define ABI_CAP_RW (ABI_CAP_READ | ABI_CAP_WRITE)
#define ABI_CAP_RWX (ABI_CAP_RW | ABI_CAP_EXECUTE)

/* Traits of a type. */
#define ABI_CAP_IS_MAPPABLE 0x01 /* ring 3 may map the memory */
#define ABI_CAP_IS_KERNEL 0x02   /* the memory is the CPU driver's: never in a mappable range */
#define ABI_CAP_IS_ZEROED 0x04   /* memory is cleared when it becomes this type */
#define ABI_CAP_IS_SHARED 0x08   /* ranges of this type may overlap one another in any way */
#define ABI_CAP_IS_POWER 0x10    /* size is a power of two */
#define ABI_CAP_IS_SLOTS 0x20    /* the object holds capabilities itself */
#define ABI_CAP_IS_TABLE 0x40    /* a page table */
#define ABI_CAP_IS_BADGED 0x80   /* a copy may carry a number, given once and then fixed */
#define ABI_CAP_IS_SINGLE 0x100  /* cannot be copied, only moved */

/* A slot; the first of a CNode or dispatcher is the CPU driver's own and has no address. */
#define ABI_CAP_SLOT_BYTES 128u
#define ABI_CAP_CNODE_BITS_MIN 5u  /* 32 slots, one page */
#define ABI_CAP_CNODE_BITS_MAX 12u
#define ABI_CAP_DEPTH_MAX 64u
#define ABI_CAP_RETYPE_MAX 64u     /* objects made by one retype */

/* A dispatcher: a page of control block, which begins with slots, and a page of endpoints. */
#define ABI_CAP_DISPATCHER_BYTES 8192u
#define ABI_CAP_DISPATCHER_SLOTS 8u
#define ABI_CAP_ENDPOINTS_AT 4096u
#define ABI_CAP_ENDPOINT_BYTES 64u

#define ABI_CAP_ENTRY_BYTES 8u /* of a page table */

/* What every object that the CPU driver keeps in memory has in common. */
#define ABI_CAP_OBJECT (ABI_CAP_IS_KERNEL | ABI_CAP_IS_ZEROED)

/*
 * T(name, space, unit, bytes, traits, rights): space is what the range counts, unit divides base
 * and size of every range, bytes is the size of an object (0: any multiple of the unit).
 */
#define ABI_CAP_TYPES(T)									\
	T(NONE, NOTHING, 1, 0, 0, 0)								\
	T(PHYSADDR, MEMORY, 4096, 0, 0, ABI_CAP_RIGHTS)						\
	T(RAM, MEMORY, 4096, 0, 0, ABI_CAP_RIGHTS)						\
	T(DEVFRAME, MEMORY, 4096, 0,								\
	  ABI_CAP_IS_MAPPABLE | ABI_CAP_IS_SHARED, ABI_CAP_RW | ABI_CAP_DERIVE)			\
	T(FRAME, MEMORY, 4096, 0,								\
	  ABI_CAP_IS_MAPPABLE | ABI_CAP_IS_SHARED | ABI_CAP_IS_ZEROED,				\
	  ABI_CAP_RWX | ABI_CAP_DERIVE)								\
	T(CNODE, MEMORY, 4096, 0,								\
	  ABI_CAP_OBJECT | ABI_CAP_IS_POWER | ABI_CAP_IS_SLOTS, ABI_CAP_RW | ABI_CAP_REVOKE)	\
	T(PML4, MEMORY, 4096, 4096,								\
	  ABI_CAP_OBJECT | ABI_CAP_IS_TABLE, ABI_CAP_RW | ABI_CAP_REVOKE)			\
	T(PDPT, MEMORY, 4096, 4096,								\
	  ABI_CAP_OBJECT | ABI_CAP_IS_TABLE, ABI_CAP_RW | ABI_CAP_REVOKE)			\
	T(PD, MEMORY, 4096, 4096, ABI_CAP_OBJECT | ABI_CAP_IS_TABLE, ABI_CAP_RW | ABI_CAP_REVOKE)\
	T(PT, MEMORY, 4096, 4096, ABI_CAP_OBJECT | ABI_CAP_IS_TABLE, ABI_CAP_RW | ABI_CAP_REVOKE)\
	T(DISPATCHER, MEMORY, 4096, ABI_CAP_DISPATCHER_BYTES,					\
	  ABI_CAP_OBJECT | ABI_CAP_IS_SLOTS, ABI_CAP_RW | ABI_CAP_GRANT | ABI_CAP_DERIVE)	\
	T(ENDPOINT, MEMORY, 64, ABI_CAP_ENDPOINT_BYTES,						\
	  ABI_CAP_OBJECT | ABI_CAP_IS_BADGED, ABI_CAP_RW | ABI_CAP_GRANT | ABI_CAP_REVOKE)	\
	T(MAPPING, MEMORY, 8, 0, ABI_CAP_IS_KERNEL | ABI_CAP_IS_SINGLE, ABI_CAP_RWX)		\
	T(URPC, CHANNELS, 1, 0, ABI_CAP_IS_BADGED, ABI_CAP_RW | ABI_CAP_GRANT | ABI_CAP_DERIVE)	\
	T(IRQ, VECTORS, 1, 0, 0, ABI_CAP_RW | ABI_CAP_DERIVE)					\
	T(IO, PORTS, 1, 0, 0, ABI_CAP_RW | ABI_CAP_DERIVE)					\
	T(MSR, REGISTERS, 1, 0, 0, ABI_CAP_RW | ABI_CAP_DERIVE)					\
	T(KERNEL, KERNELS, 1, 1, 0, ABI_CAP_RW | ABI_CAP_REVOKE)				\
	T(DOMAIN, DOMAINS, 1, 0, 0, ABI_CAP_RW | ABI_CAP_DERIVE)

/* S(name, end): what ranges count, and the first number past all of them */
#define ABI_CAP_SPACES(S)                                                                          \
	S(NOTHING, 0)                                                                              \
	S(MEMORY, 1ull << 52)                                                                      \
	S(CHANNELS, 1ull << 32)                                                                    \
	S(VECTORS, 256)                                                                            \
	S(PORTS, 65536)                                                                            \
	S(REGISTERS, 1ull << 32)                                                                   \
	S(KERNELS, 1ull << 32)                                                                     \
	S(DOMAINS, 1ull << 32)

/* R(x, from, to): retype; x is handed through */
#define ABI_CAP_RETYPES(R, x)                                                                      \
	R(x, PHYSADDR, PHYSADDR) R(x, PHYSADDR, RAM) R(x, PHYSADDR, DEVFRAME)                      \
	R(x, RAM, RAM) R(x, RAM, FRAME) R(x, RAM, CNODE) R(x, RAM, PML4) R(x, RAM, PDPT)           \
	R(x, RAM, PD) R(x, RAM, PT) R(x, RAM, DISPATCHER) R(x, DEVFRAME, DEVFRAME)                 \
	R(x, FRAME, FRAME) R(x, DISPATCHER, ENDPOINT) R(x, URPC, URPC) R(x, IRQ, IRQ)              \
	R(x, IO, IO) R(x, MSR, MSR) R(x, DOMAIN, DOMAIN)

/* M(table, what, bytes): what an entry of a table may hold; bytes of a page, 0 for a table */
#define ABI_CAP_MAPS(M)                                                                            \
	M(PML4, PDPT, 0) M(PDPT, PD, 0) M(PD, PT, 0)                                               \
	M(PDPT, FRAME, 1ull << 30) M(PD, FRAME, 1ull << 21) M(PT, FRAME, 4096)                     \
	M(PDPT, DEVFRAME, 1ull << 30) M(PD, DEVFRAME, 1ull << 21) M(PT, DEVFRAME, 4096)

/*
 * E(name, sentence): why an operation was refused. An operation returns 0 or a negative number,
 * counted from 1 in this list. A refused operation has changed nothing.
 */
#define ABI_CAP_ERRORS(E)                                                                          \
	E(AGAIN, "work is left over from this or another operation: repeat the operation")         \
	E(BUSY, "other cores are agreeing on this object: repeat the operation later")             \
	E(FOREIGN, "the object belongs to another core: let the monitor ask there")                \
	E(REMOTE, "other cores hold copies: let the monitor ask them first")                       \
	E(OPERATION, "no operation has this number")                                               \
	E(ARGUMENT, "what the operation has no use for must be 0")                                 \
	E(DEPTH, "the depth must be 1 to 64 and end with the index of a CNode on the way")         \
	E(ADDRESS, "the address leads through a slot that holds no CNode, or to slot 0")           \
	E(EMPTY, "the slot holds no capability")                                                   \
	E(OCCUPIED, "the slot to fill holds a capability already, or lies past the CNode")         \
	E(RIGHTS, "a capability on the way or the one named lacks the right, or has fewer")        \
	E(TYPE, "the operation does not exist for this type, or these two types")                  \
	E(SINGLE, "this type cannot be copied, only moved")                                        \
	E(BADGE, "this type takes no badge, or not this one, or the capability has one already")   \
	E(COUNT, "the count must be 1 to the limit, and 1 for a table")                            \
	E(SIZE, "the size of an object must be the type's")                                        \
	E(ALIGN, "the place must be a multiple of the type's unit, or of the page size")           \
	E(RANGE, "the range must lie inside the one it is taken from")                             \
	E(SAME, "an object of the same type and range is a copy: use copy")                        \
	E(IN_USE, "something was derived from part of this range: revoke first")                   \
	E(MAPPED, "this copy is mapped already: make another copy")                                \
	E(ENTRY, "the table has no such entries for ring 3, or some of them are in use")           \
	E(WRITE_EXECUTE, "a mapping is writable or executable, not both")                          \
	E(OVERLAP, "a capability of an incompatible type overlaps this range")

enum abi_cap_type {
#define ABI_CAP_T(name, space, unit, bytes, traits, rights) ABI_CAP_##name,
	ABI_CAP_TYPES(ABI_CAP_T)
#undef ABI_CAP_T
	ABI_CAP_TYPE_COUNT
};

enum abi_cap_space {
#define ABI_CAP_S(name, end) ABI_CAP_SPACE_##name,
	ABI_CAP_SPACES(ABI_CAP_S)
#undef ABI_CAP_S
	ABI_CAP_SPACE_COUNT
};

enum abi_cap_error {
	ABI_CAP_E_NONE,
#define ABI_CAP_E(name, sentence) ABI_CAP_E_##name,
	ABI_CAP_ERRORS(ABI_CAP_E)
#undef ABI_CAP_E
	ABI_CAP_ERROR_COUNT
};

/** enum abi_cap_op - operations on slots */
enum abi_cap_op {
	ABI_CAP_DO_COPY = 1,
	ABI_CAP_DO_MINT = 2,
	ABI_CAP_DO_MOVE = 3,
	ABI_CAP_DO_RETYPE = 4,
	ABI_CAP_DO_MAP = 5,
	ABI_CAP_DO_DELETE = 6,
	ABI_CAP_DO_REVOKE = 7,
	ABI_CAP_DO_IDENTIFY = 8,
	ABI_CAP_DO_COUNT
};

#define ABI_CAP_INFO_MAPPED 0x1 /* this copy is mapped */

/** struct abi_cap_info - what ABI_CAP_DO_IDENTIFY tells of a capability */
struct abi_cap_info {
	uint64_t base;  /* physical address, or first number of the range */
	uint64_t bytes; /* or numbers */
	uint64_t badge; /* 0: none */
	uint16_t type;  /* enum abi_cap_type */
	uint8_t rights;
	uint8_t flags;  /* ABI_CAP_INFO_* */
	uint32_t reserved;
};

URPC_STATIC_ASSERT(sizeof(struct abi_cap_info) == 32, "answer of ABI_CAP_DO_IDENTIFY");
URPC_STATIC_ASSERT(ABI_CAP_TYPE_COUNT <= 32, "masks of types are words of 32 bits");
URPC_STATIC_ASSERT((ABI_CAP_SLOT_BYTES << ABI_CAP_CNODE_BITS_MIN) == ABI_PAGE_SIZE,
		   "the smallest CNode is a page");

#endif
