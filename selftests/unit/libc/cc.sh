#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# remora-cc: from the tree, installed somewhere, and without what it needs. Prints TAP.
set -uo pipefail
ROOT=$(cd "$(dirname "$0")/../../.." && pwd)
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
N=0 FAILED=0

# result NAME: by the status before it
result()
{
	local status=$?
	N=$((N + 1))
	if [ $status = 0 ]; then
		echo "ok $N $1"
	else
		echo "not ok $N $1"
		[ ! -s "$W/out" ] || sed 's/^/# /' "$W/out"
		FAILED=1
	fi
}

# A program as the monitor takes it: static, fixed addresses, the library's entry.
is_program()
{
	local head
	head=$(readelf -hlW "$1" 2>&1)
	[[ $head = *"EXEC (Executable file)"* && $head != *INTERP* && $head != *DYNAMIC* &&
		$head = *0x0000000000400000* && $head != *RWE* ]] &&
		[ "$(nm "$1" | awk '$3 == "rt_start" { print $1 }')" = \
			"$(printf %016x "$(awk '/Entry point/ { print $NF }' <<<"$head")")" ]
}

# all_ways CC: what people do with a compiler
all_ways()
{
	local cc=$1
	cd "$W" || exit 1
	rm -f a.out ./*.o
	"$cc" -O2 -o hello hello.c >out 2>&1 && is_program hello
	result "$2: one command makes a program"
	"$cc" hello.c >out 2>&1 && is_program a.out
	result "$2: a.out"
	"$cc" -c -Wall -Werror -DHALF=2 -Iinc part.c >out 2>&1 && "$cc" -c hello.c >>out 2>&1 &&
		"$cc" -pthread -o two part.o hello.o -lm >>out 2>&1 && is_program two
	result "$2: several steps, -I, -D, -pthread, -lm"
	[ "$(printf '#include <features.h>\nis __GLIBC__ __restrict\n' | "$cc" -E -P -x c - 2>out |
		tail -n 1)" = "is __GLIBC__ restrict" ]
	result "$2: -E -x c -, with musl's headers"
	[[ "$("$cc" -S -o - hello.c 2>out)" = *main:* ]] && ! "$cc" -o none nothing.c >out 2>&1 &&
		[[ "$(<out)" = *nothing.c* ]]
	result "$2: -S, and a file that is not there"
	[ "$("$cc" -dumpmachine 2>&1)" = "$(gcc -dumpmachine)" ]
	result "$2: -dumpmachine"
}

mkdir "$W/inc"
echo '#define WHOLE 4' >"$W/inc/whole.h"
printf '#include <math.h>\n#include <whole.h>\ndouble part(double x) { return sqrt(x) * WHOLE / HALF; }\n' >"$W/part.c"
printf '#include <stdio.h>\nint main(void) { printf("hello\\n"); return 0; }\n' >"$W/hello.c"

make -s -C "$ROOT/partition" libc >"$W/out" 2>&1
result "the libraries are built"
all_ways "$ROOT/partition/tools/remora-cc" "from the tree"
make -s -C "$ROOT/partition" install-cc PREFIX="$W/prefix" >"$W/out" 2>&1
result "it is installed"
all_ways "$W/prefix/bin/remora-cc" installed
P=$W/prefix/lib/remora/programs
make -s -C "$ROOT/partition/apps" install PREFIX="$W/prefix" >"$W/out" 2>&1 && [ -x "$P/remora/fwq" ] &&
	[ -x "$P/remora/lrpcbench" ] && "$P/linux/fwq" -t 1000000 >"$W/out" 2>&1
result "the programs of remora bench are installed"
mkdir "$W/clock" && cp "$ROOT"/partition/apps/clock/* "$W/clock" && cd "$W/clock" &&
	"$W/prefix/bin/remora-interface" -o . clock.if >"$W/out" 2>&1 &&
	"$W/prefix/bin/remora-cc" -O2 -I. -o clock ./*.c >>"$W/out" 2>&1 && is_program clock
result "a program with an interface of its own, by the installed tools"
cd "$W" || exit 1
ln -s "$W/prefix/bin/remora-cc" "$W/link"
"$W/link" -o "$W/linked" "$W/hello.c" >"$W/out" 2>&1 && is_program "$W/linked"
result "through a link"

CC=$W/prefix/bin/remora-cc
[[ "$("$CC" --help)" = *"usage: remora-cc"* && "$("$CC" --version)" = "remora-cc "*gcc* ]]
result "--help and --version"
for option in -shared -static-pie -m32; do
	! "$CC" $option "$W/hello.c" >"$W/out" 2>&1 && [[ "$(<"$W/out")" = "remora-cc: $option: "* ]]
	result "$option is refused"
done
! REMORA_GCC=no-such-gcc "$CC" "$W/hello.c" >"$W/out" 2>&1 && [[ "$(<"$W/out")" = *"install the package gcc"* ]]
result "without gcc: says what to install"
sed -i "s|/[^ ]*/crt1.o|$W/nowhere/crt1.o|" "$W/prefix/lib/remora/remora.specs"
! "$CC" "$W/hello.c" >"$W/out" 2>&1 && [[ "$(<"$W/out")" = *"install the package musl-dev"* ]]
result "without musl: says what to install"
rm "$W/prefix/lib/remora/remora.specs"
! "$CC" "$W/hello.c" >"$W/out" 2>&1 && [[ "$(<"$W/out")" = *"no remora.specs"* ]]
result "without its own files: says so"
echo "1..$N"
exit $FAILED
