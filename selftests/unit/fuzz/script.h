/* SPDX-License-Identifier: GPL-2.0-only */
/* An input read as a script: numbers of so many bytes each, zeros when it is over. */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct script {
	const uint8_t *at;
	size_t left;
};

static uint64_t next(struct script *s, size_t bytes)
{
	uint64_t v = 0;

	if (bytes > s->left)
		bytes = s->left;
	memcpy(&v, s->at, bytes);
	s->at += bytes;
	s->left -= bytes;
	return v;
}

#endif
