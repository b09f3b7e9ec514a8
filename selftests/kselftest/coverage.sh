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

for call in $(awk '{ print $1 }' <<<"$documented" | sort -u); do
	tap_is "$(comm -23 <(grep "^$call " <<<"$documented") <(printf '%s\n%s\n' "$seen" "$elsewhere" | sort -u) | paste -sd' ')" "" \
		"$call ended in every documented way"
done
tap_is "$(comm -13 <(echo "$documented") <(echo "$seen") | paste -sd' ')" "" \
	"no call ended in another way"
tap_end
