/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of measured round trips, as text or JSON, always beside the machine they come from.
 */
#ifndef REMORA_CLI_FIGURES_H
#define REMORA_CLI_FIGURES_H

#include "json.h"
#include "machine.h"
#include "stats.h"

struct figures {
	struct machine machine;
	uint64_t tsc_khz;
	bool as_json;
	struct json json;
};

/** figures_begin - head of the table. @title: what is measured. */
void figures_begin(struct figures *figures, const char *title, uint64_t tsc_khz, bool as_json);

/** figures_row - one line. @who: between whom; @how: by which means. */
void figures_row(struct figures *figures, const char *who, const char *how,
		 const struct stats *stats);

void figures_end(struct figures *figures);

#endif
