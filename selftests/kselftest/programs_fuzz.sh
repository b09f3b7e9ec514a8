#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# System calls at random by several programs on a core: REMORA_FUZZ_CALLS (100000) in all, seeds from
# REMORA_FUZZ_SEED on. Monitor, core and a program beside them are as before.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

# A program that says nothing for so many seconds has broken itself; each says how far it is every 2048
# steps, which takes it a second, or ten where the guest gets little of its machine.
QUIET=40
wanted=${REMORA_FUZZ_CALLS:-100000}
seed=${REMORA_FUZZ_SEED:-$RANDOM}
each=$((wanted / 8))
echo "# seed $seed"

programs_begin 2
core=${CORES[0]}
RUN_MEMORY=4M
good_begin 300
made=0 good=0 runs=0 breaches=0 late=0 wrong=0

# How many calls the programs say they made, in all; how many of them were not refused.
count()
{
	local file last calls rest
	for file in "$WORK"/fuzz.*; do
		! grep -q BREACH "$file" || breaches=$((breaches + 1))
		last=$(grep -E '^(so far|fuzz:) ' "$file" | tail -n 1 | sed 's/^so far/fuzz:/')
		read -r _ calls rest <<<"$last"
		# More than it was told to make: then its count is not what it made.
		[ "${calls:-0}" -le $((each + 2)) ] || wrong=$((wrong + 1))
		made=$((made + ${calls:-0}))
		good=$((good + $(sed 's/.*, \([0-9]*\) .*/\1/' <<<"${rest:-x, 0 x}")))
	done
	rm -f "$WORK"/fuzz.*
}

end()
{
	local i
	kill "$1"
	for i in {1..300}; do
		kill -0 "$1" 2>/dev/null || return
		sleep 0.1
	done
	kill -KILL "$1"
}

# Until the programs of this turn have ended, by themselves or from outside.
gather()
{
	local i now left=1 size=(0 0 0 0) heard=($SECONDS $SECONDS $SECONDS $SECONDS)
	while [ $left = 1 ]; do
		sleep 0.3
		left=0
		for i in 0 1 2 3; do
			kill -0 "${pids[$i]}" 2>/dev/null || continue
			left=1
			now=$(stat -c %s "$WORK/fuzz.$i")
			[ "$now" = "${size[$i]}" ] || heard[i]=$SECONDS
			size[i]=$now
			[ $((SECONDS - heard[i])) -ge $QUIET ] || continue
			late=$((late + 1))
			end "${pids[$i]}"
		done
	done
}

while [ $made -lt "$wanted" ] && [ $runs -lt 400 ]; do
	pids=()
	for i in 0 1 2 3; do
		runs=$((runs + 1))
		remora run $PART --core "$core" --memory $RUN_MEMORY "$PROGRAMS/remora/hostile" \
			fuzz $((seed + runs)):$each >"$WORK/fuzz.$i" 2>&1 </dev/null &
		pids+=($!)
	done
	gather
	count
done
echo "# $made calls by $runs programs, $good succeeded; $late programs were ended from outside"
tap_is "$((made >= wanted)) $((good * 10 >= made)) $breaches $wrong" "1 1 0 0" \
	"$wanted calls, one in ten good, none of them a breach, rightly counted (seed $seed)"
tap_is "$((late * 4 <= runs))" 1 "few programs had to be ended from outside: $late of $runs"
good_end "the fuzzers"
says "and a program after them" 0 "Hello" on "$core" hello
programs_end
