# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The jobs. Three kinds: a command on this machine; kselftests in a guest; a guest that must reset.
# The order is the order of start: what is waited for comes first, then what takes long; what is short comes
# last, so that no processor is without work at the end.

JOB_NAME=() JOB_KIND=() JOB_QUICK=() JOB_LAB=() JOB_RUN=()

# job KIND quick|full NAME LAB-OPTIONS COMMAND
job()
{
	JOB_KIND+=("$1") JOB_QUICK+=("$2") JOB_NAME+=("$3") JOB_LAB+=("$4") JOB_RUN+=("$5")
}

RUN=/selftests/kselftest/run
# A region that Linux is told to leave alone, for the tests of reserved memory.
REGION='memmap=64M$0x60000000'
# A CPU that Linux is told to leave alone, beside the last one, which tests take.
ISOLATED='--append isolcpus=nohz,domain,2 --append nohz_full=2'
# What the number of CPUs and the APIC's mode do not change is tried in two suites, not in each.
SAME='sizes|images|params|predict|programs_libc|interface|command|users|udev|bulk|steps|errors|ways'
SAME+='|permission|console|fds|uring|examples|bench_shootdown|names|names_wait|programs_names|pair|share|share_dies|members|memory_grows'
SAME+='|closed|limits|mapping|status|kill|programs'
# Nor do programs, tracing or suspend depend on them, nor how memory is added, nor what Linux is busy with; cores
# that move and views of up to 16 CPUs have jobs of their own.
SAME+='|memory_service|grow|spawn|suspend|trace|tracing|hangup|kernellog|load|bind|bind_linux|bind_ends|control|move|view'
# What only programs and the tool do, behind calls that other tests make, is nothing for a debug kernel; what
# reads images is under ASan in unit-fuzz and unit-kmod, and memory is tried by large-mapping-debug.
OUTSIDE='predict|programs_libc|interface|examples|command|bench_shootdown|sizes|params|programs|programs_names|pair'
OUTSIDE+='|share|share_dies|members|memory_service|memory_grows|udev|images|memory'
# Programs on cores do not see which Linux there is: one suite has them.
CORES='programs_libc|interface|programs|programs_names|share|share_dies|members'

jobs_define()
{
	local unit kernel mode

	job host full debug-kernel "" \
		'echo 1..1; selftests/lab/lab setup debug && echo ok 1 the debug kernel is built'
	for unit in "$CHECK_DIR"/unit/*/Makefile; do
		unit=$(basename "$(dirname "$unit")")
		job host quick "unit-$unit" "" "make -s -C selftests/unit/$unit check"
	done
	job host quick rules "" "selftests/rules/all"
	job host quick check-itself "" "selftests/checklib/selftest"
	job host full model "" "selftests/model/check"
	job host full sim "" "selftests/sim/check"
	job host quick bench-commit "" "make -s -C selftests/bench check"

	job guest full suite-debug "--kernel debug --cpus 4 --numa 2 --memory 3G --append $REGION" \
		"REMORA_WITHOUT='$OUTSIDE' REMORA_CYCLES=5 REMORA_LOAD=8 REMORA_KILLS=5 REMORA_MOVES=8 REMORA_GROWS=8 $RUN all"
	job guest quick suite-6.1 "--kernel 6.1 --cpus 4" "$RUN all"
	job guest quick suite-6.12-x2apic-numa \
		"--kernel 6.12 --cpus 4 --x2apic --numa 2 --memory 3G --append $REGION" \
		"REMORA_SEEN=/tmp/seen REMORA_WITHOUT='$CORES' REMORA_LOAD=8 REMORA_KILLS=10 $RUN all coverage"
	job guest quick bench-6.1 "--kernel 6.1 --cpus 4 --icount $ISOLATED" \
		"REMORA_ICOUNT=1 $RUN bench_lrpc bench_quiet bench_pair bench_agree"
	job guest full suite-6.1-x2apic-2cpu "--kernel 6.1 --cpus 2 --x2apic" \
		"REMORA_WITHOUT='$SAME' $RUN all"
	job guest full suite-6.12-8cpu-numa "--kernel 6.12 --cpus 8 --numa 2 --memory 3G" \
		"REMORA_WITHOUT='$SAME' $RUN all"
	# Of the mode: how cores start and stop, and the interrupts that they send.
	job guest full suite-debug-x2apic "--kernel debug --cpus 4 --x2apic" "REMORA_CYCLES=3 $RUN cycles irq"
	job guest full large-mapping-debug "--kernel debug --cpus 2 --numa 2 --memory 5G --gbpages --append $REGION" \
		"REMORA_LARGE_MAPPING=1 $RUN memory"
	job guest full nomem-debug "--kernel debug --cpus 2 --no-check-log" "$RUN nomem kernellog"
	# The long run of the fuzzer is in Documentation/testing.md.
	job guest full fuzz-debug "--kernel debug --cpus 4" "REMORA_FUZZ_SECONDS=60 $RUN fuzz"
	job guest full hostile-debug "--kernel debug --cpus 4" "REMORA_HOSTILE_MS=1500 $RUN hostile"
	job guest full hostile-races-6.1 "--kernel 6.1 --cpus 4 --mttcg" "REMORA_HOSTILE_MS=1500 $RUN hostile"
	job guest full programs-6.1 "--kernel 6.1 --cpus 4" \
		"$RUN programs_foreign programs_refused programs_hostile"
	job guest full programs-6.12-x2apic "--kernel 6.12 --cpus 4 --x2apic" \
		"$RUN programs_spawn programs_fuzz"
	job guest full moves-6.1 "--kernel 6.1 --cpus 6" "REMORA_MOVES=200 $RUN move"
	job guest full phases-6.12 "--kernel 6.12 --cpus 5" "$RUN phases"
	job guest full view-16cpu "--kernel 6.1 --cpus 16 --memory 3G" "$RUN view"
	# Each kernel with each mode; with 8 CPUs each of them once.
	for mode in xapic x2apic; do
		job guest full "cycles100-6.12-$mode" \
			"--kernel 6.12 $([ $mode = xapic ] && echo --cpus 4 || echo --cpus 8 --x2apic)" \
			"REMORA_CYCLES=100 $RUN cycles"
		job guest full "cycles100-6.1-$mode" \
			"--kernel 6.1 $([ $mode = xapic ] && echo --cpus 8 || echo --cpus 4 --x2apic)" \
			"REMORA_CYCLES=100 $RUN cycles"
	done
	for kernel in 6.12 6.1; do
		job guest full "races-$kernel" "--kernel $kernel --cpus 4 --mttcg" \
			"REMORA_CYCLES=5 $RUN cycles channel mapping faults shootdown churn closed events trace"
	done
	# The newest kernel that Debian backports, where this machine's mirror has it.
	job host full suite-7 "" "
		selftests/lab/lab setup 7 >build/check/setup-7.log 2>&1 || {
			echo '1..0 # SKIP no newer kernel to be had'
			exit 0
		}
		set -o pipefail
		selftests/lab/lab run --kernel 7 --cpus 4 --timeout 1200 \
			--log build/check/suite-7.console -- \
			'REMORA_CYCLES=5 $RUN cycles channel mapping faults lifecycle memory hold irq' | sed '/^@@/d'"
	job host full lab-itself "" selftests/lab/selftest.sh
	job guest full smt-6.12 "--kernel 6.12 --cpus 4 --smt" "$RUN errors lifecycle smt"
	job host full demo "" 'echo 1..1; selftests/lab/demo && echo ok 1 the demo tells its story'
	job host full stress "" "make -s -C selftests/unit/urpc stress"
	for kernel in 6.1 6.12; do
		job reset full "reboot-$kernel" "--kernel $kernel --cpus 4 --expect-reset" \
			"insmod /root/remora.ko && remora create r --cpus 1-3 --memory contig:64M --start && reboot -f"
	done
}

# Keep the jobs that are wanted.
jobs_select()
{
	local quick=$1 only=$2 i
	for i in "${!JOB_NAME[@]}"; do
		{ [ "$quick" = 0 ] || [ "${JOB_QUICK[$i]}" = quick ]; } &&
			{ [ -z "$only" ] || [[ "${JOB_NAME[$i]}" =~ $only ]]; } && continue
		unset "JOB_NAME[$i]" "JOB_KIND[$i]" "JOB_QUICK[$i]" "JOB_LAB[$i]" "JOB_RUN[$i]"
	done
	JOB_NAME=(${JOB_NAME[@]+"${JOB_NAME[@]}"}) JOB_KIND=(${JOB_KIND[@]+"${JOB_KIND[@]}"})
	JOB_LAB=(${JOB_LAB[@]+"${JOB_LAB[@]}"}) JOB_RUN=(${JOB_RUN[@]+"${JOB_RUN[@]}"})
}
