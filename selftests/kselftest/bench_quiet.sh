#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A core with one program that computes, and nothing else, takes no interrupt: neither timer nor
# doorbell; what Linux broadcasts is counted apart. With two programs the timer shows in the count.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

# field KEY [ROW]: of the JSON's row for the core, or for Linux (2)
field()
{
	grep -o '"'"$1"'": *"\{0,1\}[^,"}]*' "$WORK/json" | sed -n "${2:-1}p" | sed 's/.*: *"\{0,1\}//'
}

measure()
{
	remora bench quiet $PART --seconds "$1" --turns 20000 --json >"$WORK/json" 2>"$WORK/err"
}

programs_begin 1
measure 2
tap_is $? 0 "it measures"
sed 's/^/# /' "$WORK/err"
for key in quanta interrupts foreign counted_ms lost which; do
	echo "# core: $key $(field $key)"
done
tap_is "$(field interrupts)" 0 "one program alone: no interrupt"
tap_is "$(($(field quanta) > 50 && $(field counted_ms) > 1000))" 1 "while it computed"
tap_like "$(field interrupts 2)" '^[1-9][0-9]*$' "the same program on Linux is interrupted"
# The third row (the first "cpu" is the machine): a CPU that this kernel was told to leave alone (the job boots it so).
isolated=$(cat /sys/devices/system/cpu/isolated)
if [ -n "$isolated" ]; then
	tap_is "$(field cpu 4)" "$isolated" "the program runs on the isolated CPU too"
	tap_is "$(($(field quanta 3) > 50 && $(field interrupts 3) < $(field interrupts 2)))" 1 \
		"which is interrupted less than another one: $(field interrupts 3) of $(field interrupts 2)"
else
	tap_is "$(field quanta 3)" "" "no third row without an isolated CPU"
fi

csv=$WORK/q.csv
tap_ok "CSV and a picture's script" remora bench quiet $PART --seconds 1 --turns 20000 --csv "$csv" \
	--plot "$WORK/q.svg"
tap_is "$(($(grep -c '^"partition core"' "$csv") > 20))" 1 "a line for each quantum of the core"
tap_is "$(($(grep -c '^"Linux"' "$csv") > 20))" 1 "and of Linux"
tap_like "$(cat "$WORK/q.gp")" 'core 1 of kst-p' "the script has the core's chart"

# The count can rise: a second program on the core makes turns necessary.
background 1 loops 100000
second=$!
wait_shown loops
measure 2
tap_like "$(field which): $(field interrupts)" '^timers [0-9]+.*: [1-9][0-9]*$' \
	"two programs: the timer ends their turns"
kill -KILL $second
wait $second 2>/dev/null

says "no such core" 1 "no core 9" remora bench quiet $PART --core 9
says "no program there" "[1-9][0-9]*" "fwq" remora bench quiet $PART --programs /tmp
says "no such partition" 3 "there is no partition" remora bench quiet kst-none
programs_end
