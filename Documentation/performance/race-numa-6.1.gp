# SPDX-License-Identifier: GPL-2.0-only
# TLB shootdown: Linux's interrupts and messages between CPU drivers (emulated)
# QEMU TCG CPU version 2.5+, emulated TCGTCGTCGTCG, Linux 6.1.0-56-amd64, TSC 2596.071 MHz, 2026-11-21 12:13 UTC
# initiator: CPU 0; others: CPUs 1-7; 1000 samples a row, in 5 parts, rows in turn
# emulated: figures compare with each other, they say nothing about hardware
$pages1 << END
2 20644 26962 19006 14820 8398 8736 8580 8710
4 32500 38298 33592 22334 13936 14482 14092 13988
7 56108 62634 56108 32786 22204 22594 28912 30030
END
$pages32 << END
2 53820 65754 60606 14820 40430 40768 39728 38948
4 98488 117052 112476 22334 75062 73918 73892 74126
7 184704 191048 192634 32786 132470 129038 142194 137878
END
set terminal svg size 1000,940 font "sans,13" background "white"
set output 'race-numa-6.1.svg'
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
