# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # work and status are cli.sh's
# remora run, ps and kill with a fake core. Read by cli.sh.

echo "# programs"
export FAKE_STATE=$work/spawned
program=remora-fake
prog=$work/prog
# noted REVISION: a program with the note by which those of partitions are known
noted() {
	cat <<END
__asm__(".section .note.remora, \"a\", @note\n.balign 4\n.long 7, 4, 1\n.asciz \"Remora\"\n.balign 4\n"
	".long $1\n.text");
int main(void) { return 0; }
END
}
noted 2 | gcc -static -no-pie -x c -o "$prog" -
noted 1 | gcc -static -no-pie -x c -o "$work/revision" -
gcc -static -no-pie -x c -o "$work/linux" - <<<'int main(void) { return 0; }'
gcc -x c -o "$work/dynamic" - <<<'int main(void) { return 0; }'
gcc -static-pie -x c -o "$work/pie" - <<<'int main(void) { return 0; }' || cp "$work/dynamic" "$work/pie"
spoil() { # FILE OFFSET BYTES: the program with other bytes there
	cp "$prog" "$work/$1"
	# shellcheck disable=SC2059
	printf "$3" | dd of="$work/$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
spoil magic 0 x
spoil class 4 '\001'
spoil machine 18 '\267'
spoil headers 56 '\377'
: >"$work/empty"
printf '\177ELF' >"$work/short"

# runs STATUS STDOUT STDERR ARGS...: what the program writes, to the byte; '-': anything
runs() {
	run "$program" run "${@:4}"
	[ "$status" = "$1" ] && { [ "$2" = - ] || [ "$(cat "$work/out")" = "$2" ]; } &&
		{ [ "$3" = - ] || grep -q -- "^$3\$" "$work/err" || { [ -z "$3" ] && ! [ -s "$work/err" ]; }; }
	verdict "run ${*:4} -> $1, $2, $3" $?
}

expect 125 'there is no partition' run a "$prog"
expect 0 '' create a -c 1,2 -m 64M
expect 125 'PARTITION_DEAD' run a "$prog"
expect 7 'PARTITION_DEAD' ps a
expect 7 'PARTITION_DEAD' kill a 1:1
expect 0 '' start a

echo "# the command line"
expect 125 'an argument is missing' run
expect 125 'a program is missing' run a
expect 125 'a program is missing' run a --
expect 125 'a program is missing' run a --core 2
expect 125 'needs an argument' run a --core
expect 125 'a number from 1 to 63' run a --core 0 "$prog"
expect 125 'CORE_UNKNOWN, ECHRNG' run a --core 3 "$prog"
expect 125 'such as 32M' run a --memory many "$prog"
expect 125 'such as 32M' run a --memory 0 "$prog"
expect 125 'BUDGET/PERIOD' run a --soft 5 "$prog"
expect 125 'BUDGET/PERIOD' run a --hard 5/6x "$prog"
expect 125 'BUDGET/PERIOD' run a --hard 5/-6 "$prog"
expect 125 'BUDGET/PERIOD' run a --hard '5/ 6' "$prog"
expect 125 'exclude each other' run a --hard 5/6 --weight 3 "$prog"
expect 125 'NAME=VALUE' run a --env X "$prog"
expect 125 'a name was expected' run a --name '' "$prog"
expect 125 'is too long' run a --name "$(printf '%032d' 1)" "$prog"
run "$program" run a "$prog" "$(printf '%05000d' 1)"
[ "$status" = 125 ] && grep -q 'too long, at most 4096 bytes' "$work/err"
verdict "run with arguments of 5000 bytes" $?
expect 0 'usage: remora run' run --help
expect 0 '^\[--help\]$' run a "$prog" tell --help
expect 0 '^\[-e\]$' run a -e A=b "$prog" tell -e
expect 0 '^\[A=b\]$' run --env A=b a "$prog" tell
expect 0 'name=n1 ram=33554432 class=0 weight=7 budget=0 period=0 argc=2 environ=0' \
	run a --mem 32M --name n1 -w 7 -- "$prog" tell
expect 0 'class=2 weight=0 budget=20 period=1000' run a --hard 20/1000 "$prog" tell
expect 0 'class=1 weight=0 budget=30 period=900' run a --soft=30/900 "$prog" tell

echo "# the file"
expect 127 'No such file' run a "$work/none"
expect 126 'no regular file' run a "$work"
mkfifo "$work/fifo"
expect 126 'no regular file' run a "$work/fifo"
expect 126 'the file is empty' run a "$work/empty"
expect 126 'not an ELF file' run a "$work/magic"
expect 126 'cut off within' run a "$work/short"
expect 126 'not a 64-bit' run a "$work/class"
expect 126 'for another machine' run a "$work/machine"
expect 126 'bad program headers' run a "$work/headers"
expect 126 'dynamically linked' run a "$work/dynamic"
expect 126 'a program for Linux, one that remora-cc has linked' run a "$work/linux"
expect 126 'another version of Remora' run a "$work/revision"
expect 126 'not a static executable\|dynamically linked' run a "$work/pie"
# What is sent ends with the last segment, and is the file's bytes.
want=$(python3 - "$prog" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
at, size, count = struct.unpack_from("<Q", data, 32)[0], 56, struct.unpack_from("<H", data, 56)[0]
end = 0
for i in range(count):
    kind, _, offset, _, _, bytes_, _, _ = struct.unpack_from("<IIQQQQQQ", data, at + i * size)
    end = max(end, offset + bytes_) if kind == 1 else end
total = 0
for byte in data[:end]:
    total = (total * 31 + byte) & 0xffffffff
print(f"sum={total} bytes={end}")
P
)
expect 0 "$want" run a "$prog" tell

echo "# streams, ends"
runs 9 '' leaving a "$prog" exit 9
runs 0 - '' a "$prog" flood
[ "$(cksum <"$work/out")" = "$(for ((i = 0; i < 300000; i++)); do printf 0123456789; done | cksum)" ]
verdict "all of the output came, in order" $?
runs 139 '' 'remora: run: .*prog died: page fault: \\x1b\[2Jwrite to 0x8' a "$prog" die
runs 125 '' 'remora: run: the core broke the protocol (EPROTO)' a "$prog" junk
runs 125 '' 'remora: run: the core broke the protocol (EPROTO)' a "$prog" status
FAKE_REFUSE=12 expect 125 'prog: fake words of core 1 (ENOMEM)' run a "$prog"
FAKE_REFUSE=8 expect 126 'fake words of core 1 (ENOEXEC)' run a "$prog"
FAKE_REFUSE=0 expect 125 'EPROTO' run a "$prog"
FAKE_NO_SPAWN=1 expect 125 'SERVICE_UNKNOWN' run a "$prog"
FAKE_NO_SPAWN=1 expect 1 'SERVICE_UNKNOWN' ps a
FAKE_BUSY=1 FAKE_REFUSE=12 expect 125 'core 2 (ENOMEM)' run a "$prog"
FAKE_BUSY=2 FAKE_REFUSE=12 expect 125 'core 1 (ENOMEM)' run a "$prog"
FAKE_BUSY=1 FAKE_REFUSE=12 expect 125 'core 1 (ENOMEM)' run a -c 1 "$prog"
: >"$work/err"
[ "$(seq 30000 | timeout 60 "$bin/remora-fake" run a "$prog" cat 2>"$work/err" | cksum)" = "$(seq 30000 | cksum)" ]
verdict "input comes back, all of it" $?
[ "$(seq 3 | { timeout 60 "$bin/remora-fake" run a "$prog" exit 0 2>"$work/err"; cat; })" = "$(seq 3)" ]
verdict "a program that reads nothing takes nothing" $?
# More messages than the channel has room for, while the core does nothing: none is lost, nor the end.
python3 -c 'import os, time
for i in range(12000):
    os.write(1, b"x")
    end = time.monotonic() + 2e-5
    while time.monotonic() < end: pass' |
	timeout 60 "$bin/remora-fake" run a "$prog" late >"$work/out" 2>"$work/err"
[ "${PIPESTATUS[1]} $(cat "$work/out")" = "5 12000" ]
verdict "input for a core that has no time yet" $?
timeout 60 "$bin/remora-fake" run a "$prog" cat <&- >"$work/out" 2>"$work/err"
[ $? = 5 ]
verdict "no input at all is its end" $?
timeout 60 "$bin/remora-fake" run a "$prog" flood 2>"$work/err" | head -c 100 >"$work/out"
[ "${PIPESTATUS[0]}" = 141 ]
verdict "nobody reads the output any more" $?
timeout 60 "$bin/remora-fake" run a "$prog" flood 2>"$work/err" >/dev/full
[ $? = 125 ] && grep -q 'cannot write the output' "$work/err"
verdict "the output cannot be written" $?

# On a terminal: it is told so, lines come back while it runs, ^D ends the input, ^C the program.
on_terminal() { # STATUS PYTHON: pairs of what is waited for and what is typed then
	timeout 60 python3 - "$1" "$2" "$bin/remora-fake" run a "$prog" "${@:3}" >"$work/out" 2>"$work/err" <<'P'
import os, pty, sys
pid, fd = pty.fork()
if not pid:
    os.execv(sys.argv[3], sys.argv[3:])
seen = b""
def read():
    global seen
    try:
        seen += os.read(fd, 4096)
    except OSError: # the other side is closed
        return False
    return True
for expected, typed in eval(sys.argv[2]):
    while expected not in seen:
        if not read():
            sys.exit(f"{expected!r} did not come: {seen!r}")
    seen = seen[seen.index(expected) + len(expected):]
    os.write(fd, typed)
while read():
    pass
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if code != int(sys.argv[1]):
    sys.exit(f"ended with {code}: {seen!r}")
P
	verdict "on a terminal: ${*:3} -> $1" $?
}
on_terminal 0 '[(b"[REMORA_TTY=012]", b"")]' tell
on_terminal 5 '[(b"", b"one\n"), (b"one\r\none\r\n", b"two\n"), (b"two\r\ntwo\r\n", b"\x04")]' cat
on_terminal 130 '[(b"spinning", b"\x03")]' spin
on_terminal 130 '[(b"", b"one\n"), (b"one\r\none\r\n", b"\x03")]' cat

# signalled STATUS COUNT SIGNAL WORD: so many signals to a program that runs
signalled() {
	local pid i
	: >"$work/out"
	"$bin/remora-fake" run a "$prog" "$4" >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	for ((i = 0; i < 3000; i++)); do
		grep -q spinning "$work/out" && break
		sleep 0.02
	done
	for ((i = 0; i < $2; i++)); do
		kill "-$3" "$pid"
		sleep 0.1
	done
	wait "$pid"
	[ $? = "$1" ]
	verdict "$2 times $3 ends $4 with $1" $?
}
set +m
signalled 130 1 TERM spin
trap - INT # a background job of a script ignores SIGINT otherwise
signalled 130 2 TERM stubborn
signalled 130 1 TERM stubborn

echo "# ps, kill"
expect 0 '^core 2: domains 0 ram_free 52428800 ram_total 62914560 caps 123 kernel_pages 7 spawned 9$' ps a
FAKE_BUSY=2 expect 0 '^  2:1 *runnable *1.500 *16M prog\\x1b1$' ps a
FAKE_BUSY=2 expect_json 0 '.[1].programs[1] | .id == 2 and .node == 2 and .state == "asleep" and
	.memory == 16777216 and .name == "prog\u001b2"' ps a --json
expect_json 0 'map(.core) == [1, 2] and .[0].caps == 123 and .[0].ram_free == 52428800' ps a --json
expect_json 0 'map(.core) == [2]' ps a --json --core 2
expect 1 'CORE_UNKNOWN' ps a --core 9
FAKE_ENTRIES=1024 expect 0 'domains 1024 ' ps a
FAKE_ENTRIES=1025 expect 1 'EPROTO' ps a
expect 0 '' kill a 1:7
expect 1 'still being loaded (EAGAIN)' kill a 1:8
expect 1 'there is no program 2:9 (ENOENT)' kill a 2:9
expect 1 'CORE_UNKNOWN' kill a 3:1
for word in 7 1: :7 0:1 1:0 1:x 1:7x -1:7; do
	expect 2 'NODE:ID was expected\|no option' kill a "$word"
done
FAKE_DENY=1 expect 125 'no permission' run a "$prog"
expect 0 '' destroy --force a
unset FAKE_STATE
