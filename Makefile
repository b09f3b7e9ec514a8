# SPDX-License-Identifier: GPL-2.0-only
# Remora. `make help` lists the targets.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr
LAB := selftests/lab/lab
KERNEL ?= 6.1

.PHONY: all modules interfaces partition userspace selftests-bins unit check demo lab bench-urpc bench-update install clean \
	help

all: modules partition userspace

# Headers that the module includes, made without the kernel's makefiles.
interfaces:
	@$(MAKE) --no-print-directory -C partition interfaces

modules: interfaces
	@test -d "$(KDIR)" || { echo "no kernel headers in $(KDIR): install linux-headers-$$(uname -r), or set KDIR=" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

partition:
	$(MAKE) -C partition

userspace:
	$(MAKE) -C userspace

selftests-bins: partition userspace
	$(MAKE) -C selftests

unit:
	$(MAKE) -C selftests unit

check:
	selftests/check

demo:
	selftests/lab/demo

lab:
	$(LAB) shell --kernel $(KERNEL)

bench-urpc:
	$(MAKE) -C userspace/bench/urpc run ARGS="$(ARGS)"

bench-update:
	$(MAKE) -C userspace/bench/update run ARGS="$(ARGS)"

install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH="$(DESTDIR)" modules_install
	install -D -m 0644 partition/build/cpudrv.elf $(DESTDIR)/lib/firmware/remora/cpudrv.elf
	$(MAKE) -C userspace install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C partition install-cc PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	$(MAKE) -C partition/apps install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	-test -n "$(DESTDIR)" || depmod -a

clean:
	-test ! -d "$(KDIR)" || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C partition clean
	$(MAKE) -C userspace clean
	$(MAKE) -C selftests clean

help:
	@echo "make                 module for the running kernel, CPU driver, library and tools"
	@echo "make install         all of it onto this machine (as root)"
	@echo "make demo            the story in a QEMU guest with a stock kernel; sets itself up"
	@echo "make check           all tests; sets itself up"
	@echo "make unit            host unit tests only"
	@echo "make lab [KERNEL=K]  a shell in a guest with the module loaded; K: 6.1, 6.12, debug"
	@echo "make bench-urpc      the transport beside other rings, natively; no module needed"
	@echo "make bench-update    shared state updated in place, or by message to its owner; likewise"
	@echo "make -C selftests run_tests   kselftests on this very machine (needs the module loaded)"
