#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tracing as people use it: the files of tracefs, trace-cmd, remora bench trace; and the module that goes
# while its events are on.
. "$(dirname "$0")/tap-lib"

T=/sys/kernel/tracing
command -v remora >/dev/null || tap_skip_all "no remora command"
[ -d $T/events ] || tap_skip_all "no tracefs in $T"
tap_load
cpu=$(tap_last_cpu)

# The formats can be read by those who take the trace as binary: no name of an enumeration is left.
tap_is "$(ls -d $T/events/remora/remora_* | wc -l)" 11 "eleven events"
tap_is "$(grep -hE '(ABI_|REMORA_)[A-Z]' $T/events/remora/*/format)" "" "their formats hold numbers alone"

tap_ok "create and start" remora create kst-t --cpus "$cpu" --memory contig:32M --start

# What an event costs.
tap_ok "remora bench trace" sh -c "remora bench trace kst-t >$TAP_TMP.cost"
tap_like "$(cat "$TAP_TMP.cost")" '^1 +[0-9]+\.[0-9] +[1-9][0-9]*\.[0-9] ' "a row for the core, with a cost while on"
awk '$1 == 1 { exit !($3 > $2) }' "$TAP_TMP.cost"
tap_result $? "an event that is recorded costs more than one that is not"
tap_like "$(cat "$TAP_TMP.cost")" 'emulated|measured' "it says where it was measured"
sed 's/^/# /' "$TAP_TMP.cost"
tap_like "$(remora bench trace kst-t --core 2 2>&1)" 'no core 2' "an unknown core is named"
echo 1 >$T/events/remora/remora_send/enable
tap_like "$(remora bench trace kst-t 2>&1)" 'somebody traces' "refused while somebody traces"
echo 0 >$T/events/remora/remora_send/enable
tap_ok "and not any more" remora bench trace kst-t --core 1 --json
rm -f "$TAP_TMP.cost"

# Both kernels in the order of time, in a trace of its own.
tap_ok "remora trace with a command" sh -c "remora trace --partition kst-t -- \
	remora ping kst-t --count 20 --mode rw >$TAP_TMP.trace"
events=$(grep -E '^ *[0-9]+  remora_' "$TAP_TMP.trace")
for event in send receive; do
	for node in 0 1; do
		tap_like "$events" "remora_$event: partition=kst-t node=$node " "it has remora_$event of node $node"
	done
done
awk '$1 < last { exit 1 } { last = $1 }' <<<"$events"
tap_result $? "its times never go back"
# A message is known by its channel, its number, and which end sent it; one CPU's pair of nodes here.
awk '{
	for (i = 2; i <= NF; i++)
		if (split($i, part, "=") == 2)
			is[part[1]] = part[2]
	if ($2 == "remora_send:")
		sent[is["channel"] " " is["node"] " " is["number"]] = 1
	else if ($2 == "remora_receive:" && is["channel"] ~ /^0x/) {
		checked++
		if (!sent[is["channel"] " " is["peer"] " " is["number"]])
			exit bad = 1
	}
}
END { exit bad || checked < 40 }' <<<"$events"
tap_result $? "no message is received before it was sent"
tap_is "$(ls $T/instances)" "" "nothing of it is left"
remora trace --event shootdown -- sh -c 'exit 9' >"$TAP_TMP.trace"
tap_is $? 9 "it ends as the command did"
tap_is "$(cat "$TAP_TMP.trace")" "" "and has only the events that were asked for"
tap_like "$(remora trace --event nonsense -- true 2>&1)" "'nonsense' is no event" "an unknown event is named"
tap_is "$(ls $T/instances)" "" "nothing of that is left"
timeout 300 remora trace --seconds 1 >"$TAP_TMP.trace" &
remora ping kst-t --count 5 --mode rw >/dev/null
wait $!
tap_result $? "remora trace for a second"
remora trace -- /nowhere 2>/dev/null
tap_is $? 127 "a command that does not exist"
rm -f "$TAP_TMP.trace"

if command -v trace-cmd >/dev/null; then
	cd /tmp || exit 1
	tap_ok "trace-cmd records" sh -c "trace-cmd record -q -C x86-tsc -e remora -o $TAP_TMP.dat \
		remora ping kst-t --count 50 --mode rw >/dev/null"
	report=$(trace-cmd report -i "$TAP_TMP.dat" 2>/dev/null)
	for event in send receive doorbell_sent doorbell_taken; do
		for node in 0 1; do
			tap_like "$report" "remora_$event: .*partition=kst-t node=$node " \
				"the report has remora_$event of node $node"
		done
	done
	tap_like "$report" 'channel=control' "channels have names"
	rm -f "$TAP_TMP.dat"
fi

# Gone while its events are on, and here again.
echo 1 >$T/events/remora/enable
tap_ok "unload with events on" rmmod remora
tap_is "$(ls -d $T/events/remora 2>/dev/null)" "" "the events went with it"
tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "the CPUs are back"
tap_ok "load again" insmod "$MODULE" trace_ms=5
tap_is "$(cat /sys/module/remora/parameters/trace_ms)" 5 "with the period of the parameter"
tap_ok "unload" rmmod remora
tap_is "$(insmod "$MODULE" trace_ms=99999 2>&1 | wc -l)" 1 "a period out of range is refused"
tap_load
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
