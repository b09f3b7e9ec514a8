// SPDX-License-Identifier: GPL-2.0-only
#include <urpc/types.h>

#include <stack.h>
#include <x86.h>

/* 64-bit TSS, SDM volume 3, 8.7; filled for the start in boot.S. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7]; /* ist[n - 1] is interrupt stack n */
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
} __attribute__((packed));

URPC_STATIC_ASSERT(sizeof(struct tss) == 104, "TSS");
URPC_STATIC_ASSERT(offsetof(struct tss, ist) == 36, "TSS");

extern struct tss tss;
extern const char early_stacks[], early_stacks_end[];

static const uint64_t bytes[STACK_COUNT] = {
	[STACK_MAIN] = 16 << 10,
	[STACK_NMI] = 8 << 10,
	[STACK_DOUBLE_FAULT] = 8 << 10,
	[STACK_MACHINE_CHECK] = 8 << 10,
};

static bool in_use; /* the stacks at ABI_STACK_VA are mapped */

uint64_t stack_bottom(enum stack stack)
{
	return ABI_STACK_VA + stack * STACK_ROOM + ABI_PAGE_SIZE;
}

uint64_t stack_top(enum stack stack)
{
	return stack_bottom(stack) + bytes[stack];
}

void stacks_use(void)
{
	tss.ist[IST_NMI - 1] = stack_top(STACK_NMI);
	tss.ist[IST_DOUBLE_FAULT - 1] = stack_top(STACK_DOUBLE_FAULT);
	tss.ist[IST_MACHINE_CHECK - 1] = stack_top(STACK_MACHINE_CHECK);
	in_use = true;
}

void stack_of_ring3(uint64_t top)
{
	tss.rsp[0] = top;
}

static bool inside(uint64_t address, uint64_t size, uint64_t bottom, uint64_t top)
{
	return address >= bottom && size <= top - bottom && address <= top - size;
}

bool stack_holds(uint64_t address, uint64_t size)
{
	if (inside(address, size, (uint64_t)early_stacks, (uint64_t)early_stacks_end))
		return true;
	for (enum stack s = STACK_MAIN; in_use && s < STACK_COUNT; s++) {
		if (inside(address, size, stack_bottom(s), stack_top(s)))
			return true;
	}
	return false;
}

bool stack_guard_hit(uint64_t address)
{
	return address >= ABI_STACK_VA && address < ABI_STACK_VA + STACK_COUNT * STACK_ROOM &&
	       !stack_holds(address, 1);
}
