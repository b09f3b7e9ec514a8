#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Module parameters, good and nonsense: insmod works, or fails with a sentence and leaves nothing.
. "$(dirname "$0")/tap-lib"

last_cpu=$(tap_last_cpu)
[ -n "$last_cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
tap_unload

good()
{
	local name=$1
	shift
	if insmod "$MODULE" "$@" 2>"$TAP_TMP"; then
		tap_is "$(cat "/sys/class/remora/remora-$name/state" 2>&1)" "$STATE" "insmod $* makes '$name', $STATE"
		rmmod remora || true
	else
		tap_is "$(cat "$TAP_TMP")" "" "insmod $*"
	fi
	tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "rmmod after $* returns the CPUs"
}

# bad SENTENCE PARAMETER...: refused, and the log names the culprit.
bad()
{
	local sentence=$1
	shift
	echo "params.sh: $*" >/dev/kmsg
	if insmod "$MODULE" "$@" 2>/dev/null; then
		tap_is loaded refused "insmod $*"
		rmmod remora
		return
	fi
	tap_like "$(dmesg | sed -n "/params.sh: $(printf '%s' "$*" | sed 's/[][\\.*^$/]/\\&/g')/,\$p" | grep 'remora: ')" \
		"$sentence" "insmod $* is refused with a sentence"
	tap_is "$(grep -c '^remora ' /proc/modules)" 0 "nothing of it stays"
	tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "the CPUs are all there"
}

STATE=offline
good default cpus="$last_cpu" memory=32M
good default cpus="$last_cpu" memory=contig:32M
good p1 cpus="$last_cpu" memory=32M name=p1
STATE=running
good default cpus="$last_cpu" memory=32M autostart=1
good default cpus="$last_cpu" memory=32M autostart=1 nosleep=1 faults=1

bad "banana" cpus=banana memory=32M
bad "cpus" cpus= memory=32M
bad "CPU 0" cpus=0 memory=32M
bad "4095|9999|beyond" cpus=9999 memory=32M
bad "3-1|backwards|list" cpus=3-1 memory=32M
bad "memory" cpus="$last_cpu"
bad "cpus" memory=32M
bad "12Q" cpus="$last_cpu" memory=12Q
bad "memory" cpus="$last_cpu" memory=
bad "moon" cpus="$last_cpu" memory=moon:32M
bad "63" cpus="$last_cpu" memory=32M@63
bad "2 MiB|multiple" cpus="$last_cpu" memory=33000K
bad "MiB|memory" cpus="$last_cpu" memory=1M
bad "spare|memory" cpus="$last_cpu" memory=900G
bad "18446744073709551615|memory" cpus="$last_cpu" memory=18446744073709551615G
bad "a/b|name" cpus="$last_cpu" memory=32M name=a/b
bad "name" cpus="$last_cpu" memory=32M name=
bad "none.elf" cpus="$last_cpu" memory=32M image=remora/none.elf
bad "passwd" cpus="$last_cpu" memory=32M image=../../etc/passwd
# what the kernel itself refuses: a value that is no truth value
if insmod "$MODULE" cpus="$last_cpu" memory=32M autostart=maybe 2>/dev/null; then
	tap_is loaded refused "insmod autostart=maybe"
else
	tap_is refused refused "insmod autostart=maybe"
fi
# reason MEMORY_SYNTAX is what the memory= sentences above come from.
tap_end
