// SPDX-License-Identifier: GPL-2.0-only
/* The interrupt descriptor table: constants, valid from the first instruction on. */
#include <abi/layout.h>
#include <urpc/types.h>

#include <x86.h>

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

URPC_STATIC_ASSERT(sizeof(struct gate) == 16, "IDT gate, SDM volume 3, 6.14.1");

#define GATE_INTERRUPT 0x8e /* present, ring 0, interrupts off on entry */

#define STUB(n) (ABI_IMAGE_VA + VECTOR_STUB(n))

#define IST(n)                                                                                     \
	((n) == VECTOR_NMI           ? IST_NMI :                                                   \
	 (n) == VECTOR_DOUBLE_FAULT  ? IST_DOUBLE_FAULT :                                          \
	 (n) == VECTOR_MACHINE_CHECK ? IST_MACHINE_CHECK :                                         \
				       0)

#define GATE(n)                                                                                    \
	{                                                                                          \
		.offset_low = STUB(n) & 0xffff, .selector = SELECTOR_CODE, .ist = IST(n),          \
		.type = GATE_INTERRUPT, .offset_middle = STUB(n) >> 16 & 0xffff,                   \
		.offset_high = STUB(n) >> 32,                                                      \
	}

#define GATES_4(n) GATE(n), GATE((n) + 1), GATE((n) + 2), GATE((n) + 3)
#define GATES_16(n) GATES_4(n), GATES_4((n) + 4), GATES_4((n) + 8), GATES_4((n) + 12)
#define GATES_64(n) GATES_16(n), GATES_16((n) + 16), GATES_16((n) + 32), GATES_16((n) + 48)

const struct gate idt[VECTORS] __attribute__((aligned(16))) = {
	GATES_64(0),
	GATES_64(64),
	GATES_64(128),
	GATES_64(192),
};
