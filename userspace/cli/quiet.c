// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same program everywhere: partition/apps/fwq. It says when it begins and computes for a known
 * time, in the middle of which nobody touches it; interrupts are counted there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "instructions.h"
#include "quiet.h"

#define PROGRAM "fwq"
#define START_MS 60000
#define A_LINE 64 /* numbers, at most */

/* Parts of the time that pass before, and until, interrupts are counted. */
#define FROM_PERCENT 20
#define TO_PERCENT 85

const char *quiet_kind_name(enum quiet_kind kind)
{
	static const char *const names[] = { "partition core", "Linux", "Linux, isolated" };

	return kind < QUIET_KINDS ? names[kind] : "";
}

/* The TSC is the same on all CPUs, or else nothing here means anything. */
static void sleep_until(uint64_t tsc, uint64_t tsc_khz)
{
	uint64_t now = machine_tsc();

	while (now < tsc) {
		uint64_t us = (tsc - now) * 1000 / tsc_khz + 1;

		nanosleep(&(struct timespec){ .tv_sec = (time_t)(us / 1000000),
					      .tv_nsec = (long)(us % 1000000 * 1000) }, NULL);
		now = machine_tsc();
	}
}

static int take_quanta(struct quiet_row *row, const char *line)
{
	uint64_t numbers[A_LINE], *more;
	int n = program_numbers(line, "quanta", numbers, A_LINE);

	if (n < 0)
		return n;
	more = realloc(row->ticks, (row->count + (size_t)n) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	row->ticks = more;
	memcpy(row->ticks + row->count, numbers, (size_t)n * sizeof(*numbers));
	row->count += (size_t)n;
	return 0;
}

/* Return: 1 while more is to come. */
static int take_line(struct quiet_row *row, const char *line)
{
	uint64_t number;

	if (program_numbers(line, "end", &number, 1) == 1)
		return 0;
	if (program_numbers(line, "checksum", &number, 1) == 1)
		return 1;
	return take_quanta(row, line) ? -EPROTO : 1;
}

static int count_meanwhile(const struct quiet *quiet, struct quiet_row *row, uint64_t begin)
{
	uint64_t ticks = quiet->seconds * quiet->tsc_khz * 1000, from, to;
	struct quiet_counts before, after;
	int err;

	sleep_until(begin + ticks * FROM_PERCENT / 100, quiet->tsc_khz);
	from = machine_tsc();
	err = quiet_count(&row->place, &before);
	if (err)
		return err;
	sleep_until(begin + ticks * TO_PERCENT / 100, quiet->tsc_khz);
	err = quiet_count(&row->place, &after);
	to = machine_tsc();
	if (err)
		return err;
	/* The program must not have ended before: what comes then is not its core's quiet. */
	if (to - begin >= ticks)
		return -ETIME;
	row->counted_ms = (to - from) / quiet->tsc_khz;
	quiet_counted(row, &before, &after);
	return 0;
}

static int converse(const struct quiet *quiet, struct quiet_row *row, struct program *program)
{
	uint64_t begin;
	char *line;
	int rc = program_line(program, START_MS, &line);

	if (rc <= 0)
		return rc ? rc : -ENOEXEC;
	if (program_numbers(line, "begin", &begin, 1) != 1 || begin > machine_tsc())
		return -EPROTO;
	rc = count_meanwhile(quiet, row, begin);
	if (rc)
		return rc;
	do {
		rc = program_line(program, START_MS + quiet->seconds * 4000, &line);
		if (rc > 0)
			rc = take_line(row, line);
		else if (!rc)
			rc = -EPROTO;
	} while (rc > 0);
	return rc ? rc : row->count ? 0 : -EPROTO;
}

static void summarize(struct quiet_row *row)
{
	uint64_t *sorted = malloc(row->count * sizeof(*sorted));

	if (!sorted)
		return;
	memcpy(sorted, row->ticks, row->count * sizeof(*sorted));
	row->stats = stats_of(sorted, row->count);
	free(sorted);
	row->lost = 0;
	for (size_t i = 0; i < row->count; i++)
		row->lost += row->ticks[i] - row->stats.min;
}

static int complain(const struct quiet *quiet, const struct quiet_row *row, int err, int status)
{
	char where[96];

	if (row->place.partition)
		snprintf(where, sizeof(where), "core %u of '%s'", row->place.number,
			 row->place.partition);
	else
		snprintf(where, sizeof(where), "CPU %u", row->place.number);
	switch (-err) {
	case ENOEXEC:
		return cli_fail(CLI_FAILED, "%s/%s/%s did not begin on %s (exit status %d)",
				quiet->directory, program_system(&row->place), PROGRAM, where,
				status);
	case EPROTO:
		return cli_fail(CLI_FAILED, "what %s printed on %s is none of its words", PROGRAM,
				where);
	case ETIME:
		return cli_fail(CLI_FAILED, "this machine is too busy: %s had ended before its "
				"interrupts on %s were counted; try more --seconds", PROGRAM, where);
	default:
		return cli_errno(err, NULL, where);
	}
}

static int run_row(const struct quiet *quiet, struct quiet_row *row)
{
	char ticks[24], turns[24];
	const char *const args[] = { "-t", ticks, "-w", turns, NULL };
	struct program program;
	int err, status;

	snprintf(ticks, sizeof(ticks), "%" PRIu64, quiet->seconds * quiet->tsc_khz * 1000);
	snprintf(turns, sizeof(turns), "%" PRIu64, quiet->turns);
	err = program_start(&program, &row->place, quiet->directory, PROGRAM, args);
	if (err)
		return complain(quiet, row, err, 0);
	err = converse(quiet, row, &program);
	status = program_end(&program, err && err != -ENOEXEC);
	if (err)
		return complain(quiet, row, err, status);
	if (status)
		return cli_fail(CLI_FAILED, "%s ended with status %d", PROGRAM, status);
	summarize(row);
	return CLI_OK;
}

int quiet_run(struct quiet *quiet)
{
	struct calibration calibrations[CALIBRATIONS];
	int code = CLI_OK;

	instructions_calibrate(calibrations);
	quiet->instructions = instructions_counted(calibrations, CALIBRATIONS);
	for (unsigned int i = 0; i < quiet->row_count && !code; i++)
		code = run_row(quiet, &quiet->rows[i]);
	return code;
}
