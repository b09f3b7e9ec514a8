/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernel versions that the module meets. Features are probed by probe.mk;
 * the version number itself serves only to say "newer than tested".
 */
#ifndef REMORA_COMPAT_H
#define REMORA_COMPAT_H

#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/version.h>
#include <asm/e820/api.h>
#include <asm/msr.h>

/* Oldest and newest series the tests have run on. */
#define REMORA_TESTED_FIRST KERNEL_VERSION(6, 1, 0)
#define REMORA_TESTED_LAST KERNEL_VERSION(7, 2, 255)

#if LINUX_VERSION_CODE < REMORA_TESTED_FIRST
#error "remora needs Linux 6.1 or newer"
#endif

static inline bool remora_kernel_untested(void)
{
	return LINUX_VERSION_CODE > REMORA_TESTED_LAST;
}

/* May the device be taken offline? */
static inline bool remora_device_can_offline(struct device *dev)
{
#ifdef REMORA_HAVE_DEV_FLAGS
	return !dev_offline_disabled(dev);
#else
	return !dev->offline_disabled;
#endif
}

/* On another CPU, without a fault where the register does not exist. Process context. */
static inline int remora_rdmsr_safe_on_cpu(unsigned int cpu, u32 msr, u64 *value)
{
#ifdef REMORA_HAVE_RDMSRQ
	return rdmsrq_safe_on_cpu(cpu, msr, value);
#else
	return rdmsrl_safe_on_cpu(cpu, msr, value);
#endif
}

static inline int remora_wrmsr_safe_on_cpu(unsigned int cpu, u32 msr, u64 value)
{
#ifdef REMORA_HAVE_RDMSRQ
	return wrmsrq_safe_on_cpu(cpu, msr, value);
#else
	return wrmsrl_safe_on_cpu(cpu, msr, value);
#endif
}

/* Page frames [start, end) as movable allocation; undone by free_contig_range(). */
static inline int remora_alloc_contig(unsigned long start, unsigned long end, gfp_t gfp)
{
#ifdef REMORA_HAVE_ACR_FLAGS
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, gfp);
#else
	return alloc_contig_range(start, end, MIGRATE_MOVABLE, gfp);
#endif
}

/* Did the firmware call some of the range RAM? Only where the kernel tells modules. */
#ifdef REMORA_HAVE_E820_RAW
#define REMORA_KNOWS_FIRMWARE_MAP true
static inline bool remora_firmware_ram(u64 start, u64 end)
{
	return e820__mapped_raw_any(start, end, E820_TYPE_RAM);
}
#else
#define REMORA_KNOWS_FIRMWARE_MAP false
static inline bool remora_firmware_ram(u64 start, u64 end)
{
	return false;
}
#endif

#endif
