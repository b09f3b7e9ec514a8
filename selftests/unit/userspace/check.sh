# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016 # work and status are cli.sh's; the dollars are memmap='s
# remora check on machines that are not there: trees of /proc, /sys and /lib. Read by cli.sh.

root=$work/root

put() { # PATH TEXT
	mkdir -p "$root$(dirname "$1")"
	printf '%s\n' "$2" >"$root$1"
}

# A machine with CPUs 0-3, of which 3 is offline, 1 cannot be taken and 0,2 are siblings; one node.
make_machine() {
	local cpu block
	rm -rf "$root"
	for cpu in 0 1 2 3; do
		mkdir -p "$root/sys/devices/system/cpu/cpu$cpu/topology"
		put "/sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list" "$cpu"
	done
	put /sys/devices/system/cpu/online 0-2
	put /sys/devices/system/cpu/cpu0/online 1
	put /sys/devices/system/cpu/cpu2/online 1
	put /sys/devices/system/cpu/cpu3/online 0
	put /sys/devices/system/cpu/cpu2/topology/thread_siblings_list 0,2
	put /proc/cpuinfo 'flags		: fpu tsc constant_tsc nonstop_tsc'
	put /proc/meminfo "MemTotal: 1048576 kB"$'\n'"MemFree: 524288 kB"
	put /sys/devices/system/node/node0/meminfo \
		"Node 0 MemTotal: 1048576 kB"$'\n'"Node 0 MemFree: 524288 kB"
	put /sys/devices/system/memory/block_size_bytes 8000000
	for block in 0 1 2 3; do
		put "/sys/devices/system/memory/memory$block/state" online
		put "/sys/devices/system/memory/memory$block/removable" "$((block > 1))"
		mkdir -p "$root/sys/devices/system/memory/memory$block/node0"
	done
	put /proc/cmdline 'quiet memmap=64M$0x100000000,32M$0x200000000 nomemmap=1G$0x300000000'
	mkdir -p "$root/lib/firmware/remora"
}

# finding LEVEL PATTERN ARGS...: check must report it (whatever else it reports)
finding() {
	REMORA_SYSROOT=$root run "$program" check "${@:3}"
	grep -q -- "^$1 .*$2" "$work/out" && [ "$status" != sanitizer ]
	verdict "check ${*:3}: $1 $2" $?
}

echo "# check"
unset FAKE_STATE
program=remora
make_machine
finding fail 'CPU 0 cannot be taken.*CPU_ZERO' -c 0
finding fail 'CPU 9: .*CPU_UNKNOWN' -c 9
finding fail 'CPU 3 is offline.*CPU_OFFLINE' -c 3
finding fail 'CPU 1 cannot be taken offline.*CPU_NOT_HOTPLUGGABLE' -c 1
finding fail 'at least one CPU.*CPU_LAST' -c 0-3
finding warn 'CPU 2 shares its core with CPU 0.*CPU_SMT_SPLIT' -c 2
finding ok 'CPUs online that can be taken offline: 1' -c 2
finding ok 'could be taken: 1; online: 0-2'
finding ok '128M: 512M are free' -m 128M
finding warn '500M: only 512M are free' -m contig:500M
finding fail '2G: there is not that much.*MEMORY_UNAVAILABLE' -m 2G
finding fail '63M.*MEMORY_UNALIGNED' -m 63M
finding fail 'NUMA node 1.*MEMORY_NODE_UNKNOWN' -m 64M@1
finding ok '200M: 256M of blocks' -m block:200M
finding fail '300M: only 256M.*MEMORY_UNAVAILABLE' -m block:300M
finding ok '64M: kept from Linux' -m reserved:64M@0x100000000
finding ok '32M: kept from Linux' -m reserved:32M@0x200000000
finding ok '64M: kept from Linux' -m reserved:64M
finding ok '64M: kept from Linux' -m 64M
finding fail 'MEMORY_NOT_RESERVED' -m reserved:64M@0x200000000
finding fail 'MEMORY_NOT_RESERVED' -m reserved:64M@0xffe00000
finding fail 'MEMORY_NOT_RESERVED' -m reserved:66M
finding fail 'MEMORY_NOT_RESERVED' -m reserved:64M@0x300000000
finding fail 'extents 1 and 2 overlap.*MEMORY_OVERLAP' \
	-m reserved:4M@0x100000000,reserved:4M@0x100200000
finding fail 'cpudrv.elf: .*IMAGE_NOT_FOUND'
put /lib/firmware/remora/cpudrv.elf 'no image at all, but long enough to hold an ELF header ..........'
finding fail 'IMAGE_NOT_ELF'
put /lib/firmware/remora/cpudrv.elf short
finding fail 'IMAGE_TRUNCATED'
gcc -x c -nostdlib -static -no-pie -o "$work/image.elf" - <<'C' 2>"$work/err"
__attribute__((section(".note.remora"), aligned(4), used))
static const struct { unsigned int n, d, t; char name[8]; char desc[16]; } note = {
	7, 16, 1, "Remora", "",
};
void _start(void) {}
C
finding ok 'image.elf' -i "$work/image.elf"
objcopy --remove-section .note.remora "$work/image.elf" "$work/bare.elf"
finding fail 'IMAGE_NO_NOTE' -i "$work/bare.elf"
finding fail 'IMAGE_DYNAMIC\|IMAGE_NOT_ELF' -i /bin/sh
put /proc/cpuinfo 'flags		: fpu tsc'
finding warn 'not known to be constant'
put /proc/cpuinfo 'flags		: fpu constant_tsc'
finding fail 'PLATFORM_NO_TSC'
put /proc/cpuinfo 'flags		: tsc sev_guest'
finding fail 'PLATFORM_CONFIDENTIAL'
put /sys/kernel/security/lockdown 'none [integrity] confidentiality'
finding fail 'locked down'
put /sys/kernel/security/lockdown '[none] integrity confidentiality'
put /sys/module/module/parameters/sig_enforce Y
finding fail 'only signed modules'
put /proc/sys/kernel/modules_disabled 1
finding fail 'modules_disabled forbids'

make_machine
REMORA_SYSROOT=$root
export REMORA_SYSROOT
expect 1 'create would not work' check -c 0 -m 64M -i "$work/image.elf"
expect 0 'create should work' check -c 2 -m 64M -i "$work/image.elf"
expect 0 'nothing stands in the way so far' check -i "$work/image.elf"
expect_json 0 '.would_work and .complete and .fail == 0' \
	check -c 2 -m 64M -i "$work/image.elf" --json
expect_json 1 '.would_work == false and (.findings | map(select(.reason == "CPU_ZERO")) | length) == 1' \
	check -c 0 -m 64M -i "$work/image.elf" --json
export FAKE_STATE=$work/state
program=remora-fake
expect 0 'the module would do it' check x -c 2 -m 64M -i "$work/image.elf"
FAKE_FAIL=10 expect 1 'would refuse: fake words about CPU_TAKEN' \
	check x -c 2 -m 64M -i "$work/image.elf"
FAKE_WARN=1 expect 0 'the module warns' check x -c 2 -m 64M -i "$work/image.elf"
FAKE_REVISION=1 expect 1 'its interface has revision 2' check -i "$work/image.elf"
unset REMORA_SYSROOT FAKE_STATE
