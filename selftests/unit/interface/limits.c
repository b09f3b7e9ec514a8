// SPDX-License-Identifier: GPL-2.0-only
/* Every kind of field at its limits and one step past them, on the way out and on the way in. */
#include "every_fill.h"

static uint8_t buffer[EVERY_MESSAGE_MAX + 1];

static void empty_and_full(void **state)
{
	static uint8_t rest[7166];
	struct every_nothing nothing = { 0 };
	struct every_numbers zero = { .h = EVERY_COLOUR_RED, .i = EVERY_WIDE_SMALL, .j = EVERY_WIDER_ONE };
	struct every_numbers full = numbers_full();
	struct every_texts least = texts_of("", "", 0, NULL, 0), most = texts_of("1234567", "1", 5, rest, 600);
	struct every_longest longest = { 7166, rest };
	struct every_lookup lookup = { 1, "123456789012345" };
	struct every_lookup_reply reply = { ~0u, -1, 2, { 1, 2 } };
	struct every_members all;

	(void)state;
	assert_int_equal(codec_check(&codec_every_lookup, &lookup, buffer), EVERY_LOOKUP_MAX);
	assert_int_equal(codec_check(&codec_every_lookup_reply, &reply, buffer), EVERY_LOOKUP_REPLY_MAX);
	for (size_t i = 0; i < sizeof(rest); i++)
		rest[i] = (uint8_t)(i * 7);
	assert_int_equal(codec_check(&codec_every_nothing, &nothing, buffer), 0);
	assert_int_equal(codec_check(&codec_every_numbers, &zero, buffer), EVERY_NUMBERS_MAX);
	assert_int_equal(codec_check(&codec_every_numbers, &full, buffer), EVERY_NUMBERS_MAX);
	for (uint32_t n = 0; n <= 3; n++) {
		struct every_arrays arrays = arrays_of(n);

		assert_int_equal(codec_check(&codec_every_arrays, &arrays, buffer),
				 n * (EVERY_ARRAYS_MAX - 20) / 3 + 20);
	}
	assert_int_equal(codec_check(&codec_every_texts, &least, buffer), 8);
	assert_int_equal(codec_check(&codec_every_texts, &most, buffer), EVERY_TEXTS_MAX);
	assert_int_equal(codec_check(&codec_every_longest, &longest, buffer), EVERY_LONGEST_MAX);
	memset(&all, 0xff, sizeof(all));
	assert_int_equal(codec_check(&codec_every_members, &all, buffer), EVERY_MEMBERS_MAX);
}

/* What comes out is what went in, all of it. */
static void same_again(void **state)
{
	struct every_numbers in = numbers_full(), out;
	struct every_arrays from = arrays_of(2), to;

	(void)state;
	memset(&out, 0xa5, sizeof(out));
	assert_int_equal(every_numbers_decode(&out, buffer, every_numbers_encode(&in, buffer)), 0);
	assert_true(out.a == in.a && out.b == in.b && out.c == in.c && out.d == in.d && out.e == in.e);
	assert_true(out.f == in.f && out.g == in.g && out.h == in.h && out.i == in.i && out.j == in.j);
	memset(&to, 0xa5, sizeof(to));
	assert_int_equal(every_arrays_decode(&to, buffer, every_arrays_encode(&from, buffer)), 0);
	assert_memory_equal(&to, &from, sizeof(to)); /* zero behind the counts too */
}

/* A blob stays in the buffer; an empty one points nowhere. */
static void in_place(void **state)
{
	static const uint8_t rest[] = { 1, 2, 3 };
	struct every_texts m = texts_of("ab", "", 1, rest, 3);
	uint32_t bytes = every_texts_encode(&m, buffer);

	(void)state;
	assert_int_equal(every_texts_decode(&m, buffer, bytes), 0);
	assert_ptr_equal(m.rest, buffer + bytes - 3);
	m.rest_count = 0;
	assert_int_equal(every_texts_decode(&m, buffer, every_texts_encode(&m, buffer)), 0);
	assert_null(m.rest);
}

/* A sender that does not keep its limits: nothing past them is read or written, and valid() says so. */
static void cut(void **state)
{
	static const uint8_t rest[600];
	struct every_arrays *arrays = exactly(NULL, sizeof(*arrays));
	struct every_texts *texts = exactly(NULL, sizeof(*texts));
	uint8_t *exact = exactly(NULL, EVERY_ARRAYS_MAX), *other = exactly(NULL, EVERY_TEXTS_MAX);

	(void)state;
	*arrays = arrays_of(3);
	arrays->a_count = arrays->b_count = arrays->c_count = arrays->d_count = arrays->e_count = 4;
	arrays->f_count = arrays->g_count = arrays->h_count = arrays->i_count = arrays->j_count = ~0u;
	assert_int_equal(every_arrays_encode(arrays, exact), EVERY_ARRAYS_MAX);
	assert_false(every_arrays_valid(arrays));
	*texts = texts_of("", "", 5, rest, 600);
	texts->data_count = 6;
	texts->rest_count = 601;
	memset(texts->name, 'x', sizeof(texts->name));
	memset(texts->other, 'x', sizeof(texts->other));
	assert_int_equal(every_texts_encode(texts, other), EVERY_TEXTS_MAX);
	assert_int_equal(every_texts_decode(texts, other, EVERY_TEXTS_MAX), 0);
	assert_string_equal(texts->name, "xxxxxxx");
	free(other);
	free(exact);
	free(texts);
	free(arrays);
}

#define INVALID(message, m, change)                             \
	do {                                                    \
		struct every_##message broken = (m);            \
		assert_true(every_##message##_valid(&broken));  \
		change;                                         \
		assert_false(every_##message##_valid(&broken)); \
	} while (0)

static void not_valid(void **state)
{
	struct every_texts texts = texts_of("", "", 0, NULL, 0);

	(void)state;
	INVALID(numbers, numbers_full(), broken.h = (enum every_colour)1);
	INVALID(numbers, numbers_full(), broken.i = (enum every_wide)0);
	INVALID(numbers, numbers_full(), broken.j = (enum every_wider)(70000 & 0xffff));
	INVALID(arrays, arrays_of(3), broken.a_count = 4);
	INVALID(arrays, arrays_of(3), broken.j_count = 4);
	INVALID(arrays, arrays_of(3), broken.h[2] = (enum every_colour)9);
	INVALID(arrays, arrays_of(3), broken.j[0] = (enum every_wider)2);
	INVALID(texts, texts, memset(broken.name, 'x', 8));
	INVALID(texts, texts, memset(broken.other, 'x', 2));
	INVALID(texts, texts, broken.data_count = 6);
	INVALID(texts, texts, broken.rest_count = 1);
	INVALID(texts, texts, (broken.rest_count = 601, broken.rest = buffer));
}

/* Bytes of a right message, one of them changed: refused. */
static void refuses(const struct codec *c, const void *m, uint32_t at, uint8_t was, uint8_t byte)
{
	uint32_t bytes = codec_check(c, m, buffer);

	assert_in_range(at, 0, bytes - 1);
	assert_int_equal(buffer[at], was);
	buffer[at] = byte;
	if (codec_accepts(c, buffer, bytes))
		fail_msg("%s: byte %u may be %u", c->name, at, byte);
}

static void out_of_range(void **state)
{
	static const uint8_t rest[2] = { 0 };
	struct every_numbers numbers = numbers_full();
	struct every_arrays arrays = arrays_of(3);
	struct every_texts texts = texts_of("abc", "z", 5, rest, 2);
	struct every_members members;

	(void)state;
	refuses(&codec_every_numbers, &numbers, 27, 1, 2); /* bool */
	refuses(&codec_every_numbers, &numbers, 27, 1, 0x81);
	refuses(&codec_every_numbers, &numbers, 28, 8, 9); /* enum of one byte, of two, of four */
	refuses(&codec_every_numbers, &numbers, 28, 8, 1);
	refuses(&codec_every_numbers, &numbers, 30, 1, 2);
	refuses(&codec_every_numbers, &numbers, 33, 1, 2);
	refuses(&codec_every_numbers, &numbers, 34, 0, 0x80);
	refuses(&codec_every_arrays, &arrays, 0, 3, 4); /* count */
	refuses(&codec_every_arrays, &arrays, 1, 0, 1);
	refuses(&codec_every_texts, &texts, 0, 3, 8); /* too long for its place */
	refuses(&codec_every_texts, &texts, 3, 'b', 0); /* a zero inside */
	refuses(&codec_every_texts, &texts, 5, 5, 6);
	refuses(&codec_every_texts, &texts, 14, 'z', 0);
	memset(&members, 0, sizeof(members));
	members.some.bits[7] = 1;
	refuses(&codec_every_members, &members, 0, 8, 9); /* nodes past the last */
	refuses(&codec_every_members, &members, 57, 1, 0); /* a last word of zero */
}

/* One character more than there is room for, in a message that is right otherwise. */
static void too_long(void **state)
{
	struct every_texts texts = texts_of("1234567", "", 0, NULL, 0);
	uint32_t bytes = codec_check(&codec_every_texts, &texts, buffer);

	(void)state;
	memmove(buffer + 3, buffer + 2, bytes - 2);
	buffer[0]++;
	assert_false(codec_accepts(&codec_every_texts, buffer, bytes + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_and_full), cmocka_unit_test(same_again),
		cmocka_unit_test(in_place), cmocka_unit_test(cut), cmocka_unit_test(not_valid),
		cmocka_unit_test(out_of_range), cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
