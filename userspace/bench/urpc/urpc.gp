# SPDX-License-Identifier: GPL-2.0-only
# Two charts for each placement in bench-urpc's CSV: gnuplot -e "csv='...'; svg='...'" urpc.gp
places = system("grep -E ',(one-way|stream),' '".csv."' | cut -d, -f1 | sort -u")
set terminal svg size 1100,(450 * 2 * words(places)) font "sans,13" background "white"
set output svg
set datafile separator ","
set style fill solid 0.8
set grid y
set multiplot layout 2*words(places),1 title "urpc, measured natively between two pinned threads" noenhanced
set style data histogram
set style histogram clustered gap 1
set xtics rotate by -25 noenhanced
set key top right
rows(place, what) = "< grep '^".place.",' '".csv."' | grep '".what."'"
do for [place in places] {
	set logscale y
	set title "CPUs ".place.": one way, TSC cycles, median (lower is better)" noenhanced
	set ylabel "cycles"
	plot rows(place, ",one-way,.*,cycles") using 5:xtic(2) title "one way"
	set title "CPUs ".place.": pipelined 56-byte messages, millions a second (higher is better)" noenhanced
	set ylabel "M messages/s"
	plot rows(place, ",stream,64,") using 5:xtic(2) title "64 slots", \
	     rows(place, ",stream,512,") using 5 title "512 slots", \
	     rows(place, ",stream,4096,") using 5 title "4096 slots"
}
unset multiplot
