// SPDX-License-Identifier: GPL-2.0-only
/*
 * The race as CSV, as JSON, and as a script for gnuplot.
 */
#include <inttypes.h>

#include "json.h"
#include "plot.h"
#include "race.h"

static const char *side(const struct race_row *row)
{
	return row->call ? "linux" : "messages";
}

static const char *what(const struct race_row *row)
{
	return row->call ? row->call : race_protocol_name(row->protocol);
}

static const char *method(const struct race_row *row)
{
	return row->call ? "" : race_method_name(row->method);
}

/* A count that is empty when nothing was counted. */
static void csv_count(FILE *file, bool known, int64_t value)
{
	fprintf(file, ",");
	if (known)
		fprintf(file, "%" PRId64, value);
}

void race_csv(const struct race *race, FILE *file)
{
	race_describe(race, file, "# ");
	fprintf(file, "side,what,method,initiator,others,pages,samples,min,median,p99,max,"
		"median_ns,part,part_ns,lost_median,lost_max,tlb_flush,tlb_interrupts,foreign,"
		"handled,kind,why\n");
	for (size_t i = 0; i < race->row_count; i++) {
		const struct race_row *r = &race->rows[i];
		const struct stats *t = &r->times;
		bool part_known;
		int64_t part = 0;

		part_known = r->call && r->others &&
			     race_part(race, r->call, r->others, r->pages, &part);
		fprintf(file, "%s,%s,%s,%u,%u,%u,%zu", side(r), what(r), method(r), r->initiator,
			r->others, r->pages, t->count);
		fprintf(file, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, t->min,
			t->median, t->p99, t->max, stats_ns(t->median, race->tsc_khz));
		csv_count(file, part_known, part);
		csv_count(file, part_known,
			  part < 0 ? -(int64_t)stats_ns((uint64_t)-part, race->tsc_khz) :
				     (int64_t)stats_ns((uint64_t)part, race->tsc_khz));
		csv_count(file, r->others, (int64_t)r->lost_median);
		csv_count(file, r->others, (int64_t)r->lost_max);
		csv_count(file, r->flushes >= 0, r->flushes);
		csv_count(file, r->ipis >= 0, r->ipis);
		csv_count(file, r->foreign >= 0, r->foreign);
		csv_count(file, !r->call, (int64_t)r->handled);
		fprintf(file, ",%s,\"%s\"\n", race->machine.emulated ? "emulated" : "measured",
			r->why);
	}
}

static void json_row(const struct race *race, struct json *j, const struct race_row *r)
{
	int64_t part;

	json_open(j, NULL, '{');
	json_string(j, "side", side(r));
	json_string(j, "what", what(r));
	json_string(j, "method", method(r));
	json_number(j, "initiator", r->initiator);
	json_number(j, "others", r->others);
	json_number(j, "pages", r->pages);
	json_number(j, "samples", r->times.count);
	json_number(j, "min", r->times.min);
	json_number(j, "median", r->times.median);
	json_number(j, "p99", r->times.p99);
	json_number(j, "max", r->times.max);
	if (r->call && r->others && race_part(race, r->call, r->others, r->pages, &part))
		json_signed(j, "part", part);
	json_number(j, "lost_median", r->lost_median);
	json_number(j, "lost_max", r->lost_max);
	if (r->flushes >= 0)
		json_signed(j, "tlb_flush", r->flushes);
	if (r->ipis >= 0)
		json_signed(j, "tlb_interrupts", r->ipis);
	if (r->foreign >= 0)
		json_signed(j, "foreign", r->foreign);
	json_number(j, "handled", r->handled);
	json_string(j, "why", r->why);
	json_close(j);
}

void race_json(const struct race *race, FILE *file)
{
	struct json j;

	json_begin(&j, file, '{');
	json_string(&j, "title", "TLB shootdown");
	json_string(&j, "kind", race->machine.emulated ? "emulated" : "measured");
	json_string(&j, "machine", machine_tag(&race->machine));
	json_string(&j, "cpu", race->machine.cpu);
	json_string(&j, "hypervisor", race->machine.hypervisor);
	json_string(&j, "kernel", race->machine.kernel.release);
	json_bool(&j, "invlpgb", race->machine.invlpgb);
	json_string(&j, "date", race->date);
	json_number(&j, "tsc_khz", race->tsc_khz);
	json_string(&j, "unit", "cycles");
	json_number(&j, "initiator_cpu", race->initiator);
	json_string(&j, "tlb_flush_why", race->flush_why);
	json_string(&j, "tlb_interrupts_why", race->ipi_why);
	json_open(&j, "rows", '[');
	for (size_t i = 0; i < race->row_count; i++)
		json_row(race, &j, &race->rows[i]);
	json_end(&j);
}

/* Others, then the columns of one of the table's parts; NaN: not measured. */
static void plot_data(const struct race *race, FILE *file, uint32_t pages)
{
	fprintf(file, "$pages%u << END\n", pages);
	for (uint32_t i = 0; i < race->count_count; i++) {
		uint32_t others = race->counts[i];
		int64_t part;

		fprintf(file, "%u", others);
		for (const struct shoot_call *call = shoot_calls; call->name; call++)
			if (race_part(race, call->name, others, pages, &part))
				fprintf(file, " %" PRId64, part);
			else
				fprintf(file, " NaN");
		for (uint32_t protocol = 1; race_protocol_name(protocol); protocol++) {
			struct race_row words = {
				.protocol = protocol,
				.method = REMORA_SHOOTDOWN_BY_PAGE,
				.others = others,
				.pages = pages,
			};
			const struct race_row *row = race_message_row(race, &words);

			if (row)
				fprintf(file, " %" PRIu64, row->times.median);
			else
				fprintf(file, " NaN");
		}
		fprintf(file, "\n");
	}
	fprintf(file, "END\n");
}

/* One chart; its columns are plot_data()'s. Columns of which nothing was measured stay away. */
static void plot_chart(const struct race *race, FILE *file, uint32_t pages)
{
	const char *separator = "plot";
	unsigned int column = 2;

	fprintf(file, "set title \"%u page%s\"\n", pages, pages == 1 ? "" : "s");
	for (const struct shoot_call *call = shoot_calls; call->name; call++, column++) {
		if (!race->linux_done)
			continue;
		fprintf(file, "%s $pages%u using 1:%u with linespoints lw 2 dt 2 title \"Linux %s\"",
			separator, pages, column, call->name);
		separator = ", \\\n    ";
	}
	for (uint32_t protocol = 1; race_protocol_name(protocol); protocol++, column++) {
		if (!race->messages_done || !(race->protocols & 1u << protocol))
			continue;
		fprintf(file, "%s $pages%u using 1:%u with linespoints lw 2 title \"messages, %s\"",
			separator, pages, column, race_protocol_name(protocol));
		separator = ", \\\n    ";
	}
	fprintf(file, "\n");
}

void race_gnuplot(const struct race *race, FILE *file, const char *svg)
{
	uint32_t most = race->counts[race->count_count - 1];
	char title[512];

	fprintf(file, "# SPDX-License-Identifier: GPL-2.0-only\n");
	race_describe(race, file, "# ");
	for (uint32_t i = 0; i < race->page_count; i++)
		plot_data(race, file, race->pages[i]);
	fprintf(file, "set terminal svg size 1000,%u font \"sans,13\" background \"white\"\n",
		100 + 420 * race->page_count);
	fprintf(file, "set output ");
	plot_quoted(file, svg);
	snprintf(title, sizeof(title), "TLB shootdown, %s: %s, Linux %s",
		 race->machine.emulated ? "EMULATED" : "measured", race->machine.cpu,
		 race->machine.kernel.release);
	fprintf(file, "\nset multiplot layout %u,1 title ", race->page_count);
	plot_quoted(file, title);
	fprintf(file, " noenhanced\nset key top left\nset grid\nset xrange [0:%u]\nset xtics %u\n"
		"set yrange [0:*]\n"
		"set xlabel \"other CPUs: busy threads of Linux, or recipients\"\n"
		"set ylabel \"TSC cycles, median, the call alone subtracted\"\n",
		most + 1, 1 + most / 16);
	for (uint32_t i = 0; i < race->page_count; i++)
		plot_chart(race, file, race->pages[i]);
	fprintf(file, "unset multiplot\n");
}

static void write_script(const void *race, FILE *file, const char *svg)
{
	race_gnuplot(race, file, svg);
}

int race_plot(const struct race *race, const char *svg)
{
	return plot_make(svg, write_script, race);
}
