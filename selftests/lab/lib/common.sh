# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2015
# shellcheck disable=SC2034,SC2154
# Ground words of the lab: messages, the cache directory, locks and stamps.

lab_cache_default()
{
	if [ -n "${XDG_CACHE_HOME:-}" ]; then
		echo "$XDG_CACHE_HOME/remora"
	elif [ -n "${HOME:-}" ]; then
		echo "$HOME/.cache/remora"
	else
		echo /var/cache/remora
	fi
}

# Without symbolic links: where tools run in a root of their own, only the true path exists.
LAB_CACHE=$(readlink -m "${REMORA_CACHE:-$(lab_cache_default)}")
LAB_SRC=$(cd "$LAB_DIR/../.." && pwd)

say()
{
	echo "lab: $*" >&2
}

die()
{
	echo "lab: error: $*" >&2
	exit 99
}

# die unless $2 is a whole number from $3 to $4; $1 names it.
need_number()
{
	[[ "$2" =~ ^[0-9]{1,6}$ ]] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] ||
		die "$1 is '$2'; expected a whole number from $3 to $4"
}

# Run a command while this process holds the cache's lock NAME. The lock file
# is never removed: removing it would let two holders in. What the command
# starts keeps the lock too, so that what a killed lab left running has it.
with_lock()
{
	local name=$1
	shift
	mkdir -p "$LAB_CACHE/lock"
	(
		if ! flock -n 9; then
			say "waiting for another lab that holds '$name'"
			flock 9
		fi
		"$@"
	) 9>"$LAB_CACHE/lock/$name"
}

# Make sure the cached thing STAMP exists: run the command under lock NAME
# unless it does. The command must write the stamp itself, last of all.
cached()
{
	local name=$1 stamp=$2
	shift 2
	[ -e "$stamp" ] && return 0
	with_lock "$name" cached_locked "$stamp" "$@"
}

cached_locked()
{
	local stamp=$1
	shift
	[ -e "$stamp" ] && return 0
	"$@"
	[ -e "$stamp" ] || die "internal: '$*' did not make $stamp"
}

# A new directory in the cache for work in progress. What a killed lab left
# there goes after a day.
lab_mktemp()
{
	mkdir -p "$LAB_CACHE/tmp"
	find "$LAB_CACHE/tmp" -mindepth 1 -maxdepth 1 -mtime +1 -exec rm -rf {} +
	mktemp -d "$LAB_CACHE/tmp/XXXXXX"
}

# Move a finished directory into place; an older one of that name goes away.
publish()
{
	mkdir -p "$(dirname "$2")"
	rm -rf "$2"
	mv -T "$1" "$2"
}
