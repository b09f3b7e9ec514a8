#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The name service as programs see it: records, locks, semaphores, barriers and watches between programs of
# several cores; what is refused, and why; what a program that ends, is killed or spoils its rings leaves.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

RUN_MEMORY=2M
ROUNDS=${REMORA_ROUNDS:-20}

# name CORE ARGUMENTS...: what it says, in one line, behind its status
name()
{
	local out status core=$1
	shift
	out=$(on "$core" names "$@" </dev/null 2>&1)
	status=$?
	echo "$status: ${out//$'\n'/ | }"
}

# keep FILE CORE ARGUMENTS...: in the background, its input open, until it has said something. KEPT: its pid
keep()
{
	local file=$WORK/$1
	shift
	mkfifo "$file.in"
	on "$1" names "${@:2}" <"$file.in" >"$file" 2>&1 &
	KEPT=$!
	exec {KEPT_IN}>"$file.in"
	behind "$file" .
}

# shown CORE: the first program "names" there, as `remora ps` has it
shown()
{
	remora ps $PART | awk -v core="$1" '$NF ~ /^names/ && $1 ~ "^" core ":" { print $1; exit }'
}

# started NODES PROGRAM ARGUMENTS...: by a program of the first core, in one line
started()
{
	local nodes=$1 program=$2
	shift 2
	on "$first" launch "$nodes" "$program" "$@" <"$PROGRAMS/remora/$program" 2>&1 | tr '\n' ' '
}

# release: the end of its input, and of it
release()
{
	exec {KEPT_IN}>&-
	wait "$KEPT"
}

[ "$(tap_cpus | wc -l)" -ge 2 ] || tap_skip_all "needs two CPUs besides CPU 0"
programs_begin 3
first=${CORES[0]} last=${CORES[-1]}

tap_like "$(name "$first" hello)" "^0: node $first of [0-9]+, members 0x" "a program knows where it is"

# ---- records ----
tap_is "$(name "$first" get nothing)" "1: refused (2): there is no such name" "a name that is not there"
tap_is "$(name "$first" get nothing 200)" "1: refused (110): the deadline has passed" "and is waited for in vain"
keep record "$first" set kst.one 41 hold
tap_like "$(name "$last" get kst.one)" "^0: record kst.one 41, of program [0-9]+ of node $first" "a record, from another core"
tap_is "$(name "$last" set kst.one 5 new)" "1: refused (17): the name is taken" "it cannot be made twice"
tap_like "$(name "$last" set kst.one 5)" "^1: refused \(1\): only the domain" "nor changed by others"
tap_like "$(name "$last" drop kst.one)" "^1: refused \(1\): only the domain" "nor removed"
tap_like "$(name "$last" lock kst.one)" "^1: refused \(33\): the name is something else" "nor locked"
release
tap_is "$(name "$last" get kst.one)" "1: refused (2): there is no such name" "it goes with its program"
tap_is "$(name "$first" set kst.two 7 stays) $(name "$last" drop kst.two)" "0:  0: " "one that stays, is removed by another"
tap_like "$(name "$first" set "$(printf 'x%.0s' {1..70})" 1)" "^1: refused \(22\)" "a name that is too long"
tap_like "$(name "$first" set "" 1)" "^1: refused \(22\)" "an empty name"
(sleep 1; name "$first" set kst.late 9 stays >/dev/null) &
tap_like "$(name "$last" get kst.late 60000)" "^0: record kst.late 9" "a name is waited for"
wait $!
name "$last" drop kst.late >/dev/null
tap_like "$(name "$first" fill kst.fill)" "^1: [1-9][0-9]* records \| refused \([0-9]+\): the domain" "a program has its quota of names"
tap_is "$(name "$last" list kst.)" "0: " "nothing is left of it"

# ---- waiting ----
keep lock "$first" lock kst.lock 1000 hold
tap_like "$(name "$last" lock kst.lock 0)" "^1: refused \(16\)" "a lock that another core has"
tap_like "$(name "$last" lock kst.lock 300)" "^1: refused \(110\)" "and is waited for in vain"
tap_like "$(name "$last" unlock kst.lock)" "^1: refused \(1\)" "nor can others unlock it"
name "$last" lock kst.lock 60000 >"$WORK/next" &
waiter=$!
for ((i = 0; i < 600; i++)); do
	[ -z "$(shown "$last")" ] || break
	sleep 0.1
done
tap_ok "its holder is killed" kill_on "$first" names
wait $waiter
tap_is "$(cat "$WORK/next")" "0: locked" "and the next one gets the lock"
release
tap_is "$(name "$last" pass kst.semaphore 3)" "0: passed 4 times" "a semaphore"

# ---- many ----
for core in "${CORES[@]}"; do
	on "$core" counter ${#CORES[@]} "$ROUNDS" </dev/null >"$WORK/count.$core" 2>&1 &
done
wait
tap_is "$(sort -u "$WORK"/count.*)" "${#CORES[@]} programs counted to $((ROUNDS * ${#CORES[@]}))" \
	"each of ${#CORES[@]} programs counts to $ROUNDS with one record"
keep watch "$last" watch kst.w 3
name "$first" set kst.w1 1 stays >/dev/null
name "$first" set kst.other 1 stays >/dev/null
name "$first" set kst.w1 2 stays >/dev/null
name "$first" drop kst.w1 >/dev/null
name "$first" drop kst.other >/dev/null
release
tap_is "$(tr '\n' ' ' <"$WORK/watch")" "watching set kst.w1 1 set kst.w1 2 gone kst.w1 2 " "a watch tells each change"

# ---- programs started by programs ----
RUN_MEMORY=8M # for the file in it
tap_is "$(started "$last" hostile exit 7)" "started it returned: status 7, node $last " "a program on another core, and its status"
tap_is "$(started "$first" hostile exit 0)" "started it returned: status 0, node $first " "and on the same core"
tap_like "$(started "$last" hostile stack)" "^started it (returned|died by a fault): status 139, node $last" "one that dies"
tap_is "$(started 63 hostile exit 7)" \
	"not started (125) on node 63: one of the nodes is no member of the partition, or is Linux " "no such core"
tap_like "$(on "$first" launch "$last" nothing </dev/null 2>&1)" "^not started .*a program's file" "no file"
tap_like "$(on "$first" launch "$last" nothing <"$0" 2>&1)" "^not started .*no program that a node could run" "no program"
tap_like "$(on "$first" launch -k "$last" hostile loop <"$PROGRAMS/remora/hostile" 2>&1 | tr '\n' ' ')" \
	"^started it was killed: status " "one that is killed"

# ---- bad programs: who is served no more waits until it is ended ----
RUN_MEMORY=16M
tap_like "$(name "$first" flood 60)" "^0: 60 threads asked 200 times each: all answered, some refused" "a flood of calls"
RUN_MEMORY=2M
for way in ask both 40; do
	keep "spoil.$way" "$first" spoil "$way"
	tap_is "$(head -n 1 "$WORK/spoil.$way")" "spoilt" "a program spoils its rings: $way"
	tap_like "$(name "$first" hello)" "^0: node $first" "others are served"
	while kill -0 "$KEPT" 2>/dev/null; do
		remora kill $PART "$(shown "$first")" >/dev/null 2>&1 || sleep 0.1
	done
	release
done
tap_is "$(name "$last" list)" "0: " "no name is left"
programs_end
