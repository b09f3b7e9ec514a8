#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The C library on a partition core: each system call that is served, pthreads, malloc to the end of
# memory, and a compiler that works where it is installed.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

programs_begin 2
RUN_SECONDS=300

# The plan is what such a program prints last, when all was well.
for program in libc-calls libc-pthreads libc-mallocs libc-storms; do
	on "" $program </dev/null >"$WORK/out" 2>"$WORK/err"
	status=$?
	tap_is "$status $(tail -n 1 "$WORK/out")" "0 1..$(grep -c '^ok ' "$WORK/out")" "$program"
	[ "$status" = 0 ] || sed 's/^/# /' "$WORK/out" "$WORK/err"
done

# Memory that the program was given, and no more.
timeout 100 remora run $PART --memory 6M "$PROGRAMS/remora/libc-mallocs" </dev/null >"$WORK/out" 2>&1
tap_is "$? $(tail -n 1 "$WORK/out")" "0 1..3" "malloc to the end of 6 MiB"

timeout 100 remora run --env REMORA_TTY=1 $PART "$PROGRAMS/remora/libc-calls" </dev/null >"$WORK/out" 2>&1
tap_is "$? $(tail -n 1 "$WORK/out")" "0 1..8" "standard output is a terminal if somebody says so"
remora run --env RT_DEBUG=1 $PART "$PROGRAMS/remora/libc-calls" </dev/null >/dev/null 2>"$WORK/err"
tap_like "$(cat "$WORK/err")" "system call 57 of Linux is not served: 1 times" "fork() was counted"

on "" libc-aborts </dev/null >"$WORK/out" 2>"$WORK/err"
tap_is "$? $(cat "$WORK/out")" "134 before" "abort() is 134"
tap_like "$(cat "$WORK/err")" "aborted" "and says so"

programs_end
