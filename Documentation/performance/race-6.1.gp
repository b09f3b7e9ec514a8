# SPDX-License-Identifier: GPL-2.0-only
# TLB shootdown: Linux's interrupts and messages between CPU drivers (emulated)
# QEMU TCG CPU version 2.5+, emulated TCGTCGTCGTCG, Linux 6.1.0-56-amd64, TSC 2596.127 MHz, 2026-11-21 11:35 UTC
# initiator: CPU 0; others: CPUs 1-7; 1000 samples a row, in 5 parts, rows in turn
# emulated: figures compare with each other, they say nothing about hardware
$pages1 << END
2 17316 24076 17056 14560 7852 7852 7748 8320
4 27664 39286 29666 21840 12714 12740 12584 13624
7 43316 56004 47268 31824 20540 20436 20384 21060
END
$pages32 << END
2 56030 112684 75010 14560 40222 39520 39130 36556
4 101998 158860 136916 21840 74802 71916 72124 70304
7 164632 432042 267670 31824 132626 130806 129818 130390
END
set terminal svg size 1000,940 font "sans,13" background "white"
set output 'race-6.1.svg'
set multiplot layout 2,1 title 'TLB shootdown, EMULATED: QEMU TCG CPU version 2.5+, Linux 6.1.0-56-amd64' noenhanced
set key top left
set grid
set xrange [0:8]
set xtics 1
set yrange [0:*]
set xlabel "other CPUs: busy threads of Linux, or recipients"
set ylabel "TSC cycles, median, the call alone subtracted"
set title "1 page"
plot $pages1 using 1:2 with linespoints lw 2 dt 2 title "Linux mprotect", \
     $pages1 using 1:3 with linespoints lw 2 dt 2 title "Linux munmap", \
     $pages1 using 1:4 with linespoints lw 2 dt 2 title "Linux madvise", \
     $pages1 using 1:5 with linespoints lw 2 dt 2 title "Linux membarrier", \
     $pages1 using 1:6 with linespoints lw 2 title "messages, broadcast", \
     $pages1 using 1:7 with linespoints lw 2 title "messages, unicast", \
     $pages1 using 1:8 with linespoints lw 2 title "messages, multicast", \
     $pages1 using 1:9 with linespoints lw 2 title "messages, numa"
set title "32 pages"
plot $pages32 using 1:2 with linespoints lw 2 dt 2 title "Linux mprotect", \
     $pages32 using 1:3 with linespoints lw 2 dt 2 title "Linux munmap", \
     $pages32 using 1:4 with linespoints lw 2 dt 2 title "Linux madvise", \
     $pages32 using 1:5 with linespoints lw 2 dt 2 title "Linux membarrier", \
     $pages32 using 1:6 with linespoints lw 2 title "messages, broadcast", \
     $pages32 using 1:7 with linespoints lw 2 title "messages, unicast", \
     $pages32 using 1:8 with linespoints lw 2 title "messages, multicast", \
     $pages32 using 1:9 with linespoints lw 2 title "messages, numa"
unset multiplot
