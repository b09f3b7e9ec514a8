# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2015
# Debian packages: a private apt root in the cache, fed from the mirrors of this
# machine's own apt configuration, and the few tools the host itself must have.
# Nothing of the machine's apt state is changed by the private root.

# Two sets of sources: "own", the release the lab is made of, and "next", the one
# after it with its backports, for a kernel newer than any of ours.
LAB_RELEASE=bookworm
NEXT_RELEASE=trixie
APT_SET=own
APT_ROOT=$LAB_CACHE/apt
DEB_DIR=$LAB_CACHE/debs
APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# command:package of what the host must be able to run.
HOST_TOOLS="
gcc:gcc gcc-12:gcc-12 g++:g++ make:make ld:binutils bc:bc flex:flex bison:bison cpio:cpio rsync:rsync
musl-gcc:musl-tools xz:xz-utils zstd:zstd pahole:pahole modprobe:kmod perl:perl flock:util-linux
"
# The same, of what it can do without: installed as root only.
HOST_WANTED="gnuplot:gnuplot-nox"
# file:package of what the host must have as headers.
HOST_HEADERS="
/usr/include/gelf.h:libelf-dev
/usr/include/openssl/ssl.h:libssl-dev
/usr/include/stdio.h:libc6-dev
"

# apt with state, lists and archives of its own; the machine's sources.
apt_machine()
{
	local command=$1
	shift
	"$command" -q -o Dir::State="$APT_ROOT/$APT_STATE" \
		-o Dir::State::lists="$APT_ROOT/$APT_STATE/lists" \
		-o Dir::State::status="$APT_ROOT/status" \
		-o Dir::Cache="$APT_ROOT/$APT_STATE/cache" \
		-o Dir::Cache::archives="$APT_ROOT/$APT_STATE/archives" \
		-o Dir::Log="$APT_ROOT/log" \
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none \
		-o Acquire::Retries=3 -o APT::Update::Post-Invoke-Success="" \
		-o APT::Update::Post-Invoke="" "$@"
}

# apt with sources of its own as well, those of the set APT_SET.
apt_private()
{
	local command=$1
	shift
	[ "$APT_SET" != next ] || set -- -o APT::Default-Release="$NEXT_RELEASE-backports" "$@"
	APT_STATE=$APT_SET apt_machine "$command" \
		-o Dir::Etc::sourcelist="$APT_ROOT/$APT_SET.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null "$@"
}

# Print "LABEL URI" for each Debian archive in the machine's configuration.
apt_mirrors()
{
	APT_STATE=machine apt_machine apt-get indextargets \
		--format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
		sort -u
}

apt_write_sources()
{
	local main security
	main=$(apt_mirrors | awk '$1 == "Debian" { print $2; exit }')
	security=$(apt_mirrors | awk '$1 == "Debian-Security" { print $2; exit }')
	[ -n "$main" ] ||
		die "no Debian archive found in this machine's apt configuration" \
			"(expected a source whose Release file says 'Origin: Debian')"
	[ -n "$security" ] || security=${main%/}-security
	local by="[signed-by=$APT_KEYRING]"
	{
		echo "deb $by $main $LAB_RELEASE main"
		echo "deb $by $main $LAB_RELEASE-updates main"
		echo "deb $by $main $LAB_RELEASE-backports main"
		echo "deb $by $security $LAB_RELEASE-security main"
	} >"$APT_ROOT/own.list"
	{
		echo "deb $by $main $NEXT_RELEASE main"
		echo "deb $by $main $NEXT_RELEASE-backports main"
	} >"$APT_ROOT/next.list"
}

# A failed update of one source is not fatal; what is missing shows later.
apt_setup()
{
	command -v apt-get >/dev/null || die "no apt-get here: the lab needs a Debian machine"
	[ -r "$APT_KEYRING" ] || die "no $APT_KEYRING: install the package debian-archive-keyring"
	local s
	for s in machine own next; do
		mkdir -p "$APT_ROOT/$s/lists/partial" "$APT_ROOT/$s/cache" \
			"$APT_ROOT/$s/archives/partial"
	done
	mkdir -p "$APT_ROOT/log" "$DEB_DIR"
	: >"$APT_ROOT/status"
	say "reading the package lists"
	APT_STATE=machine apt_machine apt-get update >"$APT_ROOT/log/machine" 2>&1 || true
	apt_write_sources
	apt_private apt-get update >"$APT_ROOT/log/own" 2>&1 || true
	apt_private apt-cache show linux-headers-amd64 >/dev/null 2>&1 || {
		tail -n 20 "$APT_ROOT/log/own" >&2
		die "apt-get update found no packages of $LAB_RELEASE (its messages are above)"
	}
	touch "$APT_ROOT/ready"
}

apt_setup_next()
{
	APT_SET=next apt_private apt-get update >"$APT_ROOT/log/next" 2>&1 || true
	touch "$APT_ROOT/ready-next"
}

apt_ready()
{
	cached apt "$APT_ROOT/ready" apt_setup
	[ "$APT_SET" = own ] || cached apt "$APT_ROOT/ready-next" apt_setup_next
}

# Print the packages PACKAGE's newest version depends on by name, one a line.
package_depends()
{
	apt_private apt-cache depends --important --no-recommends "$1" |
		sed -n 's/^ *|\?Depends: //p' | tr -d '<>'
}

# package_fetch DEST PACKAGE[=VERSION|/SUITE]...: unpack the packages into DEST.
package_fetch()
{
	local dest=$1
	shift
	local work
	apt_ready
	mkdir -p "$dest"
	work=$(lab_mktemp)
	if [ $# -gt 4 ]; then
		say "downloading $# packages"
	else
		say "downloading $*"
	fi
	(cd "$work" && apt_private apt-get download "$@" >apt.log 2>&1) || {
		cat "$work/apt.log" >&2
		rm -rf "$work"
		die "could not download $*"
	}
	local deb
	for deb in "$work"/*.deb; do
		dpkg -x "$deb" "$dest"
	done
	rm -rf "$work"
}

# package_fetch_all DEST PACKAGE...: the same with everything they depend on,
# but those in PACKAGES_NOT: of the release, the C library is the host's, because
# what the host builds must run too.
PACKAGES_NOT='libc6|libc-bin|debconf|dpkg|perl-base|tar'

package_fetch_all()
{
	local dest=$1
	shift
	apt_ready
	local list
	list=$(apt_private apt-get install -s --no-install-recommends "$@" 2>/dev/null |
		awk '$1 == "Inst" { v = $3; sub(/^\(/, "", v); print $2 "=" v }' |
		grep -vE "^($PACKAGES_NOT)=") ||
		die "apt cannot satisfy the dependencies of: $*"
	# shellcheck disable=SC2086
	package_fetch "$dest" $list
}

host_missing()
{
	local entry
	for entry in $HOST_TOOLS; do
		command -v "${entry%%:*}" >/dev/null || echo "${entry#*:}"
	done
	for entry in $HOST_HEADERS; do
		[ -e "${entry%%:*}" ] || [ -e "/usr/include/x86_64-linux-gnu/${entry#*include/}" ] ||
			echo "${entry#*:}"
	done | sed 's/^.*://'
}

# Install packages on the host (root), or say what somebody must install.
host_install()
{
	local list="$*"
	[ "$(id -u)" = 0 ] ||
		die "these packages are missing on this machine: $list" \
			"(install them as root: apt-get install $list)"
	say "installing $list"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update >"$LAB_CACHE/install.log" 2>&1 || true
	apt-get -q -y --no-install-recommends install "$@" >>"$LAB_CACHE/install.log" 2>&1 </dev/null || {
		tail -n 20 "$LAB_CACHE/install.log" >&2
		die "apt-get could not install: $list"
	}
}

host_setup()
{
	local missing entry
	mapfile -t missing < <(host_missing | sort -u)
	[ ${#missing[@]} -eq 0 ] || with_lock host host_install "${missing[@]}"
	[ "$(id -u)" = 0 ] || return 0
	for entry in $HOST_WANTED; do
		command -v "${entry%%:*}" >/dev/null || with_lock host host_install "${entry#*:}" ||
			say "going on without ${entry#*:}"
	done
}
