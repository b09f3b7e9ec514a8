# SPDX-License-Identifier: GPL-2.0-only
# From sim --fig8: gnuplot -e "csv='...'; svg='...'" fig8.gp
models = system("grep -v '^#' '".csv."' | tail -n +2 | cut -d, -f1 | sort -u")
set terminal svg size 1100,(430 * words(models)) font "sans,13" background "white"
set output svg
set datafile separator ","
set logscale xy
set xtics (2, 4, 8, 16, 32, 64, 128, 256, 512)
set grid
set key left top
set xlabel "nodes"
set ylabel "cycles for each operation"
set multiplot layout words(models),1 title "simulated: two-phase commit of a retype, 2 to 512 nodes" noenhanced
rows(model, kind) = "< grep '^".model.",".kind.",' '".csv."'"
do for [model in models] {
	set title "simulated, model ".model.": alone, 31 at a time of one node, 32 at a time of up to 32 nodes" noenhanced
	plot rows(model, "unicast") using 3:4 with linespoints title "unicast, alone", \
	     rows(model, "unicast") using 3:5 with linespoints title "unicast, pipelined by one", \
	     rows(model, "unicast") using 3:6 with linespoints title "unicast, pipelined by all", \
	     rows(model, "multicast") using 3:4 with linespoints title "multicast, alone", \
	     rows(model, "multicast") using 3:5 with linespoints title "multicast, pipelined by one", \
	     rows(model, "multicast") using 3:6 with linespoints title "multicast, pipelined by all"
}
unset multiplot
