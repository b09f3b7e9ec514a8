# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
# The run-time library of ring 3, build/librt.a; included by ../Makefile. Programs are linked with
# $(R3_LDFLAGS) and -T lib/program.lds.
#
# The library uses general registers only: while it serves an upcall or a system call of Linux, the
# extended state in the CPU is that of the thread. It is built at -O2 with the red zone, which upcalls
# never touch: they have stacks of their own.
R3 := $(BUILD)/ring3
R3_CPPFLAGS := -Iinclude $(URPC_CPPFLAGS) -Ibase/include -Ilib/include
R3_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding -fno-pic -no-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-common \
	-ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=.
R3_LDFLAGS := -nostdlib -static -no-pie -Wl,-z,max-page-size=4096,-z,noexecstack,--build-id=none \
	-Wl,--gc-sections,--fatal-warnings

LIBRT_SOURCES := $(filter-out lib/crt_offsets.c,$(wildcard lib/*.c)) lib/crt_entry.S \
	base/string.c base/format.c
LIBRT_OBJECTS := $(LIBRT_SOURCES:%=$(R3)/%.o) $(URPC_SRCS:$(URPC_DIR)/src/%=$(R3)/urpc/%.o)

$(BUILD)/librt.a: $(LIBRT_OBJECTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(R3)/rt_offsets.h: lib/crt_offsets.c lib/lib.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(R3_CPPFLAGS) $(R3_CFLAGS) -MMD -MP -MT $@ -MF $@.d -S -o - $< | grep '^#define' > $@

$(R3)/lib/crt_entry.S.o: $(R3)/rt_offsets.h

$(R3)/urpc/%.c.o: $(URPC_DIR)/src/%.c lib/lib.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(R3_CPPFLAGS) $(R3_CFLAGS) -mgeneral-regs-only -MMD -MP -c -o $@ $<

# A C library has its own functions of these names.
$(R3)/base/string.c.o: base/string.c lib/lib.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(R3_CPPFLAGS) $(R3_CFLAGS) -mgeneral-regs-only -fno-tree-loop-distribute-patterns \
		-MMD -MP -c -o $@ $<
	$(Q)$(OBJCOPY) --weaken-symbol=memcpy --weaken-symbol=memmove --weaken-symbol=memset \
		--weaken-symbol=memcmp $@

$(R3)/%.c.o: %.c lib/lib.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(R3_CPPFLAGS) $(R3_CFLAGS) -mgeneral-regs-only -MMD -MP -c -o $@ $<

$(R3)/%.S.o: %.S lib/lib.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(R3_CPPFLAGS) -I$(R3) -g -MMD -MP -c -o $@ $<

-include $(LIBRT_OBJECTS:.o=.d) $(R3)/rt_offsets.h.d
