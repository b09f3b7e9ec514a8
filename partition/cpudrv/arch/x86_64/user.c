// SPDX-License-Identifier: GPL-2.0-only
/* Ring 3 on x86-64: the CPU made ready for it, its entry and exit, and what a system call holds. */
#include <cold.h>
#include <space.h>
#include <stack.h>
#include <trap.h>
#include <user.h>
#include <x86.h>
#include <xstate.h>

#define CPUID_EXT_1_EDX_SYSCALL (1u << 11)
#define CPUID_7_EBX_FSGSBASE (1u << 0)

#define PF_PRESENT (1u << 0)
#define PF_WRITE (1u << 1)
#define PF_FETCH (1u << 4)

/* user.S */
extern uint64_t user_frame_end;
extern const char user_syscall[];
void user_enter(struct trap_frame *frame);

static struct arch_context *current;
static bool fsgsbase;

COLD const char *arch_user_init(void)
{
	const char *lack;

	if (!(cpuid(0x80000001, 0).edx & CPUID_EXT_1_EDX_SYSCALL))
		return "the instruction syscall";
	lack = xstate_init();
	if (lack)
		return lack;
	fsgsbase = cpuid_checked(7, 0).ebx & CPUID_7_EBX_FSGSBASE;
	if (fsgsbase)
		write_cr4(read_cr4() | CR4_FSGSBASE);
	space_init();
	wrmsr(MSR_STAR, (uint64_t)SELECTOR_SYSRET << 48 | (uint64_t)SELECTOR_CODE << 32);
	wrmsr(MSR_LSTAR, (uint64_t)user_syscall);
	wrmsr(MSR_FMASK, ~(uint64_t)FLAGS_FIXED & 0xffffffff);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	/* Linux left an entry in these; SYSENTER without a code segment is a fault. */
	wrmsr(MSR_SYSENTER_CS, 0);
	wrmsr(MSR_SYSENTER_ESP, 0);
	wrmsr(MSR_SYSENTER_EIP, 0);
	/* INIT leaves a local descriptor table of 64 KiB at address 0: SDM volume 3, table 9-1. */
	__asm__ volatile("lldt %w0" ::"r"(0));
	return NULL;
}

/* ---- the context in the CPU ---- */

static uint64_t base_read(uint32_t msr)
{
	uint64_t value;

	if (!fsgsbase)
		return rdmsr(msr);
	if (msr == MSR_FS_BASE)
		__asm__ volatile("rdfsbase %0" : "=r"(value));
	else
		__asm__ volatile("rdgsbase %0" : "=r"(value));
	return value;
}

static void base_write(uint32_t msr, uint64_t value)
{
	if (!fsgsbase)
		wrmsr(msr, value);
	else if (msr == MSR_FS_BASE)
		__asm__ volatile("wrfsbase %0" ::"r"(value));
	else
		__asm__ volatile("wrgsbase %0" ::"r"(value));
}

void arch_user_switch(struct arch_context *context)
{
	if (context == current)
		return;
	if (current) {
		current->fs_base = base_read(MSR_FS_BASE);
		current->gs_base = base_read(MSR_GS_BASE);
		xstate_save(current->xstate);
	}
	current = context;
	if (!context) {
		space_use(0);
		return;
	}
	space_use(context->root);
	/* Selectors of one context must not be seen by the next; the bases come after them. */
	__asm__ volatile("mov %w0, %%ds; mov %w0, %%es; mov %w0, %%fs; mov %w0, %%gs" ::"r"(0));
	base_write(MSR_FS_BASE, context->fs_base);
	base_write(MSR_GS_BASE, context->gs_base);
	xstate_restore(context->xstate);
	user_frame_end = (uint64_t)(&context->frame + 1);
	stack_of_ring3(user_frame_end);
}

static void fetch_event(const struct trap_frame *f, struct user_event *event)
{
	uint64_t error = f->error;

	*event = (struct user_event){ .kind = USER_TRAP, .vector = (uint32_t)f->vector, .error = error };
	if (f->vector == VECTOR_SYSCALL) {
		event->kind = USER_SYSCALL;
	} else if (f->vector >= 32) {
		event->kind = USER_INTERRUPT;
		trap_interrupt((uint8_t)f->vector);
	} else if (f->vector == VECTOR_PAGE_FAULT) {
		event->kind = USER_PAGE_FAULT;
		event->address = read_cr2();
		event->error = (error & PF_PRESENT ? ABI_PAGE_FAULT_PRESENT : 0) |
			       (error & PF_WRITE ? ABI_PAGE_FAULT_WRITE : 0) |
			       (error & PF_FETCH ? ABI_PAGE_FAULT_FETCH : 0);
	}
}

/*
 * SYSRET and IRET to an address that is not canonical fault in ring 0. It can only come from a
 * `syscall` at the very end of ring 3's half, where nothing is ever mapped.
 */
void arch_user_run(struct arch_context *context, struct user_event *event)
{
	struct trap_frame *f = &context->frame;

	if (f->rip >= ABI_USER_END) {
		*event = (struct user_event){
			.kind = USER_PAGE_FAULT,
			.address = f->rip,
			.error = ABI_PAGE_FAULT_FETCH,
		};
		return;
	}
	space_refresh();
	user_enter(f);
	fetch_event(f, event);
}

/* ---- registers ---- */

COLD void arch_context_init(struct arch_context *context, uint64_t root, void *xstate)
{
	*context = (struct arch_context){ .root = root, .xstate = xstate };
	xstate_reset(xstate);
}

void arch_context_save(const struct arch_context *context, struct abi_registers *to)
{
	const struct trap_frame *f = &context->frame;

	*to = (struct abi_registers){
		.rax = f->rax, .rbx = f->rbx, .rcx = f->rcx, .rdx = f->rdx,
		.rsi = f->rsi, .rdi = f->rdi, .rbp = f->rbp, .rsp = f->rsp,
		.r8 = f->r8, .r9 = f->r9, .r10 = f->r10, .r11 = f->r11,
		.r12 = f->r12, .r13 = f->r13, .r14 = f->r14, .r15 = f->r15,
		.rip = f->rip, .rflags = f->rflags,
	};
}

void arch_context_upcall(struct arch_context *context, uint64_t entry, uint64_t stack,
			 uint64_t dispatcher, uint64_t upcall,
			 const uint64_t arguments[ABI_UPCALL_ARGUMENTS])
{
	struct trap_frame *f = &context->frame;

	f->rax = f->rbx = f->rbp = f->r11 = f->r12 = f->r13 = f->r14 = f->r15 = 0;
	f->rdi = dispatcher;
	f->rsi = upcall;
	f->rdx = arguments[0];
	f->rcx = arguments[1];
	f->r8 = arguments[2];
	f->r9 = arguments[3];
	f->r10 = arguments[4];
	f->vector = f->error = 0;
	f->rip = entry;
	f->rsp = stack;
	f->rflags = FLAGS_FIXED | FLAGS_INTERRUPTS;
	f->cs = SELECTOR_USER_CODE;
	f->ss = SELECTOR_USER_DATA;
}

bool arch_context_set_fs(struct arch_context *context, uint64_t base)
{
	/* Bits 47 to 63 must be equal: an address that is not canonical faults in ring 0. */
	if ((int64_t)(base << 16) >> 16 != (int64_t)base)
		return false;
	if (context == current)
		base_write(MSR_FS_BASE, base);
	context->fs_base = base;
	return true;
}

/* The instruction has two bytes, whatever prefixes are before them. */
void arch_syscall_repeat(struct arch_context *context)
{
	context->frame.rip -= 2;
}
