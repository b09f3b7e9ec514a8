# SPDX-License-Identifier: GPL-2.0-only
# Two charts from bench-urpc's CSV: gnuplot -e "csv='...'; svg='...'" urpc.gp
set terminal svg size 1100,900 font "sans,13" background "white"
set output svg
set datafile separator ","
set style fill solid 0.8
set grid y
set multiplot layout 2,1 title "urpc, measured natively between two pinned threads" noenhanced
set style data histogram
set style histogram clustered gap 1
set xtics rotate by -25 noenhanced
set key top right
set logscale y
set title "one way, TSC cycles, median (lower is better)"
set ylabel "cycles"
plot "< grep -v '^#' ".csv." | grep ',one-way,' | grep ',cycles'" using 4:xtic(1) title "one way"
set title "pipelined 56-byte messages, millions a second (higher is better)"
set ylabel "M messages/s"
plot "< grep -v '^#' ".csv." | grep ',stream,64,'" using 4:xtic(1) title "64 slots", \
     "< grep -v '^#' ".csv." | grep ',stream,512,'" using 4 title "512 slots", \
     "< grep -v '^#' ".csv." | grep ',stream,4096,'" using 4 title "4096 slots"
unset multiplot
