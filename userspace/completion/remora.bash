# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion of the remora command. Verbs and options come from the command's own help.

_remora_verbs() {
	remora --help 2>/dev/null | sed -n '/^verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

_remora_options() { # VERB
	# shellcheck disable=SC2086 # "bench shootdown" is two words
	remora $1 --help 2>/dev/null | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p'
}

_remora_names() {
	local name
	for name in /sys/class/remora/*; do
		name=${name##*/}
		case $name in remora | '*') ;; *) echo "${name#remora-}" ;; esac
	done
}

# CPUs that could join, or those of a partition.
_remora_cpus() { # VERB NAME
	local list range
	if [[ $1 == add-cpu ]]; then
		list=$(cat /sys/devices/system/cpu/online 2>/dev/null)
	else
		list=$(cat "/sys/class/remora/remora-$2/cpus" 2>/dev/null)
	fi
	for range in ${list//,/ }; do
		[[ $range == 0 ]] || seq "${range%-*}" "${range#*-}"
	done
}

# Addresses of a partition's memory; the module says which was added.
_remora_extents() { # NAME
	remora status "$1" 2>/dev/null | grep -oE '0x[0-9a-f]{6,}' | sort -u
}

_remora_errors() {
	remora explain 2>/dev/null | sed 's/^ *[0-9]* \([A-Z_0-9]*\) .*/\1/'
}

# Words that may follow an option; none: it takes no word of a known set.
_remora_argument() { # VERB OPTION
	case $1:$2 in
	*:--image | *:-i) compgen -f -- "$cur" ;;
	inject:--kind | inject:-k) remora inject --list 2>/dev/null | sed 's/ .*//' ;;
	wait:--state | wait:-s) echo offline booting running stopping crashed ;;
	ping:--mode | ping:-m) echo polled blocking rw all ;;
	trace:--partition | trace:-p) _remora_names ;;
	trace:--event | trace:-e)
		ls /sys/kernel/tracing/events/remora 2>/dev/null | sed -n 's/^remora_//p'
		;;
	'bench shootdown:--protocol') echo broadcast unicast multicast numa ;;
	'bench shootdown:--method') echo none page pcid full ;;
	'bench '*:--csv | 'bench '*:--plot) compgen -f -- "$cur" ;;
	esac
}

_remora() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local verb=${COMP_WORDS[1]:-} words

	COMPREPLY=()
	((COMP_CWORD > 2)) && [[ $verb == bench ]] && verb="bench ${COMP_WORDS[2]}"
	if ((COMP_CWORD == 1)); then
		words=$(_remora_verbs)
	elif [[ $prev == -* && -n $(_remora_argument "$verb" "$prev") ]]; then
		words=$(_remora_argument "$verb" "$prev")
	elif [[ $cur == -* ]]; then
		words=$(_remora_options "$verb")
	else
		case $verb in
		help) ((COMP_CWORD == 2)) && words=$(_remora_verbs) || words='' ;;
		explain) words=$(_remora_errors) ;;
		bench) words='wakeup shootdown lrpc quiet trace' ;;
		run) # the partition, then files
			((COMP_CWORD == 2)) && words=$(_remora_names) || words=$(compgen -f -- "$cur")
			;;
		add-cpu | remove-cpu)
			((COMP_CWORD == 2)) && words=$(_remora_names) || words=$(_remora_cpus "$verb" "$prev")
			;;
		remove-memory)
			((COMP_CWORD == 2)) && words=$(_remora_names) || words=$(_remora_extents "$prev")
			;;
		add-memory | start | stop | reset | destroy | status | console | wait | ping | inject | ps | kill | names)
			words=$(_remora_names)
			;;
		'bench shootdown' | 'bench lrpc' | 'bench quiet' | 'bench trace')
			words=$(_remora_names)
			;;
		*) words='' ;; # create, check, list, version: nothing to choose from
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _remora remora
