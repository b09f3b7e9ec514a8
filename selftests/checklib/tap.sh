# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Judgement of a job's output: TAP, in segments between marker lines where a guest ran several
# programs. A segment needs a plan, as many results as planned, and a status of 0 (or 4: all
# skipped); a job's own status must be 0 or explained by a failed test.

# tap_judge KIND STATUS LOG: print what failed, then "PASSED FAILED SKIPPED".
tap_judge()
{
	tr -d '\r' <"$3" | awk -v kind="$1" -v status="$2" '
	function fault(text) { print text; fail++; bad++ }
	function open_segment(name) { segment = name; plan = -1; count = 0; bad = 0 }
	function close_segment(code) {
		if (plan < 0 && count == 0)
			fault(segment ": no results and no plan")
		else if (plan >= 0 && plan != count)
			fault(segment ": " plan " results were planned, " count " came")
		else if (plan < 0)
			fault(segment ": no plan")
		if (code != 0 && code != 4 && bad == 0)
			fault(segment ": ended with status " code)
		segment = ""
	}
	BEGIN { pass = fail = skip = 0; if (kind == "host") open_segment("the job") }
	/^lab: failed: / { why = ": " substr($0, 14); sub(/; the last lines.*/, "", why) }
	/^@@ begin / { if (segment != "") fault(segment ": did not end"); open_segment($3); seen = 1; next }
	/^@@ end / { close_segment($4); next }
	/^1\.\.[0-9]+/ {
		if (plan < 0) plan = 0
		plan += substr($1, 4)
		if ($1 == "1..0") { skip++; print segment ": skipped:" substr($0, 5) }
		next
	}
	/^(not )?ok .*# SKIP/ { skip++; count++; next }
	/^ok / { pass++; count++; next }
	/^not ok / { fault((segment == "" ? "" : segment ": ") $0); count++; next }
	END {
		if (kind == "host") close_segment(status)
		else if (kind == "reset") { if (status == 0) pass++; else fault("the guest: status " status) }
		else {
			if (segment != "") fault(segment ": did not end")
			if (!seen) fault("no test ran")
			if (status != 0 && fail == 0) fault("the lab: status " status why)
			else if (status == 98) fault("the guest kernel log has a bad line")
			else if (status == 99 || status == 124) fault("the lab: status " status why)
		}
		print pass, fail, skip
	}'
}
