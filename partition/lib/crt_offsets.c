// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Numbers for crt_entry.S: the makefile makes rt_offsets.h of this. */
#include <lib/thread.h>

#define OFFSET(name, type, field)                                                                  \
	__asm__ volatile("\n#define " name " %c0" ::"i"(__builtin_offsetof(struct type, field)))
#define REGISTER(name, field) OFFSET("REGISTERS_" name, abi_registers, field)

void offsets(void);

void offsets(void)
{
	__asm__ volatile("\n#define STARTUP %c0" ::"i"(ABI_DOMAIN_STARTUP));
	__asm__ volatile("\n#define STARTUP_REVISION %c0" ::"i"(ABI_STARTUP_REVISION));
	__asm__ volatile("\n#define NOTE_TYPE %c0" ::"i"(ABI_NOTE_TYPE));
	OFFSET("DISPATCHER_DISABLED", abi_dispatcher, disabled);
	OFFSET("DISPATCHER_FAULTING", abi_dispatcher, faulting);
	OFFSET("DISPATCHER_STACK", abi_dispatcher, stack);
	OFFSET("THREAD_STACK_POINTER", rt_thread, stack_pointer);
	REGISTER("RAX", rax);
	REGISTER("RBX", rbx);
	REGISTER("RCX", rcx);
	REGISTER("RDX", rdx);
	REGISTER("RSI", rsi);
	REGISTER("RDI", rdi);
	REGISTER("RBP", rbp);
	REGISTER("RSP", rsp);
	REGISTER("R8", r8);
	REGISTER("R9", r9);
	REGISTER("R10", r10);
	REGISTER("R11", r11);
	REGISTER("R12", r12);
	REGISTER("R13", r13);
	REGISTER("R14", r14);
	REGISTER("R15", r15);
	REGISTER("RIP", rip);
	REGISTER("RFLAGS", rflags);
}
