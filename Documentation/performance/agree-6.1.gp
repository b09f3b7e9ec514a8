# SPDX-License-Identifier: GPL-2.0-only
# Fig 8 of the multikernel paper on partition cores, emulated; give it to gnuplot in this folder.
set terminal svg size 720,420 font "sans,12" background "white"
set title "Two-phase commit over the monitors (emulated: QEMU TCG, Linux 6.1, 16 CPUs; the clock counts instructions)" font ",11"
set datafile separator ","
set xlabel "nodes, Linux included"
set ylabel "instructions, of all CPUs, for each agreement"
set logscale y
set format y "%.0s%c"
set xrange [0:17]
set key left top
set grid ytics
plot "< grep ,1,200, agree-6.1.csv" using 1:6 with linespoints pt 7 title "one at a time (200 each)", \
     "< grep ,32,2000, agree-6.1.csv" using 1:6 with linespoints pt 5 title "32 under way (2000 each)"
