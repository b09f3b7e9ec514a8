#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Unloading: refused while a device or channel is open, else it gives back what partitions hold.
. "$(dirname "$0")/tap-lib"

cpu=$(tap_last_cpu)
[ -n "$cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
tap_load

tap_ok "create and start" remora create kst-u --cpus "$cpu" --memory contig:32M --start
exec 7<>/dev/remora-kst-u
tap_fails "rmmod with an open device is refused" rmmod remora
tap_is "$(cat /sys/class/remora/remora-kst-u/state)" running "and the partition runs on"
exec 7>&-

# A channel whose program waits for ever.
remora ping kst-u --count 1000000 >/dev/null 2>&1 &
pinger=$!
for _ in $(seq 600); do
	[ "$(cat /sys/kernel/remora/ledger/channels)" = 0 ] || break
	sleep 0.1
done
tap_is "$(cat /sys/kernel/remora/ledger/channels)" 1 "a channel is open"
tap_fails "rmmod with an open channel is refused" rmmod remora
tap_is "$(cat /sys/class/remora/remora-kst-u/state)" running "and the partition runs on"
kill -9 "$pinger"
wait "$pinger" 2>/dev/null

tap_is "$(cat "/sys/devices/system/cpu/cpu$cpu/online")" 0 "the CPU is the partition's"
tap_ok "rmmod with a running partition, nothing open" rmmod remora
tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "the CPUs are back"
tap_ok "the returned CPU works" taskset -c "$cpu" true
tap_ok "the module loads again" insmod "$MODULE"
tap_is "$(tap_ledger)" "" "the ledger is zero"
for _ in 1 2 3 4 5; do
	rmmod remora && insmod "$MODULE" || break
done
tap_ok "and again and again" grep -q '^remora ' /proc/modules
tap_end
