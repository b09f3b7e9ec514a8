# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
# QEMU out of Debian's packages, unpacked in the cache with its libraries: 10
# from backports, or where there is none 7.2 (which has no x2APIC).

qemu_fetch()
{
	local out=$1 work
	work=$(lab_mktemp)
	apt_ready
	if apt_private apt-cache policy qemu-system-x86 |
		grep "$LAB_RELEASE-backports" >/dev/null; then
		package_fetch_all "$work" -t "$LAB_RELEASE-backports" qemu-system-x86
	else
		say "no QEMU in $LAB_RELEASE-backports: --x2apic will not be available"
		package_fetch_all "$work" qemu-system-x86
	fi
	rm -rf "$work"/usr/share/{doc,man,locale}
	touch "$work/ready"
	publish "$work" "$out"
}

qemu_ready()
{
	cached qemu "$LAB_CACHE/qemu/ready" qemu_fetch "$LAB_CACHE/qemu"
}

# Print the words that run QEMU with its own libraries, one a line.
qemu_command()
{
	local root=$LAB_CACHE/qemu
	printf '%s\n' env \
		"LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu" \
		"$root/usr/bin/qemu-system-x86_64" \
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios"
}

qemu_major()
{
	local command
	mapfile -t command < <(qemu_command)
	"${command[@]}" --version | sed -n 's/.* version \([0-9]*\)\..*/\1/p'
}

# Memory and processors split evenly over OPT[numa] nodes.
qemu_numa_arguments()
{
	local node per=$((OPT[cpus] / OPT[numa])) each=$((OPT[mib] / OPT[numa]))
	[ "${OPT[numa]}" -gt 1 ] || return 0
	for ((node = 0; node < OPT[numa]; node++)); do
		QEMU_ARGS+=(-object "memory-backend-ram,id=mem$node,size=${each}M"
			-numa "node,nodeid=$node,memdev=mem$node,cpus=$((node * per))-$((node * per + per - 1))")
	done
}

# A starved host delivers the timer late: Linux would then take the IO-APIC for
# broken and panic (no_timer_check).
LAB_APPEND="console=ttyS0 loglevel=5 panic=-1 printk.devkmsg=on no_timer_check"

# The guest's TSC is this machine's. A starved Linux measures it wrong by any factor, and every clock with it
# (and believes it, as QEMU's CPU has no way to say): so it is told. Prints nothing where that is not known.
qemu_tsc_khz()
{
	local tool=$LAB_CACHE/frequency
	[ "$(uname -m)" = x86_64 ] && command -v gcc >/dev/null || return 0
	cached frequency "$tool/frequency" qemu_tsc_tool "$tool" || return 0
	"$tool/frequency" || true
}

qemu_tsc_tool()
{
	local work
	work=$(lab_mktemp)
	gcc -O1 -o "$work/frequency" "$LAB_DIR/frequency.c" || die "frequency.c does not compile"
	publish "$work" "$1"
}

# Fill QEMU_ARGS, the whole command, from OPT and the run's directory. Without 1 GiB
# pages, as a rule: Linux cannot give up memory that it maps with one of them.
qemu_arguments()
{
	local dir=$1 cpu=max thread=single khz=""
	[ "${OPT[gbpages]}" = 1 ] || cpu+=,-pdpe1gb
	[ "${OPT[mttcg]}" = 0 ] || thread=multi
	[ "${OPT[icount]}" = 1 ] || khz=$(qemu_tsc_khz)
	mapfile -t QEMU_ARGS < <(qemu_command)
	QEMU_ARGS+=(-machine q35 -accel "tcg,thread=$thread" -m "${OPT[mib]}M"
		-smp "${OPT[cpus]},sockets=${OPT[numa]},threads=${OPT[threads]}"
		-nodefaults -no-user-config -display none -no-reboot
		-device "isa-debug-exit,iobase=0xf4,iosize=0x04"
		-kernel "$(kernel_dir "${OPT[kernel]}")/vmlinux" -initrd "$dir/initrd"
		-append "$LAB_APPEND ${khz:+tsc_early_khz=$khz} ${OPT[append]}"
		-serial "file:$dir/console")
	# Which processor resets and which one shut down: see run_ended().
	QEMU_ARGS+=(-d cpu_reset -D "$dir/qemu.log")
	# Linux clears and copies in bytes where a processor says that it is quick at that; the emulator
	# takes as long for a byte as for a word. Figures stay those of the processor as it was.
	[ "${OPT[icount]}" = 1 ] || cpu+=,-erms,-fsrm
	# A nanosecond of the guest's clock, and so a tick of its TSC, is an instruction of any of
	# its processors; while all of them halt, time jumps to the next timer.
	[ "${OPT[icount]}" = 0 ] || QEMU_ARGS+=(-icount "shift=0,sleep=off")
	if [ "${OPT[x2apic]}" = 1 ]; then
		[ "$(qemu_major)" -ge 9 ] || die "--x2apic needs QEMU 9 or later; this is $(qemu_major)"
		cpu+=,+x2apic
		QEMU_ARGS+=(-device "intel-iommu,intremap=on,eim=on")
	else
		cpu+=,-x2apic
	fi
	# TCG has threads within a core only for processors that call themselves Intel.
	[ "${OPT[threads]}" = 1 ] || cpu+=,vendor=GenuineIntel
	QEMU_ARGS+=(-cpu "$cpu")
	if [ "${OPT[mode]}" = shell ]; then
		QEMU_ARGS+=(-serial mon:stdio)
	else
		QEMU_ARGS+=(-chardev "stdio,id=out,signal=off" -serial chardev:out)
	fi
	QEMU_ARGS+=(-serial "file:$dir/out.tar")
	qemu_numa_arguments
}
