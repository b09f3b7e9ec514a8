#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that do what they must not: each is killed or refused with a message, and a program beside them
# on the same core is not disturbed.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

# Statuses of programs that a fault ended: 128 and the signal that Linux would have sent.
FAULT='132|133|134|135|136|139'
SAID='fault|trap|killed|stack|illegal|instruction|exception|memory|abort'

programs_begin 2
core=${CORES[0]}
RUN_MEMORY=4M
good_begin 400

# dies NAME ARGS...
dies()
{
	says "$*: killed" "$FAULT" "$SAID" on "$core" hostile "$@"
	! grep -q BREACH <<<"$SAID_LAST" || tap_result 1 "no breach by $*"
}

# refused NAME ARGS...: it says itself how it was
refused()
{
	local out status
	out=$(on "$core" hostile "$@" 2>&1 </dev/null)
	status=$?
	tap_is "$status $(grep -c BREACH <<<"$out")" "0 0" "$*: ${out//$'\n'/ | }"
}

for name in $(on "$core" hostile instructions </dev/null); do
	dies privileged "$name"
done
dies stack
dies stack-thread
dies divide
dies float
dies step
dies abort
for kind in heap stack data; do
	dies execute $kind
done
for at in text startup constant 0 0x3ffff8 0xffff800000100000 0xffffffff80000000 0xffffffd000000000 \
	0x7ffffffff000 0x800000000000 0xffffffffffffffff; do
	dies write $at
done
for at in 0 4096 0xffff800000100000 0xffffffff80001000 0xffffffe000000000 0xffffffe800000000 0xdead000000000000; do
	dies read $at
	dies jump $at
	dies stack-pointer $at
done

refused calls
refused steal
refused memory
refused slots
refused pieces
refused threads
for seed in 1 2; do
	refused monitor $seed
done
says "touching more than there is" "0|$FAULT" "refused|$SAID" on "$core" hostile touch

for slot in root root-revoke dispatcher pml4 control ram; do
	RUN_SECONDS=3 says "without its own $slot" "0|$FAULT|137|124|13[0-9]" "" on "$core" hostile suicide $slot
done
for seed in 1 2 3 4; do
	timeout -k 2 20 remora run $PART --core "$core" "$PROGRAMS/remora/hostile" streams $seed </dev/null \
		>/dev/null 2>&1
	tap_is "$(on "$core" hello </dev/null | head -n 1)" "Hello from Remora." "after rubbish in streams, seed $seed"
	timeout -k 2 3 remora run $PART --core "$core" "$PROGRAMS/remora/hostile" scribble $seed </dev/null \
		>/dev/null 2>&1
	tap_is "$(on "$core" hello </dev/null | head -n 1)" "Hello from Remora." "after scribbling, seed $seed"
done

# Those that never end, started at once, and one beside them that does.
endless=()
for name in loop disabled yield alarm sleep flood; do
	background "$core" hostile $name
	endless+=($!)
done
says "beside six that never end" 0 "1229 primes up to 10000" on "$core" primes 10000
for i in {1..600}; do
	shown=$(remora ps $PART | grep -c hostile)
	[ "$shown" != 6 ] || break
	sleep 0.1
done
tap_is "$shown" 6 "ps shows all six"
for pid in "${endless[@]}"; do
	kill -INT "$pid"
	wait "$pid"
	tap_is $? 130 "one of them is interrupted"
done

# Output without end to a reader that stops reading; input to one that does not listen.
tap_is "$(on "$core" hostile flood </dev/null 2>/dev/null | head -c 640 | wc -l)" 10 \
	"a reader that has enough ends a flood"
tap_is "$(on "$core" hostile flood 1 </dev/null | md5sum)" \
	"$(for ((i = 0; i < 16384; i++)); do printf '%062d.\n' $i; done | md5sum)" "1 MiB of output arrives"
tap_is "$(seq 100000 | on "$core" hostile deaf 500)" "heard nothing" "input that nobody reads"
says "an end from a thread" 3 "ending" on "$core" hostile leave

good_end "all this"
programs_end
