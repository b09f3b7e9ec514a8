#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016,SC2015
# Tests of the lab itself, TAP: all, or those named. KERNEL (6.1) is the guest's.
set -uo pipefail

LAB=$(cd "$(dirname "$0")" && pwd)/lab
KERNEL=${KERNEL:-6.1}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
count=0
failed=0

result()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count $2"
	else
		failed=$((failed + 1))
		echo "not ok $count $2"
		sed 's/^/# /' "$WORK/err" "$WORK/text" 2>/dev/null
	fi
}

guest()
{
	"$LAB" run --kernel "$KERNEL" --cpus 2 --memory 1G --no-build --timeout 120 "$@" \
		>"$WORK/text" 2>"$WORK/err"
}

# status_is EXPECTED NAME OPTION...: the run ends with that status.
status_is()
{
	local expected=$1 name=$2 got
	shift 2
	guest "$@"
	got=$?
	[ "$got" = "$expected" ]
	result $? "$name (status $got, expected $expected)"
}

# says PATTERN NAME: the lab's last message has it.
says()
{
	grep -qE "$1" "$WORK/err"
	result $? "$2"
}

test_status()
{
	local text
	status_is 0 "a command's success arrives" --log "$WORK/log" -- true
	grep -q 'lab: end status=0' "$WORK/log"
	result $? "--log has the kernel's log"
	status_is 7 "a command's failure arrives" -- "echo 'a  b'; exit 7"
	text=$(cat "$WORK/text")
	[ "$text" = "a  b" ]
	result $? "its output arrives unchanged"
	status_is 0 "words reach the command as they were" -- printf '%s|' 'a b' "it's" '$x'
	[ "$(cat "$WORK/text")" = "a b|it's|\$x|" ]
	result $? "... quotes, blanks and dollar signs among them"
}

# Linux also measures its processor, which on a busy machine comes out slightly different; what it
# then uses is the second line of the two, "MHz TSC". The first one counts where there is no second.
test_clock()
{
	local khz mhz
	status_is 0 "the guest is told what its TSC counts" -- \
		'dmesg | grep -o "tsc_early_khz=[0-9]*"; dmesg | grep "tsc: Detected"'
	khz=$(sed -n 's/tsc_early_khz=//p' "$WORK/text" | head -n 1)
	mhz=$(sed -n 's/.*Detected \([0-9.]*\) MHz.*/\1/p' "$WORK/text" | tail -n 1)
	[ -n "$khz" ] && [ "${mhz//./}" = "$khz" ]
	result $? "and believes it: told $khz kHz, uses $mhz MHz"
}

test_files()
{
	local big sum
	mkdir -p "$WORK/in"
	echo hello >"$WORK/in/file"
	status_is 0 "files go in and come out" --add "$WORK/in:/data" --out "$WORK/out" -- \
		'cp /data/file /out/copy; dd if=/dev/urandom of=/out/big bs=64k count=16 2>/dev/null; md5sum </out/big'
	[ "$(cat "$WORK/out/copy" 2>/dev/null)" = hello ]
	result $? "a small file is complete"
	sum=$(cat "$WORK/text")
	big=$(md5sum <"$WORK/out/big" 2>/dev/null)
	[ -n "$sum" ] && [ "$sum" = "$big" ]
	result $? "a megabyte is complete"
}

test_bad_log()
{
	status_is 98 "a warning in the kernel's log fails the run" -- \
		'echo "<4>WARNING: CPU: 0 PID: 1 at the selftest" >/dev/kmsg'
	says 'WARNING: CPU: 0' "... and is shown"
	status_is 0 "unless asked not to look" --no-check-log -- \
		'echo "<4>WARNING: CPU: 0 PID: 1 at the selftest" >/dev/kmsg'
	status_is 0 "an innocent line does not" -- 'echo "<4>Installing, no stall" >/dev/kmsg'
}

# LOG_BAD line by line, without a guest.
test_patterns()
{
	local line
	# shellcheck source=/dev/null
	. "$(dirname "$LAB")/lib/logcheck.sh"
	# shellcheck disable=SC2317
	say() { :; }
	while read -r line; do
		echo "[    1.0] $line" >"$WORK/line"
		! log_check "$WORK/line" 2>/dev/null
		result $? "found: $line"
	done <<-EOT
		BUG: kernel NULL pointer dereference, address: 0000000000000000
		Oops: 0000 [#1] PREEMPT SMP
		INFO: task insmod:77 blocked for more than 120 seconds.
		rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
		rcu: INFO: rcu_sched self-detected stall on CPU
		WARNING: possible circular locking dependency detected
		BUG: sleeping function called from invalid context at x.c:1
		BUG: KASAN: slab-out-of-bounds in f+0x1/0x2
		UBSAN: shift-out-of-bounds in x.c:1
		kmemleak: 10 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
		watchdog: BUG: soft lockup - CPU#1 stuck for 22s!
		unchecked MSR access error: RDMSR from 0x1
		traps: general protection fault
	EOT
}

test_endings()
{
	status_is 99 "a guest that resets before its end fails" -- 'reboot -f; sleep 100'
	says 'no end marker \(the guest reset itself' "... and the lab says why"
	status_is 99 "a guest that ends in a triple fault fails" --append reboot=t -- 'reboot -f; sleep 100'
	says 'no end marker \(a triple fault' "... and the lab says so"
	status_is 0 "unless a reset was expected" --expect-reset -- 'reboot -f; sleep 100'
	status_is 99 "an expected reset that does not come fails" --expect-reset -- true
	status_is 98 "a panic fails" -- 'echo c >/proc/sysrq-trigger; sleep 100'
	status_is 124 "a guest that hangs ends at the time-out" --timeout 10 -- 'sleep 1000'
	status_is 99 "a forged marker without the end does not pass" -- \
		'echo "<4>lab: end status=0 size=1 sum=00000000000000000000000000000000" >/dev/kmsg; reboot -f; sleep 100'
}

test_modes()
{
	status_is 0 "two nodes" --cpus 4 --numa 2 -- \
		'[ "$(cat /sys/devices/system/node/online)" = 0-1 ] && [ "$(cat /sys/devices/system/node/node1/cpulist)" = 2-3 ]'
	status_is 0 "x2APIC" --x2apic -- 'dmesg | grep -q "x2apic enabled"'
	status_is 0 "xAPIC otherwise" -- '! dmesg | grep -q "x2apic enabled"'
	status_is 0 "multi-threaded" --mttcg --cpus 4 -- '[ "$(nproc)" = 4 ]'
	status_is 0 "two threads a core" --smt --cpus 4 -- \
		'[ "$(cat /sys/devices/system/cpu/cpu0/topology/thread_siblings_list)" = 0-1 ]'
}

test_usage()
{
	status_is 99 "an unknown kernel is refused" --kernel 5.4 -- true
	says "unknown kernel '5.4'; expected one of" "... with a sentence"
	status_is 99 "too many processors are refused" --cpus 17 -- true
	says 'whole number from' "... with a sentence"
	status_is 99 "no command is refused"
	status_is 99 "a file that is not there is refused" --add /no/such/file -- true
}

# A fault of each kind this kernel can see; the module alone does no harm.
test_faults()
{
	local fault pattern kdir
	[ "$KERNEL" != 7 ] || return 0 # its modules need the next release's tools
	mkdir -p "$WORK/in"
	cp "${LAB%/*}"/broken/* "$WORK/in/"
	kdir=$("$LAB" headers "$KERNEL") && make -s -C "$kdir" M="$WORK/in" modules >"$WORK/err" 2>&1
	result $? "the module of faults builds"
	status_is 1 "... and refuses a fault it has not" --add "$WORK/in/broken.ko:/broken.ko" -- \
		'insmod /broken.ko fault=none'
	while read -r fault pattern; do
		[ "$KERNEL" = debug ] || [ "$fault" = warn ] || continue
		status_is 98 "a module's $fault fails the run" --add "$WORK/in/broken.ko:/broken.ko" -- \
			"insmod /broken.ko fault=$fault"
		says "$pattern" "... as '$pattern'"
	done <<-EOT
		warn WARNING:
		leak new suspected memory leaks
		overflow KASAN: slab-out-of-bounds
		sleep sleeping function called
		order possible circular locking
	EOT
}

# Tools with a root of their own see only the cache's true path.
test_cache()
{
	local cache text
	cache=${REMORA_CACHE:-${XDG_CACHE_HOME:+$XDG_CACHE_HOME/remora}}
	cache=$(readlink -f "${cache:-${HOME:-/var}/.cache/remora}") || return 0
	[ -d "$cache" ] || return 0
	ln -s "$cache" "$WORK/link"
	text=$(REMORA_CACHE=$WORK/link "$LAB" headers "$KERNEL" 2>"$WORK/err")
	[ -d "$text" ] && [ "${text#"$WORK"}" = "$text" ]
	result $? "a cache behind a symbolic link is used by its true path"
}

# Sources of packages: where they are, and what cannot be had.
test_source()
{
	local tree
	tree=$("$LAB" source lua5.4 2>"$WORK/err")
	[ -e "$tree/src/lua.c" ]
	result $? "source prints where a package's source is"
	"$LAB" source no-such-package-0 >"$WORK/text" 2>"$WORK/err"
	[ $? = 99 ] && [ ! -s "$WORK/text" ]
	result $? "a package that is none fails"
	says "could not download the source of no-such-package-0" "and is named"
	"$LAB" source ../etc >"$WORK/text" 2>"$WORK/err"
	[ $? = 99 ]
	result $? "a name that is none is refused"
}

TESTS="source cache status clock files faults bad_log patterns endings modes usage"

# shellcheck disable=SC2048
for test in ${*:-$TESTS}; do
	case " $TESTS " in
	*" $test "*) "test_$test" ;;
	*) echo "Bail out! unknown test '$test'; expected some of: $TESTS" && exit 1 ;;
	esac
done
echo "1..$count"
[ "$failed" = 0 ]
