// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phase 1 of the race: Linux on the CPUs, before they leave it.
 *
 * Each round, a process of its own for each number of busy threads: an address space remembers on
 * which CPUs it has run, and a call alone must not pay for threads that are gone. The rounds take
 * turns through all numbers, so that a change of the machine's mood meets them all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "race.h"

#define PATIENCE_MS 60000 /* for a process; and more for each sample */
#define PATIENCE_MS_A_SAMPLE 5

/*
 * One row in the making; in memory that the processes share.
 * @cycles: [samples]; @lost: [samples * others]
 */
struct cell {
	const struct shoot_call *call;
	uint32_t pages;
	uint32_t others;
	uint64_t done;
	uint64_t flushes;
	uint64_t ipis;
	uint64_t *cycles;
	uint64_t *lost;
};

/* @failed: the errno value of a child that could not go on; @step: what it tried */
struct board {
	int failed;
	char step[32];
	char flush_why[SHOOT_TEXT];
	char ipi_why[SHOOT_TEXT];
	size_t bytes;
	size_t cell_count;
	struct cell cells[];
};

static size_t cells_of_count(const struct race *race)
{
	size_t cells = 0;

	for (const struct shoot_call *call = shoot_calls; call->name; call++)
		cells += call->on_pages ? race->page_count : 1;
	return cells;
}

/* Numbers of others: none, then those of the race. */
static uint32_t others_of(const struct race *race, uint32_t index)
{
	return index ? race->counts[index - 1] : 0;
}

static size_t board_bytes(const struct race *race)
{
	size_t each = cells_of_count(race), bytes = sizeof(struct board);

	for (uint32_t i = 0; i <= race->count_count; i++)
		bytes += each * (sizeof(struct cell) +
				 race->samples * sizeof(uint64_t) * (1 + others_of(race, i)));
	return bytes;
}

static void lay_out(const struct race *race, struct board *board)
{
	size_t each = cells_of_count(race);
	uint64_t *room = (uint64_t *)&board->cells[each * (race->count_count + 1)];
	struct cell *cell = board->cells;

	for (uint32_t i = 0; i <= race->count_count; i++) {
		for (const struct shoot_call *call = shoot_calls; call->name; call++) {
			for (uint32_t p = 0; p < (call->on_pages ? race->page_count : 1); p++) {
				cell->call = call;
				cell->pages = call->on_pages ? race->pages[p] : 0;
				cell->others = others_of(race, i);
				cell->cycles = room;
				cell->lost = room + race->samples;
				room += race->samples * (1 + cell->others);
				cell++;
			}
		}
	}
	board->cell_count = (size_t)(cell - board->cells);
}

static struct board *board_new(const struct race *race)
{
	size_t bytes = board_bytes(race);
	struct board *board = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (board == MAP_FAILED)
		return NULL;
	board->bytes = bytes;
	lay_out(race, board);
	return board;
}

/* In the child: one cell's part of this round. */
static int measure_cell(const struct race *race, struct shoot_team *team, struct cell *cell,
			struct shoot_proof *proof, uint32_t round)
{
	uint64_t from = race->samples * round / RACE_ROUNDS;
	uint64_t to = race->samples * (round + 1) / RACE_ROUNDS;
	struct shoot_counts before, after;
	struct shoot_run run = {
		.call = cell->call,
		.pages = cell->pages ? cell->pages : 1,
		.cpu = race->initiator,
		.sharers = race->cpus,
		.sharer_count = cell->others,
		.warm_up = RACE_WARM_UP,
	};
	int err;

	err = shoot_team_run(team, &run);
	run.warm_up = 0;
	run.count = to - from;
	run.cycles = cell->cycles + from;
	run.lost = cell->lost + from * cell->others;
	shoot_proof_read(proof, &before);
	if (!err)
		err = shoot_team_run(team, &run);
	if (err)
		return err;
	shoot_proof_read(proof, &after);
	cell->flushes += after.flushes - before.flushes;
	cell->ipis += after.ipis - before.ipis;
	cell->done = to;
	return 0;
}

static int fail_child(struct board *board, int err, const char *step)
{
	board->failed = err;
	snprintf(board->step, sizeof(board->step), "%s", step);
	return 1;
}

static int be_child(const struct race *race, struct board *board, uint32_t others, uint32_t round)
{
	struct shoot_proof proof;
	struct shoot_team *team;
	int err;

	err = shoot_membarrier_register();
	if (err)
		return fail_child(board, err, "membarrier");
	err = shoot_team_open(&team, race->cpus, others);
	if (err)
		return fail_child(board, err, "starting busy threads");
	shoot_proof_open(&proof, race->cpus, others);
	for (size_t i = 0; !err && i < board->cell_count; i++) {
		if (board->cells[i].others != others)
			continue;
		err = measure_cell(race, team, &board->cells[i], &proof, round);
		if (err)
			fail_child(board, err, board->cells[i].call->name);
	}
	memcpy(board->flush_why, proof.why, sizeof(proof.why));
	memcpy(board->ipi_why, proof.ipi_why, sizeof(proof.ipi_why));
	shoot_proof_close(&proof);
	shoot_team_close(team);
	return err ? 1 : 0;
}

static int run_child(const struct race *race, struct board *board, uint32_t others, uint32_t round)
{
	uint64_t samples = race->samples / RACE_ROUNDS + RACE_WARM_UP + 1;
	uint64_t timeout = PATIENCE_MS + samples * cells_of_count(race) * PATIENCE_MS_A_SAMPLE;
	pid_t parent = getpid(), child;
	int err, status = 0;

	fflush(NULL);
	child = fork();
	if (child < 0)
		return cli_errno(-errno, NULL, "starting a process");
	if (!child) {
		race_release_signals();
		_exit(getppid() == parent ? be_child(race, board, others, round) : 1);
	}
	err = race_await(child, timeout < INT32_MAX ? (int)timeout : INT32_MAX, &status);
	if (err == -EINTR)
		return cli_fail(CLI_FAILED, "interrupted");
	if (err)
		return cli_errno(err, NULL, "measuring Linux");
	if (WIFSIGNALED(status))
		return cli_fail(CLI_FAILED, "measuring Linux: the process died of signal %d",
				WTERMSIG(status));
	if (board->failed)
		return cli_fail(CLI_FAILED, "measuring Linux with %u busy threads: %s: %s (%s)",
				others, board->step, strerror(-board->failed),
				cli_errno_name(board->failed));
	return CLI_OK;
}

static int keep(struct race *race, struct board *board)
{
	memcpy(race->flush_why, board->flush_why, sizeof(race->flush_why));
	memcpy(race->ipi_why, board->ipi_why, sizeof(race->ipi_why));
	for (size_t i = 0; i < board->cell_count; i++) {
		struct cell *cell = &board->cells[i];
		struct race_row words = {
			.call = cell->call->name,
			.others = cell->others,
			.pages = cell->pages,
		}, *row = race_add(race, &words);
		struct stats lost;

		if (!row)
			return cli_fail(CLI_FAILED, "no memory for the results");
		row->times = stats_of(cell->cycles, cell->done);
		lost = stats_of(cell->lost, cell->done * cell->others);
		row->lost_median = lost.median;
		row->lost_max = lost.max;
		if (!race->flush_why[0])
			row->flushes = (int64_t)cell->flushes;
		if (!race->ipi_why[0])
			row->ipis = (int64_t)cell->ipis;
	}
	race->linux_done = true;
	return CLI_OK;
}

int race_linux(struct race *race)
{
	struct board *board;
	int code = CLI_OK, err;

	/* Children must never have run elsewhere, not even for a moment: they inherit this. */
	err = shoot_pin(race->initiator);
	if (err)
		return cli_fail(CLI_FAILED, "CPU %u: %s (%s)", race->initiator, strerror(-err),
				cli_errno_name(err));
	board = board_new(race);
	if (!board)
		return cli_fail(CLI_FAILED, "no memory for the samples");
	for (uint32_t round = 0; !code && round < RACE_ROUNDS; round++)
		for (uint32_t i = 0; !code && i <= race->count_count; i++)
			code = run_child(race, board, others_of(race, i), round);
	if (!code)
		code = keep(race, board);
	munmap(board, board->bytes);
	return code;
}
