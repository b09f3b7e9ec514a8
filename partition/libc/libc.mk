# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
# What serves musl's system calls, build/librtlibc.a; and the compiler driver remora-cc with its
# specs for use from the tree, build/remora.specs. Included by ../Makefile.
LIBRTLIBC_SOURCES := $(wildcard libc/*.c) libc/begin.S
LIBRTLIBC_OBJECTS := $(LIBRTLIBC_SOURCES:%=$(R3)/%.o)
PREFIX ?= /usr
MUSL_INCLUDE ?= /usr/include/x86_64-linux-musl
MUSL_LIB ?= /usr/lib/x86_64-linux-musl
TREE_URPC := -isystem $(abspath $(URPC_DIR))/include
SPECS_SED := -e 's|@MUSL_INCLUDE@|$(MUSL_INCLUDE)|g' -e 's|@MUSL_LIB@|$(MUSL_LIB)|g'

$(BUILD)/librtlibc.a: $(LIBRTLIBC_OBJECTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/remora.specs: tools/remora.specs.in libc/libc.mk
	@mkdir -p $(@D)
	$(Q)sed $(SPECS_SED) -e 's|@REMORA_LIB@|$(CURDIR)/$(BUILD)|g' \
		-e 's|@REMORA_INCLUDE@|-isystem $(CURDIR)/lib/include -isystem $(CURDIR)/include $(TREE_URPC)|g' $< > $@

libc: $(BUILD)/librtlibc.a $(BUILD)/librt.a $(BUILD)/remora.specs

install-cc: libc interfaces
	install -D -m 755 tools/remora-cc $(DESTDIR)$(PREFIX)/bin/remora-cc
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/remora $(BUILD)/librt.a $(BUILD)/librtlibc.a
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/remora/include/lib lib/include/lib/*.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/remora/include/abi include/abi/*.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/remora/include/abi/protocol include/abi/protocol/*.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/remora/include/abi/if $(BUILD)/interfaces/abi/if/*.h
	install -D -m 755 $(BUILD)/interfaces/remora-interface $(DESTDIR)$(PREFIX)/bin/remora-interface
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/remora/include/urpc $(URPC_DIR)/include/urpc/*.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/remora/include/urpc/arch \
		$(URPC_DIR)/include/urpc/arch/*.h
	sed $(SPECS_SED) -e 's|@REMORA_LIB@|$(PREFIX)/lib/remora|g' \
		-e 's|@REMORA_INCLUDE@|-isystem $(PREFIX)/lib/remora/include|g' \
		tools/remora.specs.in > $(DESTDIR)$(PREFIX)/lib/remora/remora.specs
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 tools/remora-cc.1 tools/remora-interface.1

-include $(LIBRTLIBC_OBJECTS:.o=.d)

.PHONY: libc install-cc
