// SPDX-License-Identifier: GPL-2.0-only
/* The fake machine has no page tables; selftests/unit/cap has a machine for capabilities. */
#include <cap_arch.h>

/* No monitor: begin and end are one place. */
__asm__(".globl monitor_elf, monitor_elf_end\nmonitor_elf:\nmonitor_elf_end:\n");

bool arch_huge_pages(void)
{
	return false;
}

void arch_cap_map(struct cap_space *space, const struct cap_map *map)
{
	(void)space, (void)map;
}

void arch_cap_unmap(struct cap_space *space, const struct cap_map *map)
{
	(void)space, (void)map;
}

void arch_cap_table_init(struct cap_space *space, uint32_t type, uint64_t pa)
{
	(void)space, (void)type, (void)pa;
}

void arch_cap_table_end(struct cap_space *space, uint32_t type, uint64_t pa)
{
	(void)space, (void)type, (void)pa;
}
