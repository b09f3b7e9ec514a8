/* SPDX-License-Identifier: GPL-2.0-only */
/* Work whose result is known by a checksum: the same on every system, whatever the speed. */
#ifndef LOOPS_H
#define LOOPS_H

#include <stddef.h>
#include <stdint.h>

/**
 * typedef loop_run - one round of a loop
 * @seed: what the round's data are made of
 * @sum:  checksum so far
 * Return: checksum with this round's results. Each round starts from @seed alone.
 */
typedef uint32_t loop_run(uint32_t seed, uint32_t sum);

loop_run loop_list, loop_matrix, loop_states, loop_crc;
loop_run loop_nbody, loop_mandelbrot, loop_fft;

/** sum_bytes - CRC-32 (reflected, polynomial 0xedb88320) of @n bytes, going on from @sum */
uint32_t sum_bytes(uint32_t sum, const void *data, size_t n);

/** next_random - a linear congruential generator. Return: 16 bits that are random enough here */
static inline uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

#endif
