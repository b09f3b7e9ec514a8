// SPDX-License-Identifier: GPL-2.0-only
#include "instructions.h"
#include "machine.h"

#define RUNS 20

static uint64_t once(uint64_t turns)
{
	uint64_t start = machine_tsc();

	/* Two instructions a turn. */
	__asm__ __volatile__("1: dec %0\n\tjnz 1b" : "+r"(turns) : : "cc");
	return machine_tsc() - start;
}

void instructions_calibrate(struct calibration calibrations[CALIBRATIONS])
{
	uint64_t turns = 500;

	for (unsigned int i = 0; i < CALIBRATIONS; i++, turns *= 10) {
		calibrations[i] = (struct calibration){ 2 * turns, UINT64_MAX };
		for (unsigned int run = 0; run < RUNS; run++) {
			uint64_t ticks = once(turns);

			if (ticks < calibrations[i].ticks)
				calibrations[i].ticks = ticks;
		}
	}
}

bool instructions_counted(const struct calibration *c, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (c[i].instructions <= c[0].instructions || c[i].ticks <= c[0].ticks ||
		    c[i].ticks - c[0].ticks != c[i].instructions - c[0].instructions)
			return false;
	return count > 1;
}
