// SPDX-License-Identifier: GPL-2.0-only
/* The bytes of messages, as Documentation/interfaces.md has them, and the switch over all of them. */
#include "every_fill.h"

#define ENCODES(c, m, ...)                                                                \
	do {                                                                              \
		static const uint8_t expected[] = { __VA_ARGS__ };                        \
		uint8_t encoded[EVERY_MESSAGE_MAX + 1];                                   \
		assert_int_equal(codec_check(&(c), (m), encoded), sizeof(expected));      \
		assert_memory_equal(encoded, expected, sizeof(expected));                 \
	} while (0)

static void types(void **state)
{
	(void)state;
	assert_int_equal(EVERY_INTERFACE, 200);
	assert_int_equal(EVERY_VERSION, 3);
	assert_int_equal(EVERY_NOTHING, 0xc801);
	assert_int_equal(EVERY_NUMBERS, 0xc802);
	assert_int_equal(EVERY_ARRAYS, 0xc80a);
	assert_int_equal(EVERY_TEXTS, 0xc80b);
	assert_int_equal(EVERY_LOOKUP, 0xc810);
	assert_int_equal(EVERY_LOOKUP_REPLY, 0xc811);
	assert_int_equal(EVERY_LONGEST, 0xc8c8);
	assert_int_equal(EVERY_LONGEST_MAX, 7168);
	assert_int_equal(EVERY_MESSAGE_MAX, 7168);
	assert_int_equal(EVERY_NOTHING_MAX, 0);
	assert_string_equal(every_name(0xc811), "lookup_reply");
	assert_null(every_name(0xc803));
}

static void numbers(void **state)
{
	struct every_numbers m = { .a = 0x12, .b = 0x3456, .c = 0x789abcde, .d = 0x1122334455667788ull,
				   .e = -2, .f = -3, .g = true, .h = EVERY_COLOUR_GREEN,
				   .i = EVERY_WIDE_MIDDLE, .j = EVERY_WIDER_FAR };

	(void)state;
	ENCODES(codec_every_numbers, &m, 0x12, 0x56, 0x34, 0xde, 0xbc, 0x9a, 0x78, 0x88, 0x77, 0x66,
		0x55, 0x44, 0x33, 0x22, 0x11, 0xfe, 0xff, 0xff, 0xff, 0xfd, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 1, 7, 0x2c, 0x01, 0x70, 0x11, 0x01, 0x00);
	assert_int_equal(EVERY_NUMBERS_MAX, 35);
}

static void arrays(void **state)
{
	struct every_arrays m = arrays_of(0);

	(void)state;
	m.b_count = 2;
	m.b[0] = 0x0102;
	m.b[1] = 0x0304;
	m.h_count = 1;
	m.h[0] = EVERY_COLOUR_BLUE;
	ENCODES(codec_every_arrays, &m, 0, 0, 2, 0, 2, 1, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 8, 0,
		0, 0, 0);
}

static void texts(void **state)
{
	static const uint8_t rest[] = { 9, 8, 7 };
	struct every_texts m = texts_of("abc", "", 2, rest, 3);

	(void)state;
	ENCODES(codec_every_texts, &m, 3, 0, 'a', 'b', 'c', 2, 0, 0x5a, 0x5a, 0, 0, 3, 0, 9, 8, 7);
}

static void sets(void **state)
{
	struct every_members m;

	(void)state;
	memset(&m, 0, sizeof(m));
	protocol_set_add(&m.some, 0);
	protocol_set_add(&m.some, 65);
	m.after = 0xee;
	ENCODES(codec_every_members, &m, 2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xee, 0);
}

static void calls(void **state)
{
	struct every_lookup m = { .tag = 5, .key = "k" };
	struct every_lookup_reply r = { .tag = 5, .error = -1, .value_count = 1, .value = { 3 } };

	(void)state;
	ENCODES(codec_every_lookup, &m, 5, 0, 0, 0, 1, 0, 'k');
	ENCODES(codec_every_lookup_reply, &r, 5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 3, 0, 0, 0, 0, 0,
		0, 0);
}

static void capability(void **state)
{
	struct every_give m = { .why = 1, .what = 77 }, back = { .what = 5 };
	uint8_t buffer[EVERY_GIVE_MAX];

	(void)state;
	ENCODES(codec_every_give, &m, 1, 0, 0, 0);
	assert_int_equal(every_give_encode(&m, buffer), 4);
	assert_int_equal(every_give_decode(&back, buffer, 4), 0);
	assert_int_equal(back.what, 0);
}

static void directions(void **state)
{
	(void)state;
	assert_true(every_for_server(EVERY_SUBMIT) && !every_for_client(EVERY_SUBMIT));
	assert_true(!every_for_server(EVERY_NOTICE) && every_for_client(EVERY_NOTICE));
	assert_true(every_for_server(EVERY_LOOKUP) && !every_for_client(EVERY_LOOKUP));
	assert_true(!every_for_server(EVERY_LOOKUP_REPLY) && every_for_client(EVERY_LOOKUP_REPLY));
	assert_true(every_for_server(EVERY_NUMBERS) && every_for_client(EVERY_NUMBERS));
	assert_false(every_for_server(0xc8ff) || every_for_client(0xc8ff));
}

/* What the handlers saw last. */
static struct {
	unsigned int calls;
	void *ctx;
	uint32_t from, number, cap;
} seen;

static int on_submit(void *ctx, uint32_t from, const struct every_submit *m)
{
	seen.calls++;
	seen.ctx = ctx;
	seen.from = from;
	seen.number = m->number;
	return 42;
}

static int on_give(void *ctx, uint32_t from, const struct every_give *m)
{
	(void)ctx;
	(void)from;
	seen.calls++;
	seen.cap = m->what;
	return 0;
}

static void dispatch(void **state)
{
	static const struct every_handlers h = { .submit = on_submit, .give = on_give };
	static const uint8_t payload[5] = { 7 };

	(void)state;
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(every_dispatch(&h, state, 3, EVERY_SUBMIT, payload, 4), 42);
	assert_true(seen.calls == 1 && seen.ctx == state && seen.from == 3 && seen.number == 7);
	/* not a right one, no handler, no such type, another interface's */
	assert_int_equal(every_dispatch(&h, state, 3, EVERY_SUBMIT, payload, 3), -URPC_EPROTO);
	assert_int_equal(every_dispatch(&h, state, 3, EVERY_SUBMIT, payload, 5), -URPC_EPROTO);
	assert_int_equal(every_dispatch(&h, state, 3, EVERY_NOTICE, payload, 4), -URPC_EPROTO);
	assert_int_equal(every_dispatch(&h, state, 3, 0xc803, payload, 4), -URPC_EPROTO);
	assert_int_equal(every_dispatch(&h, state, 3, EVERY_SUBMIT ^ 0x100, payload, 4), -URPC_EPROTO);
	assert_int_equal(every_dispatch(&h, state, 3, 0, payload, 4), -URPC_EPROTO);
	assert_int_equal(seen.calls, 1);
	/* a capability only where one is defined */
	assert_int_equal(every_dispatch_cap(&h, state, 3, EVERY_GIVE, payload, 4, 9), 0);
	assert_int_equal(seen.cap, 9);
	assert_int_equal(every_dispatch(&h, state, 3, EVERY_GIVE, payload, 4), 0);
	assert_int_equal(seen.cap, 0);
	assert_int_equal(every_dispatch_cap(&h, state, 3, EVERY_SUBMIT, payload, 4, 9), -URPC_EPROTO);
	assert_int_equal(seen.calls, 3);
}

static void port_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	uint8_t *copy = ctx;

	copy[0] = (uint8_t)to;
	memcpy(copy + 1, &type, 2);
	copy[3] = (uint8_t)bytes;
	memcpy(copy + 4, payload, bytes);
}

static void out(void **state)
{
	static const uint8_t expected[] = { 6, 0x0e, 0xc8, 4, 9, 0, 0, 0 };
	uint8_t copy[64], buffer[EVERY_TEXTS_MAX];
	struct protocol_port port = { copy, port_send };
	struct every_submit m = { 9 };
	struct every_texts t = texts_of("x", "y", 0, NULL, 0);

	(void)state;
	every_submit_out(&port, 6, &m);
	assert_memory_equal(copy, expected, sizeof(expected));
	every_texts_out(&port, 1, &t, buffer);
	assert_int_equal(copy[3], 10);
	assert_int_equal(copy[6], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types), cmocka_unit_test(numbers), cmocka_unit_test(arrays),
		cmocka_unit_test(texts), cmocka_unit_test(sets), cmocka_unit_test(calls),
		cmocka_unit_test(capability), cmocka_unit_test(directions),
		cmocka_unit_test(dispatch), cmocka_unit_test(out),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
