#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory shared by programs of several cores: a frame that is given, copied, given on, and taken back while that
# goes on; what is refused, and why; what is left of it.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

RUN_MEMORY=2M
ROUNDS=${REMORA_ROUNDS:-100}

# three ROUNDS [touch]: the statuses of the owner, of `one` and `two`; what they say is in $WORK
three()
{
	local one two status
	on "${CORES[1]}" share one "$@" </dev/null >"$WORK/one" 2>&1 &
	one=$!
	on "${CORES[2]}" share two "$@" </dev/null >"$WORK/two" 2>&1 &
	two=$!
	on "${CORES[0]}" share owner "$@" </dev/null >"$WORK/owner" 2>&1
	status=$?
	wait $one
	status+=" $?"
	# Nobody comes to its barrier any more.
	[ "$2" != touch ] || kill_on "${CORES[2]}" share >&2
	wait $two
	echo "$status $?"
}

[ "$(tap_cpus | wc -l)" -ge 3 ] || tap_skip_all "needs 3 CPUs besides CPU 0"
programs_begin 3
tap_is "$(three "$ROUNDS")" "0 0 0" "a frame is given and revoked $ROUNDS times"
sed 's/^/# /' "$WORK/owner" "$WORK/one" "$WORK/two"
tap_is "$(cat "$WORK/owner")" "owner: $ROUNDS rounds" "by its owner"
tap_like "$(cat "$WORK/one")" "^one: [0-9]+ came, passed on, 0 left$" "nothing is left of it on the second core"
tap_like "$(cat "$WORK/two")" "^two: [1-9][0-9]* came, .*, 0 left$" "nor on the third"
tap_is "$(programs_counts)" "$BEFORE" "memory and capabilities are as before"
tap_like "$(three 3 touch)" "^0 139 " "who touches what was taken back is ended"
tap_like "$(cat "$WORK/one")" "page fault" "by a page fault"

# ---- refused ----
refused=$(on "${CORES[0]}" share refused "${CORES[-1]}" </dev/null 2>&1)
sed 's/^/# /' <<<"$refused"
# says WHAT SENTENCE
says()
{
	tap_like "$(grep "^$1:" <<<"$refused")" "^$1: $2" "refused: $1"
}
says "not a frame" "65, there is no such agreement"
says "nothing there" "9, the slot holds no capability"
says "to execute" "11, .*lacks the right"
says "to revoke" "11, .*lacks the right"
says "no rights" "11, .*lacks the right"
says "outside the root" "7, the depth"
says "RAM before" "0, well"
says "to no node" "68, the other node must be a member"
says "to nobody here" "[0-9]+, "
says "to no program" "10, the slot to fill"
says "RAM without the others" "4, other cores hold copies"
says "its end" "0, well"
says "RAM with them" "0, well"
tap_is "$(grep takes <<<"$refused")" "of 6 takes 2 are refused" "a program waits in no more than four slots"

# ---- a core dies ----
remora_state()
{
	cat "/sys/class/remora/remora-$PART/core$1/state"
}
tap_is "$(programs_counts)" "$BEFORE" "memory and capabilities of each core are as at the start"
remora destroy --force $PART
tap_ok "a partition whose cores may die" remora create $PART --allow-faults --start \
	--cpus "$(tap_cpus | tail -n 2 | paste -sd, -)" --memory contig:128M
CORES=(1 2)
# borrows WHEN: core 2 has memory of core 1
borrows()
{
	programs_view
	: >"$WORK/borrow"
	on 2 share borrow </dev/null >"$WORK/borrow" 2>&1 &
	borrower=$!
	on 1 share lend </dev/null >"$WORK/lend" 2>&1 &
	lender=$!
	tap_ok "core 1 lends to core 2: $1" behind "$WORK/borrow" borrowed
}
borrows "it will die"
remora inject $PART --core 1 --kind opcode
wait $borrower
tap_is "$(tr '\n' ' ' <"$WORK/borrow")" "borrowed gone " "what a core lent goes when that core dies"
wait $lender

# ---- a core leaves ----
CPU=$(cat "/sys/class/remora/remora-$PART/core1/cpu")
tap_ok "a core that died leaves" remora remove-cpu $PART --core 1
tap_ok "and comes back" remora add-cpu $PART "$CPU"
borrows "it will leave"
tap_ok "a core leaves that has lent" remora remove-cpu $PART --core 1
wait $borrower
tap_is "$(tr '\n' ' ' <"$WORK/borrow")" "borrowed gone " "what it lent goes"
wait $lender
tap_ok "it comes back" remora add-cpu $PART "$CPU"
borrows "core 2 will hang"
# settled, instead of its being sent: interfaces/node.if, fault.if. Core 2 does not say that it has forgotten.
echo $PART 2 703 2 1 0 >/sys/kernel/debug/remora/fail_message
tap_ok "a core leaves, and the monitor of the one that borrowed hangs" remora remove-cpu $PART --core 1
tap_is "$(remora_state 2)" "crashed" "that core is stopped before the memory is used for something else"
tap_ok "the partition goes" remora destroy --force $PART
wait $borrower $lender
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
