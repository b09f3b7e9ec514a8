# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What a kernel never writes when all is well.

LOG_BAD='WARNING:|BUG:|Oops|INFO: task .* blocked|rcu: INFO: .*(stall|detected)'
LOG_BAD+='|possible circular locking|possible recursive locking|inconsistent lock state'
LOG_BAD+='|possible irq lock inversion|suspicious RCU usage|sleeping function called'
LOG_BAD+='|KASAN:|UBSAN:|kmemleak: .*[1-9][0-9]* new suspected|unchecked MSR'
LOG_BAD+='|general protection|Call Trace:|(soft|hard) (LOCKUP|lockup)|Kernel panic'
LOG_BAD+='|ODEBUG:|refcount_t: |list_(add|del) corruption|DEBUG_LOCKS_WARN_ON'

# Print the bad lines of a log, with what follows the first; 1 when there are any.
log_check()
{
	local log=$1 count
	count=$(grep -acE "$LOG_BAD" "$log") || return 0
	say "the guest's kernel log has $count bad line(s); the first ones:"
	tr -d '\r' <"$log" | grep -aE -m 1 -A 40 "$LOG_BAD" | sed 's/^/| /' >&2
	return 1
}
