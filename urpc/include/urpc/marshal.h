/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Fields of a message, one behind the other without gaps, low byte first. What remora-interface
 * generates is made of these; Documentation/interfaces.md describes the bytes.
 *
 * A writer trusts its caller: the generated functions know how long a message can be. A reader
 * trusts nothing but that the buffer is its caller's own, so that no byte changes while it reads:
 * after the first thing that is wrong it stands still and gives zeros, and urpc_read_end() tells.
 * Each accepted message is written in one way only: what was read and is written again is the same.
 */
#ifndef URPC_MARSHAL_H
#define URPC_MARSHAL_H

#include <urpc/chan.h>

URPC_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are copied as they are");

struct urpc_writer {
	uint8_t *at;
};

/** struct urpc_reader - @left: bytes from @at on; @bad: something was wrong */
struct urpc_reader {
	const uint8_t *at;
	uint32_t left;
	bool bad;
};

static inline void urpc_put_bytes(struct urpc_writer *w, const void *from, uint32_t bytes)
{
	if (bytes) /* of none @from may be NULL */
		__builtin_memcpy(w->at, from, bytes);
	w->at += bytes;
}

static inline void urpc_put_u8(struct urpc_writer *w, uint8_t v)
{
	*w->at++ = v;
}

static inline void urpc_put_u16(struct urpc_writer *w, uint16_t v)
{
	urpc_put_bytes(w, &v, sizeof(v));
}

static inline void urpc_put_u32(struct urpc_writer *w, uint32_t v)
{
	urpc_put_bytes(w, &v, sizeof(v));
}

static inline void urpc_put_u64(struct urpc_writer *w, uint64_t v)
{
	urpc_put_bytes(w, &v, sizeof(v));
}

/** urpc_put_count - the length of an array; cuts what is over @most. Return: what it is then */
static inline uint32_t urpc_put_count(struct urpc_writer *w, uint32_t count, uint32_t most)
{
	if (count > most)
		count = most;
	urpc_put_u16(w, (uint16_t)count);
	return count;
}

/** urpc_string_length - characters before the zero, at most @room - 1 */
static inline uint32_t urpc_string_length(const char *s, uint32_t room)
{
	uint32_t length = 0;

	while (length < room - 1 && s[length])
		length++;
	return length;
}

/* Length, then the characters without the zero. */
static inline void urpc_put_string(struct urpc_writer *w, const char *s, uint32_t room)
{
	uint32_t length = urpc_string_length(s, room);

	urpc_put_u16(w, (uint16_t)length);
	urpc_put_bytes(w, s, length);
}

/* How many words up to the last one that is not zero, then those. */
static inline void urpc_put_bits(struct urpc_writer *w, const uint64_t *words, uint32_t room)
{
	while (room && !words[room - 1])
		room--;
	urpc_put_u8(w, (uint8_t)room);
	urpc_put_bytes(w, words, room * 8);
}

static inline struct urpc_reader urpc_read_begin(const void *buffer, uint32_t bytes)
{
	struct urpc_reader r = { (const uint8_t *)buffer, bytes, false };

	return r;
}

/** urpc_get_in_place - @bytes of the buffer; NULL when they are not there, or none are asked for */
static inline const uint8_t *urpc_get_in_place(struct urpc_reader *r, uint32_t bytes)
{
	const uint8_t *at = r->at;

	if (r->bad || bytes > r->left) {
		r->bad = true;
		return NULL;
	}
	if (!bytes)
		return NULL;
	r->at += bytes;
	r->left -= bytes;
	return at;
}

/* @to is zero before. */
static inline void urpc_get_bytes(struct urpc_reader *r, void *to, uint32_t bytes)
{
	const uint8_t *at = urpc_get_in_place(r, bytes);

	if (at)
		__builtin_memcpy(to, at, bytes);
}

static inline uint8_t urpc_get_u8(struct urpc_reader *r)
{
	uint8_t v = 0;

	urpc_get_bytes(r, &v, sizeof(v));
	return v;
}

static inline uint16_t urpc_get_u16(struct urpc_reader *r)
{
	uint16_t v = 0;

	urpc_get_bytes(r, &v, sizeof(v));
	return v;
}

static inline uint32_t urpc_get_u32(struct urpc_reader *r)
{
	uint32_t v = 0;

	urpc_get_bytes(r, &v, sizeof(v));
	return v;
}

static inline uint64_t urpc_get_u64(struct urpc_reader *r)
{
	uint64_t v = 0;

	urpc_get_bytes(r, &v, sizeof(v));
	return v;
}

/* 0 or 1, else it is wrong. */
static inline bool urpc_get_bool(struct urpc_reader *r)
{
	uint8_t v = urpc_get_u8(r);

	if (v > 1)
		r->bad = true;
	return v == 1;
}

/** urpc_get_count - the length of an array: @most, else it is wrong and 0 */
static inline uint32_t urpc_get_count(struct urpc_reader *r, uint32_t most)
{
	uint32_t count = urpc_get_u16(r);

	if (count > most) {
		r->bad = true;
		return 0;
	}
	return count;
}

/* @to has @room bytes and is zero before; a zero within the characters is wrong. */
static inline void urpc_get_string(struct urpc_reader *r, char *to, uint32_t room)
{
	uint32_t length = urpc_get_count(r, room - 1);

	urpc_get_bytes(r, to, length);
	if (!r->bad && urpc_string_length(to, length + 1) != length)
		r->bad = true;
}

/* @words are zero before; a last word of zero is wrong. */
static inline void urpc_get_bits(struct urpc_reader *r, uint64_t *words, uint32_t room)
{
	uint32_t count = urpc_get_u8(r);

	if (count > room) {
		r->bad = true;
		return;
	}
	urpc_get_bytes(r, words, count * 8);
	if (count && !words[count - 1])
		r->bad = true;
}

/** urpc_read_end - 0 when all was right and nothing is left, else -URPC_EPROTO */
static inline int urpc_read_end(const struct urpc_reader *r)
{
	return r->bad || r->left ? -URPC_EPROTO : 0;
}

#endif
