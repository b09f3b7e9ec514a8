#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The remora command on the real devices: what each verb does, says and exits with.
. "$(dirname "$0")/tap-lib"

cpu=$(tap_last_cpu)
[ -n "$cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
tap_load
count=$(tap_cpus | wc -l)
first=$(tap_cpus | head -n 1)
missing=$(($(sed 's/.*-//' /sys/devices/system/cpu/possible) + 1))

# says STATUS PATTERN ARGS...: exit code and output of the command, both streams
says()
{
	local out status
	out=$(timeout 200 remora "${@:3}" 2>&1)
	status=$?
	tap_like "$status: ${out//$'\n'/ | }" "^$1: .*$2" "${*:3}"
}

says 0 'module .*interface revision' version
says 0 'verdict +the module would do it.*create should work' check --cpus "$cpu" --memory 64M
says 1 'CPU_ZERO.*would refuse' check --cpus 0 --memory 64M
says 1 'CPU_UNKNOWN.*would refuse' check --cpus "$missing" --memory 64M
says 0 '"would_work": true' check --cpus "$cpu" --memory 64M --json
says 1 '\(CPU_ZERO, EPERM\)' create c --cpus 0 --memory 64M
says 1 "\\(CPU_UNKNOWN, ENODEV\\)" create c --cpus "$missing" --memory 64M
says 1 '\(MEMORY_UNAVAILABLE, ENOMEM\)' create c --cpus "$cpu" --memory 64G
says 1 '\(MEMORY_UNALIGNED, EINVAL\)' create c --cpus "$cpu" --memory 67M
says 1 '\(MEMORY_NOT_RESERVED, EFAULT\)' create c --cpus "$cpu" --memory reserved:64M@0x10000000
says 1 '\(IMAGE_NOT_FOUND, ENOENT\)' create c -c "$cpu" -m 64M -s --image-name remora/none.elf
says 1 '\(IMAGE_NOT_ELF, ENOEXEC\)' create c -c "$cpu" -m 64M -s --image "$0"
says 3 'there is no partition' status c
tap_is "$(remora list --names)" "" "nothing was left by refusals"

says 0 '' create c --cpus "$cpu" --memory 64M --allow-faults
[ "$count" = 1 ] || says 1 '\(NAME_EXISTS, EEXIST\)' create c --cpus "$first" --memory 64M
says 1 '\(CPU_TAKEN, EBUSY\)' create d --cpus "$cpu" --memory 64M
says 0 "c +offline +64M +$cpu" list
says 7 'PARTITION_DEAD' ping c
says 0 '' start c
says 1 '\(STATE_WRONG, EBUSY\)' start c
says 0 'state +running.*contig|state +running' status c
says 0 '"state": "running"' status c --json
says 0 'linux-1 +mapped polled.*mapped blocking.*rw polled.*rw blocking' ping c --count 50
says 0 'Remora CPU driver' console c
says 1 '\(CORE_UNKNOWN, ECHRNG\)' console c --core 9
says 1 '\(PEER_UNKNOWN, ECHRNG\)|\(CORE_UNKNOWN, ECHRNG\)' ping c --from 1 --to 2
says 6 'ETIMEDOUT' wait c --state offline --timeout 0

(sleep 0.3; remora inject c --kind opcode) &
says 0 'crashed' wait c --state crashed --timeout 100
wait
says 0 'crashed: .*vector 6 ' status c
says 7 'CORE_DEAD' ping c
says 7 'undefined|invalid|crash' console c --follow
says 6 'ETIMEDOUT' wait c --state running --timeout 1
says 0 '' reset c
says 0 'mapped polled' ping c --count 10 --mode polled

remora ping c --count 1000000 --mode polled >/dev/null 2>&1 &
ping=$!
for _ in $(seq 600); do
	[ "$(cat /sys/kernel/remora/ledger/channels)" = 0 ] || break
	sleep 0.1
done
says 0 '' stop c
wait $ping
tap_is $? 7 "a ping whose partition is stopped says so"
says 0 '' destroy c
says 3 '\(NAME_UNKNOWN, ENOENT\)' destroy c
says 0 '' create c -c "$cpu" -m contig:64M --start
says 4 '\(FAULTS_FORBIDDEN, EPERM\)' inject c --kind spin
says 0 '' destroy --force c
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_is "$(cat /sys/devices/system/cpu/online)" "$ONLINE" "the CPUs are back"
tap_end
