# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests need besides what the lab fetches for itself.

# command-or-file:package of the host tests.
CHECK_NEEDS="
/usr/include/cmocka.h:libcmocka-dev
make:make
gcc:gcc
rsync:rsync
spin:spin
mandoc:mandoc
g++:g++
jq:jq
python3:python3
clang:clang
/usr/share/doc/libclang-rt-dev:libclang-rt-dev
"

setup_missing()
{
	local entry
	for entry in $CHECK_NEEDS; do
		case ${entry%%:*} in
		/*) [ -e "${entry%%:*}" ] || echo "${entry#*:}" ;;
		*) command -v "${entry%%:*}" >/dev/null || echo "${entry#*:}" ;;
		esac
	done
}

setup_packages()
{
	local missing
	missing=$(setup_missing | sort -u | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	[ "$(id -u)" = 0 ] || {
		echo "check: these packages are missing: $missing (install them as root: apt-get install $missing)"
		return 1
	}
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update || true
	# shellcheck disable=SC2086
	apt-get -q -y --no-install-recommends install $missing
}

setup_all()
{
	note "setting up: packages, kernels, QEMU (first time: a few minutes)" >&3
	setup_packages && "$LAB" setup 6.1 6.12 && "$CHECK_DIR/kselftest/fetch"
}

exec 3>&1
