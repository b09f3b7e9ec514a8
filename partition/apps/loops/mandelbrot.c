// SPDX-License-Identifier: GPL-2.0-only
/* The Mandelbrot set, a few rows in single and in double precision. */
#include "loops.h"

#define SIZE 48u
#define TURNS 60u

static unsigned char turns_double(double cx, double cy)
{
	double x = 0, y = 0;
	unsigned char n;

	for (n = 0; n < TURNS && x * x + y * y < 4; n++) {
		const double t = x * x - y * y + cx;

		y = 2 * x * y + cy;
		x = t;
	}
	return n;
}

static unsigned char turns_float(float cx, float cy)
{
	float x = 0, y = 0;
	unsigned char n;

	for (n = 0; n < TURNS && x * x + y * y < 4; n++) {
		const float t = x * x - y * y + cx;

		y = 2 * x * y + cy;
		x = t;
	}
	return n;
}

uint32_t loop_mandelbrot(uint32_t seed, uint32_t sum)
{
	const double left = -2 + (seed & 255) / 512.0, scale = 2.5 / SIZE;
	unsigned char row[2][SIZE];

	for (unsigned int i = 0; i < SIZE; i++) {
		const double y = -1.25 + i * scale;

		for (unsigned int k = 0; k < SIZE; k++) {
			row[0][k] = turns_double(left + k * scale, y);
			row[1][k] = turns_float((float)(left + k * scale), (float)y);
		}
		sum = sum_bytes(sum, row, sizeof(row));
	}
	return sum;
}
