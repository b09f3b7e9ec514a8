#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# symbols.sh NM IMAGE: assembly source of the table of IMAGE's functions (symbols.h), on standard
# output. Without IMAGE: an empty table, for the first of the two links.
set -eu

{
	if [ $# -gt 1 ]; then
		"$1" -n --defined-only "$2"
	fi
} | awk '
BEGIN {
	n = 0
	print "\t.section .rodata, \"a\""
	print "\t.globl symbol_table, symbol_names, symbol_count, symbol_end"
	print "\t.balign 8"
	print "symbol_table:"
}
$3 == "section_text_end" { end = $1 }
# Functions only, the first of them at ABI_IMAGE_VA; of several names of one address the last one stays.
$2 ~ /^[tT]$/ && $3 !~ /^(section_|vector_stubs_end)/ {
	if ($1 == last)
		n--
	last = $1
	address[n] = $1
	name[n++] = $3
}
END {
	at = 0
	for (i = 0; i < n; i++) {
		printf "\t.long 0x%s - 0x%s, %d\n", address[i], address[0], at
		at += length(name[i]) + 1
	}
	print "symbol_names:"
	for (i = 0; i < n; i++)
		printf "\t.asciz \"%s\"\n", name[i]
	print "\t.byte 0"
	print "\t.balign 4"
	print "symbol_count:"
	printf "\t.long %d\n", n
	print "symbol_end:"
	if (n)
		printf "\t.long 0x%s - 0x%s\n", end, address[0]
	else
		print "\t.long 0"
}'
