#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Suspend is vetoed while a partition exists, and goes ahead (as far as pm_test lets it) without.
. "$(dirname "$0")/tap-lib"

[ -n "${REMORA_LAB:-}" ] || tap_skip_all "freezes all programs for seconds; set REMORA_LAB=1 to run it"
[ -w /sys/power/pm_test ] && grep -qw freezer /sys/power/pm_test ||
	tap_skip_all "this kernel has no /sys/power/pm_test"
grep -qE 'mem|freeze' /sys/power/state || tap_skip_all "this machine cannot suspend"
cpu=$(tap_last_cpu)
[ -n "$cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
tap_load
kind=$(grep -owE 'freeze|mem' /sys/power/state | head -n 1)
echo freezer >/sys/power/pm_test

suspend()
{
	echo "$kind" >/sys/power/state
}

tap_ok "suspend without a partition" suspend
tap_ok "create and start" remora create kst-s --cpus "$cpu" --memory contig:32M --start
echo "suspend.sh: now" >/dev/kmsg
tap_fails "suspend with a partition is vetoed" suspend
tap_like "$(dmesg | sed -n '/suspend.sh: now/,$p')" "remora: suspend refused" "and the log says why"
tap_ok "the partition still answers" remora ping kst-s --count 20
tap_ok "destroy" remora destroy kst-s
tap_ok "suspend is possible again" suspend
echo none >/sys/power/pm_test
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
