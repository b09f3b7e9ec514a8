// SPDX-License-Identifier: GPL-2.0-only
/* System calls, as the monitor makes them. */
#include <abi/syscall.h>
#include <base/format.h>

#include <mon.h>
#include <turn.h>

struct result {
	int64_t status;
	uint64_t value;
};

static struct result call(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10,
			  uint64_t r8, uint64_t r9)
{
	register uint64_t a10 __asm__("r10") = r10;
	register uint64_t a8 __asm__("r8") = r8;
	register uint64_t a9 __asm__("r9") = r9;
	struct result result;

	__asm__ __volatile__("syscall"
			     : "=a"(result.status), "=d"(result.value), "+r"(a10), "+r"(a8), "+r"(a9)
			     : "a"(number), "D"(rdi), "S"(rsi), "d"(rdx)
			     : "rcx", "r11", "memory");
	return result;
}

int64_t mon_invoke(uint64_t word, uint64_t from, uint64_t to, uint64_t via, uint64_t r8, uint64_t r9,
		   uint64_t *value)
{
	struct result result = call(ABI_SYSCALL_INVOKE, word, from, to, via, r8, r9);

	if (value)
		*value = result.value;
	return result.status;
}

int64_t mon_object(uint32_t op, struct abi_cap_at object, const uint64_t arg[3], uint64_t *value)
{
	struct result result = call(ABI_SYSCALL_OBJECT, ABI_OBJECT_WORD(op, object.depth),
				    object.address, arg[0], arg[1], arg[2], 0);

	if (value)
		*value = result.value;
	return result.status;
}

int64_t mon_kernel(uint32_t op, const uint64_t arg[4], uint64_t *value)
{
	struct result result = call(ABI_SYSCALL_OBJECT, ABI_OBJECT_WORD(op, ABI_DOMAIN_ROOT_BITS),
				    ABI_SLOT_KERNEL, arg[0], arg[1], arg[2], arg[3]);

	if (value)
		*value = result.value;
	return result.status;
}

int64_t mon_lmp(struct abi_cap_at endpoint, uint64_t word)
{
	return call(ABI_SYSCALL_LMP, endpoint.address, ABI_LMP_SEND_WORD(endpoint.depth, 1, 0, 0),
		    (uint64_t)&word, 0, 0, 0).status;
}

void *mon_memory(uint64_t address, uint64_t bytes)
{
	(void)bytes;
	return (void *)address;
}

uint64_t mon_cycles(void)
{
	uint32_t low, high;

	__asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

void mon_print(const char *format, ...)
{
	char line[ABI_PRINT_MAX];
	va_list args;
	size_t bytes;

	va_start(args, format);
	bytes = base_vformat(line, sizeof(line), format, args);
	va_end(args);
	call(ABI_SYSCALL_PRINT, (uint64_t)line, bytes < sizeof(line) ? bytes : sizeof(line) - 1, 0, 0,
	     0, 0);
}

/*
 * Each activation begins here, on an empty stack; what outlives it is in static memory. SLEEP and YIELD
 * of a disabled dispatcher end the activation.
 */
__attribute__((noreturn)) void monitor_run(void);

__attribute__((noreturn)) void monitor_run(void)
{
	uint64_t until;
	bool idle = turn(&until);

	for (;;)
		call(idle ? ABI_SYSCALL_SLEEP : ABI_SYSCALL_YIELD, idle ? until : 0, 0, 0, 0, 0, 0);
}
