# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # bin, work and status are cli.sh's
# remora bench shootdown: mistakes, Linux's side for real, messages by the fake module. Read by cli.sh.

# Two CPUs at most, whatever this machine has: the first two that may be used.
race_list=$(taskset -pc $$ | sed 's/.*: //' | tr ',' '\n' |
	awk -F- '{ for (cpu = $1; cpu <= $NF; cpu++) print cpu }' | head -n 2 | paste -sd,)
taskset -pc "$race_list" $$ >/dev/null
race_cpus=$(nproc)

echo "# bench shootdown: mistakes"
program=remora
unset FAKE_STATE
expect 2 "'fax' is none of those" bench shootdown --protocol broadcast,fax
expect 2 "'' is none of those" bench shootdown --protocol unicast,
expect 2 "'page,' is none\|'' is none" bench shootdown --method page,
expect 2 'numbers from 1 to 512' bench shootdown --pages 0,1
expect 2 'numbers from 1 to 512' bench shootdown --pages 513
expect 2 'at most 4 numbers' bench shootdown --pages 1-5
expect 2 'character 3' bench shootdown --pages 1,x
expect 2 'numbers from 1 to 63' bench shootdown --cores 64
expect 2 'a number from 1 to 100000' bench shootdown --count 0
expect 2 'excludes --cpus' bench shootdown x --cpus 1
expect 1 'CPU 8000: there is none' bench shootdown --cpus 8000
expect 1 'too few CPUs' bench shootdown --linux --cpus "$race_list"
timeout 60 taskset -c "${race_list%,*}" "$bin/remora" bench shootdown \
	>"$work/out" 2>"$work/err"
[ $? = 1 ] && grep -q 'too few CPUs' "$work/err"
verdict "one CPU is too few" $?

echo "# bench shootdown: Linux"
if [ "$race_cpus" -gt 1 ]; then
	expect 5 'is the module loaded' bench shootdown
	expect 2 'there are 1 CPUs to race on, not 63' bench shootdown --cores 63
	expect_json 0 '(.rows | map(select(.others == 0)) | length) == 7 and
		(.rows | map(select(.others == 1)) | length) == 7 and
		(.rows | all(.side == "linux" and .samples == 12 and .min > 0 and .min <= .median
			and .median <= .p99 and .p99 <= .max)) and
		(.rows | map(select(.others == 1)) | all(has("part") and .lost_max > 0))' \
		bench shootdown --linux --cores 1 --count 12 --json
	# Three of the calls flush a TLB that is in use: the kernel's own count says so.
	expect_json 0 'if .tlb_interrupts_why != "" then true else .rows |
		map(select(.others == 1 and .what != "membarrier")) | all(.tlb_interrupts >= 12) end' \
		bench shootdown --linux --cores 1 --count 12 --json
	expect 0 'Linux only' bench shootdown --linux --cores 1 --count 5 --pages 3
	expect 0 '40 pages: above 33' bench shootdown --linux --cores 1 --count 5 --pages 40
	expect 0 '"what": "madvise"' bench shootdown --linux --cores 1 --count 5 --pages 1 --csv "$work/race.csv" \
		--plot "$work/race.svg" --json
	grep -q "^set output '$work/race.svg'$" "$work/race.gp"
	verdict "a script for gnuplot lies beside the picture" $?
	[ "$(grep -vc '^#' "$work/race.csv")" = 9 ]
	verdict "the CSV has a row each" $?
	expect 1 'nowhere' bench shootdown --linux --cores 1 --count 5 --csv /nowhere/x.csv
else
	echo "# one CPU: nothing to interrupt"
fi

echo "# bench shootdown: messages"
program=remora-fake
export FAKE_STATE=$work/race-state
expect 0 '' create r --cpus 1-7 --memory 64M
expect 7 'needs it running (PARTITION_DEAD, EHOSTDOWN)' bench shootdown r
expect 3 'there is no partition' bench shootdown nobody
expect 0 '' start r
expect 1 'has 7 cores, not 8' bench shootdown r --cores 8
# 4 counts, 3 of them with a core as the initiator; 4 protocols; page by 1 and 32, none, pcid, full.
expect_json 0 '(.rows | length) == 140 and (.rows | all(.side == "messages" and .samples == 11)) and
	(.rows | map(select(.initiator == 7)) | all(.others < 7)) and
	(.rows | map(select(.what == "numa" and .method == "page" and .initiator == 0 and
		.others == 4 and .pages == 32)) == [{"side": "messages", "what": "numa",
		"method": "page", "initiator": 0, "others": 4, "pages": 32, "samples": 11,
		"min": 1409, "median": 1410, "p99": 1411, "max": 1412, "lost_median": 77,
		"lost_max": 99, "foreign": 5, "handled": 1408, "why": ""}])' \
	bench shootdown r --count 11 --json
expect_json 0 '(.rows | map(.what) | unique) == ["multicast", "unicast"] and
	(.rows | map(.method) | unique) == ["full"] and (.rows | map(.others) | unique) == [3]' \
	bench shootdown r --protocol unicast,multicast --method full --cores 3 --count 5 --json
expect 0 '^7 .* | *4710 *3710 *2710 *1710 | *-$' bench shootdown r --count 5
expect 0 'Linux not measured' bench shootdown r --count 5
FAKE_NO_PCID=1 expect 0 'pcid .*broadcast .* - .*fake words about SHOOTDOWN_UNSUPPORTED' \
	bench shootdown r --count 5
FAKE_NO_PCID=1 expect_json 0 '.rows | map(select(.method == "pcid")) |
	length > 0 and all(.samples == 0 and .why != "")' bench shootdown r --count 5 --json
FAKE_MISCOUNT=1 expect 1 'invalidations were counted' bench shootdown r --count 5
FAKE_OLD=1 expect 1 'does not know this call' bench shootdown r --count 5
FAKE_FAIL=40 expect 7 'CORE_DEAD' bench shootdown r --count 5
FAKE_FAIL=43 expect 6 'CORE_NO_ANSWER' bench shootdown r --count 5
expect 0 '' destroy --force r

# race_leaves_nothing NAME: no partition is there, within a while
race_leaves_nothing() {
	local try
	for try in {1..100}; do
		[ -z "$("$bin/remora-fake" list --names)" ] && break
		sleep 0.1
	done
	[ "$try" != 100 ]
	verdict "$1" $?
}

# race_interrupted SIGNAL STATUS: one is interrupted once its partition is there
race_interrupted() {
	local pid try code
	FAKE_SLOW=20 "$bin/remora-fake" bench shootdown --cores 1 --count 100 \
		>"$work/out" 2>"$work/err" &
	pid=$!
	for try in {1..300}; do
		[ -n "$("$bin/remora-fake" list --names)" ] && break
		sleep 0.1
	done
	kill "-$1" $pid
	wait $pid 2>/dev/null
	code=$?
	[ "$try" != 300 ] && [ "$code" = "$2" ]
	verdict "SIG$1 while messages are measured: status $2" $?
}

if [ "$race_cpus" -gt 1 ]; then
	expect 0 'Linux     page 1    numa *1110$' bench shootdown --cores 1 --count 5
	race_leaves_nothing "the partition is gone after a race"
	FAKE_WARN=1 expect 0 'warning: SMT siblings' bench shootdown --cores 1 --count 5
	FAKE_FAIL=10 expect 1 'CPU_TAKEN' bench shootdown --cores 1 --count 5
	race_leaves_nothing "nothing is left when create fails"
	FAKE_MISCOUNT=1 expect 1 'invalidations were counted' bench shootdown --cores 1 --count 5
	race_leaves_nothing "nothing is left when measuring fails"
	race_interrupted INT 1
	race_leaves_nothing "nothing is left after an interrupt"
	race_interrupted TERM 1
	race_leaves_nothing "nothing is left after SIGTERM"
	race_interrupted KILL 137
	race_leaves_nothing "nothing is left after SIGKILL"
fi
