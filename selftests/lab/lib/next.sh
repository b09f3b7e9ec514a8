# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The tools of the next Debian release, for its newer kernel: its headers need
# that release's compiler, objtool and C library. They run in a directory of
# their own (chroot in a mount namespace, of a user's own where not root).

NEXT_PACKAGES="base-files dash bash coreutils findutils grep sed mawk diffutils make gcc-14
binutils libc6 libc6-dev libelf1t64 libssl3t64 pahole kmod perl-base tar gzip xz-utils zstd"

next_fetch()
{
	local out=$1 work name
	work=$(lab_mktemp)
	# These links are packages' contents in that release; they must be first.
	mkdir -p "$work"/{usr/bin,usr/sbin,usr/lib,usr/lib64,proc,dev,tmp,etc}
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$work/$name"
	done
	# shellcheck disable=SC2086
	APT_SET=next PACKAGES_NOT=debconf package_fetch_all "$work" $NEXT_PACKAGES
	for name in awk:mawk sh:dash gcc:gcc-14 cc:gcc-14; do
		ln -sf "${name#*:}" "$work/usr/bin/${name%%:*}"
	done
	touch "$work/ready"
	publish "$work" "$out"
}

next_ready()
{
	cached next "$LAB_CACHE/next/ready" next_fetch "$LAB_CACHE/next"
}

# Run a command with those tools; it sees the cache at its own place.
next_run()
{
	local user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	mkdir -p "$LAB_CACHE/next$LAB_CACHE"
	# shellcheck disable=SC2016
	unshare --mount "${user[@]}" sh -ec '
		root=$1 cache=$2
		shift 2
		mount --rbind /proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount --bind "$cache" "$root$cache"
		exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/usr/sbin HOME=/tmp "$@"
	' sh "$LAB_CACHE/next" "$LAB_CACHE" "$@"
}
