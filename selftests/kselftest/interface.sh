#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two threads, and two programs of one core, that speak an interface of their own (partition/apps/clock) over LMP:
# answers of several records, more messages than there is room for, and a wrong version, which both ends hear of.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

programs_begin 2
RUN_SECONDS=300
says_lines()
{
	local name=$1 status=$2 expected=$3 got
	shift 3
	got=$(on "" "$@" </dev/null 2>&1)
	tap_is "$?" "$status" "$name: status"
	tap_is "$got" "$expected" "$name: what it says"
}
says_lines "an interface over LMP" 0 "answers: 300 characters, 4 characters, in order: yes
ticks: 100
client 0, server 0" clock
says_lines "another version" 1 "refused: I speak version 2, the server 1 of interface 40
ticks: 0
client -93, server -93" clock 2
# Programs give each other their endpoints, which are of no use on another core.
two_programs()
{
	on 1 clock serve >"$WORK/serve" 2>&1 </dev/null &
	got=$(on "$1" clock ask 2>&1 </dev/null)
	status=$?
	[ $status = 0 ] || kill_on 1 clock
	wait $!
}
two_programs 1
tap_is "$status $got" "0 answers: 300 characters, 4 characters, in order: yes
ticks: 100
client 0" "two programs of one core: the client"
tap_is "$(cat "$WORK/serve")" "server 0" "and the server"
if [ "${#CORES[@]}" -ge 2 ]; then
	two_programs 2
	# Two streams: which of them comes first is open.
	tap_like "$status: ${got//$'\n'/ | }" "^1: .*clock: give: there is no such agreement, or not for objects of this type" \
		"programs of two cores: refused"
else
	tap_skip "programs of two cores: refused" "needs two CPUs besides CPU 0"
fi
programs_end
