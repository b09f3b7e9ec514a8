// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "handover.h"
#include "lrpc.h"

#define PROGRAM "lrpcbench"
#define LINE_MS 120000
#define A_LINE 64 /* numbers, at most */

/* What the program prints, a word a series. */
enum series { ONE_WAY, ROUND, LIBRARY_ONE_WAY, LIBRARY_ROUND, SERIES };

static const char *const words[SERIES] = { "oneway", "round", "lib_oneway", "lib_round" };

struct output {
	uint64_t *samples[SERIES];
	uint64_t count[SERIES];
	unsigned int calibrations;
};

static struct lrpc_row *add(struct lrpc *lrpc, const char *name, const char *between, bool remora,
			    bool blocks)
{
	struct lrpc_row *row = &lrpc->rows[lrpc->row_count++];

	*row = (struct lrpc_row){
		.name = name, .between = between, .remora = remora, .blocks = blocks,
	};
	return row;
}

/* ---- the core ---- */

static int take_samples(const struct lrpc *lrpc, struct output *o, const char *line)
{
	uint64_t numbers[A_LINE];

	for (unsigned int s = 0; s < SERIES; s++) {
		int n = program_numbers(line, words[s], numbers, A_LINE);

		if (n < 0)
			continue;
		if ((uint64_t)n > lrpc->count - o->count[s])
			return -EPROTO;
		memcpy(o->samples[s] + o->count[s], numbers, (size_t)n * sizeof(*numbers));
		o->count[s] += (uint64_t)n;
		return 1;
	}
	return -EPROTO;
}

/* Return: 1 while more is to come, 0 at the end. */
static int take_line(struct lrpc *lrpc, struct output *o, const char *line)
{
	uint64_t numbers[2];

	if (!strcmp(line, "end")) {
		for (unsigned int s = 0; s < SERIES; s++)
			if (o->count[s] != lrpc->count)
				return -EPROTO;
		return o->calibrations == CALIBRATIONS ? 0 : -EPROTO;
	}
	if (program_numbers(line, "calibrate", numbers, 2) != 2)
		return take_samples(lrpc, o, line);
	if (o->calibrations == CALIBRATIONS)
		return -EPROTO;
	lrpc->core[o->calibrations++] = (struct calibration){ numbers[0], numbers[1] };
	return 1;
}

static int complain(const struct lrpc *lrpc, int err, int status)
{
	if (status)
		return cli_fail(CLI_FAILED, "%s/remora/" PROGRAM " ended with status %d on core %u of "
				"'%s'", lrpc->directory, status, lrpc->place.number,
				lrpc->place.partition);
	if (err == -EPROTO)
		return cli_fail(CLI_FAILED, "what " PROGRAM " printed is none of its words, or not all "
				"of them");
	return cli_errno(err, NULL, "running " PROGRAM);
}

static int run_program(struct lrpc *lrpc, struct output *o)
{
	char count[24];
	const char *const args[] = { "-n", count, NULL };
	struct program program;
	char *line;
	int rc, status;

	snprintf(count, sizeof(count), "%" PRIu64, lrpc->count);
	rc = program_start(&program, &lrpc->place, lrpc->directory, PROGRAM, args);
	if (rc)
		return complain(lrpc, rc, 0);
	do {
		rc = program_line(&program, LINE_MS, &line);
		if (rc > 0)
			rc = take_line(lrpc, o, line);
		else if (!rc)
			rc = -EPROTO;
	} while (rc > 0);
	status = program_end(&program, rc == -ETIMEDOUT);
	return rc || status ? complain(lrpc, rc, status) : CLI_OK;
}

int lrpc_core(struct lrpc *lrpc)
{
	uint64_t *samples = calloc(lrpc->count * SERIES, sizeof(*samples));
	struct output o = { 0 };
	struct lrpc_row *row;
	int code;

	if (!samples)
		return cli_fail(CLI_FAILED, "no memory for the samples");
	for (unsigned int s = 0; s < SERIES; s++)
		o.samples[s] = samples + s * lrpc->count;
	code = run_program(lrpc, &o);
	if (!code) {
		row = add(lrpc, "LRPC", "address spaces", true, true);
		row->one_way = stats_of(o.samples[ONE_WAY], lrpc->count);
		row->round = stats_of(o.samples[ROUND], lrpc->count);
		row = add(lrpc, "LRPC, library", "address spaces", true, true);
		row->one_way = stats_of(o.samples[LIBRARY_ONE_WAY], lrpc->count);
		row->round = stats_of(o.samples[LIBRARY_ROUND], lrpc->count);
	}
	free(samples);
	return code;
}

/* ---- Linux ---- */

int lrpc_linux(struct lrpc *lrpc)
{
	uint64_t *samples = calloc(lrpc->count * 2, sizeof(*samples));
	int err = 0;

	if (!samples)
		return cli_fail(CLI_FAILED, "no memory for the samples");
	instructions_calibrate(lrpc->host);
	for (const struct handover *h = handovers; h->name && !err; h++) {
		struct lrpc_row *row;

		err = handover_measure(h, lrpc->cpu, samples, samples + lrpc->count, lrpc->count);
		if (err)
			break;
		row = add(lrpc, h->name, h->threads ? "threads" : "address spaces", false, h->blocks);
		row->one_way = stats_of(samples, lrpc->count);
		row->round = stats_of(samples + lrpc->count, lrpc->count);
	}
	free(samples);
	return err ? cli_errno(err, NULL, "handing over on one CPU") : CLI_OK;
}
