#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that were not written for Remora, compiled unchanged: Lua and lz4 with its self-tests. Each
# result is compared with the same program on Linux.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

programs_begin 2 contig:256M
RUN_SECONDS=300
RUN_MEMORY=100M # of which the test of frames uses most

for script in strings tables control; do
	same "Lua: $script" "$PROGRAMS/$script.lua" lua -
done
same "Lua from the command line" /dev/null lua -e 'print(_VERSION, #arg) error("told")'

# What lz4 makes of text, of numbers that look random, and of programs.
seq 30000 >"$WORK/text"
head -c 100000 "$PROGRAMS/linux/lua" >"$WORK/program"
head -c 50000 /dev/urandom >"$WORK/random"
for kind in text program random; do
	for level in 1 9; do
		same "lz4 -$level of $kind" "$WORK/$kind" lz4 -$level -c
		cp "$WORK/remora" "$WORK/packed"
		on "" lz4 -d -c <"$WORK/packed" >"$WORK/again" 2>/dev/null
		tap_is "$? $(md5sum <"$WORK/again")" "0 $(md5sum <"$WORK/$kind")" "and back"
	done
done
head -c 1000 "$WORK/packed" >"$WORK/cut"
"$PROGRAMS/linux/lz4" -d -c <"$WORK/cut" >/dev/null 2>&1
here=$?
on "" lz4 -d -c <"$WORK/cut" >/dev/null 2>&1
tap_is $? $here "lz4 of a file that is cut off fails as on Linux"

# Their progress depends on the time it takes, and is no result.
result()
{
	tr '\r' '\n' | grep -vE '^ *[0-9]* *$'
}
on "" lz4-fuzzer -i30 -s7 --no-prompt </dev/null 2>&1 | result >"$WORK/remora"
"$PROGRAMS/linux/lz4-fuzzer" -i30 -s7 --no-prompt </dev/null 2>&1 | result >"$WORK/linux"
tap_is "$(cat "$WORK/remora")" "$(cat "$WORK/linux")" "lz4's fuzzer"
tap_like "$(cat "$WORK/remora")" "all tests completed successfully" "all of its tests were good"
says "lz4's test of frames" 0 "All tests completed" on "" lz4-frametest -i20 -s7
says "lz4's benchmark runs" 0 "Synthetic 50%" on "" lz4 -b1 -i0 -B4

same "all loops" /dev/null loops 10
grep 'rounds/s' "$WORK/remora.err" | sed 's/^/# on a core, emulated: /'
grep 'rounds/s' "$WORK/linux.err" | sed 's/^/# Linux, emulated: /'

programs_end
