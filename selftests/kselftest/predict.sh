#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `remora check` predicts is what `remora create` does, on this machine as it is: whatever
# memory sources, NUMA nodes and CPUs it has.
. "$(dirname "$0")/tap-lib"

cpu=$(tap_last_cpu)
[ -n "$cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
tap_load

# predicts CPUS MEMORY: check and create agree, and check foresees in its own findings, without the
# module's verdict, what depends on the machine
predicts()
{
	local foreseen created out
	out=$(remora check p --cpus "$1" --memory "$2" 2>&1)
	foreseen=$?
	remora create p --cpus "$1" --memory "$2" >"$TAP_TMP" 2>&1
	created=$?
	tap_is "$foreseen: $out" "$created: $out" "check --cpus $1 --memory $2: $created"
	if [ $created = 0 ]; then
		tap_is "$(grep '^fail' <<<"$out")" "" "nothing was held against it"
		tap_ok "destroy" remora destroy p
	elif grep -qE 'NODE_UNKNOWN|NOT_RESERVED|UNALIGNED|CPU_(ZERO|UNKNOWN|LAST|OFFLINE)' "$TAP_TMP"; then
		tap_like "$out" '(^|[[:space:]])fail  (cpu|memory) ' "it was seen without the module"
	fi
}

for memory in 64M 64M@0 64M@1 64M@7 block:128M block:100M@0 contig:64M contig:9T reserved:64M \
	reserved:64M@0x60000000 reserved:64M@0x61000000 63M 2M 64M,block:128M,reserved:32M; do
	predicts "$cpu" $memory
done
predicts 0 64M
predicts "0,$cpu" 64M
predicts 8000 64M
predicts "$(cat /sys/devices/system/cpu/online)" 64M
if [ "$(tap_cpus | wc -l)" -gt 1 ]; then
	echo 0 >"/sys/devices/system/cpu/cpu$cpu/online"
	predicts "$cpu" 64M
	echo 1 >"/sys/devices/system/cpu/cpu$cpu/online"
	remora create q --cpus "$cpu" --memory 64M
	predicts "$cpu" 64M
	predicts "$(tap_cpus | head -n 1)" 64M
	remora destroy q
fi
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "the CPUs are back"
tap_end
