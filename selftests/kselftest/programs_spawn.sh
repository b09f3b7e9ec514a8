#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A thousand programs (REMORA_SPAWNS) one after another on one core, each with a status of its own: after
# them memory and capabilities are as before.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

count=${REMORA_SPAWNS:-1000}
programs_begin 1
RUN_MEMORY=2M
wrong=0 killed=0
for ((i = 0; i < count; i++)); do
	if ((i % 50 == 49)); then
		# Some end by a fault, with memory and threads in use.
		on "" hostile stack-thread </dev/null >/dev/null 2>&1
		[ $? != 139 ] || killed=$((killed + 1))
		continue
	fi
	on "" hostile exit $((i % 256)) </dev/null >/dev/null 2>&1
	status=$?
	[ $status = $((i % 256)) ] || {
		[ $wrong -gt 5 ] || echo "# run $i ended with $status"
		wrong=$((wrong + 1))
	}
done
tap_is "$wrong $killed" "0 $((count / 50))" "$count programs, each with the status it should have"
programs_end
