// SPDX-License-Identifier: GPL-2.0-only
#include <abi/layout.h>
#include <apic.h>
#include <arch.h>
#include <bootinfo.h>
#include <crash.h>
#include <x86.h>

#define SVR_ENABLE (1u << 8)
#define ICR_ASSERT (1u << 14)
#define ICR_PENDING (1u << 12)
#define ICR_WAIT_TURNS 1000000u /* far beyond any bus; then the interrupt is given up */
#define XAPIC_BROADCAST 0xffu
#define X2APIC_BROADCAST 0xffffffffu
#define VECTOR_FIRST 32

static bool ready;
static bool x2apic;

bool apic_x2apic(void)
{
	return rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC;
}

uint64_t apic_mmio_base(void)
{
	return rdmsr(MSR_APIC_BASE) & APIC_BASE_ADDRESS;
}

static volatile uint32_t *mmio(uint32_t offset)
{
	return (volatile uint32_t *)(ABI_MMIO_VA + offset);
}

uint32_t apic_read(uint32_t offset)
{
	return x2apic ? (uint32_t)rdmsr(MSR_X2APIC + offset / 16) : *mmio(offset);
}

void apic_write(uint32_t offset, uint32_t value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		*mmio(offset) = value;
}

bool apic_in_service(uint8_t vector)
{
	return apic_read(APIC_ISR + vector / 32 * 0x10) >> vector % 32 & 1;
}

/* Which entries of the local vector table exist; an absent one must not be written. */
static void mask_all(void)
{
	static const struct {
		uint32_t offset;
		uint32_t least; /* highest entry number from which on it exists */
	} entries[] = {
		{ APIC_LVT_TIMER, 0 }, { APIC_LVT_LINT0, 1 },	    { APIC_LVT_LINT1, 2 },
		{ APIC_LVT_ERROR, 3 }, { APIC_LVT_PERFORMANCE, 4 }, { APIC_LVT_THERMAL, 5 },
		{ APIC_LVT_CMCI, 6 },
	};
	uint32_t highest = apic_read(APIC_VERSION) >> 16 & 0xff;

	for (uint32_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (highest >= entries[i].least)
			apic_write(entries[i].offset, APIC_LVT_MASKED);
	}
}

void apic_init(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);
	uint32_t id;

	if (!(base & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	x2apic = base & APIC_BASE_X2APIC;
	core_page->x2apic = x2apic;
	id = x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
	check(id == boot_info->apic_id, "this core's APIC id is %u, node 0 expects %u", id,
	      boot_info->apic_id);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_SVR, SVR_ENABLE | ABI_VECTOR_SPURIOUS);
	mask_all();
	apic_write(APIC_ESR, 0);
	ready = true;
}

static bool icr_idle(void)
{
	for (uint32_t i = 0; i < ICR_WAIT_TURNS; i++) {
		if (!(*mmio(APIC_ICR) & ICR_PENDING))
			return true;
		arch_relax();
	}
	return false;
}

bool arch_ring(uint32_t apic_id, uint8_t vector)
{
	if (!ready || vector < VECTOR_FIRST)
		return false;
	if (x2apic) {
		if (apic_id == X2APIC_BROADCAST)
			return false;
		/* The MSR write is not ordered after stores by itself: SDM volume 3, 11.12.3. */
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC + APIC_ICR / 16, (uint64_t)apic_id << 32 | ICR_ASSERT | vector);
		return true;
	}
	if (apic_id >= XAPIC_BROADCAST || !icr_idle())
		return false;
	*mmio(APIC_ICR_HIGH) = apic_id << 24;
	__asm__ volatile("" ::: "memory");
	*mmio(APIC_ICR) = ICR_ASSERT | vector;
	return true;
}
