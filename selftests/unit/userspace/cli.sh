#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The remora command: exit codes, sentences and output, without a module and with the fake one.
# usage: cli.sh BUILD_DIR; prints TAP

set -uo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset FAKE_STATE FAKE_FAIL FAKE_DENY FAKE_WARN FAKE_REVISION
count=0
failed=0

verdict() { # NAME STATUS
	local name=${1//[$'\n\t']/ }

	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		failed=1
		sed 's/^/# /' "$work/out" "$work/err"
	fi
}

# run BINARY ARGS...: status, and out and err in files
run() {
	timeout 60 "$bin/$1" "${@:2}" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if grep -q 'runtime error\|Sanitizer' "$work/err"; then
		status=sanitizer
	fi
}

# expect STATUS PATTERN ARGS...: the pattern is of what it prints; '': it prints nothing
expect() {
	run "$program" "${@:3}"
	if [ -z "$2" ]; then
		[ "$status" = "$1" ] && ! [ -s "$work/out" ] && ! [ -s "$work/err" ]
	else
		[ "$status" = "$1" ] && grep -q -- "$2" "$work/out" "$work/err"
	fi
	verdict "${*:3} -> $1, $2" $?
}

expect_json() { # STATUS FILTER ARGS...: the filter must give true
	run "$program" "${@:3}"
	[ "$status" = "$1" ] && [ "$(jq -r "$2" <"$work/out")" = true ]
	verdict "${*:3}: $2" $?
}

verbs() { "$bin/remora" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }

echo "# without a module"
program=remora
expect 2 'usage: remora VERB'
expect 0 'exit codes' --help
expect 2 'is no verb' frobnicate
expect 0 'usage: remora create NAME' help create
expect 0 'usage: remora bench shootdown' help bench shootdown
expect 2 'is no verb' help frobnicate
expect 0 'not loaded' version
expect_json 0 '.loaded == false' version --json
for verb in $(verbs); do
	expect 0 'usage: remora' "$verb" --help
done
REMORA_SYSROOT=$work expect 1 'no tracefs at' trace -- true
expect 2 'a command was expected' trace --
expect 2 'a command says itself' trace --seconds 1 -- true
expect 2 'a number from 1 to' trace --seconds 0
mkdir -p "$work/sys/kernel/tracing/instances"
REMORA_SYSROOT=$work expect 5 'no events of remora' trace -- true
rm -rf "$work/sys"
for verb in start stop reset destroy status console; do
	expect 5 'no /dev/remora: is the module loaded?' "$verb" x
done
expect 5 'is the module loaded?' list
expect 5 'is the module loaded?' status
expect 5 'is the module loaded?' ping x
expect 5 'is the module loaded?' wait x --state running
expect 5 'is the module loaded?' inject x --kind page
expect 5 'is the module loaded?' create x --cpus 1 --memory 64M
expect 5 'is the module loaded?' add-cpu x 1
expect 5 'is the module loaded?' remove-cpu x 1
expect 5 'is the module loaded?' add-memory x 64M
expect 5 'is the module loaded?' remove-memory x 64M

echo "# mistakes on the command line"
expect 2 'an argument is missing' create
expect 2 '--cpus is missing' create x
expect 2 '--memory is missing' create x --cpus 1
expect 2 "character 3: the last CPU of the range was expected, not 'x'" create x -c 1-x -m 64M
expect 2 'CPU_LIST_EMPTY' create x --cpus '' --memory 64M
expect 2 'CPU_TOO_MANY' create x --cpus 0-99 --memory 64M
expect 2 'MEMORY_SYNTAX' create x --cpus 1 --memory 64MB
expect 2 'MEMORY_SOURCE_UNKNOWN' create x --cpus 1 --memory disk:64M
expect 2 'NAME_INVALID' create a/b --cpus 1 --memory 64M
expect 2 'NAME_INVALID' destroy ../x
expect 2 'NAME_INVALID' status a..
expect 2 'exclude each other' create x -c 1 -m 64M --image a --image-name b
expect 1 "cannot open the image '/nonexistent'" create x -c 1 -m 64M --image /nonexistent
expect 2 'longer than 127' create x -c 1 -m 64M --image-name "$(printf 'x%.0s' {1..200})"
expect 2 "no option '--frob'" list --frob
expect 2 'no option -Z' list -Z
expect 2 'needs an argument' stop x --timeout
expect 2 'needs an argument' stop x -t
expect 2 'takes no argument' list --json=3
expect 2 'one argument too many' status a b
for number in 0 60001 -1 x 1x '' 99999999999999999999; do
	expect 2 "a number from 1 to 60000 was expected, not '$number'" stop x "--timeout=$number"
done
expect 2 'an argument is missing' add-memory x
expect 2 'MEMORY_SYNTAX' add-memory x 64MB
expect 2 'a number from 1 to' add-memory x 64M --core 0
expect 2 'an argument is missing' remove-memory x
for word in 0x 0x10M 0xfffffffffffffffff 0xffffffffffffffff; do
	expect 2 "$word is no address" remove-memory x "$word"
done
for word in 0 64MB '' 99999999999999999999; do
	expect 2 'is neither an address' remove-memory x "$word"
done
expect 2 'is no state' wait x --state runing
expect 2 '--state is missing' wait x
expect 2 'a state was expected' wait x --state ''
expect 2 'is no kind of fault' inject x --kind sneeze
expect 2 '--kind is missing' inject x
expect 2 '--mode: polled' ping x --mode fast
expect 2 'belong together' ping x --from 1
expect 2 'the same core' ping x --from 1 --to 1
expect 2 'exclude each other' ping x --from 1 --to 2 --core 1
expect 2 'is no benchmark' bench frob
expect 2 'two CPUs were expected' bench wakeup --cpus 0
expect 2 'neither a reason nor' explain frob
expect 2 'no reason of number' explain 4711

echo "# explain knows every reason, by name and by number"
missing=0
while read -r number name _; do
	grep -q "^$name (reason $number, " <<<"$("$bin/remora" explain "$name")" || missing=1
	grep -q "^$name (reason $number, " <<<"$("$bin/remora" explain "$number")" || missing=1
done < <("$bin/remora" explain)
[ "$missing" = 0 ] && [ "$("$bin/remora" explain | wc -l)" -ge 60 ]
verdict "explain covers the list" $?
expect 0 'CPU_TAKEN' explain EBUSY
expect 0 'errno 2' explain enoent

echo "# bench"
expect_json 0 '.rows | length == 3 and all(.samples == 50 and .min > 0 and .min <= .median and
	.median <= .p99 and .p99 <= .max)' bench wakeup --count 50 --json

expect_json 0 '.rows | length == 8 and all(.on == "linux" and .samples == 50 and .one_way.min > 0 and
	.one_way.min <= .one_way.median and .one_way.median <= .one_way.max and
	.round.min > .one_way.min)' bench lrpc --count 50 --json
expect_json 0 '.unit == "TSC cycles" or .kind == "emulated"' bench lrpc --count 10 --json
expect 2 'may not use CPU 1023' bench lrpc --cpu 1023
mkdir -p "$work/programs/linux"
quiet=(bench quiet --programs "$work/programs" --seconds 1 --cpu "$(cut -d, -f1 /sys/devices/system/cpu/online | cut -d- -f1)")
expect 1 'linux/fwq: No such file' "${quiet[@]}"
cc -O1 -o "$work/programs/linux/fwq" ../../../partition/apps/fwq/fwq.c
expect_json 0 '.rows | length >= 1 and all(.quanta > 10 and .min > 0 and .min <= .median and
	.median <= .p99 and .p99 <= .max and .counted_ms > 500)' "${quiet[@]}" --turns 20000 --json
expect 2 'is not online' "${quiet[@]}" --cpu 1000
while IFS='|' read -r words expected; do
	printf '#!/bin/sh\n%s\n' "$words" >"$work/programs/linux/fwq"
	expect 1 "$expected" "${quiet[@]}"
done <<-'END'
	echo begin x|is none of its words
	echo fish|is none of its words
	echo begin 18446744073709551615|is none of its words
	echo begin 1|is too busy
	exit 3|did not begin on CPU 0 .exit status 3
END

echo "# with the fake module"
program=remora-fake
export FAKE_STATE=$work/state
expect 0 'module fake' version
expect_json 0 '.module.version == "fake"' version --json
expect_json 0 '. == []' list --json
expect_json 0 '. == []' status --json
expect 0 'there are no partitions' status
expect 3 "there is no partition 'a'" status a
expect 0 '' create a --cpus 1-2,4 --memory 64M,block:128M@0 --allow-faults
expect 1 'NAME_EXISTS, EEXIST' create a --cpus 5 --memory 64M
expect 0 'a  *offline  *192M  *1-2,4' list
expect 0 '^a$' list --names
expect 7 'does not run' ping a
expect 0 "^64 MiB are core 1's, of 'a'\$" add-memory a 64M
expect 0 "^48 MiB are core 2's, of 'a'\$" add-memory a 16M,32M --core 2
expect 1 'CORE_UNKNOWN' add-memory a 16M --core 9
expect 1 'MEMORY_REFUSED, ENOSPC' add-memory a 16M,16M
expect 0 '' remove-memory a 64M
expect 1 'MEMORY_UNKNOWN, ENOENT' remove-memory a 64M
expect 0 '' remove-memory a 0x200000000 --timeout 100
expect 1 'MEMORY_UNKNOWN' remove-memory a 0x200000000
FAKE_FAIL=99 expect 1 'MEMORY_IN_USE, EBUSY' remove-memory a 32M
expect 3 'there is no partition' add-memory nobody 64M
expect 0 '' start a
expect 1 'STATE_WRONG, EBUSY' start a
expect_json 0 '.[0] | .name == "a" and .state == "running" and .memory == 201326592 and
	.allow_faults and (.cores | map(.cpu) == [1, 2, 4]) and (.extents | length == 2) and
	.image == "fake\"image"' status a --json
expect 0 'linux-3 *rw blocking' ping a --count 20
expect_json 0 '.rows | length == 4 and all(.samples == 20 and .min <= .max)' \
	ping a --count 20 --core 2 --json
expect_json 0 '.rows | map(.by) == ["mapped polled"]' ping a -n 5 -c 1 -m polled --json
expect_json 0 '.rows | map(.by) == ["mapped blocking"]' ping a -n 5 -c 1 -m blocking --json
expect_json 0 '.rows[0] | .median == 200 and .median_ns == 100' ping a --from 1 --to 2 --json
expect 1 'PEER_UNKNOWN' ping a --from 1 --to 9
expect 1 'CORE_UNKNOWN, ECHRNG' ping a --core 9
expect 1 'CORE_UNKNOWN' console a --core 9
expect 0 '1 lines were overwritten' console a
expect 0 '^\[2\] third \\x1b\[2J$' console a
expect 0 '^second$' console a --core 1
expect 6 'ETIMEDOUT' wait a --state offline --timeout 0
expect 0 'running' wait a --state offline,running
expect 1 'CORE_UNKNOWN' inject a --kind page --core 9
expect 0 '' inject a --kind page --core 2
expect 0 'crashed' wait a --state crashed
expect 6 'ETIMEDOUT' wait a --state running --timeout 1
expect 0 'core 2 (CPU 2) crashed: page fault \\x1b\[31m"evil"\\x0a' status a
expect_json 0 '.[0].cores[1].crash | .vector == 14 and .rip == "0xffffffff80001234" and
	(.reason | contains("\u001b[31m\"evil\"\n"))' status a --json
expect 7 'crashed' console a --core 2 --follow
expect 7 'PARTITION_DEAD' ping a --core 2
expect 0 '' reset a
expect 0 '' stop a --timeout 100
expect 0 '' create b -c 7 -m 64M --start
expect_json 0 'map(.name) == ["a", "b"]' status --json
expect_json 0 'map(.state) == ["offline", "running"]' list --json
expect 4 'FAULTS_FORBIDDEN' inject b --kind spin
expect 1 'STATE_WRONG' destroy b
(sleep 0.2; "$bin/remora-fake" stop b) &
expect 0 'offline' wait b --state offline --timeout 30
wait
expect 0 '' destroy --force b
expect 0 '' destroy a
expect 3 'NAME_UNKNOWN, ENOENT' destroy a

echo "# what the module says is what the user reads, and each reason has its exit code"
for spec in 7:1 59:4 49:4 3:3 38:7 40:7 41:6 43:6 44:6 52:1 16:1; do
	number=${spec%:*}
	name=$("$bin/remora" explain "$number" | sed -n '1s/ .*//p')
	FAKE_FAIL=$number expect "${spec#*:}" "fake words about $name ($name, E" \
		create x -c 1 -m 64M
done
FAKE_WARN=1 expect 0 'warning: SMT siblings.*CPU_SMT_SPLIT' create w -c 1 -m 64M
FAKE_DENY=1 expect 4 'no permission' list
FAKE_DENY=1 expect 4 'this needs root' create x -c 1 -m 64M
FAKE_DENY=1 expect 4 'no permission' status w
FAKE_FAIL=44 expect 6 'CORE_UNSTOPPABLE' stop w
FAKE_FAIL=48 expect 1 'CHANNELS_OPEN' destroy w

run remora explain
"$bin/remora" explain >/dev/full 2>"$work/err"
[ $? = 1 ] && grep -q 'cannot write the output' "$work/err"
verdict "a full disk is reported" $?

# shellcheck source=check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=programs.sh
. "$(dirname "$0")/programs.sh"
# shellcheck source=names.sh
. "$(dirname "$0")/names.sh"
# shellcheck source=race.sh
. "$(dirname "$0")/race.sh"

echo "1..$count"
exit $failed
