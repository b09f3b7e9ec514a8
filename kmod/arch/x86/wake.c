// SPDX-License-Identifier: GPL-2.0-only
/*
 * INIT and start-up IPIs (SDM vol. 3 ch. 9.4 "Multiple-Processor Initialization", 11.6 "Issuing
 * Interprocessor Interrupts"). Cores are named by physical APIC id.
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/processor.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/apicdef.h>
#include <asm/barrier.h>

#include "../../device.h"
#include "lowpage.h"
#include "trampoline.h"
#include "wake.h"

/* INIT to SIPI. The 10 ms of the old specification are for external APICs, which have no 64 bits. */
#define INIT_SETTLE_US 100
#define SECOND_SIPI_US 200
/* An xAPIC accepts a message within microseconds, or there is nobody at that id. */
#define ICR_IDLE_US 100

/* One core at a time: there is one low page. */
static DEFINE_MUTEX(wake_lock);

/* In x2APIC mode a write to the ICR is never busy (SDM 11.12.9) but not serializing either. */
static void send(u32 apic_id, u32 low)
{
	unsigned long flags;
	int us;

	local_irq_save(flags);
	if (x2apic_mode) {
		mb();
		rmb();
	} else {
		for (us = 0; us < ICR_IDLE_US && (apic->read(APIC_ICR) & APIC_ICR_BUSY); us++)
			udelay(1);
	}
	apic->icr_write(low, apic_id);
	local_irq_restore(flags);
}

void remora_wake_ipi(u32 apic_id, u8 vector)
{
	send(apic_id, APIC_INT_ASSERT | APIC_DM_FIXED | vector);
}

void remora_wake_nmi(u32 apic_id)
{
	send(apic_id, APIC_INT_ASSERT | APIC_DM_NMI);
}

void remora_wake_silence(u32 apic_id)
{
	send(apic_id, APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT);
	/* INIT is taken at an instruction boundary, whatever the core's interrupt flag */
	udelay(INIT_SETTLE_US);
}

static void set_long_gate(u64 *gate, u64 target)
{
	/* present, ring 0, interrupt gate, no interrupt stack (SDM vol. 3 ch. 6.14.1) */
	gate[0] = (target & 0xffff) | (u64)TRAMPOLINE_CS << 16 | 0x8e00ull << 32 |
		  (target >> 16 & 0xffff) << 48;
	gate[1] = target >> 32;
}

/* Copy the trampoline to @virt, which the core sees at @phys, and tell it all it needs. */
static void install(void *virt, phys_addr_t phys, const struct remora_wake_args *args)
{
	struct trampoline_args *to = virt + TRAMPOLINE_ARGS;
	u16 *real_gate = virt + TRAMPOLINE_IDT + 2 * 4;
	u32 stack = phys + TRAMPOLINE_STACK_TOP - 16;

	memcpy(virt, remora_trampoline, TRAMPOLINE_END);
	to->cr3 = args->cr3;
	to->esp = stack;
	to->entry = args->entry;
	to->rdi = args->rdi;
	to->ss = (stack & 0xf0000) >> 4;
	to->idt_limit = TRAMPOLINE_IDT_BYTES - 1;
	to->idt_base = phys + TRAMPOLINE_IDT;
	to->gdt_limit = TRAMPOLINE_GDT_BYTES - 1;
	to->gdt_base = phys + TRAMPOLINE_GDT;
	to->long_offset = phys + (remora_trampoline_long - remora_trampoline);
	to->long_selector = TRAMPOLINE_CS;

	real_gate[0] = remora_trampoline_nmi_real - remora_trampoline;
	real_gate[1] = phys >> 4;
	set_long_gate(virt + TRAMPOLINE_IDT + 2 * 16,
		      phys + (remora_trampoline_nmi_long - remora_trampoline));
}

static bool wait_alive(bool (*alive)(void *arg), void *arg, s64 us)
{
	ktime_t end = ktime_add_us(ktime_get(), us);

	for (;;) {
		/* asked once more after the end: this thread may have slept through it */
		bool over = ktime_after(ktime_get(), end);

		if (alive(arg))
			return true;
		if (over)
			return false;
		usleep_range(50, 100);
	}
}

/* INIT, SIPI, and once more SIPI, until @alive says so. On failure the core may run. */
static int start(u32 apic_id, bool (*alive)(void *arg), void *arg, unsigned int timeout_ms,
		 struct remora_error *err)
{
	u32 sipi = APIC_DM_STARTUP | (u32)(remora_wake_low_page() >> PAGE_SHIFT);
	bool up;

	remora_wake_silence(apic_id);
	send(apic_id, sipi);
	up = wait_alive(alive, arg, SECOND_SIPI_US);
	if (!up) {
		/* ignored by a core that took the first */
		send(apic_id, sipi);
		up = wait_alive(alive, arg, (s64)timeout_ms * USEC_PER_MSEC);
	}
	/*
	 * Pairs with the barrier of the reboot notifier: either it finds this core among those it
	 * silences, after the last SIPI, or the reboot is seen here.
	 */
	smp_mb();
	if (remora_power_busy())
		return remora_fail(err, REMORA_R_PLATFORM_SUSPEND, NULL);
	if (!up)
		return remora_fail(err, REMORA_R_CORE_NO_START,
				   "the core with APIC id %u did not start within %u ms", apic_id,
				   timeout_ms);
	return 0;
}

int remora_wake_core(const struct remora_wake_args *args, bool (*alive)(void *arg), void *arg,
		     unsigned int timeout_ms, struct remora_ledger *ledger,
		     struct remora_error *err)
{
	void *page;
	int ret;

	if (args->cr3 >> 32)
		return remora_fail(err, REMORA_R_CORE_NO_START,
				   "boot page tables at %#llx lie above 4 GiB", args->cr3);
	mutex_lock(&wake_lock);
	page = remora_low_page_borrow(ledger, err);
	if (!page) {
		ret = -remora_reason_errno(REMORA_R_PLATFORM_NO_LOW_PAGE);
		goto unlock;
	}
	install(page, remora_wake_low_page(), args);
	ret = start(args->apic_id, alive, arg, timeout_ms, err);
	if (ret)
		remora_wake_silence(args->apic_id);
	remora_low_page_return(ledger);
unlock:
	mutex_unlock(&wake_lock);
	return ret;
}

int remora_wake_init(struct remora_error *err)
{
	int ret = remora_low_page_find(err);

	if (ret)
		return ret;
	ret = remora_platform_check(NULL, NULL, err);
	if (ret)
		remora_low_page_forget();
	return ret;
}

void remora_wake_exit(void)
{
	remora_low_page_forget();
}
