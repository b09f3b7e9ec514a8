# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Results of a script that tests a program on this machine, as TAP. Output of a command that is judged
# goes to $OUT; all_done ends the script.
W=$(mktemp -d)
OUT=$W/out
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
		sed 's/^/# /' "$OUT"
		FAILED=1
	fi
}

# skipped WHY
skipped()
{
	N=$((N + 1))
	echo "ok $N # SKIP $1"
}

# refuses STATUS SENTENCE ARGS...: $PROGRAM does, in that way
refuses()
{
	local expected=$1 sentence=$2
	shift 2
	timeout 20 "$PROGRAM" "$@" >"$OUT" 2>&1
	[ $? = "$expected" ] && [[ "$(<"$OUT")" = *"$sentence"* ]]
	result "refused: ${*:-no arguments}"
}

# refuses_one_cpu: it needs two
refuses_one_cpu()
{
	local cpu
	cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
	taskset -c "$cpu" timeout 20 "$PROGRAM" >"$OUT" 2>&1
	[ $? = 1 ] && [[ "$(<"$OUT")" = *"two CPUs are needed"* ]]
	result "refused: one CPU"
}

all_done()
{
	echo "1..$N"
	exit $FAILED
}
