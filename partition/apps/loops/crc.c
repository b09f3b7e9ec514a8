// SPDX-License-Identifier: GPL-2.0-only
/* CRC-32, bit by bit and by table: both must agree. */
#include <string.h>

#include "loops.h"

#define POLYNOMIAL 0xedb88320u

static uint32_t shift(uint32_t crc)
{
	for (unsigned int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
	return crc;
}

static uint32_t by_bit(uint32_t sum, const unsigned char *p, size_t n)
{
	sum = ~sum;
	while (n--)
		sum = shift(sum ^ *p++);
	return ~sum;
}

uint32_t sum_bytes(uint32_t sum, const void *data, size_t n)
{
	static uint32_t table[256];
	const unsigned char *p = data;

	/* Entry 128 is the polynomial, so never 0 once the table is made. */
	if (!table[128])
		for (uint32_t i = 0; i < 256; i++)
			table[i] = shift(i);
	sum = ~sum;
	while (n--)
		sum = sum >> 8 ^ table[(sum ^ *p++) & 0xff];
	return ~sum;
}

uint32_t loop_crc(uint32_t seed, uint32_t sum)
{
	static unsigned char data[4096];
	uint32_t slow, fast;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)next_random(&seed);
	/* Overlapping, forwards and backwards: the library's own loops are checked along. */
	memmove(data + 3, data, 1000);
	memmove(data + 2000, data + 2017, 2000);
	slow = by_bit(sum, data, sizeof(data));
	fast = sum_bytes(sum, data, sizeof(data));
	return slow == fast ? fast : ~fast;
}
