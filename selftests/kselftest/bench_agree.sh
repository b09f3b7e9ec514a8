#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fig 8 of the multikernel paper on this machine's partition cores: what one agreement costs that node 0
# asks for and all others vote on, alone and with 32 under way, from 2 nodes to as many as there are CPUs.
# REMORA_OUT: a folder for the table as CSV. REMORA_ICOUNT=1: the clock counts instructions (the lab's --icount), so
# that the ratio is no matter of luck.
. "$(dirname "$0")/tap-lib"

FILE=/sys/kernel/debug/remora/bench_agree
NAME=kst-agree
mapfile -t cpus < <(tap_cpus)
[ ${#cpus[@]} -gt 0 ] || tap_skip_all "needs a CPU besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
[ "${REMORA_ICOUNT:-0}" = 1 ] && cheaper=3 || cheaper=2
csv=${REMORA_OUT:-$(mktemp -d)}/agree.csv

tap_load
[ -e $FILE ] || tap_skip_all "no $FILE: is debugfs mounted?"

# field KEY: of the answer
field()
{
	awk -v key="$1" '{ for (i = 1; i < NF; i += 2) if ($i == key) print $(i + 1) }' $FILE
}

ask()
{
	echo "$1" >$FILE
}

begin()
{
	local cores=$1
	remora create $NAME --cpus "$(IFS=,; echo "${cpus[*]:0:cores}")" \
		--memory contig:$((16 + 16 * cores))M --start >/dev/null || return 1
	for _ in {1..300}; do
		case $(cat /sys/class/remora/remora-$NAME/view) in
		*" 0-$cores") return 0 ;;
		esac
		sleep 0.1
	done
	return 1
}

echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), $(nproc --all) CPUs, $(
	if grep -q hypervisor /proc/cpuinfo; then cat /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name 2>/dev/null | paste -sd' '; else echo "no hypervisor"; fi)"
echo "# in the lab all of this is emulated (TCG): what counts is how columns compare, not the figures"
echo "nodes,depth,samples,median_ns,p99_ns,each_ns" >"$csv"
echo "# nodes  alone: median, p99, each in ns   32 under way: each in ns   ratio"
for cores in 1 2 3 5 7 9 11 15; do
	[ "$cores" -le ${#cpus[@]} ] || break
	tap_ok "$((cores + 1)) nodes are in one view" begin "$cores"
	failed=0 line=
	for depth in 1 32; do
		ask "$NAME $((depth == 1 ? 200 : 2000)) $depth" || failed=1
		[ "$(field failed)" = 0 ] && [ "$(field nodes)" = $((cores + 1)) ] || failed=1
		echo "$(field nodes),$depth,$(field count),$(field median_ns),$(field p99_ns),$(field each_ns)" >>"$csv"
		[ $depth = 1 ] && alone=$(field each_ns) line="$(field median_ns) $(field p99_ns) $alone"
		many=$(field each_ns)
	done
	tap_is $failed 0 "$((cores + 1)) nodes: all 2200 agreements are reached"
	tap_is $((many * cheaper < alone)) 1 "$((cores + 1)) nodes: with 32 under way each costs less than 1/$cheaper"
	echo "# $((cores + 1))  $line   $many   $(awk "BEGIN { printf \"%.1f\", $alone / $many }")"
	remora destroy $NAME --force >/dev/null
done
sed 's/^/# /' "$csv"

remora create $NAME --cpus "${cpus[0]}" --memory contig:32M --start >/dev/null
for bad in "" "$NAME" "$NAME 0 1" "$NAME 1 0" "$NAME 1 33" "$NAME 100001 1" "kst-none 1 1"; do
	tap_fails "refused: '$bad'" ask "$bad"
done
remora destroy $NAME --force >/dev/null
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
