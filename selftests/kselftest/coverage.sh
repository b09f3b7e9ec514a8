#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Did the tests of this run meet each way a call can end, and only documented ones? To be run after
# `all`, with REMORA_SEEN set to a file for both: see record.c.
. "$(dirname "$0")/tap-lib"

[ -n "${REMORA_SEEN:-}" ] || tap_skip_all "REMORA_SEEN is not set"
table=$(dirname "$0")/errors.table
[ ! -d /out ] || cp "$REMORA_SEEN" /out/seen

# The calls' names; the ways that are documented; of those, the ones that some other run meets.
documented=$(awk '!/^#/ && NF { print $1, $2 }' "$table" | sort -u)
elsewhere=$(awk '!/^#/ && $3 == "!" { print $1, $2 }' "$table" | sort -u)
seen=$(sort -u "$REMORA_SEEN")

# Lines of the first file that the second has not.
minus()
{
	awk 'FILENAME == ARGV[1] { have[$0] = 1; next } NF && !($0 in have)' "$2" "$1"
}

tap_is "$(minus <(printf '%s\n' a b) <(echo a))" b "what is missing would be seen"
tap_is "$([ "$(wc -l <<<"$seen")" -gt 50 ] && echo many)" many "calls were recorded"
for call in $(awk '{ print $1 }' <<<"$documented" | sort -u); do
	tap_is "$(minus <(grep "^$call " <<<"$documented") <(printf '%s\n' "$seen" "$elsewhere") | tr '\n' ' ')" "" \
		"$call ended in every documented way"
done
tap_is "$(minus <(echo "$seen") <(echo "$documented") | tr '\n' ' ')" "" \
	"no call ended in another way"
tap_end
