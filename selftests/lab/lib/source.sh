# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
# Sources of Debian packages as their authors published them (the .orig archive), in the cache: for
# programs that were not written for Remora. Nothing of them is changed, and nothing is committed.

# The lists of sources are read only when one is wanted: 10 MB.
apt_setup_source()
{
	local dir
	for dir in lists/partial cache archives/partial; do
		mkdir -p "$APT_ROOT/source/$dir"
	done
	sed -n '/-backports /d; s/^deb /deb-src /p' "$APT_ROOT/own.list" >"$APT_ROOT/source.list"
	say "reading the lists of source packages"
	APT_SET=source apt_private apt-get update >"$APT_ROOT/log/source" 2>&1 || true
	touch "$APT_ROOT/ready-source"
}

source_fetch()
{
	local package=$1 out=$2 work archive
	work=$(lab_mktemp)
	mkdir -p "$work/files" "$work/out/tree"
	say "downloading the source of $package"
	(cd "$work/files" && APT_SET=source apt_private apt-get --download-only --only-source source \
		"$package" >"$work/log" 2>&1) || {
		tail -n 20 "$work/log" >&2
		die "could not download the source of $package"
	}
	archive=$(find "$work/files" -name '*.orig.tar.*' ! -name '*.asc')
	[ "$(wc -l <<<"$archive")" = 1 ] && [ -n "$archive" ] ||
		die "$package has not one archive of its authors: $(basename -a "$work"/files/* | tr '\n' ' ')"
	tar -C "$work/out/tree" --no-same-owner --strip-components=1 -xf "$archive"
	basename "$archive" >"$work/out/version"
	touch "$work/out/ready"
	publish "$work/out" "$out"
	rm -rf "$work"
}

# Have the source of a package in the cache and print its directory.
source_ready()
{
	[[ "$1" =~ ^[a-z0-9][a-z0-9.+-]*$ ]] || die "'$1' is no name of a source package"
	if [ ! -e "$LAB_CACHE/source/$1/ready" ]; then
		apt_ready
		cached apt "$APT_ROOT/ready-source" apt_setup_source
	fi
	cached "source-$1" "$LAB_CACHE/source/$1/ready" source_fetch "$1" "$LAB_CACHE/source/$1"
	echo "$LAB_CACHE/source/$1/tree"
}
