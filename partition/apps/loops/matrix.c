// SPDX-License-Identifier: GPL-2.0-only
/* Matrices of integers: products, sums, transposition. Arithmetic is modulo 2^32. */
#include "loops.h"

#define N 40u

typedef uint32_t matrix[N][N];

static void fill(matrix m, uint32_t *seed)
{
	for (unsigned int i = 0; i < N; i++)
		for (unsigned int j = 0; j < N; j++)
			m[i][j] = next_random(seed) & 0x3ff;
}

static void multiply(matrix to, matrix a, matrix b)
{
	for (unsigned int i = 0; i < N; i++) {
		for (unsigned int j = 0; j < N; j++) {
			uint32_t sum = 0;

			for (unsigned int k = 0; k < N; k++)
				sum += a[i][k] * b[k][j];
			to[i][j] = sum;
		}
	}
}

/* to = transposed(to) + a, with every bit used */
static void turn(matrix to, matrix a)
{
	for (unsigned int i = 0; i < N; i++) {
		for (unsigned int j = 0; j < i; j++) {
			const uint32_t x = to[i][j];

			to[i][j] = to[j][i];
			to[j][i] = x;
		}
	}
	for (unsigned int i = 0; i < N; i++)
		for (unsigned int j = 0; j < N; j++)
			to[i][j] = (to[i][j] >> 7 | to[i][j] << 25) + a[i][j];
}

uint32_t loop_matrix(uint32_t seed, uint32_t sum)
{
	static matrix a, b, c;

	fill(a, &seed);
	fill(b, &seed);
	multiply(c, a, b);
	turn(c, a);
	multiply(a, c, b);
	return sum_bytes(sum, a, sizeof(a));
}
