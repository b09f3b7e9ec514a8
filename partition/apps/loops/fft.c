// SPDX-License-Identifier: GPL-2.0-only
/* A fast Fourier transform there and back; the library's sin() and cos() give the factors. */
#include <math.h>

#include "loops.h"

#define BITS 9u
#define POINTS (1u << BITS)

struct point {
	double re, im;
};

static void shuffle(struct point *p)
{
	for (unsigned int i = 0; i < POINTS; i++) {
		unsigned int to = 0;

		for (unsigned int bit = 0; bit < BITS; bit++)
			to |= (i >> bit & 1) << (BITS - 1 - bit);
		if (to > i) {
			const struct point x = p[i];

			p[i] = p[to];
			p[to] = x;
		}
	}
}

/* @sign: 1 there, -1 back (not yet divided by the number of points) */
static void transform(struct point *p, double sign)
{
	shuffle(p);
	for (unsigned int half = 1; half < POINTS; half *= 2) {
		for (unsigned int k = 0; k < half; k++) {
			const double angle = sign * -3.14159265358979323846 * k / half;
			const struct point w = { cos(angle), sin(angle) };

			for (unsigned int i = k; i < POINTS; i += 2 * half) {
				struct point *a = &p[i], *b = &p[i + half];
				const struct point t = { w.re * b->re - w.im * b->im,
							 w.re * b->im + w.im * b->re };

				*b = (struct point){ a->re - t.re, a->im - t.im };
				*a = (struct point){ a->re + t.re, a->im + t.im };
			}
		}
	}
}

uint32_t loop_fft(uint32_t seed, uint32_t sum)
{
	static struct point there[POINTS];
	static double was[POINTS];
	uint32_t far = 0;

	for (unsigned int i = 0; i < POINTS; i++) {
		was[i] = next_random(&seed) / 65536.0;
		there[i] = (struct point){ was[i], 0 };
	}
	transform(there, 1);
	sum = sum_bytes(sum, there, sizeof(there));
	transform(there, -1);
	for (unsigned int i = 0; i < POINTS; i++)
		far += !(fabs(there[i].re / POINTS - was[i]) < 1e-12);
	return sum_bytes(sum, &far, sizeof(far));
}
