#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory that programs ask for beyond what they began with: of their own core, of others', up to a quota; clear
# each time, returned, and what becomes of it when a core dies.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

ROUNDS=${REMORA_ROUNDS:-100}
RUN_MEMORY=8M

# said CORE ARGUMENTS...: what the program prints, one line
said()
{
	local core=$1
	shift
	on "$core" memory "$@" </dev/null 2>&1 | tr '\n' ';'
}

[ "$(tap_cpus | wc -l)" -ge 2 ] || tap_skip_all "needs 2 CPUs besides CPU 0"
programs_begin 2 contig:96M
tap_like "$(said 1 take -1 1 2 20)" "^1: own, numa 0;2: own, numa 0;20: own, numa 0;used 31 of 32 MiB;$" \
	"memory of the own core"
tap_like "$(said 1 take -1 20 5)" "^20: own.*;5: refused: 2, the domain has as much memory as it may have;" \
	"no more than the quota"
tap_is "$(programs_counts)" "$BEFORE" "all is returned when the program ends"
RUN_MEMORY=16M
tap_like "$(said 1 take -1 18 12)" "^18: own.*;12: borrowed, numa [0-9]+;used 46 of 64 MiB;$" \
	"what the core has not another lends"
tap_like "$(said 1 ram 8)" "^8 MiB more;the heap uses it;$" "RAM for the heap"
tap_like "$(RUN_MEMORY=4M said 1 heap 9)" "^[123] of 9 MiB; asking 9; in all 1[0-5], and again 1[0-5];used 1[0-6] of 16 MiB;$" \
	"the heap asks by itself, up to the quota"
tap_like "$(said 1 strict 7)" "refused: 1, no node has so much memory" "nothing of a NUMA node that is not there"
tap_like "$(RUN_MEMORY=1M said 1 rounds "$ROUNDS" 1)" "^$ROUNDS rounds, own;used 1 of 4 MiB;$" \
	"$ROUNDS times taken and freed"
tap_is "$(programs_counts)" "$BEFORE" "memory and capabilities of each core are as before"
# Little of it stays here, for the next one.
for who in first second; do
	tap_like "$(said 1 take -1 18 4 4 4)" "^18: own.*;4: borrowed, numa [0-9]+;.*used 46 of 64 MiB;$" \
		"what is borrowed is clear for the $who program"
done
tap_ok "the partition goes" remora destroy --force $PART

# ---- a core dies ----
# Begin on 1, so that a program on it holds memory of 2; $1: the core that dies.
dies()
{
	local holder
	remora create $PART --allow-faults --start --cpus "$(tap_cpus | tail -n 2 | paste -sd, -)" \
		--memory contig:96M
	CORES=(1 2)
	programs_view
	: >"$WORK/hold"
	on 1 memory hold 18 12 </dev/null >"$WORK/hold" 2>&1 &
	holder=$!
	behind "$WORK/hold" "holds|refused" >&2
	remora inject $PART --core "$1" --kind opcode
	wait $holder
	echo "$?"
}

tap_is "$(dies 2)" 137 "who has memory of a core that dies is ended"
tap_like "$(cat "$WORK/hold")" "^holds borrowed" "which it had"
tap_like "$(said 1 take -1 4)" "^4: own" "the other core goes on"
remora destroy --force $PART
dies 1 >/dev/null
tap_like "$(cat "$WORK/hold")" "^holds borrowed" "the core that dies had memory of the other one"
RUN_MEMORY=8M
tap_like "$(said 2 take -1 24)" "^24: own" "which has it again"
tap_ok "the partition goes" remora destroy --force $PART
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
