// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fixed work quanta as a table, as CSV, as JSON, and as a picture.
 */
#include <inttypes.h>

#include "json.h"
#include "plot.h"
#include "quiet.h"

static const char *unit(const struct quiet *quiet)
{
	return quiet->instructions ? "instructions" : "TSC cycles";
}

static const char *measured(const struct quiet *quiet)
{
	return quiet->machine.emulated ? "emulated" : "measured";
}

void quiet_describe(const struct quiet *quiet, FILE *file, const char *prefix)
{
	const struct machine *m = &quiet->machine;

	fprintf(file, "%sfixed work quanta: what else a core does than compute (%s)\n", prefix,
		measured(quiet));
	fprintf(file, "%s%s, %s%s%s, Linux %s, TSC %" PRIu64 ".%03" PRIu64 " MHz, %s\n", prefix,
		m->cpu, machine_tag(m), m->hypervisor[0] ? " " : "", m->hypervisor,
		m->kernel.release, quiet->tsc_khz / 1000, quiet->tsc_khz % 1000, quiet->date);
	fprintf(file, "%squanta of %" PRIu64 " turns for %u s a place, one place after the other; "
		"times in %s\n", prefix, quiet->turns, quiet->seconds, unit(quiet));
	if (quiet->instructions)
		fprintf(file, "%sthe emulator's clock counts instructions, of all CPUs: what others "
			"do meanwhile is in the figures\n", prefix);
	else if (m->emulated)
		fprintf(file, "%semulated: times hold what the emulator's host did meanwhile; "
			"interrupts are exact\n", prefix);
}

/* "core 1 of p (CPU 3)" */
static void where(const struct quiet_row *row, char *text, size_t size)
{
	if (row->place.partition)
		snprintf(text, size, "core %u of %s (CPU %u)", row->place.number,
			 row->place.partition, row->cpu);
	else
		snprintf(text, size, "CPU %u, %s", row->cpu, quiet_kind_name(row->kind));
}

static double per_second(const struct quiet_row *row, uint64_t count)
{
	return row->counted_ms ? (double)count * 1000 / (double)row->counted_ms : 0;
}

static double lost_percent(const struct quiet_row *row)
{
	double all = (double)row->stats.min * (double)row->count + (double)row->lost;

	return all > 0 ? 100 * (double)row->lost / all : 0;
}

void quiet_table(const struct quiet *quiet, FILE *file)
{
	char text[96];

	quiet_describe(quiet, file, "");
	fprintf(file, "%-28s %7s %10s %10s %10s %10s %8s | %10s %8s %8s %8s\n", "WHERE", "QUANTA",
		"MIN", "MEDIAN", "P99", "MAX", "LOST, %", "INTERRUPTS", "IN, MS", "A SECOND",
		"FOREIGN");
	for (unsigned int i = 0; i < quiet->row_count; i++) {
		const struct quiet_row *r = &quiet->rows[i];

		where(r, text, sizeof(text));
		fprintf(file, "%-28s %7zu %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
			" %8.4f | %10" PRIu64 " %8" PRIu64 " %8.1f", text, r->count, r->stats.min,
			r->stats.median, r->stats.p99, r->stats.max, lost_percent(r),
			r->interrupts, r->counted_ms, per_second(r, r->interrupts));
		if (r->place.partition)
			fprintf(file, " %8" PRIu64 "\n", r->foreign);
		else
			fprintf(file, " %8s\n", "-");
	}
	for (unsigned int i = 0; i < quiet->row_count; i++) {
		const struct quiet_row *r = &quiet->rows[i];

		where(r, text, sizeof(text));
		if (r->interrupts)
			fprintf(file, "%s: %s\n", text, r->what);
	}
}

void quiet_csv(const struct quiet *quiet, FILE *file)
{
	quiet_describe(quiet, file, "# ");
	for (unsigned int i = 0; i < quiet->row_count; i++) {
		const struct quiet_row *r = &quiet->rows[i];

		fprintf(file, "# %s, CPU %u: %" PRIu64 " interrupts in %" PRIu64 " ms (%s)",
			quiet_kind_name(r->kind), r->cpu, r->interrupts, r->counted_ms, r->what);
		if (r->place.partition)
			fprintf(file, ", foreign %" PRIu64, r->foreign);
		fprintf(file, "\n");
	}
	fprintf(file, "where,cpu,quantum,ticks\n");
	for (unsigned int i = 0; i < quiet->row_count; i++) {
		const struct quiet_row *r = &quiet->rows[i];

		for (size_t n = 0; n < r->count; n++)
			fprintf(file, "\"%s\",%u,%zu,%" PRIu64 "\n", quiet_kind_name(r->kind),
				r->cpu, n, r->ticks[n]);
	}
}

void quiet_json(const struct quiet *quiet, FILE *file)
{
	struct json j;

	json_begin(&j, file, '{');
	json_string(&j, "title", "fixed work quanta");
	json_string(&j, "kind", measured(quiet));
	json_string(&j, "machine", machine_tag(&quiet->machine));
	json_string(&j, "cpu", quiet->machine.cpu);
	json_string(&j, "kernel", quiet->machine.kernel.release);
	json_string(&j, "date", quiet->date);
	json_number(&j, "tsc_khz", quiet->tsc_khz);
	json_string(&j, "unit", unit(quiet));
	json_number(&j, "turns", quiet->turns);
	json_open(&j, "rows", '[');
	for (unsigned int i = 0; i < quiet->row_count; i++) {
		const struct quiet_row *r = &quiet->rows[i];

		json_open(&j, NULL, '{');
		json_string(&j, "where", quiet_kind_name(r->kind));
		if (r->place.partition)
			json_number(&j, "core", r->place.number);
		json_number(&j, "cpu", r->cpu);
		json_number(&j, "quanta", r->count);
		json_number(&j, "min", r->stats.min);
		json_number(&j, "median", r->stats.median);
		json_number(&j, "p99", r->stats.p99);
		json_number(&j, "max", r->stats.max);
		json_number(&j, "lost", r->lost);
		json_number(&j, "counted_ms", r->counted_ms);
		json_number(&j, "interrupts", r->interrupts);
		json_string(&j, "which", r->what);
		if (r->place.partition)
			json_number(&j, "foreign", r->foreign);
		json_close(&j);
	}
	json_end(&j);
}

/* Seconds since its begin, and what each quantum took above the row's shortest: 1 for nothing. */
static void plot_data(const struct quiet *quiet, FILE *file, unsigned int n)
{
	const struct quiet_row *r = &quiet->rows[n];
	uint64_t at = 0;

	fprintf(file, "$row%u << END\n", n);
	for (size_t i = 0; i < r->count; i++) {
		uint64_t more = r->ticks[i] - r->stats.min;

		fprintf(file, "%.4f %" PRIu64 "\n", (double)at / (double)quiet->tsc_khz / 1000,
			more ? more : 1);
		at += r->ticks[i];
	}
	fprintf(file, "END\n");
}

static void plot(const void *what, FILE *file, const char *svg)
{
	const struct quiet *quiet = what;
	uint64_t most = 1;
	char title[512], text[96];

	fprintf(file, "# SPDX-License-Identifier: GPL-2.0-only\n");
	quiet_describe(quiet, file, "# ");
	for (unsigned int i = 0; i < quiet->row_count; i++) {
		plot_data(quiet, file, i);
		if (quiet->rows[i].stats.max - quiet->rows[i].stats.min > most)
			most = quiet->rows[i].stats.max - quiet->rows[i].stats.min;
	}
	fprintf(file, "set terminal svg size 1000,%u font \"sans,13\" background \"white\"\n",
		100 + 240 * quiet->row_count);
	fprintf(file, "set output ");
	plot_quoted(file, svg);
	snprintf(title, sizeof(title), "Fixed work quanta, %s: %s, Linux %s",
		 quiet->machine.emulated ? "EMULATED" : "measured", quiet->machine.cpu,
		 quiet->machine.kernel.release);
	fprintf(file, "\nset multiplot layout %u,1 title ", quiet->row_count);
	plot_quoted(file, title);
	fprintf(file, " noenhanced\nunset key\nset grid\nset xrange [0:%u]\n"
		"set logscale y\nset yrange [0.5:%" PRIu64 "]\nset xlabel \"seconds\"\n"
		"set ylabel \"%s more\"\n", quiet->seconds, most * 2,
		unit(quiet));
	for (unsigned int i = 0; i < quiet->row_count; i++) {
		const struct quiet_row *r = &quiet->rows[i];

		where(r, text, sizeof(text));
		snprintf(title, sizeof(title), "%s: %zu quanta, %.1f interrupts a second, %.4f %% "
			 "lost", text, r->count, per_second(r, r->interrupts), lost_percent(r));
		fprintf(file, "set title ");
		plot_quoted(file, title);
		fprintf(file, " noenhanced\nplot $row%u using 1:2 with points pt 7 ps 0.3\n", i);
	}
	fprintf(file, "unset multiplot\n");
}

int quiet_plot(const struct quiet *quiet, const char *svg)
{
	return plot_make(svg, plot, quiet);
}
