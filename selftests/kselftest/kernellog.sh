#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel's checkers said so far. For runs that make allocations fail on purpose, where Linux
# itself complains (warnings, call traces) and the lab's strict look at the log is off.
. "$(dirname "$0")/tap-lib"

for pattern in 'BUG:' 'KASAN:' 'UBSAN:' 'Oops' 'possible (circular|recursive)|inconsistent lock state' \
	'sleeping function called' 'suspicious RCU usage' 'refcount_t:|list_(add|del) corruption' \
	'blocked for more than|rcu: INFO|soft lockup' 'general protection'; do
	tap_is "$(dmesg | grep -E "$pattern" | head -n 3)" "" "no line with $pattern"
done
tap_end
