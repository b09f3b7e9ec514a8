#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What programs see of cores that come and go: each view; that their own core is about to leave, which waits for
# them to hand over, but not for ever.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

RUN_MEMORY=2M

# start CORE HOW: in the background, until it has seen a view
start()
{
	on "$1" members "$2" </dev/null >"$WORK/$2" 2>&1 &
	tap_ok "a program on core $1 that is to $2 sees a view" behind "$WORK/$2" '^view 0 1 2'
}

[ "$(tap_cpus | wc -l)" -ge 2 ] || tap_skip_all "needs 2 CPUs besides CPU 0"
programs_begin 2
moved=$(cat "/sys/class/remora/remora-$PART/core2/cpu")

start 1 keep
keeper=$!
start 2 stay
stayer=$!
tap_ok "a core leaves whose program does not care" remora remove-cpu $PART --core 2
tap_ok "the other core's program sees it" behind "$WORK/keep" '^view 0 1$'
wait $stayer
tap_ok "the core comes back" remora add-cpu $PART "$moved"
programs_view
start 2 leave
leaver=$!
tap_is "$(tail -n 1 "$WORK/keep")" "view 0 1 2" "and is seen as well"
tap_ok "a core leaves whose program hands over" remora remove-cpu $PART --core 2
wait $leaver
wait $keeper
tap_is "$?" 0 "and has, before it went"
tap_like "$(cat "$WORK/keep")" "handed over" "to the program that stays"
tap_ok "the core comes back once more" remora add-cpu $PART "$moved"
programs_view
programs_end
