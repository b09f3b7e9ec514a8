#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs on partition cores by `remora run`: streams, arguments, status, threads, several at once. What
# they say is compared with the same programs on Linux.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

programs_begin 2
first=${CORES[0]}
last=${CORES[-1]}

same "hello" /dev/null hello one "two words" ""
seq 20000 >"$WORK/seq"
same "echo of 100 kB" "$WORK/seq" echo
same "echo of nothing, with output before" /dev/null primes 1000
same "threads" /dev/null threads 4
same "loops" /dev/null loops 2
same "a Lua program" /dev/null lua -e 'local t = {} for i = 1, 500 do t[i] = i ^ 2 end print(#t, t[77] // 7)
	print(pcall(error, "no")) os.exit(9)'
says "error output" 2 "usage: loops" on "" loops 0
says "the same on a named core" 0 "Hello from Remora" on "$last" hello

# Output as it comes: the first line is there while the program still runs.
mkfifo "$WORK/in"
sleep 600 >"$WORK/in" &
holder=$!
on "" lua -e 'print("early") io.stdout:flush() print(io.read("l"))' <"$WORK/in" >"$WORK/live" 2>&1 &
runner=$!
for ((i = 0; i < 600; i++)); do
	grep -q early "$WORK/live" && break
	sleep 0.1
done
tap_is "$(cat "$WORK/live")" "early" "output comes while the program runs"
echo late >"$WORK/in"
wait $runner
tap_is "$(tr '\n' ' ' <"$WORK/live")" "early late " "and input reaches it then"
kill $holder

# at_once CORE...: a program each, all at the same time, each with other numbers
at_once()
{
	local core i=0 pids=() wrong=0
	for core; do
		i=$((i + 1))
		on "$core" loops $i nbody >"$WORK/at.$i" 2>/dev/null </dev/null &
		pids+=($!)
	done
	for core in "${pids[@]}"; do
		wait "$core" || wrong=1
	done
	while [ $i -gt 0 ]; do
		"$PROGRAMS/linux/loops" $i nbody 2>/dev/null | cmp -s - "$WORK/at.$i" || wrong=1
		i=$((i - 1))
	done
	tap_is $wrong 0 "$# programs at once on cores $*"
}
at_once "$first" "$first"
at_once "$first" "$last" "$first" "$last"

# A signal to remora ends the program; so does kill by another.
background "$first" hostile loop
runner=$!
wait_shown hostile
tap_like "$(remora ps $PART)" "hostile" "ps shows a program"
says "others run beside one that loops" 0 "Hello" on "$first" hello
kill -INT $runner
wait $runner
tap_is $? 130 "an interrupt ends it with status 130"
background "$first" hostile loop
runner=$!
wait_shown hostile
tap_ok "kill takes what ps shows" remora kill $PART "$(remora ps $PART | awk '/hostile/ { print $1 }')"
wait $runner
tap_is $? 137 "the command of a killed program ends with status 137"

programs_end
