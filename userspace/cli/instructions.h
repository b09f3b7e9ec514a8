/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the TSC counts instructions, as that of an emulator can (selftests/lab: --icount).
 */
#ifndef REMORA_CLI_INSTRUCTIONS_H
#define REMORA_CLI_INSTRUCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct calibration - a loop of so many instructions took so many ticks */
struct calibration {
	uint64_t instructions;
	uint64_t ticks;
};

#define CALIBRATIONS 3

/** instructions_calibrate - time loops of known length here, the least of several runs each. */
void instructions_calibrate(struct calibration calibrations[CALIBRATIONS]);

/**
 * instructions_counted - does each further instruction take exactly one further tick?
 * @count: of loops, from short to long, at least 2
 */
bool instructions_counted(const struct calibration *calibrations, size_t count);

#endif
