#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A bound channel costs nothing while it is used: a round trip between two programs on two cores takes at most
# 15 % more than over rings that the same programs laid by hand into memory that one gave the other. Both
# are measured in one run, by turns. REMORA_ICOUNT=1: the clock counts instructions (the lab's --icount), so that
# the ratio is no matter of luck; else it is only shown. REMORA_SAMPLES: round trips of each (default 5000).
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

samples=${REMORA_SAMPLES:-5000}

# figure ROW COLUMN
figure()
{
	awk -v row="$1" -v column="$2" '$1 == row { print $column }' "$WORK/bench"
}

[ "$(tap_cpus | wc -l)" -ge 2 ] || tap_skip_all "needs two CPUs besides CPU 0"
programs_begin 2 contig:192M
on 1 pair serve bench --count 1 >"$WORK/server" 2>&1 </dev/null &
server=$!
on 2 pair bench bench --wait --count "$samples" >"$WORK/bench" 2>&1
tap_is $? 0 "round trips are measured"
wait $server
tap_like "$(tail -n 1 "$WORK/server")" "served [0-9]+ end" "the server served them"
sed 's/^/# /' "$WORK/bench" "$WORK/server"
tap_is "$(figure bound 11) $(figure raw 11)" "$samples $samples" "of either as many as were asked for"
tap_is "$(($(figure bound 3) >= 40 && $(figure raw 3) >= 40))" 1 "none in no time"
if [ "${REMORA_ICOUNT:-0}" = 1 ]; then
	tap_is "$(($(figure bound 5) * 100 <= $(figure raw 5) * 115))" 1 \
		"a bound channel takes at most 15 % more: $(figure ratio 2)"
else
	tap_skip "a bound channel takes at most 15 % more: $(figure ratio 2) here" \
		"the clock counts no instructions (--icount)"
fi
programs_end
