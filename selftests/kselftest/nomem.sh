#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own fault injection: each allocation of create, start, bind and the rest fails in turn
# (the n-th one of the task), until all went well. Each failure is an error that leaves nothing.
. "$(dirname "$0")/tap-lib"

slab=/sys/kernel/debug/failslab
[ -d $slab ] || tap_skip_all "this kernel has no failslab"
[ -e /proc/self/fail-nth ] || tap_skip_all "this kernel has no fail-nth"
cpu=$(tap_last_cpu)
[ -n "$cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
tap_load
echo N >$slab/ignore-gfp-wait
echo 0 >$slab/verbose

# The n-th allocation of the command's task fails.
nth()
{
	local n=$1
	shift
	bash -c 'echo '"$n"' >/proc/self/fail-nth; exec "$@"' nth "$@" >"$TAP_TMP" 2>&1
}

# Until the command works $2 times running, or 400 times: nothing may be left after a failure.
until_good()
{
	local name=$1 undo=$2 n failures=0 bad=""
	shift 2
	for ((n = 1; n <= 400; n++)); do
		if nth "$n" "$@"; then
			$undo >/dev/null 2>&1
		else
			failures=$((failures + 1))
			grep -q 'NO_MEMORY' "$TAP_TMP" && said=$((said + 1))
		fi
		[ "$(tap_ledger)" = "$EXPECTED" ] || bad+="n=$n: ledger: $(tap_ledger); "
		[ -z "$bad" ] || break
	done
	tap_is "$bad" "" "$name: the n-th allocation fails, n = 1 to 400 ($failures failures)"
}

said=0
EXPECTED=$(tap_ledger)
until_good "create" "remora destroy n --force" \
	remora create n --cpus "$cpu" --memory contig:32M
tap_ok "reason NO_MEMORY was given ($said times)" [ $said -gt 0 ]
remora create n --cpus "$cpu" --memory contig:32M
EXPECTED=$(tap_ledger)
until_good "start" "remora stop n --force" remora start n
remora start n
EXPECTED=$(tap_ledger)
until_good "ping" true remora ping n --count 3
until_good "status" true remora status n
tap_ok "all works afterwards" remora ping n --count 20
tap_ok "destroy" remora destroy n
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "the CPUs are back"
tap_end
