// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both sides in as few instructions as there can be. The clock is read as Linux's side of the
 * comparison reads it: lfence, rdtsc, lfence.
 */
#include <abi/syscall.h>

#include "peer.h"

#define LRPC "0x52454d05"
#define SLEEP "0x52454d02"

_Static_assert(ABI_SYSCALL_LRPC == 0x52454d05 && ABI_SYSCALL_SLEEP == 0x52454d02,
	       "the assembler knows no enumerations");
_Static_assert(offsetof(struct raw_result, start) == 8 && offsetof(struct raw_result, end) == 16 &&
	       offsetof(struct raw_result, words) == 24, "offsets below");

struct raw_result raw_result;

#define CLOCK "lfence; rdtsc; lfence; shl $32, %rdx; or %rdx, %rax;"

/*
 * All while disabled, so that whatever ends the sleep comes in by an upcall: the answer, or `run` for
 * nothing, after which it goes on sleeping.
 */
__asm__(
	".text\n"
	".globl raw_call, raw_answered, raw_woken\n"
	"raw_call:\n"
	"	push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, raw_result(%rip)\n"
	"	mov %rdx, %r9\n"
	"	" CLOCK "\n"
	"	mov %rax, raw_result+8(%rip)\n"
	"	mov $" LRPC ", %eax\n"
	"	syscall\n"
	"	jmp 1f\n"
	"raw_answered:\n"
	"	" CLOCK "\n"
	"	mov %rax, raw_result+16(%rip)\n"
	"	mov %rcx, raw_result+24(%rip)\n"
	"	mov %r8, raw_result+32(%rip)\n"
	"	xor %eax, %eax\n"
	"1:	mov raw_result(%rip), %rsp\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
	"	ret\n"
	"raw_woken:\n"
	"	mov $-1, %rdi\n"
	"	mov $" SLEEP ", %eax\n"
	"	syscall\n"
	"	jmp raw_woken\n");

/*
 * The server, copied into a page of its own: no address in it is absolute. A client that is awake for
 * another reason cannot be entered: the answer is tried until it can.
 */
__asm__(
	".section .rodata\n"
	".globl server_begin, server_end, server_message, server_run, server_answer, server_flags\n"
	".balign 64\n"
	"server_begin:\n"
	"server_run:\n"
	"	mov $-1, %rdi\n"
	"	mov $" SLEEP ", %eax\n"
	"	syscall\n"
	"	jmp server_run\n"
	".balign 64\n"
	"server_message:\n"
	"	" CLOCK "\n"
	"	lea 1(%rcx), %rsi\n"
	"	mov %rax, %rdx\n"
	"	mov server_answer(%rip), %rdi\n"
	"	mov server_flags(%rip), %r9\n"
	"1:	mov $" LRPC ", %eax\n"
	"	syscall\n"
	"	jmp 1b\n"
	".balign 8\n"
	"server_answer: .quad 0\n"
	"server_flags: .quad 0\n"
	"server_end:\n"
	".text\n");
