#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The native benchmark: it builds, measures what it was asked for, and says what was wrong with a question.
# No figure is judged here. Prints TAP.
set -uo pipefail
BENCH=$(cd "$(dirname "$0")/../../../userspace/bench/urpc" && pwd)
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
	timeout 20 "$W/bench-urpc" "$@" >"$W/out" 2>&1
	[ $? = "$expected" ] && [[ "$(<"$W/out")" = *"$sentence"* ]]
	result "refused: ${*:-one CPU}"
}

make -s -C "$BENCH" B="$W" >"$W/out" 2>&1
result "it builds with what is installed"
refuses 2 "usage: bench-urpc" --nonsense
refuses 2 "expected 5 to 99" --runs 1
refuses 2 "expected two different CPUs" --cpus 0,0
refuses 1 "cannot run on CPU 99999" --cpus 0,99999
refuses 2 "no subject is named like that" --only nothing
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
taskset -c "$cpu" timeout 20 "$W/bench-urpc" >"$W/out" 2>&1
[ $? = 1 ] && [[ "$(<"$W/out")" = *"two CPUs are needed"* ]]
result "refused: one CPU"
if [ "$(nproc)" -lt 2 ]; then
	N=$((N + 1))
	echo "ok $N # SKIP nothing is measured on one CPU"
else
	timeout 200 "$W/bench-urpc" --only 'raw cache line' --runs 5 --seconds 1 --csv "$W/csv" >"$W/out" 2>&1
	status=$?
	if grep -q 'stayed in no place' "$W/out"; then
		N=$((N + 1))
		echo "ok $N # SKIP the host moved the CPUs all the time"
	else
		[ $status = 0 ] && grep -qE '^raw cache line.* [1-9][0-9]* ' "$W/out" &&
			grep -q '^[^#].*raw cache line' "$W/csv"
		result "one subject is measured: a row in table and CSV"
	fi
fi
echo "1..$N"
exit $FAILED
