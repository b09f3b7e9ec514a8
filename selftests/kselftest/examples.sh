#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The examples of libremora, built as users build them, on a real partition: what each says. By root,
# and by a user who has the device and nothing else.
. "$(dirname "$0")/tap-lib"

EXAMPLES=${REMORA_EXAMPLES:-/usr/lib/remora/examples}
cpu=$(tap_last_cpu)
[ -n "$cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
command -v remora >/dev/null || tap_skip_all "no remora command"
[ -x "$EXAMPLES/echo" ] || tap_skip_all "no examples in $EXAMPLES"
tap_load
tap_ok "a partition" remora create kst-ex --cpus "$cpu" --memory contig:64M --start

says()
{
	tap_is "$(timeout 300 "${@:2}" 2>&1)" "$1" "$(basename "$2") ${*:3}"
}

says "hello core" "$EXAMPLES/echo" kst-ex "hello core"
says "core 1 answers" "$EXAMPLES/events" kst-ex
says $'sum of 1000 messages: 499500\nlongest message: 1792 bytes' "$EXAMPLES/batch" kst-ex
says 1 "$EXAMPLES/names" kst-ex 1
together=$(for i in 1 2 3; do timeout 300 "$EXAMPLES/names" kst-ex 3 2>&1 & done | sort)
tap_is "$together" $'1\n2\n3' "three names at a time count and meet"
tap_is "$(remora names kst-ex)" "" "and leave no name"

# With programs on the core: services of the one and of the other.
pair=${REMORA_PROGRAMS:-/usr/lib/remora/programs}/remora/pair
if [ -x "$pair" ]; then
	timeout 300 remora run kst-ex --core 1 "$pair" serve example.core --count 1 >/dev/null 2>&1 </dev/null &
	server=$!
	says "core 1 answered 100 times" "$EXAMPLES/connect" kst-ex example.core 77 1
	wait $server
	timeout 300 "$EXAMPLES/offer" kst-ex example.linux 77 1 1 >"$TAP_TMP" 2>&1 &
	server=$!
	tap_like "$(timeout 300 remora run kst-ex --core 1 "$pair" connect example.linux --wait --count 20 2>&1 </dev/null)" \
		"done" "a program on the core is served by Linux"
	wait $server
	# The last one says that it was all: its echo may come too late.
	tap_like "$?: $(cat "$TAP_TMP")" "^0: 2[01] messages" "and Linux served it"
fi
tap_fails "no such partition" "$EXAMPLES/batch" nowhere

# As somebody else: the file's mode decides.
as_user()
{
	su -s /bin/sh -c "$1" user 2>&1
}
chmod 0600 /dev/remora-kst-ex
tap_like "$(as_user "$EXAMPLES/echo kst-ex hello")" "Permission denied" "others are kept out"
chown :user /dev/remora-kst-ex
chmod 0660 /dev/remora-kst-ex
tap_is "$(as_user "$EXAMPLES/echo kst-ex hello")" hello "a member sends messages"
tap_like "$(as_user "remora stop kst-ex")" "PERMISSION|Permission|not permitted" "and stops nothing"
tap_like "$(as_user "remora ping kst-ex --count 20 --mode blocking")" "mapped blocking" "remora ping by a member"

tap_ok "the partition goes" remora destroy --force kst-ex
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
