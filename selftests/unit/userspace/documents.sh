#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Man pages, completion, installation and the library's symbols, held against the program itself.
# usage: documents.sh BUILD_DIR; prints TAP

set -uo pipefail
bin=$(realpath "$1")
top=$(realpath "$(dirname "$0")/../../..")
user=$top/userspace
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

verdict() { # NAME STATUS
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=1
		sed 's/^/# /' "$work/err"
	fi
}

skip() { # NAME WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

verbs() { "$bin/remora" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }
options() { "$bin/remora" "$@" --help | sed -n 's/^  \(-., \|    \)--\([a-z-]*\).*/\2/p'; }

# The part of remora(1) about a verb.
section() { sed -n "/^\.Ss $1\b/,/^\.S[sh]/p" "$user/man/remora.1"; }

for page in "$user"/man/*.[1-9]; do
	if command -v mandoc >"$work/err"; then
		mandoc -T lint -W warning "$page" >"$work/err" 2>&1
		verdict "mandoc: $(basename "$page")" $?
	else
		skip "mandoc: $(basename "$page")" "mandoc is not installed"
	fi
done

benches() { "$bin/remora" bench --help | sed -n '/^benchmarks:/,$s/^  \([a-z]*\) .*/bench \1/p'; }
{ verbs | grep -vx bench; benches; } >"$work/verbs"
while read -r words; do
	: >"$work/err"
	section "$words" >"$work/section"
	[ -s "$work/section" ] || echo "no section" >"$work/err"
	# shellcheck disable=SC2086
	for option in $(options $words | grep -v '^help$'); do
		grep -q -- "-$option\b" "$work/section" || echo "--$option" >>"$work/err"
	done
	! [ -s "$work/err" ]
	verdict "remora(1) has $words and its options" $?
done <"$work/verbs"

# Every request of the devices stands in remora(4).
: >"$work/err"
for request in $(sed -n 's/^#define \(REMORA_IOC_[A-Z_]*\) _IO.*/\1/p' "$top"/kmod/include/uapi/linux/*.h); do
	grep -q "$request\b" "$user/man/remora.4" || echo "$request" >>"$work/err"
done
! [ -s "$work/err" ]
verdict "remora(4) has all requests" $?

# Every function of the headers has a manual entry, and is exported; nothing else is.
sed -n 's/^[a-z].*[ *]\(remora_[a-z_]*\)(.*/\1/p' "$user"/include/remora/*.h | sort -u \
	>"$work/declared"
sed -n 's/^\.F[no] \(remora_[a-z_]*\).*/\1/p' "$user"/man/*.3 | sort -u >"$work/described"
diff "$work/declared" "$work/described" >"$work/err"
verdict "section 3 describes what the headers declare" $?

make -s -C "$user" BUILD="$work/build" >"$work/err" 2>&1
verdict "userspace builds" $?
nm -D --defined-only "$work/build/libremora.so.0" | sed -n 's/.* T \([a-z_]*\)@.*/\1/p' | sort -u \
	>"$work/exported"
diff "$work/declared" "$work/exported" >"$work/err"
verdict "the library exports what the headers declare" $?

make -s -C "$user" BUILD="$work/build" DESTDIR="$work/root" PREFIX=/opt/remora install >"$work/err" 2>&1
verdict "install" $?
cat >"$work/use.cc" <<'C'
#include <remora/remora.h>
#include <urpc/chan.h>
#include <cstdio>
int main()
{
	uint32_t cpus[REMORA_CPUS_MAX], count;

	std::puts(remora_state_name(REMORA_RUNNING));
	return remora_parse_cpus("1-3", cpus, &count, nullptr) || count != 3;
}
C
(
	export PKG_CONFIG_PATH=$work/root/opt/remora/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root
	if command -v pkg-config >/dev/null; then
		flags=$(pkg-config --cflags --libs libremora)
	else
		flags="-I$work/root/opt/remora/include -L$work/root/opt/remora/lib -lremora"
	fi
	# shellcheck disable=SC2086
	g++ -Wall -Wextra -Werror -o "$work/use" "$work/use.cc" $flags &&
		LD_LIBRARY_PATH=$work/root/opt/remora/lib "$work/use" | grep -q '^running$'
) 2>"$work/err"
verdict "a C++ program builds with the installed files and runs" $?

# Every example, out of the tree, with the installed files alone; C++ with all warnings there are.
examples_build()
{
	local file flags
	export PKG_CONFIG_PATH=$work/root/opt/remora/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root
	if command -v pkg-config >/dev/null; then
		flags=$(pkg-config --cflags --libs libremora)
	else
		flags="-I$work/root/opt/remora/include -L$work/root/opt/remora/lib -lremora"
	fi
	mkdir "$work/examples"
	cp "$user"/examples/* "$work/examples/"
	cd "$work/examples" || return 1
	for file in *.c; do
		# shellcheck disable=SC2086
		gcc -std=gnu11 -Wall -Wextra -Werror -o "${file%.c}" "$file" $flags || return 1
	done
	for file in *.cc; do
		# shellcheck disable=SC2086
		g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -o "${file%.cc}" "$file" $flags || return 1
	done
}
(examples_build) >"$work/err" 2>&1
verdict "the examples build out of the tree" $?
for example in "$work"/examples/*.c*; do
	example=${example%.*}
	LD_LIBRARY_PATH=$work/root/opt/remora/lib "$example" >"$work/err" 2>&1
	[ $? = 2 ] && grep -q '^usage: ' "$work/err"
	verdict "example $(basename "$example") runs" $?
done

# The map names every exported function, and nothing that is not there.
sed -n '/^global:/,/^local:/s/^\t\(.*\);$/\1/p' "$user/lib/libremora.map" >"$work/patterns"
: >"$work/err"
while read -r pattern; do
	grep -q "^${pattern//\*/.*}\$" "$work/exported" || echo "$pattern matches nothing" >>"$work/err"
done <"$work/patterns"
! [ -s "$work/err" ]
verdict "each line of the symbol map exports something" $?

# The udev rule and its group are installed, and udev understands the rule.
rules=$work/root/opt/remora/lib/udev/rules.d/60-remora.rules
grep -q '^g remora ' "$work/root/opt/remora/lib/sysusers.d/remora.conf" && grep -q 'GROUP="remora"' "$rules"
verdict "the udev rule and the group are installed" $?
if udevadm verify --help >/dev/null 2>&1; then
	udevadm verify "$rules" >"$work/err" 2>&1
	verdict "udevadm verify" $?
else
	skip "udevadm verify" "this udevadm has no verify"
fi

# The module and remora check know the same kernels.
versions() { grep -o "$1 .*" "$2" | grep -o '[0-9]\+, [0-9]\+' | awk -F', ' '{ print $1 * 1000 + $2 }'; }
probe=$user/cli/probe_platform.c compat=$top/kmod/compat/compat.h
[ "$(versions REMORA_TESTED_FIRST "$compat")" = "$(sed -n 's/#define KERNEL_OLDEST //p' "$probe")" ] &&
	[ "$(versions REMORA_TESTED_LAST "$compat")" = "$(sed -n 's/#define KERNEL_NEWEST //p' "$probe")" ]
verdict "check and the module name the same tested kernels" $?

mkdir "$work/bin"
cp "$work/build/remora" "$work/bin/remora"
complete_line() { # WORDS...: completions of the last word
	PATH=$work/bin:$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_remora; printf "%s\n" "${COMPREPLY[@]}"' \
		"$work/root/opt/remora/share/bash-completion/completions/remora" "$@" 2>"$work/err"
}
completes() { # WANTED WORDS...
	# No pipe: grep leaves at the first match, and pipefail would count what its writer gets.
	grep -qx -- "$1" <<<"$(complete_line "${@:2}")"
	verdict "completion: ${*:2} -> $1" $?
}
completes create remora cr
completes --memory remora create x --me
completes scribble remora inject x --kind s
completes crashed remora wait x --state c
completes CPU_ZERO remora explain CPU_
completes wakeup remora bench ''
completes shootdown remora bench s
completes --protocol remora bench shootdown --pr
completes numa remora bench shootdown --protocol n
completes --weight remora run x --we
completes remove-memory remora help remove-m
completes --core remora add-memory x 64M --c
completes --timeout remora remove-memory x --t
completes blocking remora ping x --mode b
[ "$(complete_line remora '' | sort)" = "$(verbs | sort)" ]
verdict "completion: all verbs" $?

echo "1..$count"
exit $failed
