#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Channels between programs: two programs (partition/apps/pair) bind by name, on two cores and on one, and
# whatever goes wrong is told: no name, another version, refused, nobody answers, the other end or its core
# dies. Nothing is left over. What a round trip costs is bench_pair's. REMORA_CYCLES: connections in a row
# (default 200).
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

# A server on core $1, with a name of its own: $NAME. SERVER: its process.
served=0
server()
{
	local core=$1
	shift
	NAME=pair$((++served))
	: >"$WORK/server"
	on "$core" pair serve $NAME "$@" >"$WORK/server" 2>&1 </dev/null &
	SERVER=$!
	behind "$WORK/server" offered
}

# server_said PATTERN NAME: how the last server ended, and what it said.
server_said()
{
	wait $SERVER
	tap_like "$?: $(tr '\n' ' ' <"$WORK/server")" "$1" "$2"
}

# Core 2 is connected to a server on core 1, and stays so. client: its process
held()
{
	server 1 --count 1 "$@"
	: >"$WORK/client"
	on 2 pair connect $NAME --count 1 --hold 200000 "$@" >"$WORK/client" 2>&1 </dev/null &
	client=$!
	behind "$WORK/client" holding
}

# gone FILE: it said, long before it would have given up, that the other end is gone. Its milliseconds: TOOK
gone()
{
	local start=${EPOCHREALTIME/./}
	behind "$1" "over while"
	TOOK=$(((${EPOCHREALTIME/./} - start) / 1000))
	grep -q "over while" "$1"
}

bound()
{
	cat /sys/kernel/remora/ledger/bound
}

# The ledger follows the programs' ends by some messages.
bound_settles()
{
	local i
	for ((i = 0; i < 300; i++)); do
		[ "$(bound)" = 0 ] && break
		sleep 0.1
	done
	bound
}

[ "$(tap_cpus | wc -l)" -ge 2 ] || tap_skip_all "needs two CPUs besides CPU 0"
programs_begin 2 contig:192M

# ---- connecting ----
for way in "" --poll; do
	server 1 --count 1 $way
	says "two cores${way:+, polling}: what is sent comes back" 0 "connected.*done" \
		on 2 pair connect $NAME --count 500 $way
	server_said "^0: .*served 500 end" "and the server served it"
done
server 1 --count 1
says "one core: what is sent comes back" 0 "connected near.*done" on 1 pair connect $NAME --count 200
server_said "^0: .*served 200 end" "and the server served it"
tap_is "$(bound_settles)" 0 "no channel is left"

says "no such name" 1 "connect: -2 .there is no such name" on 2 pair connect nobody
says "no such name, waiting" 1 "connect: -110 .the deadline has passed, and nobody offered" \
	on 2 pair connect nobody --wait --ms 300
on 2 pair connect pair$((served + 1)) --wait --count 10 >"$WORK/waiting" 2>&1 </dev/null &
waiting=$!
wait_shown pair
server 1 --count 1
wait $waiting
tap_like "$?: $(tr '\n' ' ' <"$WORK/waiting")" "^0: connected.*done" "who waits for a name gets there"
server_said "served 10 end" "and is served"
server 1 --version 2 --count 1
says "another version" 1 "connect: -93 .the service speaks another version.*, 2" on 2 pair connect $NAME
says "the right one" 0 done on 2 pair connect $NAME --version 2 --count 1
wait $SERVER
server 1 --refuse --count 1
says "refused" 1 "connect: -111 .the server refused, 42" on 2 pair connect $NAME
wait $SERVER
server 1 --silent --count 1
says "nobody answers" 1 "connect: -110 .the deadline has passed, and the server did not" \
	on 2 pair connect $NAME --ms 3000
kill_on 1 pair
wait $SERVER
tap_is "$(bound_settles)" 0 "no channel is left"

# ---- ends ----
for way in "" --poll; do
	held $way
	kill_on 1 pair
	gone "$WORK/client"
	tap_is $? 0 "the server is killed: the client${way:+, polling,} hears in $TOOK ms"
	wait $client $SERVER
	tap_is "$(bound_settles)" 0 "no channel is left"
done
held
kill_on 2 pair
server_said "^0: .*served 1 the domain at the other end has ended" \
	"the client is killed: the server hears"
wait $client

# ---- a flood ----
server 1 --count 1
: >"$WORK/flood"
on 2 pair connect $NAME --flood >"$WORK/flood" 2>&1 </dev/null &
flooder=$!
behind "$WORK/flood" connected
flooded=$SERVER
server 1 --count 1
says "beside a flood another pair is served" 0 done on 2 pair connect $NAME --count 100
wait $SERVER
tap_is "$(tail -n 1 "$WORK/flood")" "connected" "all that while there is one"
kill_on 1 pair
gone "$WORK/flood"
tap_like "$(tr '\n' ' ' <"$WORK/flood")" "flooded [1-9][0-9]* over while flooding: the domain at the other end" \
	"who floods has sent something, and hears that the server is killed"
wait $flooder $flooded
tap_is "$(bound_settles)" 0 "no channel is left"

# ---- many ----
server 1
cycles=${REMORA_CYCLES:-200}
says "$cycles connections in a row" 0 "cycled $cycles" on 2 pair cycle $NAME --count "$cycles"
says "$cycles on one core" 0 "cycled $cycles" on 1 pair cycle $NAME --count "$cycles"
kill_on 1 pair
wait $SERVER
tap_is "$(bound_settles)" 0 "no channel is left"

# ---- a core dies ----
tap_is "$(programs_counts)" "$BEFORE" "memory and capabilities of each core are as at the start"
remora destroy --force $PART
tap_ok "a partition whose cores may die" remora create $PART --allow-faults --start \
	--cpus "$(tap_cpus | tail -n 2 | paste -sd, -)" --memory contig:192M
programs_view
held
remora inject $PART --core 1 --kind opcode
gone "$WORK/client"
tap_is $? 0 "the server's core dies: the client hears in $TOOK ms"
tap_like "$(tail -n 1 "$WORK/client")" "the node of the other end is no member" "and why"
wait $client $SERVER
tap_is "$(bound_settles)" 0 "no channel is left"

# ---- all of it ends ----
remora stop --force $PART
for way in stop "destroy --force"; do
	remora start $PART
	programs_view
	held
	# shellcheck disable=SC2086 # two words
	tap_is "$(bound) $(remora $way $PART 2>&1)" "1 " "$way while a channel is there"
	wait $client $SERVER
	tap_is "$(bound_settles)" 0 "no channel is left"
done
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
