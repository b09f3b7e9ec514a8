// SPDX-License-Identifier: GPL-2.0-only
/*
 * The race as text.
 */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "race.h"

#define WIDTH 11

static const char *kind(const struct race *race)
{
	return race->machine.emulated ? "emulated" : "measured";
}

void race_describe(const struct race *race, FILE *file, const char *prefix)
{
	const struct machine *m = &race->machine;
	char cpus[256];

	remora_format_cpus(race->cpus, race->cpu_count, cpus, sizeof(cpus));
	fprintf(file, "%sTLB shootdown: Linux's interrupts and messages between CPU drivers (%s)\n",
		prefix, kind(race));
	fprintf(file, "%s%s, %s%s%s, Linux %s, TSC %" PRIu64 ".%03" PRIu64 " MHz, %s\n", prefix,
		m->cpu, machine_tag(m), m->hypervisor[0] ? " " : "", m->hypervisor,
		m->kernel.release, race->tsc_khz / 1000, race->tsc_khz % 1000, race->date);
	fprintf(file, "%sinitiator: CPU %u; others: CPUs %s; %" PRIu64 " samples a row, in %u "
		"parts, rows in turn\n", prefix, race->initiator, cpus, race->samples, RACE_ROUNDS);
	if (m->emulated)
		fprintf(file, "%semulated: figures compare with each other, they say nothing about "
			"hardware\n", prefix);
	if (m->invlpgb)
		fprintf(file, "%sthis CPU has INVLPGB: a Linux that uses it flushes without "
			"interrupts\n", prefix);
	for (uint32_t i = 0; i < race->page_count; i++)
		if (race->pages[i] > RACE_CEILING)
			fprintf(file, "%s%u pages: above %u Linux flushes everything instead\n",
				prefix, race->pages[i], RACE_CEILING);
	if (race->linux_done && race->flush_why[0])
		fprintf(file, "%stlb:tlb_flush not counted: %s\n", prefix, race->flush_why);
	if (race->linux_done && race->ipi_why[0])
		fprintf(file, "%sshootdown interrupts not counted: %s\n", prefix, race->ipi_why);
	if (!race->linux_done)
		fprintf(file, "%sLinux not measured: '%s' has these CPUs already\n", prefix,
			race->name);
	if (!race->messages_done)
		fprintf(file, "%sLinux only: no messages measured\n", prefix);
}

static void put(FILE *file, bool known, int64_t value)
{
	if (known)
		fprintf(file, " %*" PRId64, WIDTH, value);
	else
		fprintf(file, " %*s", WIDTH, "-");
}

static void put_ratio(FILE *file, const struct race_row *best, bool known, int64_t part)
{
	if (!best || !known || part <= 0)
		fprintf(file, " %*s\n", WIDTH, "-");
	else
		fprintf(file, " %*.2f\n", WIDTH, (double)best->times.median / (double)part);
}

static const struct race_row *by_page(const struct race *race, uint32_t protocol,
				      uint32_t others, uint32_t pages)
{
	struct race_row words = {
		.protocol = protocol,
		.method = REMORA_SHOOTDOWN_BY_PAGE,
		.others = others,
		.pages = pages,
	};

	return race_message_row(race, &words);
}

static void race_line(const struct race *race, FILE *file, uint32_t others, uint32_t pages)
{
	int64_t part = 0, mprotect_part = 0;
	bool known, mprotect_known;

	fprintf(file, "%-6" PRIu32, others);
	for (const struct shoot_call *call = shoot_calls; call->name; call++) {
		known = race_part(race, call->name, others, pages, &part);
		put(file, known, part);
	}
	fprintf(file, " |");
	for (uint32_t protocol = 1; race_protocol_name(protocol); protocol++) {
		const struct race_row *row = by_page(race, protocol, others, pages);

		put(file, row, row ? (int64_t)row->times.median : 0);
	}
	fprintf(file, " |");
	mprotect_known = race_part(race, RACE_MPROTECT, others, pages, &mprotect_part);
	put_ratio(file, race_best(race, others, pages), mprotect_known, mprotect_part);
}

static void race_of_pages(const struct race *race, FILE *file, uint32_t pages)
{
	fprintf(file, "\n%" PRIu32 " page%s, cycles, medians (%s); best: fastest message / "
		RACE_MPROTECT "\n", pages, pages == 1 ? "" : "s", kind(race));
	fprintf(file, "%-6s %-*s | %-*s |\n", "", 4 * WIDTH + 3,
		"what other busy CPUs add to a call of Linux", 4 * WIDTH + 3,
		"messages from Linux's CPU, by INVLPG");
	fprintf(file, "%-6s", "OTHERS");
	for (const struct shoot_call *call = shoot_calls; call->name; call++)
		fprintf(file, " %*s", WIDTH, call->name);
	fprintf(file, " |");
	for (uint32_t protocol = 1; race_protocol_name(protocol); protocol++)
		fprintf(file, " %*s", WIDTH, race_protocol_name(protocol));
	fprintf(file, " | %*s\n", WIDTH, "best");
	if (race->linux_done) {
		fprintf(file, "%-6s", "alone");
		for (const struct shoot_call *call = shoot_calls; call->name; call++) {
			const struct race_row *row = race_call_row(race, call->name, 0, pages);

			put(file, row, row ? (int64_t)row->times.median : 0);
		}
		fprintf(file, " |%*s |\n", 4 * WIDTH + 4, "");
	}
	for (uint32_t i = 0; i < race->count_count; i++)
		race_line(race, file, race->counts[i], pages);
}

/* The row whose words @first has, but for the number of others. */
static const struct race_row *sibling(const struct race *race, const struct race_row *first,
				      uint32_t others)
{
	struct race_row words = *first;

	words.others = others;
	return race_message_row(race, &words);
}

static void message_line(const struct race *race, FILE *file, const struct race_row *first)
{
	char who[16], what[24];

	snprintf(who, sizeof(who), first->initiator ? "core %u" : "Linux", first->initiator);
	if (first->pages)
		snprintf(what, sizeof(what), "%s %u", race_method_name(first->method),
			 first->pages);
	else
		snprintf(what, sizeof(what), "%s", race_method_name(first->method));
	fprintf(file, "%-9s %-9s %-9s", who, what, race_protocol_name(first->protocol));
	for (uint32_t i = 0; i < race->count_count; i++) {
		const struct race_row *row = sibling(race, first, race->counts[i]);

		put(file, row, row ? (int64_t)row->times.median : 0);
	}
	fprintf(file, first->why[0] ? "  %s\n" : "\n", first->why);
}

/* Every way of messages, a line each, the numbers of recipients side by side. */
static void all_messages(const struct race *race, FILE *file)
{
	if (!race->messages_done)
		return;
	fprintf(file, "\nmessages: cycles until all have acknowledged, medians (%s)\n"
		"%-9s %-9s %-9s", kind(race), "FROM", "METHOD", "PROTOCOL");
	for (uint32_t i = 0; i < race->count_count; i++)
		fprintf(file, " %*" PRIu32, WIDTH, race->counts[i]);
	fprintf(file, "\n");
	for (size_t i = 0; i < race->row_count; i++)
		if (!race->rows[i].call && race->rows[i].others == race->counts[0])
			message_line(race, file, &race->rows[i]);
}

static void lost_line(const struct race *race, FILE *file, uint32_t others, uint32_t pages)
{
	fprintf(file, "%-6" PRIu32, others);
	for (const struct shoot_call *call = shoot_calls; call->name; call++) {
		const struct race_row *row = race_call_row(race, call->name, others, pages);

		put(file, row, row ? (int64_t)row->lost_median : 0);
	}
	fprintf(file, " |");
	for (uint32_t protocol = 1; race_protocol_name(protocol); protocol++) {
		const struct race_row *row = by_page(race, protocol, others, pages);

		put(file, row, row ? (int64_t)row->lost_median : 0);
	}
	fprintf(file, "\n");
}

static void lost(const struct race *race, FILE *file)
{
	uint32_t pages = race->pages[0];

	fprintf(file, "\nwhat each interrupted CPU loses a shootdown, %" PRIu32 " page%s, cycles, "
		"medians (%s%s)\n", pages, pages == 1 ? "" : "s", kind(race),
		race->machine.emulated ? ": of Linux with what the emulator ran meanwhile" : "");
	for (uint32_t i = 0; i < race->count_count; i++)
		lost_line(race, file, race->counts[i], pages);
}

/* Sums over rows: how many flushes there were for how many that were expected. */
static void proof(const struct race *race, FILE *file)
{
	int64_t flushes = 0, ipis = 0, foreign = 0;
	uint64_t expected = 0, handled = 0;
	bool foreign_known = false;

	for (size_t i = 0; i < race->row_count; i++) {
		const struct race_row *row = &race->rows[i];

		if (row->call && row->pages && row->others) {
			expected += row->times.count * row->others;
			flushes += row->flushes > 0 ? row->flushes : 0;
			ipis += row->ipis > 0 ? row->ipis : 0;
		}
		handled += row->handled;
		foreign_known |= row->foreign >= 0;
		foreign += row->foreign > 0 ? row->foreign : 0;
	}
	fprintf(file, "\n");
	if (race->linux_done && !race->flush_why[0])
		fprintf(file, "tlb:tlb_flush on the others' CPUs: %" PRId64 ", of at least %" PRIu64
			" expected\n", flushes, expected);
	if (race->linux_done && !race->ipi_why[0])
		fprintf(file, "shootdown interrupts they took: %" PRId64 "\n", ipis);
	if (race->messages_done)
		fprintf(file, "invalidations and acknowledgements by message: %" PRIu64
			", all that were ordered\n", handled);
	if (foreign_known)
		fprintf(file, "Linux's interrupts that met the partition meanwhile: %" PRId64 "\n",
			foreign);
}

void race_table(const struct race *race, FILE *file)
{
	race_describe(race, file, "");
	for (uint32_t i = 0; i < race->page_count; i++)
		race_of_pages(race, file, race->pages[i]);
	all_messages(race, file);
	lost(race, file);
	proof(race, file);
}
