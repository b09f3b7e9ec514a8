#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `remora run` refuses, with which status and which sentence. Nothing of it is left on a core.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

HELLO=$PROGRAMS/remora/hello
run=(timeout 60 remora run)

# Little-endian number of $3 bytes at offset $2 of file $1.
number()
{
	od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# spoilt NAME OFFSET BYTE...: a copy of hello with other bytes (octal) there
spoilt()
{
	local name=$1 offset=$2
	shift 2
	cp "$HELLO" "$WORK/$name"
	printf "$(printf '\\%s' "$@")" | dd of="$WORK/$name" bs=1 seek="$offset" conv=notrunc 2>/dev/null
}

# headers TYPE: offsets of the program headers of that type
headers()
{
	local i count at
	count=$(number "$HELLO" 56 2)
	for ((i = 0; i < count; i++)); do
		at=$(($(number "$HELLO" 32 8) + 56 * i))
		[ "$(number "$HELLO" $at 4)" != "$1" ] || echo $at
	done
}

# refuses NAME PATTERN ARGS...: of remora run; 126: a file that is no program, 127: there is none, 125: else
refuses()
{
	local name=$1 pattern=$2
	shift 2
	says "$name" "${STATUS:-125}" "$pattern" "${run[@]}" "$@"
}

# bad NAME PATTERN [FILE]
bad()
{
	STATUS=126 refuses "$1" "$2" $PART "$WORK/${3:-$1}"
}

programs_begin 2
mapfile -t load < <(headers 1)
first=${load[0]} second=${load[1]}

echo "no ELF" >"$WORK/text"
bad text "not an ELF"
: >"$WORK/empty"
bad empty "not an ELF|empty"
head -c 20 "$HELLO" >"$WORK/header"
bad header "cut off"
head -c 5000 "$HELLO" >"$WORK/short"
bad short "cut off|too short"
spoilt class 4 001
bad class "64-bit"
spoilt machine 18 267 000
bad machine "another machine"
spoilt shared 16 003
bad shared "static executable"
spoilt phnum 56 000 000
bad phnum "program headers"
spoilt phnum-many 56 377 377
bad phnum-many "program headers"
spoilt phoff 32 000 000 000 000 001
bad phoff "program headers"
spoilt entry 24 000 000 000 000 000 200 377 377
bad entry "entry point"
spoilt overlap $((second + 16)) 000 000 100 000
bad overlap "overlap|ascending|share a page"
spoilt low $((first + 16)) 000 020 000 000
bad low "outside of the addresses"
spoilt kernel $((second + 16)) 000 000 000 200 377 377 377 377
bad kernel "outside of the addresses"
spoilt huge $((second + 40)) 000 000 000 000 000 001
bad huge "outside of the addresses"
spoilt rwx $((second + 4)) 007
bad rwx "writable and executable"
STATUS=126 refuses "dynamically linked" "dynamically linked" $PART /usr/bin/bash
note=$(number "$HELLO" $(($(headers 4) + 8)) 8)
spoilt linux $((note + 12)) 114
bad linux "a program for Linux, one that remora-cc has linked"
spoilt revision $((note + 20)) 001
bad revision "another version of Remora"
last=${load[-1]}
spoilt large $((last + 32)) 000 000 000 006
printf '\000\000\000\010' | dd of="$WORK/large" bs=1 seek=$((last + 40)) conv=notrunc 2>/dev/null
truncate -s 120M "$WORK/large"
refuses "a file that is too large" "at most 67108864" $PART "$WORK/large"
rm "$WORK/large"
spoilt bss $((last + 40)) 000 000 000 020
refuses "more variables than memory" "memory" $PART "$WORK/bss"
STATUS=127 refuses "no such file" "No such file|there is no" $PART "$WORK/none"
STATUS=126 refuses "a directory" "directory|regular file" $PART "$WORK"

refuses "a core that is not in the partition" "CORE_UNKNOWN" $PART --core $((${#CORES[@]} + 1)) "$HELLO"
refuses "a core that does not exist" "CORE_UNKNOWN|core" $PART --core 4000 "$HELLO"
says "node 0 is no core" '2|125' "core" "${run[@]}" $PART --core 0 "$HELLO"
refuses "more memory than the core has" "memory" $PART --memory 8G "$HELLO"
refuses "too little memory" "memory" $PART --memory 64K "$HELLO"
refuses "arguments without end" "argument" $PART "$HELLO" "$(head -c 5000 /dev/zero | tr '\0' x)"
says "no such partition" '3|125' "there is no partition" "${run[@]}" kst-none "$HELLO"
says "nothing to run" 125 "a program is missing" "${run[@]}" $PART
says "an unknown option" 125 "no option '--nonsense'" "${run[@]}" $PART --nonsense "$HELLO"

remora run $PART --core "${CORES[0]}" --name twin --memory 1M "$PROGRAMS/remora/hostile" loop </dev/null &
twin=$!
wait_shown twin
refuses "a name twice" "name|exists" $PART --core "${CORES[0]}" --name twin "$HELLO"

# Programs until there is no room for one more: the others go on.
background "${CORES[0]}" hostile sleep
many=$!
wait_shown hostile
refuses "no memory left for one more" "memory" $PART --core "${CORES[0]}" --memory 48M "$HELLO"
says "a small one still runs" 0 "Hello" on "${CORES[0]}" hello
kill -INT $many $twin
wait $many $twin
says "and then the large one runs" 0 "Hello" "${run[@]}" $PART --core "${CORES[0]}" --memory 48M "$HELLO"

remora stop $PART >/dev/null 2>&1
says "a partition that does not run" 125 "does not run" "${run[@]}" $PART "$HELLO"
remora start $PART >/dev/null 2>&1
says "and again after a start" 0 "Hello" on "" hello
programs_end
