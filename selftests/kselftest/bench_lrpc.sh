#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `remora bench lrpc`: all rows are there; where the clock counts instructions (the lab's --icount),
# LRPC takes at most a third of the fastest mechanism of Linux that sleeps, in this very run.
# REMORA_ICOUNT=1: it must count them.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

# rows FILTER: those of the CSV for which awk's condition holds
rows()
{
	awk -F, '/^#/ || /^on,/ { next }
		{ on = $1; waits = $4; samples = $5 + 0; unit = $6; least = $7 + 0; median = $8 + 0
		  round = $12 + 0 } '"$1"' { count++ } END { print count + 0 }' "$WORK/csv"
}

programs_begin 1
# The lib's word in quotes has a comma: no field of the rest may move.
remora bench lrpc $PART --count 500 --csv "$WORK/csv" >"$WORK/table" 2>&1
tap_is $? 0 "it measures both sides"
sed 's/^/# /' "$WORK/table"
sed -i 's/"\([^",]*\), \([^"]*\)"/"\1 \2"/' "$WORK/csv"
tap_is "$(rows 'on == "remora" && samples == 500')" 2 "LRPC: a row for the system call, one for the library"
tap_is "$(rows 'on == "linux" && samples == 500')" 8 "Linux: four mechanisms, twice each"
tap_is "$(rows 'least < 100 || median < least || round < median')" 0 "no row is out of the question"

instructions=$(rows 'unit == "instructions"')
if [ "$instructions" = 0 ] && [ -z "$REMORA_ICOUNT" ]; then
	tap_like "$(cat "$WORK/table")" 'figures in TSC cycles' "cycles are called cycles"
	tap_skip "LRPC takes a third of Linux's instructions" "the clock counts no instructions here (--icount)"
else
	tap_is "$instructions" 10 "all of it in instructions"
	tap_like "$(cat "$WORK/table")" 'the TSC counts instructions: .* ticks on Linux, .* on the core' \
		"which known loops show on both sides"
	tap_like "$(cat "$WORK/table")" 'the goal is at most 0.33: reached' \
		"LRPC takes at most a third of Linux's instructions"
fi

says "no such partition" 3 "there is no partition" remora bench lrpc kst-none --count 10
says "no such core" 1 "no core 9" remora bench lrpc $PART --core 9
says "no program there" "[1-9][0-9]*" "lrpcbench" remora bench lrpc $PART --programs /tmp --count 10
says "a stopped partition" 7 "CORE_DEAD" eval "remora stop $PART && remora bench lrpc $PART"
remora start $PART
BEFORE=''
BEFORE=$(programs_counts)

# Killed on the way, it leaves no program behind.
remora bench lrpc $PART --count 100000 >"$WORK/killed" 2>&1 &
bench=$!
wait_shown lrpcbench
tap_like "$(remora ps $PART)" "lrpcbench" "the program runs"
kill -KILL $bench
wait $bench 2>/dev/null
for ((i = 0; i < 100; i++)); do
	grep -q lrpcbench <<<"$(remora ps $PART)" || break
	sleep 0.1
done
tap_is "$(remora ps $PART | grep -c lrpcbench)" 0 "and ends with the one who asked for it"
programs_end
