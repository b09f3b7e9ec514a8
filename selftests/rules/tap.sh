# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP for the rules: each check collects lines that break it, and passes when there are none.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tap_count=0
tap_failed=0

# The project's files: tracked, and new ones that are not ignored; in an export, all but products.
project_files()
{
	if git -C "$ROOT" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$ROOT" ls-files -co --exclude-standard
	else
		(cd "$ROOT" && find . -type f ! -path '*/build/*' ! -name '*.o' | sed 's|^\./||')
	fi | while read -r file; do
		[ ! -f "$ROOT/$file" ] || echo "$file"
	done | sort -u
}

# tap_check NAME: standard input is what breaks the rule.
tap_check()
{
	local broken
	broken=$(cat)
	tap_count=$((tap_count + 1))
	if [ -z "$broken" ]; then
		echo "ok $tap_count $1"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count $1"
		sed 's/^/# /' <<<"$broken"
	fi
}

tap_skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

tap_end()
{
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}
