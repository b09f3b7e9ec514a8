#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Linux under load while messages flow: processors, memory, and hotplug of the other CPUs.
# REMORA_LOAD: seconds (default 15).
. "$(dirname "$0")/tap-lib"

command -v stress-ng >/dev/null || tap_skip_all "no stress-ng"
command -v remora >/dev/null || tap_skip_all "no remora command"
[ "$(tap_cpus | wc -l)" -ge 2 ] || tap_skip_all "needs two CPUs besides CPU 0"
tap_load
seconds=${REMORA_LOAD:-15}
mine=$(tap_last_cpu)
tap_ok "create and start" remora create kst-l --cpus "$mine" --memory contig:32M --start
others=$(tap_cpus)

stress-ng --quiet --cpu 2 --vm 2 --vm-bytes 64M --timeout "${seconds}s" >"$TAP_TMP.stress" 2>&1 &
stress=$!
end=$((SECONDS + seconds))
rounds=0 failed=""
while [ $SECONDS -lt $end ] && [ -z "$failed" ]; do
	for cpu in $others; do
		echo 0 >"/sys/devices/system/cpu/cpu$cpu/online" || failed="CPU $cpu does not go"
		remora ping kst-l --count 50 >/dev/null || failed="no answer with CPU $cpu offline"
		echo 1 >"/sys/devices/system/cpu/cpu$cpu/online" || failed="CPU $cpu does not come"
		remora ping kst-l --count 50 --mode blocking >/dev/null || failed="no answer, blocking"
		[ -z "$failed" ] || break
	done
	rounds=$((rounds + 1))
done
tap_is "$failed" "" "messages flow under load and hotplug of others ($rounds rounds)"
wait "$stress"
tap_is $? 0 "stress-ng saw no error"
rm -f "$TAP_TMP.stress"
tap_is "$(cat /sys/class/remora/remora-kst-l/state)" running "the partition runs"
tap_is "$(cat /sys/class/remora/remora-kst-l/core1/protocol_errors)" 0 "no protocol error"

# Take and give back while Linux is busy.
stress-ng --quiet --cpu 2 --vm 2 --vm-bytes 64M --timeout "${seconds}s" >/dev/null 2>&1 &
stress=$!
tap_ok "destroy under load" remora destroy kst-l
for turn in 1 2 3; do
	tap_ok "cycle $turn under load" sh -c "remora create kst-l --cpus $mine --memory contig:32M --start &&
		remora ping kst-l --count 20 && remora destroy kst-l"
done
kill -INT "$stress" # what it is for is over: it ends as at its time-out
wait "$stress"
tap_is $? 0 "stress-ng saw no error"
tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "the CPUs are back"
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
