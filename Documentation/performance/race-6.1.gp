# SPDX-License-Identifier: GPL-2.0-only
# TLB shootdown: Linux's interrupts and messages between CPU drivers (emulated)
# QEMU TCG CPU version 2.5+, emulated TCGTCGTCGTCG, Linux 6.1.0-56-amd64, TSC 2596.144 MHz, 2026-11-21 13:10 UTC
# initiator: CPU 0; others: CPUs 1-7; 1000 samples a row, in 5 parts, rows in turn
# emulated: figures compare with each other, they say nothing about hardware
$pages1 << END
2 18356 26078 19240 14690 7202 7150 6994 6968
4 27326 32058 31070 21996 12610 12142 12168 11960
7 44954 51740 47242 32240 20566 19630 19578 20332
END
$pages32 << END
2 54366 69992 67704 14690 34892 34450 34424 34190
4 101140 119470 119080 21996 68146 67808 67600 67808
7 158990 185224 182468 32240 120432 119548 120016 118820
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
