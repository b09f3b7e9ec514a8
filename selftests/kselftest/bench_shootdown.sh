#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `remora bench shootdown` on this machine: both sides are measured, flushes and invalidations are
# counted, and the CPUs come back whatever happens.
. "$(dirname "$0")/tap-lib"

cpus=$(tap_cpus | head -n 3 | paste -sd,)
[ -n "$cpus" ] || tap_skip_all "needs a CPU besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
all=$(tap_cpus | head -n 3 | wc -l)
csv=$(mktemp) log=$(mktemp) dir=$(mktemp -d)
trap 'rm -rf "$TAP_TMP" "$csv" "$log" "$dir"' EXIT

# rows FILTER: those of the CSV for which awk's condition holds; columns by their names
rows()
{
	awk -F, '/^#/ { next }
		!seen { for (i = 1; i <= NF; i++) n[$i] = i; seen = 1; next }
		{ what = $n["what"]; side = $n["side"]; others = $n["others"] + 0
		  samples = $n["samples"] + 0; flush = $n["tlb_flush"]; ipis = $n["tlb_interrupts"]
		  method = $n["method"]; initiator = $n["initiator"] + 0; part = $n["part"]
		  pages = $n["pages"] + 0; handled = $n["handled"] + 0; median = $n["median"] + 0
		  lost = $n["lost_median"] + 0; foreign = $n["foreign"] }
		'"$1"' { count++ } END { print count + 0 }' "$csv"
}

# nothing_left NAME: a guard removes what a killed race has left
nothing_left()
{
	for _ in {1..300}; do
		[ "$(remora list --names)$(tap_ledger)" = "" ] && break
		sleep 0.1
	done
	tap_is "$(remora list --names)" "" "$1: no partition"
	tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "$1: the CPUs are back"
	tap_is "$(tap_ledger)" "" "$1: the ledger is zero"
}

tap_unload
tap_like "$(remora bench shootdown --cpus "$cpus" 2>&1; echo $?)" 'is the module loaded' \
	"without the module: told before anything is measured"
tap_ok "Linux alone needs no module" remora bench shootdown --linux --cpus "$cpus" --count 10
tap_load

remora bench shootdown --cpus "$cpus" --cores "1,$all" --count 20 --csv "$csv" \
	--plot "$dir/race.svg" >"$log" 2>&1
tap_is $? 0 "a race runs"
nothing_left "after a race"
sed 's/^/# /' "$log"

counts=$((all > 1 ? 2 : 1))
tap_is "$(rows 'side == "linux" && !others')" 7 "Linux, alone: a row for each call and size"
tap_is "$(rows 'side == "linux" && others && samples == 20 && part != ""')" $((7 * counts)) \
	"Linux, with others: a row each, the call alone subtracted"
tap_is "$(rows 'side == "messages" && !initiator && method != "pcid" && samples == 20')" \
	$((16 * counts)) "messages from Linux: a row for each protocol, method and size"
tap_is "$(rows 'side == "messages" && initiator && method != "pcid" && samples == 20')" \
	$((16 * (counts - 1))) "messages from a core: the same, where one is left over"
tap_is "$(rows 'side == "messages" && method != "pcid" && handled != 20 * others * (pages ? pages : 1)')" 0 \
	"every invalidation was counted"
tap_is "$(rows 'side == "messages" && samples && (!median || !lost)')" 0 "every row has times"
if [ -r /sys/kernel/tracing/events/tlb/tlb_flush/id ]; then
	tap_is "$(rows 'side == "linux" && pages && others && flush >= 20 * others')" \
		$((6 * counts)) "tlb:tlb_flush: as many as there were calls, or more"
	tap_is "$(rows 'side == "linux" && others && what == "membarrier" && flush >= 20 * others')" \
		0 "tlb:tlb_flush: membarrier does not flush"
else
	tap_skip "tlb:tlb_flush" "no such event"
fi
tap_is "$(rows 'side == "linux" && pages && others && ipis >= 20 * others')" $((6 * counts)) \
	"/proc/interrupts: the others were interrupted each time"
tap_is "$(rows 'side == "messages" && samples && foreign == ""')" 0 "foreign interrupts are counted"
tap_like "$(cat "$dir/race.gp")" 'title "messages, unicast"' "a plot of both"

tap_like "$(su -s /bin/sh nobody -c "remora bench shootdown --linux --cpus $cpus --count 5" 2>&1)" 'tlb:tlb_flush not counted: ' \
	"without permission to count: measured, and labelled"

for signal in INT TERM KILL; do
	remora bench shootdown --cpus "$cpus" --pages 1 --count 200 >"$log" 2>&1 &
	pid=$!
	for _ in {1..6000}; do
		[ -n "$(remora list --names)" ] && break
		sleep 0.02
	done
	tap_is "$(remora list --names)" "shootdown-$pid" "SIG$signal: it is under way"
	kill -$signal $pid
	wait $pid 2>/dev/null
	tap_like "$?: $(cat "$log")" '^(1: remora: bench: interrupted|137: )' "SIG$signal: it ends early"
	nothing_left "SIG$signal"
done

remora create r --cpus "$cpus" --memory 96M --allow-faults --start
tap_ok "a partition that exists" remora bench shootdown r --count 10 --cores 1 --json
remora inject r --core 1 --kind opcode
remora wait r --state crashed --timeout 30 >/dev/null
tap_like "$(remora bench shootdown r --count 10 2>&1; echo "status $?")" 'needs it running|CORE_DEAD' \
	"a dead partition is refused"
remora destroy --force r
nothing_left "at the end"
tap_end
