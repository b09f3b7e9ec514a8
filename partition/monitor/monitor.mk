# SPDX-License-Identifier: GPL-2.0-only
# The monitor: a ring-3 program without threads and without the run-time library. Read by ../Makefile.
MONITOR_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow \
	-ffreestanding -nostdlib -static -fno-pic -no-pie -mgeneral-regs-only -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-common -ffile-prefix-map=$(CURDIR)=.
MONITOR_CPPFLAGS := -Iinclude $(URPC_CPPFLAGS) -Ibase/include -Imonitor/include
MONITOR_SOURCES := $(wildcard monitor/*.c) $(wildcard monitor/*.S) base/string.c base/format.c base/elf64.c \
	$(wildcard $(addprefix protocol/,node.c batch.c bind*.c spawnd*.c view*.c agree*.c memserv*.c names*.c route.c))
MONITOR_OBJECTS := $(patsubst %,$(BUILD)/domain0/%.o,$(MONITOR_SOURCES)) \
	$(patsubst %,$(BUILD)/domain0/urpc/%.c.o,chan bulk)

$(BUILD)/domain0/base/string.c.o: MONITOR_CFLAGS += -fno-tree-loop-distribute-patterns

$(BUILD)/domain0/urpc/%.c.o: $(URPC_DIR)/src/%.c monitor/monitor.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(MONITOR_CPPFLAGS) $(MONITOR_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/domain0/%.o: % monitor/monitor.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(MONITOR_CPPFLAGS) $(MONITOR_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/monitor.elf: $(MONITOR_OBJECTS) monitor/monitor.lds
	$(Q)$(LD) -nostdlib -static --no-pie -z max-page-size=4096 -z noexecstack --build-id=none \
		--fatal-warnings -T monitor/monitor.lds -o $@.tmp $(MONITOR_OBJECTS)
	$(Q)$(OBJCOPY) --strip-debug $@.tmp $@
	$(Q)mv $@.tmp $@.debug

-include $(MONITOR_OBJECTS:.o=.d)
