#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A program whose two threads speak an interface of its own (partition/apps/clock) over LMP: answers of several
# records, more messages than there is room for, and a wrong version, which both ends hear of.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

programs_begin 1
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
programs_end
