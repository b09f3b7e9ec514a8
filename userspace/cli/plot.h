/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pictures, by gnuplot where there is one.
 */
#ifndef REMORA_CLI_PLOT_H
#define REMORA_CLI_PLOT_H

#include <stdio.h>

/** plot_quoted - a text as gnuplot takes it without looking into it. */
void plot_quoted(FILE *file, const char *text);

/**
 * plot_make - write a script beside @svg (.gp in place of .svg), and let gnuplot run it
 * @write: writes the script, which makes the file @svg
 * Return: exit code, reported; it is no failure that there is no gnuplot.
 */
int plot_make(const char *svg, void (*write)(const void *what, FILE *file, const char *svg),
	      const void *what);

#endif
