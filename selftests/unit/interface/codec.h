/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must be true of the marshalling of every message, whatever its fields are. The functions of a
 * message are called through a struct codec, with a structure behind a void pointer.
 */
#ifndef CODEC_H
#define CODEC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <urpc/chan.h>

struct codec {
	const char *name;
	size_t size;
	uint32_t most;
	uint32_t (*encode)(const void *m, void *buffer);
	int (*decode)(void *m, const void *buffer, uint32_t bytes);
	bool (*valid)(const void *m);
};

/* The functions of message MESSAGE of interface INTERFACE, and a struct codec of that name. */
#define CODEC(interface, message, upper)                                                      \
	static uint32_t interface##_##message##_e(const void *m, void *buffer)                \
	{                                                                                     \
		return interface##_##message##_encode(m, buffer);                             \
	}                                                                                     \
	static int interface##_##message##_d(void *m, const void *buffer, uint32_t bytes)     \
	{                                                                                     \
		return interface##_##message##_decode(m, buffer, bytes);                      \
	}                                                                                     \
	static bool interface##_##message##_v(const void *m)                                  \
	{                                                                                     \
		return interface##_##message##_valid(m);                                      \
	}                                                                                     \
	static const struct codec codec_##interface##_##message = {                           \
		#interface "." #message, sizeof(struct interface##_##message), upper##_MAX,   \
		interface##_##message##_e, interface##_##message##_d, interface##_##message##_v \
	}

/* Memory of exactly so many bytes: one more read or written is found by the address sanitizer. */
static inline void *exactly(const void *from, size_t bytes)
{
	void *memory = malloc(bytes ? bytes : 1);

	assert_non_null(memory);
	if (from && bytes)
		memcpy(memory, from, bytes);
	return memory;
}

static inline int codec_decode(const struct codec *c, void *m, const void *from, uint32_t bytes)
{
	void *exact = exactly(from, bytes);
	int result = c->decode(m, exact, bytes);

	assert_true(result == 0 || result == -URPC_EPROTO);
	/* A blob points into the buffer: what looks at *m later needs it in @from. */
	if (!result) {
		memset(m, 0xa5, c->size);
		assert_int_equal(c->decode(m, from, bytes), 0);
	}
	free(exact);
	return result;
}

/* Whatever is accepted can be sent again, and is the same bytes then. */
static inline bool codec_accepts(const struct codec *c, const void *from, uint32_t bytes)
{
	void *m = exactly(NULL, c->size), *again = exactly(NULL, c->most);
	bool accepted = !codec_decode(c, m, from, bytes);

	if (accepted) {
		assert_true(c->valid(m));
		assert_in_range(bytes, 0, c->most);
		assert_int_equal(c->encode(m, again), bytes);
		if (bytes)
			assert_memory_equal(again, from, bytes);
	}
	free(again);
	free(m);
	return accepted;
}

/* @m encodes to some bytes that decode; shortened, lengthened or with a bit flipped they do not, or are right. */
static inline uint32_t codec_check(const struct codec *c, const void *m, uint8_t *buffer)
{
	uint8_t *exact = exactly(NULL, c->most);
	uint32_t bytes = c->encode(m, exact), flips = bytes < 700 ? bytes * 8 : 0;

	assert_in_range(bytes, 0, c->most);
	memcpy(buffer, exact, bytes);
	assert_true(c->valid(m));
	assert_true(codec_accepts(c, buffer, bytes));
	for (uint32_t less = 0; less < bytes; less += less < 700 ? 1 : 97)
		assert_false(codec_accepts(c, buffer, less));
	buffer[bytes] = 0;
	assert_false(codec_accepts(c, buffer, bytes + 1));
	for (uint32_t bit = 0; bit < flips; bit++) {
		buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
		codec_accepts(c, buffer, bytes);
		buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(exact);
	return bytes;
}

#endif
