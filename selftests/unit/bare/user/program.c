// SPDX-License-Identifier: GPL-2.0-only
/* The program of the ring-3 tests: what it does is chosen by report.mode. */
#include <abi/dispatcher.h>
#include <abi/domain.h>
#include <abi/invoke.h>
#include <abi/layout.h>
#include <abi/syscall.h>

#include "begin.h"

struct report report __attribute__((aligned(4096), section(".data"))) = { .magic = REPORT_MAGIC };

static struct abi_dispatcher *dispatcher;
static volatile uint64_t recover; /* where a fault continues; 0: where it was */
static const char constant[] = "constant";
static uint64_t answer[5]; /* badge and words of the last message */


uint64_t check_registers(uint64_t seed, uint64_t turns, uint64_t *progress);

static int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t *value)
{
	int64_t status;
	uint64_t second = 0;

	__asm__ volatile("syscall"
			 : "=a"(status), "+d"(second)
			 : "a"(number), "D"(a), "S"(b)
			 : "rcx", "r11", "memory");
	if (value)
		*value = second;
	return status;
}

__attribute__((noreturn)) static void leave(uint64_t status)
{
	call(ABI_SYSCALL_EXIT, status, 0, NULL);
	for (;;)
		report.wrong = 999;
}

static void expect(uint64_t number, bool right)
{
	if (!right && !report.wrong)
		report.wrong = number;
}

static int64_t send(uint64_t to, const uint64_t words[4], uint64_t flags)
{
	register uint64_t r10 __asm__("r10") = words[2], r8 __asm__("r8") = words[3];
	register uint64_t r9 __asm__("r9") =
		flags | (uint64_t)ABI_DOMAIN_ROOT_BITS << ABI_LRPC_DEPTH_SHIFT;
	uint64_t second = words[1];
	int64_t status;

	__asm__ volatile("syscall"
			 : "=a"(status), "+d"(second)
			 : "a"(ABI_SYSCALL_LRPC), "D"(to), "S"(words[0]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return status;
}

/* ---- upcalls ---- */

static void fault_while_disabled(uint64_t which)
{
	/* The first one is over: a second one, in its handler, is the end. */
	if (which == ABI_UPCALL_PAGE_FAULT_DISABLED && report.upcalls >= 3)
		*(volatile uint64_t *)0x1000 = 1;
	dispatcher->faulted.rip = recover;
	dispatcher->faulting = 0;
	resume(&dispatcher->faulted, dispatcher);
}

/* The server stays in its upcall, and ends it by its answer; the client goes on with its thread. */
static void message(uint64_t badge, uint64_t a, uint64_t b, uint64_t c, uint64_t e)
{
	report.progress++;
	if (report.mode == MODE_SERVER) {
		send(ABI_SLOT_DOMAIN + badge, (uint64_t[]){ a + 1, b + 1, c + 1, e + 1 }, ABI_LRPC_SLEEP);
		expect(800, false);
	}
	answer[0] = badge, answer[1] = a, answer[2] = b, answer[3] = c, answer[4] = e;
	resume(&dispatcher->enabled, dispatcher);
}

void upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a, uint64_t b, uint64_t c, uint64_t e)
{
	expect(900, d == dispatcher && d->disabled);
	if (which == ABI_UPCALL_LRPC)
		message(a, b, c, e, fifth);
	if (which == ABI_UPCALL_RUN) {
		report.runs++;
		resume(&d->enabled, d);
	}
	if (report.upcalls < REPORT_UPCALLS * 4) {
		struct report_upcall *u = &report.upcall[report.upcalls % REPORT_UPCALLS];

		*u = (struct report_upcall){ which, { a, b, c } };
	}
	report.upcalls++;
	if (d->faulting)
		fault_while_disabled(which);
	if (which == ABI_UPCALL_TRAP && a == ABI_TRAP_SYSCALL)
		d->enabled.rax = d->enabled.rax * 2 + d->enabled.rdi + d->enabled.r9;
	else if (recover)
		d->enabled.rip = recover;
	d->enabled.rflags &= ~0x100ull;
	resume(&d->enabled, d);
}

/* ---- what it does ---- */

static int64_t print(const void *text, uint64_t bytes)
{
	return call(ABI_SYSCALL_PRINT, (uint64_t)text, bytes, NULL);
}

static void calls(void)
{
	static const char hello[] = "hello from ring 3";
	uint64_t value, end = ((uint64_t)fault_stack_top + 4095) & ~4095ull;
	uint16_t cs;

	__asm__("mov %%cs, %0" : "=r"(cs));
	report.result[0] = cs & 3;
	expect(1, call(ABI_SYSCALL_NOP, 4711, 0, &value) == 0 && value == 4711);
	expect(2, call(ABI_SYSCALL_FIRST + 255, 0, 0, NULL) == -38);
	expect(3, call(ABI_SYSCALL_INVOKE, 0, 0, NULL) == -(int64_t)ABI_CAP_E_OPERATION);
	expect(4, print(hello, sizeof(hello) - 1) == 0);
	expect(5, print(hello, ABI_PRINT_MAX + 1) == -22);
	expect(6, print(hello, ~0ull) == -22);
	expect(7, print((void *)ABI_IMAGE_VA, 8) == -14);
	expect(8, print((void *)ABI_WINDOW_VA, 8) == -14);
	expect(9, print((void *)0, 8) == -14);
	expect(10, print((void *)0x0123456789abcdefull, 8) == -14);
	expect(11, print((void *)~0ull, 8) == -14);
	expect(19, print((void *)((uint64_t)hello | 1ull << 48), 8) == -14);
	expect(12, print((void *)(end - 4), 4) == 0);
	expect(13, print((void *)(end - 4), 5) == -14);
	expect(14, print((void *)(ABI_USER_END - 1), 2) == -14);
	expect(15, call(ABI_SYSCALL_YIELD, 1, 0, NULL) == -22);
	expect(16, call(ABI_SYSCALL_YIELD, 0, 0, NULL) == 0 && report.runs == 1);
	expect(17, call(ABI_SYSCALL_SLEEP, 0, 0, NULL) == 0 && report.runs == 2);
	expect(18, print("\n\x1b\xff", 3) == 0);
	leave(7);
}

static void foreign(void)
{
	uint64_t rax, rdi = 5, r8 = 8, rcx, r11;

	for (uint64_t number = 0; number < 1000; number++) {
		register uint64_t r9 __asm__("r9") = 9;

		__asm__ volatile("syscall"
				 : "=a"(rax), "+D"(rdi), "=c"(rcx), "=&r"(r11), "+r"(r9)
				 : "a"(number), "d"(r8)
				 : "r11", "memory");
		expect(1, rax == number * 2 + 5 + 9);
	}
	__asm__ volatile("syscall" : "=a"(rax) : "a"(~0ull), "D"(1) : "rcx", "r11", "memory");
	__asm__ volatile("syscall" : "=a"(rax) : "a"(ABI_SYSCALL_FIRST + 256ull), "D"(1)
			 : "rcx", "r11", "memory");
	__asm__ volatile("syscall" : "=a"(rax) : "a"(ABI_SYSCALL_FIRST | 1ull << 32), "D"(1)
			 : "rcx", "r11", "memory");
	report.progress = 1;
	leave(0);
}

/* Something that must fault: afterwards the handler has noted what came. */
#define FORBIDDEN(n, text, ...)                                                                    \
	do {                                                                                       \
		uint64_t upcalls = report.upcalls, scratch;                                        \
		__asm__ volatile("lea 99f(%%rip), %0; mov %0, %1; " text "; 99:"                   \
				 : "=&r"(scratch), "=m"(recover)                                   \
				 : __VA_ARGS__                                                     \
				 : "memory", "rax", "rcx", "rdx", "r11");                          \
		report.result[n] = report.upcalls == upcalls + 1 ?                                 \
					   forbidden_result(upcalls % REPORT_UPCALLS) : 0;         \
	} while (0)

/* Page faults as their error bits plus 1000, traps as their vector. */
static uint64_t forbidden_result(uint64_t n)
{
	const struct report_upcall *u = &report.upcall[n];

	return u->which == ABI_UPCALL_TRAP ? u->arguments[0] : 1000 + u->arguments[1];
}

static void faults(void)
{
	static const char descriptor[10];
	static uint64_t data[8] = { 0xc3 };

	FORBIDDEN(0, "mov (%2), %%rax", "r"(ABI_IMAGE_VA));
	FORBIDDEN(1, "movq $1, (%2)", "r"(ABI_IMAGE_VA));
	FORBIDDEN(2, "jmp *%2", "r"(ABI_IMAGE_VA));
	FORBIDDEN(3, "mov (%2), %%rax", "r"(ABI_WINDOW_VA + report.argument));
	FORBIDDEN(4, "mov (%2), %%rax", "r"(ABI_STACK_VA + 8192));
	FORBIDDEN(5, "movl $0, (%2)", "r"(ABI_MMIO_VA));
	FORBIDDEN(6, "mov (%2), %%rax", "r"(0ull));
	FORBIDDEN(7, "movb $1, (%2)", "r"(upcall_entry));
	FORBIDDEN(8, "movb $1, (%2)", "r"(constant));
	FORBIDDEN(9, "jmp *%2", "r"(data));
	FORBIDDEN(10, "jmp *%2", "r"(0x5000ull));
	FORBIDDEN(11, "jmp *%2", "r"(0x0000800000000000ull));
	FORBIDDEN(12, "mov (%2), %%rax", "r"(0x0000800000000000ull));
	FORBIDDEN(13, "hlt", "r"(0ull));
	FORBIDDEN(14, "cli", "r"(0ull));
	FORBIDDEN(15, "sti", "r"(0ull));
	FORBIDDEN(16, "in $0x80, %%al", "r"(0ull));
	FORBIDDEN(17, "out %%al, $0x80", "r"(0ull));
	FORBIDDEN(18, "mov %%cr3, %%rax", "r"(0ull));
	FORBIDDEN(19, "mov %2, %%cr3", "r"(0ull));
	FORBIDDEN(20, "mov %2, %%cr0", "r"(0ull));
	FORBIDDEN(21, "mov %2, %%rcx; rdmsr", "r"(0xc0000080ull));
	FORBIDDEN(22, "mov %2, %%rcx; wrmsr", "r"(0xc0000080ull));
	FORBIDDEN(23, "lgdt (%2)", "r"(descriptor));
	FORBIDDEN(24, "lidt (%2)", "r"(descriptor));
	FORBIDDEN(25, "lldt %w2", "r"(0));
	FORBIDDEN(26, "ltr %w2", "r"(0x18));
	FORBIDDEN(27, "mov %2, %%dr7", "r"(0ull));
	FORBIDDEN(28, "swapgs", "r"(0ull));
	FORBIDDEN(29, "mov %%cr8, %%rax", "r"(0ull)); /* WBINVD: QEMU 7.2 lets anyone */
	FORBIDDEN(30, "invlpg (%2)", "r"(0ull));
	FORBIDDEN(31, "sysenter", "r"(0ull));
	FORBIDDEN(32, "int $0x80", "r"(0ull));
	FORBIDDEN(33, "int $0xe0", "r"(0ull));
	FORBIDDEN(34, "int $2", "r"(0ull));
	FORBIDDEN(35, "ud2", "r"(0ull));
	FORBIDDEN(36, "xor %%edx, %%edx; div %2", "r"(0ull));
	FORBIDDEN(37, "mov %w2, %%ds", "r"(0x7)); /* a local descriptor */
	FORBIDDEN(38, "mov %w2, %%ds", "r"(0x10));
	FORBIDDEN(39, "push $0x08; push %2; lretq", "r"(ABI_IMAGE_VA));
	FORBIDDEN(40, "mov %2, %%rcx; sysretq", "r"(ABI_IMAGE_VA));
	FORBIDDEN(41, "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $3, %%eax; xsetbv", "r"(0ull));
	FORBIDDEN(42, "xor %%ecx, %%ecx; rdpmc", "r"(0ull));
	FORBIDDEN(43, "sgdt (%2)", "r"(data));
	FORBIDDEN(44, "mov $0x10, %%eax; mov %%eax, %%ss", "r"(0ull));
	FORBIDDEN(45, "clts", "r"(0ull));
	report.progress = 1;
	leave(0);
}

static void check(void)
{
	uint64_t seed = 0x1000003 * (report.instance + 1);

	for (;;) {
		if (check_registers(seed, 1000, &report.progress))
			report.wrong = seed;
		seed = seed * 0x10003 + 12345;
	}
}

static void wild(void)
{
	static const uint64_t stacks[] = { 0, 8, 0x123456789abcdefull, 0xffff800000000000ull,
					   0xffffffff80000000ull, 0x7fffffffffffull, ~0ull };
	uint64_t turn = 0;

	for (;; turn++) {
		uint64_t stack = stacks[turn % 7], base = 0xffff800000000000ull + turn * 4096;
		uint64_t rax = ABI_SYSCALL_NOP, saved;

		/* Interrupts come in the loop, a system call after it, each on the wild stack. */
		__asm__ volatile("wrfsbase %[base]; wrgsbase %[base]; mov %%rsp, %[saved];"
				 "mov %[stack], %%rsp; mov $2000, %%ecx; 1: dec %%ecx; jnz 1b;"
				 "syscall; mov %[saved], %%rsp"
				 : "+a"(rax), [saved] "=&r"(saved)
				 : [stack] "r"(stack), [base] "r"(base)
				 : "rcx", "rdx", "r11", "memory");
		expect(1, rax == 0);
		report.progress++;
	}
}

static void fault_disabled(void)
{
	dispatcher->disabled = 1;
	__asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, %0; movq $1, 0x2000; 1:"
			 : "=m"(recover)::"rax", "memory");
	report.result[0] = dispatcher->disabled; /* resume() made it enabled */
	dispatcher->disabled = 1;
	__asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, %0; ud2; 1:"
			 : "=m"(recover)::"rax", "memory");
	report.progress = 1;
	dispatcher->disabled = 1;
	*(volatile uint64_t *)0x3000 = 1;
	report.wrong = 1; /* never comes here */
}

static void step(void)
{
	uint64_t rax = ABI_SYSCALL_NOP;

	/* Each instruction is a trap, and the handler clears the flag; also across a system call. */
	recover = 0;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop" ::: "memory", "cc");
	report.result[0] = report.upcall[0].arguments[0];
	__asm__ volatile("pushfq; orl $0x44500, (%%rsp); popfq; syscall; nop; nop"
			 : "+a"(rax)::"rcx", "rdx", "r11", "memory", "cc");
	expect(1, rax == 0);
	__asm__ volatile("pushfq; andl $~0x44500, (%%rsp); popfq" ::: "memory", "cc");
	for (int i = 0; i < 100000; i++) {
		/* Direction, alignment check, nested task, identification */
		__asm__ volatile("pushfq; orl $0x244400, (%%rsp); popfq; mov %2, %%eax; syscall;"
				 "pushfq; pop %0; pushfq; andl $~0x244400, (%%rsp); popfq"
				 : "=&b"(rax), "=m"(report.progress)
				 : "i"(ABI_SYSCALL_NOP)
				 : "rax", "rcx", "rdx", "r11", "memory", "cc");
		expect(2, (rax & 0x244400) == 0x244400);
		report.progress++;
	}
	leave(0);
}

static inline uint64_t cycles(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static void cost(void)
{
	uint64_t start = cycles();

	for (int i = 0; i < 10000; i++)
		call(ABI_SYSCALL_NOP, 0, 0, NULL);
	report.result[0] = (cycles() - start) / 10000;
	start = cycles();
	for (int i = 0; i < 10000; i++)
		call(ABI_SYSCALL_YIELD, 0, 0, NULL);
	report.result[1] = (cycles() - start) / 10000;
	report.progress = 1;
	leave(0);
}

/* The server may have been stopped in the middle of another one's message. */
static void ask(const uint64_t words[4])
{
	int64_t status;

	while ((status = send(ABI_SLOT_MONITOR, words, ABI_LRPC_SLEEP)) == -16)
		call(ABI_SYSCALL_YIELD, 0, 0, NULL);
	expect(6, status == 0);
}

static void client(void)
{
	uint64_t words[4] = { report.instance, 2, 3, 4 }, start;

	expect(1, send(ABI_SLOT_FREE, words, 0) == -2);
	expect(2, send(~0ull, words, 0) == -2);
	expect(3, send(ABI_SLOT_ENDPOINT, words, 0) == -22);
	expect(4, send(ABI_SLOT_MONITOR, words, 2) == -22);
	ask(words);
	start = cycles();
	for (uint64_t i = 0; i < report.argument; i++) {
		expect(5, answer[0] == 1 && answer[1] == words[0] + 1 && answer[2] == words[1] + 1 &&
				  answer[3] == words[2] + 1 && answer[4] == words[3] + 1);
		words[i % 4] = i * 0x10001;
		ask(words);
	}
	report.result[0] = (cycles() - start) / (report.argument ? report.argument : 1);
	leave(0);
}

extern char count_in_range[], count_in_range_end[];

static void critical(void)
{
	dispatcher->critical = (uint64_t)count_in_range;
	dispatcher->critical_end = (uint64_t)count_in_range_end;
	((void (*)(uint64_t *))(uint64_t)count_in_range)(&report.progress);
}

static void work(void)
{
	for (;;) {
		__atomic_store_n(&report.progress, report.progress + 1, __ATOMIC_RELAXED);
		if (report.mode == MODE_YIELD)
			call(ABI_SYSCALL_YIELD, 0, 0, NULL);
		if (report.mode == MODE_SLEEP)
			call(ABI_SYSCALL_SLEEP,
			     report.argument == ~0ull ? ~0ull :
				     cycles() + report.argument * dispatcher->tsc_khz / 1000, 0, NULL);
	}
}

void start(struct abi_dispatcher *d)
{
	dispatcher = d;
	begin(d);
	switch (report.mode) {
	case MODE_CALLS:
		calls();
	case MODE_FOREIGN:
		foreign();
	case MODE_FAULTS:
		faults();
	case MODE_CHECK:
		check();
	case MODE_WILD:
		wild();
	case MODE_FAULT_DISABLED:
		fault_disabled();
	case MODE_NO_ENTRY:
		d->entry[ABI_UPCALL_PAGE_FAULT] = 0;
		*(volatile uint64_t *)0x4000 = 1;
	case MODE_FAULT_ENTRY:
		d->entry[ABI_UPCALL_TRAP] = report.argument;
		__asm__ volatile("ud2");
	case MODE_STEP:
		step();
	case MODE_COST:
		cost();
	case MODE_CLIENT:
		client();
	case MODE_SERVER:
		for (;;)
			call(ABI_SYSCALL_SLEEP, ~0ull, 0, NULL);
	case MODE_CRITICAL:
		critical();
	case MODE_DEAF:
		__atomic_store_n(&d->disabled, 1, __ATOMIC_RELAXED);
		work();
	default:
		work();
	}
}
