# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2015
# One run of a guest: options, root, QEMU, and the judgement at its end.

# Statuses of the lab itself; any other is the command's.
STATUS_LOG=98
STATUS_LAB=99
STATUS_TIMEOUT=124

declare -A OPT
OPT_ADD=()
QEMU_ARGS=()

run_options_default()
{
	OPT=([kernel]=6.1 [cpus]=4 [threads]=1 [numa]=1 [mib]=2048 [x2apic]=0 [mttcg]=0 [icount]=0 [gbpages]=0
		[timeout]=600 [append]="" [out]="" [log]="" [check]=1 [reset]=0
		[module]=1 [build]=1 [keep]=0)
}

# Print the MiB of a size like 2G, 512M or 2048.
parse_memory()
{
	case $1 in
	*[Gg]) need_number "--memory" "${1%?}" 1 64 && echo $((${1%?} * 1024)) ;;
	*[Mm]) need_number "--memory" "${1%?}" 128 65536 && echo "${1%?}" ;;
	*) need_number "--memory (MiB, or with M or G)" "$1" 128 65536 && echo "$1" ;;
	esac
}

run_option_value()
{
	case $1 in
	--kernel) kernel_check_name "$2" && OPT[kernel]=$2 ;;
	--cpus) need_number "$1" "$2" 1 16 && OPT[cpus]=$2 ;;
	--numa) need_number "$1" "$2" 1 2 && OPT[numa]=$2 ;;
	--memory) OPT[mib]=$(parse_memory "$2") ;;
	--timeout) need_number "$1" "$2" 1 86400 && OPT[timeout]=$2 ;;
	--append) OPT[append]+=" $2" ;;
	--add) OPT_ADD+=("$2") ;;
	--out) OPT[out]=$2 ;;
	--log) OPT[log]=$2 ;;
	esac
}

# Parse the options into OPT; what follows them into RUN_COMMAND.
run_options()
{
	run_options_default
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --cpus | --numa | --memory | --timeout | --append | --add | --out | --log)
			[ $# -ge 2 ] || die "$1 needs a value"
			run_option_value "$1" "$2"
			shift
			;;
		--x2apic) OPT[x2apic]=1 ;;
		--mttcg) OPT[mttcg]=1 ;;
		--icount) OPT[icount]=1 ;;
		--gbpages) OPT[gbpages]=1 ;;
		--smt) OPT[threads]=2 ;;
		--no-check-log) OPT[check]=0 ;;
		--expect-reset) OPT[reset]=1 ;;
		--no-module) OPT[module]=0 ;;
		--no-build) OPT[build]=0 ;;
		--) shift && break ;;
		-*) die "unknown option '$1'; 'lab help' lists them" ;;
		*) break ;;
		esac
		shift
	done
	RUN_COMMAND=("$@")
	[ $((OPT[cpus] % (OPT[numa] * OPT[threads]))) = 0 ] ||
		die "--cpus ${OPT[cpus]} does not divide evenly into nodes and threads"
	[ "${OPT[icount]}${OPT[mttcg]}" != 11 ] || die "--icount counts on one thread: not with --mttcg"
}

# The run's own archive: /init, the command, and what --add brings.
run_make_root()
{
	local dir=$1 root=$1/root add rows cols
	mkdir -p "$root/lab"
	install -m 755 "$LAB_DIR/guest/init" "$root/init"
	read -r rows cols < <(stty size 2>/dev/null || echo 24 80)
	[ "$rows" != 0 ] || rows=24 cols=80
	{
		echo "LAB_MODE=${OPT[mode]}"
		echo "LAB_MODULE=${OPT[module]}"
		echo "LAB_LEAKS=${OPT[check]}"
		echo "LAB_ROWS=$rows LAB_COLS=$cols"
	} >"$root/lab/config"
	if [ ${#RUN_COMMAND[@]} -eq 1 ]; then
		printf '%s\n' "${RUN_COMMAND[0]}"
	else
		printf 'exec %s\n' "$(shell_quote "${RUN_COMMAND[@]}")"
	fi >"$root/lab/command"
	for add in ${OPT_ADD[@]+"${OPT_ADD[@]}"}; do
		guest_add "$root" "$add"
	done
	guest_pack "$root" "$dir/run.cpio"
	cat "$(guest_base)" ${BUILD_ARCHIVE:+"$BUILD_ARCHIVE"} "$dir/run.cpio" >"$dir/initrd"
}

# The guest's output goes through a pipe of its own, because QEMU makes its
# standard output non-blocking. Both run in the background so that a signal to
# the lab ends the guest at once.
run_qemu_command()
{
	local dir=$1 guest reader status=0
	mkfifo "$dir/pipe"
	cat "$dir/pipe" &
	reader=$!
	timeout --foreground -k 5 "${OPT[timeout]}" "${QEMU_ARGS[@]}" </dev/null >"$dir/pipe" &
	guest=$!
	# shellcheck disable=SC2064
	trap "kill $guest; exit $STATUS_LAB" INT TERM HUP
	wait "$guest" || status=$?
	wait "$reader" || true
	trap - INT TERM HUP
	return "$status"
}

run_qemu()
{
	local dir=$1
	qemu_arguments "$dir"
	if [ "${OPT[mode]}" = shell ]; then
		"${QEMU_ARGS[@]}"
	else
		run_qemu_command "$dir"
	fi
}

run_fail()
{
	local dir=$1
	shift
	say "failed: $*; the last lines of the guest's log:"
	tail -n 40 "$dir/console" 2>/dev/null | tr -d '\r' | sed 's/^/| /' >&2
}

# Print how a guest ended that left no marker.
run_ended()
{
	local dir=$1 status=$2
	if [ "$status" -gt 128 ]; then
		echo "signal $((status - 128)) ended QEMU"
	elif [ "$status" != 0 ]; then
		echo "QEMU's status is $status"
	elif grep -q '^Triple fault' "$dir/qemu.log" 2>/dev/null; then
		echo "a triple fault reset the guest"
	else
		echo "the guest reset itself or powered off"
	fi
}

# Unpack what came over the third port; its size and sum must be the marker's.
run_files()
{
	local dir=$1 size=$2 sum=$3
	[ "$(stat -c %s "$dir/out.tar")" = "$size" ] &&
		[ "$(md5sum <"$dir/out.tar" | cut -d' ' -f1)" = "$sum" ] || {
		run_fail "$dir" "the files of /out arrived incomplete"
		return 1
	}
	[ -n "${OPT[out]}" ] || return 0
	mkdir -p "${OPT[out]}"
	tar -C "${OPT[out]}" --no-same-owner -xf "$dir/out.tar"
}

# Judge a run by QEMU's status and the log; the result is the lab's status.
run_judge()
{
	local dir=$1 qemu_status=$2 marker status
	[ "${OPT[check]}" = 0 ] || log_check "$dir/console" || return $STATUS_LOG
	if [ "$qemu_status" = 124 ] || [ "$qemu_status" = 137 ]; then
		run_fail "$dir" "no end after ${OPT[timeout]} s"
		return $STATUS_TIMEOUT
	fi
	marker=$(tr -d '\r' <"$dir/console" | grep -aoE \
		'lab: end status=[0-9]+ size=[0-9]+ sum=[0-9a-f]{32}$' | tail -n 1) || true
	if [ "${OPT[reset]}" = 1 ]; then
		[ "$qemu_status" = 0 ] && [ -z "$marker" ] && return 0
		run_fail "$dir" "the guest did not reset (QEMU's status is $qemu_status)"
		return $STATUS_LAB
	fi
	[ -n "$marker" ] && [ "$qemu_status" = 65 ] || {
		run_fail "$dir" "no end marker ($(run_ended "$dir" "$qemu_status"))"
		return $STATUS_LAB
	}
	[[ "$marker" =~ status=([0-9]+)\ size=([0-9]+)\ sum=([0-9a-f]+) ]]
	status=${BASH_REMATCH[1]}
	run_files "$dir" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" || return $STATUS_LAB
	return "$status"
}

run_guest()
{
	local dir status=0
	kernel_ready "${OPT[kernel]}"
	qemu_ready
	guest_ready
	BUILD_ARCHIVE=""
	if [ "${OPT[build]}" = 1 ]; then
		BUILD_ARCHIVE=$(build_archive "${OPT[kernel]}")
	fi
	dir=$(lab_mktemp)
	# shellcheck disable=SC2064
	trap "rm -rf '$dir'" EXIT
	run_make_root "$dir"
	run_qemu "$dir" || status=$?
	[ -z "${OPT[log]}" ] || tr -d '\r' <"$dir/console" >"${OPT[log]}"
	run_judge "$dir" "$status"
}
