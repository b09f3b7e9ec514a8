// SPDX-License-Identifier: GPL-2.0-only
/* Exceptions, NMI and machine check: one screen on the console, then the end. */
#include <base/format.h>
#include <base/string.h>

#include <arch.h>
#include <backtrace.h>
#include <bootinfo.h>
#include <console.h>
#include <crash.h>
#include <stack.h>
#include <trap.h>
#include <x86.h>

#define PF_PRESENT (1u << 0)
#define PF_WRITE (1u << 1)
#define PF_USER (1u << 2)
#define PF_RESERVED (1u << 3)
#define PF_FETCH (1u << 4)

#define MC_VALID (1ull << 63)
#define MC_ADDRESS_VALID (1ull << 58)
#define MCG_BANKS 0xff

static const char *const names[32] = {
	"divide error", "debug exception", "NMI", "breakpoint", "overflow", "bound range exceeded",
	"undefined instruction", "no FPU", "double fault", "coprocessor overrun", "invalid TSS",
	"segment not present", "stack segment fault", "general protection fault", "page fault", NULL,
	"x87 error", "misaligned access", "machine check", "SIMD error", "virtualization exception",
	"control protection fault", NULL, NULL, NULL, NULL, NULL, NULL, "hypervisor injection",
	"VMM communication", "security exception", NULL,
};

static const char *page_fault_text(uint32_t error, uint64_t address)
{
	if (error & PF_RESERVED)
		return "reserved bit in a page table at";
	if (stack_guard_hit(address))
		return "stack overrun at";
	if (error & PF_FETCH)
		return error & PF_PRESENT ? "execution of data at" : "execution at unmapped";
	if (error & PF_WRITE)
		return error & PF_PRESENT ? "write to read-only" : "write to unmapped";
	return error & PF_PRESENT ? "forbidden read of" : "read of unmapped";
}

static void print_registers(const struct trap_frame *f)
{
	console_error("rip %016lx rsp %016lx rflags %08lx cs %02lx ss %02lx", f->rip, f->rsp, f->rflags,
		      f->cs, f->ss);
	console_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
	console_error("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
	console_error("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", f->r9, f->r10, f->r11, f->r12);
	console_error("r13 %016lx r14 %016lx r15 %016lx", f->r13, f->r14, f->r15);
	console_error("cr0 %08lx cr2 %016lx cr3 %012lx cr4 %06lx", read_cr0(), read_cr2(), read_cr3(),
		      read_cr4());
}

void trap_report(const struct trap_frame *f, const char *reason)
{
	struct abi_crash record = {
		.vector = (uint32_t)f->vector,
		.error = (uint32_t)f->error,
		.rip = f->rip,
		.rsp = f->rsp,
		.cr2 = read_cr2(),
		.rflags = f->rflags,
	};

	base_strcopy(record.reason, reason, sizeof(record.reason));
	crash_begin(&record);
	console_error("crash of node %u: %s", boot_info ? boot_info->node : 0, reason);
	console_error("vector %lu, error code 0x%lx, %lu turns of the event loop", f->vector, f->error,
		      core_page ? core_page->heartbeat : 0);
	print_registers(f);
	backtrace_print(f->rip, f->rbp);
	crash_finish(&record);
}

static __attribute__((noreturn)) void exception(const struct trap_frame *f)
{
	const char *name = names[f->vector] ? names[f->vector] : "unknown exception";
	uint64_t cr2 = read_cr2();
	char reason[sizeof(((struct abi_crash *)0)->reason)];

	if (f->vector == VECTOR_PAGE_FAULT)
		base_format(reason, sizeof(reason), "%s: %s 0x%lx%s", name,
			    page_fault_text((uint32_t)f->error, cr2), cr2,
			    f->error & PF_USER ? " by ring 3" : "");
	else if (f->vector == VECTOR_DOUBLE_FAULT && stack_guard_hit(cr2))
		base_format(reason, sizeof(reason), "%s: stack overrun at 0x%lx", name, cr2);
	else
		base_format(reason, sizeof(reason), "%s, error code 0x%lx", name, f->error);
	trap_report(f, reason);
}

/* Linux broadcasts NMIs for its own purposes: those are counted, nothing more. */
static void nmi(const struct trap_frame *f)
{
	uint32_t state;

	if (!core_page)
		return;
	core_page->count.nmis++;
	state = core_page->state;
	if (crash_begun() || (state != ABI_CORE_STARTED && state != ABI_CORE_RUNNING))
		return;
	if (__atomic_load_n(&host_page->command, __ATOMIC_ACQUIRE) == ABI_COMMAND_DUMP)
		trap_report(f, "stopped by node 0 for a dump");
}

static __attribute__((noreturn)) void machine_check(const struct trap_frame *f)
{
	uint32_t banks = rdmsr(MSR_MCG_CAP) & MCG_BANKS;
	char reason[sizeof(((struct abi_crash *)0)->reason)] = "machine check";

	if (core_page)
		core_page->count.machine_checks++;
	for (uint32_t bank = 0; bank < banks; bank++) {
		uint64_t status = rdmsr(MSR_MC0_STATUS + 4 * bank);
		uint64_t address = 0;

		if (!(status & MC_VALID))
			continue;
		if (status & MC_ADDRESS_VALID)
			address = rdmsr(MSR_MC0_STATUS + 4 * bank + 1);
		console_error("machine check bank %u: status %016lx address %016lx", bank, status,
			    address);
		base_format(reason, sizeof(reason), "machine check: bank %u status 0x%lx", bank,
			    status);
	}
	console_error("machine check: global status %lx", rdmsr(MSR_MCG_STATUS));
	trap_report(f, reason);
}

void trap_handle(struct trap_frame *frame)
{
	if (frame->vector >= 32)
		trap_interrupt((uint8_t)frame->vector);
	else if (frame->vector == VECTOR_NMI)
		nmi(frame);
	else if (frame->vector == VECTOR_MACHINE_CHECK)
		machine_check(frame);
	else
		exception(frame);
}
