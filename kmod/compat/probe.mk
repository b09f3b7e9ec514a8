# SPDX-License-Identifier: GPL-2.0-only
# Features of the target kernel, found in its headers and its table of exported symbols; compat.h
# alone uses them.
#   $(call remora-probe,NAME,header in the kernel's source tree,extended regular expression)
#   $(call remora-export,NAME,symbol): exported to any GPL module, that is, in no namespace
# define REMORA_HAVE_NAME.

remora-root := $(if $(abs_srctree),$(abs_srctree),$(srctree))
remora-symvers := $(firstword $(wildcard $(abs_objtree)/Module.symvers $(objtree)/Module.symvers))
remora-tab := $(shell printf '\t')
remora-found = $(if $(shell grep -sqE '$(2)' $(3) /dev/null && echo y),-DREMORA_HAVE_$(1))
remora-probe = $(call remora-found,$(1),$(3),$(remora-root)/$(2))
remora-export = $(call remora-found,$(1),$(remora-tab)$(2)$(remora-tab)vmlinux$(remora-tab)[A-Z_]+$(remora-tab)?$$,$(remora-symvers))

ccflags-y += $(call remora-probe,ACR_FLAGS,include/linux/gfp.h,acr_flags_t)
ccflags-y += $(call remora-probe,RDMSRQ,arch/x86/include/asm/msr.h,rdmsrq_on_cpu)
ccflags-y += $(call remora-export,E820_RAW,e820__mapped_raw_any)
ccflags-y += $(call remora-probe,IRQ_MOVE_PCNTXT,include/linux/irq.h,IRQ_MOVE_PCNTXT[[:space:]]*=)
ccflags-y += $(call remora-probe,VM_FLAGS_SET,include/linux/mm.h,void vm_flags_set.struct)
ccflags-y += $(call remora-probe,DEV_FLAGS,include/linux/device.h,DEV_FLAG_OFFLINE_DISABLED)
