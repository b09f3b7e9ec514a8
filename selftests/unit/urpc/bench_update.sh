#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench-update: it builds, its rounds keep every update that goes by message, and it says what was wrong
# with a question. No figure is judged here. Prints TAP.
set -uo pipefail
BENCH=$(cd "$(dirname "$0")/../../../userspace/bench/update" && pwd)
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
N=0 FAILED=0

# result NAME: by the status before it
result()
{
	local status=$?
	N=$((N + 1))
	if [ $status = 0 ]; then
		echo "ok $N $1"
	else
		echo "not ok $N $1"
		sed 's/^/# /' "$W/out"
		FAILED=1
	fi
}

# refuses STATUS SENTENCE ARGS...
refuses()
{
	local expected=$1 sentence=$2
	shift 2
	timeout 20 "$W/bench-update" "$@" >"$W/out" 2>&1
	[ $? = "$expected" ] && [[ "$(<"$W/out")" = *"$sentence"* ]]
	result "refused: ${*:-one CPU}"
}

make -s -C "$BENCH" B="$W" >"$W/out" 2>&1
result "it builds"
if [ "$(nproc)" -lt 2 ]; then
	N=$((N + 1))
	echo "ok $N # SKIP nothing is measured on one CPU"
else
	refuses 2 "usage: bench-update" --nonsense
	refuses 2 "expected 5 to 99" --runs 4
	refuses 2 "expected 5 to 99" --runs 7x
	refuses 2 "expected 1000 to 10000000" --updates 0
	refuses 2 "expected 2 to " --cores 1
	refuses 2 "'word' is not an option" word
	timeout 200 "$W/bench-update" --cores 2 --runs 5 --updates 1000 --csv "$W/csv" >"$W/out" 2>&1 &&
		[ "$(grep -cE '^(shared|message|message-ring),[1248],2,[0-9.]+,' "$W/csv")" = 12 ] &&
		[ "$(grep -cE '^ +2 +[1248] ' "$W/out")" = 4 ]
	result "each way and size has a row in table and CSV"
fi
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
taskset -c "$cpu" timeout 20 "$W/bench-update" >"$W/out" 2>&1
[ $? = 1 ] && [[ "$(<"$W/out")" = *"two CPUs are needed"* ]]
result "refused: one CPU"
echo "1..$N"
exit $FAILED
