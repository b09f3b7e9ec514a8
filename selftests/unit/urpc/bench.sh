#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The native benchmark: it builds, measures what it was asked for, and says what was wrong with a question.
# No figure is judged here. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
. ../../checklib/results.sh
PROGRAM=$W/bench-urpc

make -s -C ../../../userspace/bench/urpc B="$W" >"$OUT" 2>&1
result "it builds with what is installed"
refuses 2 "usage: bench-urpc" --nonsense
refuses 2 "expected 5 to 99" --runs 1
refuses 2 "expected two different CPUs" --cpus 0,0
refuses 1 "cannot run on CPU 99999" --cpus 0,99999
refuses 2 "no subject is named like that" --only nothing
refuses_one_cpu
if [ "$(nproc)" -lt 2 ]; then
	skipped "nothing is measured on one CPU"
else
	timeout 200 "$PROGRAM" --only 'raw cache line' --runs 5 --seconds 1 --csv "$W/csv" >"$OUT" 2>&1
	status=$?
	if grep -q 'stayed in no place' "$OUT"; then
		skipped "the host moved the CPUs all the time"
	else
		[ $status = 0 ] && grep -qE '^raw cache line.* [1-9][0-9]* ' "$OUT" &&
			grep -q '^[^#].*raw cache line' "$W/csv"
		result "one subject is measured: a row in table and CSV"
	fi
fi
all_done
