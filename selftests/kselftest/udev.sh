#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The udev rule, by a real udevd: who owns the devices, and who may use them.
. "$(dirname "$0")/tap-lib"

[ "${REMORA_LAB:-0}" = 1 ] || tap_skip_all "starts a udevd of its own: in the lab only"
UDEVD=/lib/systemd/systemd-udevd
cpu=$(tap_last_cpu)
[ -n "$cpu" ] || tap_skip_all "needs a CPU besides CPU 0"
[ -x "$UDEVD" ] || tap_skip_all "no udevd"
[ -e /lib/udev/rules.d/60-remora.rules ] || tap_skip_all "the rule is not installed"
grep -q '^remora:' /etc/group || echo 'remora:x:990:user' >>/etc/group

tap_unload
"$UDEVD" --daemon || tap_skip_all "udevd does not start"
trap 'udevadm control --exit; rm -f "$TAP_TMP"' EXIT
tap_load
tap_ok "a partition" remora create kst-udev --cpus "$cpu" --memory contig:64M --start
udevadm settle --timeout=30
tap_is "$(stat -c '%a %U %G' /dev/remora)" "640 root remora" "/dev/remora"
tap_is "$(stat -c '%a %U %G' /dev/remora-kst-udev)" "660 root remora" "/dev/remora-NAME"

# "user" is a member of the group, "nobody" is not.
tap_like "$(su -s /bin/sh -c 'remora ping kst-udev --count 20' user 2>&1)" "mapped polled" "a member sends messages"
tap_like "$(su -s /bin/sh -c 'remora list' user 2>&1)" "kst-udev" "a member lists"
tap_like "$(su -s /bin/sh -c 'remora destroy kst-udev' user 2>&1)" "PERMISSION|ermission" "a member destroys nothing"
tap_like "$(su -s /bin/sh -c 'remora ping kst-udev' nobody 2>&1)" "ermission" "others open nothing"

remora destroy --force kst-udev
udevadm settle --timeout=30
tap_fails "the device went with its partition" test -e /dev/remora-kst-udev
tap_is "$(tap_ledger)" "" "the ledger is zero"
tap_end
