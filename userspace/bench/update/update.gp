# SPDX-License-Identifier: GPL-2.0-only
# gnuplot -e "csv='...'; svg='...'" update.gp: a chart for each number of cores in bench-update's CSV
cores = system("grep -E '^shared,' '".csv."' | cut -d, -f3 | sort -nu")
set terminal svg size 900,(420 * words(cores)) font "sans,13" background "white"
set output svg
set datafile separator ","
set grid y
set multiplot layout words(cores),1 title "updating shared state in place or by message, measured natively" noenhanced
set xlabel "cache lines of the state"
set ylabel "TSC cycles an update, median"
set yrange [0:*]
set xtics ("1" 1, "2" 2, "4" 4, "8" 8)
set logscale x 2
set key below
set xrange [0.9:8.9]
rows(way, n) = "< grep '^".way.",[0-9]*,".n.",' '".csv."'"
do for [n in cores] {
	set title n." cores"
	plot rows("shared", n) using 2:4 with linespoints lw 2 title "in place, by every core", \
	     rows("message", n) using 2:4 with linespoints lw 2 title "by message (call line), asker's time", \
	     rows("message-ring", n) using 2:4 with linespoints lw 2 title "by message (two rings), asker's time", \
	     rows("message", n) using 2:7 with linespoints dt 2 title "cost to the server"
}
unset multiplot
