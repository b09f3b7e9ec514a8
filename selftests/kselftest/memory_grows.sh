#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory that is added is had by a program that there was no room for, and does not go while it runs: the
# command says who uses it.
. "$(dirname "$0")/tap-lib"
. "$(dirname "$0")/programs-lib"

programs_begin 1 contig:16M
PAGES=$(tap_ledger)
RUN_MEMORY=24M
says "too large for the core" 125 "out of memory: the program was to get 24576 KiB" on "${CORES[0]}" hello
tap_ok "memory is added" remora add-memory $PART contig:32M
says "not too large any more" 0 "Hello" on "${CORES[0]}" hello
background "${CORES[0]}" loops 100000
JOB=$!
wait_shown loops
# Whose it is, and where: the reason MEMORY_IN_USE.
says "it is in use" "[1-9][0-9]*" "program [0-9]+ of core 1 uses the memory at 0x[0-9a-f]+.*MEMORY_IN_USE" \
	remora remove-memory $PART 32M
says "the program goes on" 0 "loops" remora ps $PART
remora kill $PART "$(remora ps $PART | awk '/loops/ { print $1; exit }')" >/dev/null 2>&1
wait "$JOB"
tap_ok "it goes when nobody uses it" remora remove-memory $PART 32M
tap_is "$(tap_ledger)" "$PAGES" "Linux has it again"
says "it is gone" "[1-9][0-9]*" "MEMORY_UNKNOWN" remora remove-memory $PART 32M
programs_end
