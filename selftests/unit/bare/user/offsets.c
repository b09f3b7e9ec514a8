// SPDX-License-Identifier: GPL-2.0-only
/* Numbers for entry.S: the makefile makes offsets.h of this. */
#include <abi/dispatcher.h>

#define OFFSET(name, type, field) \
	__asm__ volatile("\n#define " name " %c0" ::"i"(__builtin_offsetof(struct type, field)))

void offsets(void);

void offsets(void)
{
	OFFSET("DISPATCHER_DISABLED", abi_dispatcher, disabled);
	OFFSET("DISPATCHER_ENABLED", abi_dispatcher, enabled);
	OFFSET("REGISTERS_RAX", abi_registers, rax);
	OFFSET("REGISTERS_RBX", abi_registers, rbx);
	OFFSET("REGISTERS_RCX", abi_registers, rcx);
	OFFSET("REGISTERS_RDX", abi_registers, rdx);
	OFFSET("REGISTERS_RSI", abi_registers, rsi);
	OFFSET("REGISTERS_RDI", abi_registers, rdi);
	OFFSET("REGISTERS_RBP", abi_registers, rbp);
	OFFSET("REGISTERS_RSP", abi_registers, rsp);
	OFFSET("REGISTERS_R8", abi_registers, r8);
	OFFSET("REGISTERS_R9", abi_registers, r9);
	OFFSET("REGISTERS_R10", abi_registers, r10);
	OFFSET("REGISTERS_R11", abi_registers, r11);
	OFFSET("REGISTERS_R12", abi_registers, r12);
	OFFSET("REGISTERS_R13", abi_registers, r13);
	OFFSET("REGISTERS_R14", abi_registers, r14);
	OFFSET("REGISTERS_R15", abi_registers, r15);
	OFFSET("REGISTERS_RIP", abi_registers, rip);
	OFFSET("REGISTERS_RFLAGS", abi_registers, rflags);
}
