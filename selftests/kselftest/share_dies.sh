#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The core that has asked for agreements dies in each phase of one, while programs of two others copy and pass on
# what it gave. These go on, agree without it, have nothing of its memory any more, and it comes back.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

RUN_MEMORY=2M
SYSFS=/sys/class/remora/remora-$PART
DEBUG=/sys/kernel/debug/remora
# partition/interfaces/agree.if; moments: fault.if
PREPARE=201 VOTES=208 OUTCOMES=209 ACKS=20a
BEFORE_IT=0 INSTEAD=2 SENT=3
# remora inject's opcode
OPCODE=2

# view_is MEMBERS: for a minute at most
view_is()
{
	local i
	for ((i = 0; i < 600; i++)); do
		[ "$(cut -d' ' -f2 "$SYSFS/view")" != "$1" ] || return 0
		sleep 0.1
	done
	echo "# the view is $(cat "$SYSFS/view")"
	return 1
}

# What is in use on the two others.
others()
{
	local now i
	for i in {1..200}; do
		now=$(remora ps $PART 2>&1 | grep -E '^core [23] ' | sed -E 's/ spawned [0-9]+.*//' | tr '\n' '|')
		[ "$now" != "${OTHERS:-$now}" ] || break
		sleep 0.3
	done
	echo "$now"
}

agree()
{
	echo "$PART 200 8" >$DEBUG/bench_agree && grep -q ' failed 0 ' $DEBUG/bench_agree
}

# No agreement is under way any more: for a minute at most
quiet()
{
	local i
	for ((i = 0; i < 600; i++)); do
		[ "$(cat $SYSFS/agreements)" != 0 ] || return 0
		sleep 0.1
	done
	echo "# $(cat $SYSFS/agreements) agreements are under way"
	return 1
}

# Each is a job: what is left of it is killed.
share()
{
	local core=$1
	shift
	on "$core" share "$@" </dev/null >"$WORK/share$core" 2>&1
}

# dies WHAT TYPE MOMENT: at the 12th message of that type; by then some rounds are over
dies()
{
	local jobs=() core
	echo "$PART 1 $2 $3 12 $OPCODE" >$DEBUG/fail_message
	share 2 one 1000000 &
	jobs+=($!)
	share 3 two 1000000 &
	jobs+=($!)
	share 1 owner 1000000 &
	tap_ok "it dies $1: the others go on without it" view_is 0,2-3
	tap_like "$(cat "$SYSFS/last_crash")" "^core 1 .*undefined instruction" "as it was to"
	wait $!
	tap_ok "agreements go on" agree
	for core in 2 3; do
		kill_on $core share
	done
	wait "${jobs[@]}"
	tap_ok "none is left over" quiet
	tap_is "$(others)" "$OTHERS" "nothing is left of it on the others"
	tap_ok "it leaves" remora remove-cpu $PART --core 1
	tap_ok "and comes back" remora add-cpu $PART "$CPU"
	tap_ok "to the others" view_is 0-3
}

[ "$(tap_cpus | wc -l)" -ge 3 ] || tap_skip_all "needs 3 CPUs besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
[ -x "$PROGRAMS/remora/share" ] || programs_missing
tap_load
[ -e $DEBUG/fail_message ] || tap_skip_all "no $DEBUG/fail_message: is debugfs mounted?"
tap_ok "a partition whose cores may die" remora create $PART --allow-faults --start \
	--cpus "$(tap_cpus | tail -n 3 | paste -sd, -)" --memory contig:192M
view_is 0-3
CPU=$(cat $SYSFS/core1/cpu)
OTHERS=$(others)
dies "when it has asked one of them" $PREPARE $SENT
dies "before it hears a vote" $VOTES $BEFORE_IT
dies "when all have voted" $OUTCOMES $INSTEAD
dies "when one of them knows the outcome" $OUTCOMES $SENT
dies "when one of them has carried it out" $ACKS $BEFORE_IT

share 2 one 5 &
one=$!
share 3 two 5 &
two=$!
share 1 owner 5
status=$?
wait $one
status+=" $?"
wait $two
tap_is "$status $?" "0 0 0" "a frame is given, passed on and revoked as ever"
tap_like "$(cat "$WORK/share2" "$WORK/share3" | tr '\n' ' ')" "^one: .* 0 left two: .* 0 left $" "nothing is left of it"
tap_ok "the partition goes" remora destroy --force $PART
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
