/* SPDX-License-Identifier: GPL-2.0-only */
/* Flags of a mapping under construction, as the kernel versions spell them. */
#ifndef REMORA_COMPAT_VMA_H
#define REMORA_COMPAT_VMA_H

#include <linux/mm.h>

static inline void remora_vma_flags(struct vm_area_struct *vma, unsigned long set,
				    unsigned long clear)
{
#ifdef REMORA_HAVE_VM_FLAGS_SET
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

#endif
