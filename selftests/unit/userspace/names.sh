# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # work is cli.sh's
# remora names with the fake module. Read by cli.sh.

echo "# names"
export FAKE_STATE=$work/named
program=remora-fake
expect 3 'there is no partition' names a
expect 0 '' create a -c 1,2 -m 64M
expect 0 '' names a
expect_json 0 '. == []' names a --json
export FAKE_NAMES=5
expect 0 '^KIND       OWNER      NAME                     VALUE$' names a
expect 0 '^barrier    3:1        meeting                  2 of 4 have come$' names a
expect 0 '^lock       0:5        disk.lock                $' names a
expect 0 '^record     1:-        disk.size                11 0 0 44 (anybody may write it)$' names a
expect 0 '^semaphore  2:7        seats                    3 may pass$' names a
expect 0 '^record     0:5        evil\\x1b\[31m" *1 0 0 0$' names a
expect_json 0 'map(.name) == ["disk.lock", "disk.size", "evil\u001b[31m\"", "meeting", "seats"]' names a --json
expect_json 0 'map(.kind) == ["lock", "record", "record", "barrier", "semaphore"]' names a --json
expect_json 0 '.[1] | .value == [11, 0, 0, 44] and .shared == 1 and .node == 1 and has("domain") == false and
	.version == 9' names a --json
expect_json 0 'map(.name) == ["disk.lock", "disk.size"] and .[0].domain == 5' names a disk. --json
expect 0 '' names a none
expect 2 'one argument too many' names a b c
expect 2 'an argument is missing' names
expect 1 'NAMES_INVALID, EINVAL' names a "$(printf '%064d' 1)"
FAKE_NAMES=6 expect 1 'fake words: gone (PARTITION_GONE, ENODEV' names a
FAKE_FAIL=94 expect 1 'fake words about NAMES_USER (NAMES_USER, EDQUOT' names a
FAKE_OLD=1 expect 1 'ENOTTY' names a
expect 0 'at most 32 names' explain NAMES_RECORDS
unset FAKE_NAMES
