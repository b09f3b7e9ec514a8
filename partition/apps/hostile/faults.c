// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is not the program's, stacks without end, exceptions of arithmetic. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"

static uint64_t address(const char *text)
{
	return strtoull(text, NULL, 0);
}

/* Each turn uses a part of a page, so no guard page is jumped over. */
static int __attribute__((noinline)) deeper(volatile unsigned int depth)
{
	volatile char room[512];

	if (depth == UINT32_MAX)
		return 0;
	room[0] = (char)depth;
	return deeper(depth + 1) + room[0];
}

int way_stack(const char *argument)
{
	(void)argument;
	deeper(0);
	return breach("a stack without end");
}

static void *overrun(void *arg)
{
	deeper(0);
	return arg;
}

int way_stack_thread(const char *argument)
{
	pthread_t thread;

	(void)argument;
	if (pthread_create(&thread, NULL, overrun, NULL))
		return 2;
	pthread_join(thread, NULL);
	return breach("a thread's stack without end");
}

/* A push there, and a system call with the stack pointer there: neither may hurt anybody else. */
int way_stack_pointer(const char *argument)
{
	const uint64_t to = address(argument);

	__asm__ volatile("mov %0, %%rsp\n\t"
			 "mov %1, %%eax\n\t"
			 "xor %%edi, %%edi\n\t"
			 "syscall\n\t"
			 "push %%rax"
			 :
			 : "r"(to), "i"(ABI_SYSCALL_NOP)
			 : "rax", "rcx", "rdx", "rdi", "r11", "memory");
	__builtin_trap();
}

int way_read(const char *argument)
{
	const uint64_t at = address(argument);
	const int value = *(volatile char *)at;

	return breach("%#llx was read: %d", (unsigned long long)at, value);
}

static const char constant[64] = "constant";

int way_write(const char *argument)
{
	uint64_t at = address(argument);

	if (!strcmp(argument, "text"))
		at = (uint64_t)way_write;
	else if (!strcmp(argument, "startup"))
		at = ABI_DOMAIN_STARTUP;
	else if (!strcmp(argument, "constant"))
		at = (uint64_t)constant;
	*(volatile char *)at = 1;
	return breach("%#llx was written", (unsigned long long)at);
}

int way_jump(const char *argument)
{
	const uint64_t to = address(argument);

	__asm__ volatile("jmp *%0" : : "r"(to) : "memory");
	__builtin_unreachable();
}

int way_execute(const char *argument)
{
	static unsigned char data[64];
	unsigned char stack[64], *at = stack;

	if (!strcmp(argument, "heap"))
		at = malloc(64);
	else if (!strcmp(argument, "data"))
		at = data;
	if (!at)
		return 2;
	memset(at, 0xc3, 64); /* ret */
	__asm__ volatile("call *%0" : : "r"(at) : "memory");
	return breach("%s was executed", argument);
}

int way_divide(const char *argument)
{
	(void)argument;
	/* In C the compiler would be free to do something else. */
	__asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx; div %%ecx"
			 :
			 :
			 : "rax", "rcx", "rdx", "cc");
	return breach("divided by zero");
}

/* Of the old floating-point unit: QEMU's emulation has no such exceptions of the newer one. */
int way_float(const char *argument)
{
	const uint16_t none_masked = 0x340;

	(void)argument;
	__asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(none_masked));
	return breach("an exception that was not masked");
}

int way_step(const char *argument)
{
	(void)argument;
	__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" : : : "memory", "cc");
	return breach("single steps");
}
