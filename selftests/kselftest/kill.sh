#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tool killed at any point of any verb: whatever it was at is complete or undone, and the next
# one works. The moments come from REMORA_SEED (default 1), the number of them from REMORA_KILLS.
. "$(dirname "$0")/tap-lib"

cpus=$(tap_cpus | tail -n 2 | paste -sd,)
[ -n "$cpus" ] || tap_skip_all "needs a CPU besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
tap_load
spare=$(tap_cpus | head -n 1)
[[ ",$cpus," != *",$spare,"* ]] || spare=""
RANDOM=${REMORA_SEED:-1}
kills=${REMORA_KILLS:-30}

# Run a verb and kill it after 0 to $1 ms.
killed()
{
	local most=$1 pid
	shift
	"$@" >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '0.%03d' $((RANDOM * most / 32768)))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
}

# One more core, and none again: it joined as a whole or not at all.
moved()
{
	killed 300 remora add-cpu kst-k "$spare" --memory contig:8M
	killed 200 remora remove-cpu kst-k "$spare"
	if [[ "$(remora status kst-k --json | tr -d ' \n')" == *"\"cpu\":$spare,"* ]]; then
		remora remove-cpu kst-k "$spare" || bad+="turn $i: the core stays; "
	fi
}

# More memory, and none again: what was added can be removed, whatever was killed on the way.
grown()
{
	local said
	killed 200 remora add-memory kst-k contig:8M
	killed 200 remora remove-memory kst-k 8M
	while said=$(remora remove-memory kst-k 8M 2>&1); do
		:
	done
	[[ $said == *MEMORY_UNKNOWN* ]] || bad+="turn $i: the memory stays: $said; "
}

bad=""
for ((i = 0; i < kills; i++)); do
	killed 400 remora create kst-k --cpus "$cpus" --memory contig:64M --start
	if [ -e /dev/remora-kst-k ]; then
		state=$(cat /sys/class/remora/remora-kst-k/state)
		[[ "$state" =~ ^(offline|running)$ ]] || bad+="turn $i: created, but $state; "
		[ "$state" = running ] || remora start kst-k || bad+="turn $i: start failed; "
		killed 100 remora ping kst-k --count 100000
		killed 60 remora reset kst-k
		[ "$(cat /sys/class/remora/remora-kst-k/state)" = running ] || remora start kst-k ||
			bad+="turn $i: start after a killed reset failed; "
		remora ping kst-k --count 5 >/dev/null || bad+="turn $i: no answer; "
		[ -z "$spare" ] || moved
		grown
		killed 200 remora destroy kst-k
		[ ! -e /dev/remora-kst-k ] || remora destroy kst-k || bad+="turn $i: destroy failed; "
	fi
	[ -z "$(tap_ledger)" ] || bad+="turn $i: ledger: $(tap_ledger); "
	[ "$(cat /sys/devices/system/cpu/online)" = "$ONLINE" ] || bad+="turn $i: CPUs missing; "
	[ -z "$bad" ] || break
done
tap_is "$bad" "" "$kills kills at random moments leave nothing behind"
tap_ok "a whole cycle afterwards" sh -c "remora create kst-k --cpus $cpus --memory contig:64M --start &&
	remora ping kst-k --count 20 && remora destroy kst-k"
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
