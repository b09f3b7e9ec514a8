#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench-update: it builds, its rounds keep every update that goes by message, and it says what was wrong
# with a question. No figure is judged here. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
. ../../checklib/results.sh
PROGRAM=$W/bench-update

make -s -C ../../../userspace/bench/update B="$W" >"$OUT" 2>&1
result "it builds"
refuses_one_cpu
if [ "$(nproc)" -lt 2 ]; then
	skipped "nothing is measured on one CPU"
else
	refuses 2 "usage: bench-update" --nonsense
	refuses 2 "expected 5 to 99" --runs 4
	refuses 2 "expected 5 to 99" --runs 7x
	refuses 2 "expected 1000 to 10000000" --updates 0
	refuses 2 "expected 2 to " --cores 1
	refuses 2 "'word' is not an option" word
	timeout 200 "$PROGRAM" --cores 2 --runs 5 --updates 1000 --csv "$W/csv" >"$OUT" 2>&1 &&
		[ "$(grep -cE '^(shared|message|message-ring),[1248],2,[0-9.]+,' "$W/csv")" = 12 ] &&
		[ "$(grep -cE '^ +2 +[1248] ' "$OUT")" = 4 ]
	result "each way and size has a row in table and CSV"
fi
all_done
