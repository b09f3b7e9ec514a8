// SPDX-License-Identifier: GPL-2.0-only
/* The heap and the streams. */
#include "world.h"

#define N 400

static unsigned int seed = 1;

static unsigned int rnd(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

RULE(heap)
{
	static unsigned char *piece[N];
	static size_t bytes[N];
	struct ledger before = { 0 };

	(void)state;
	/* The first round finds out what stays; the second must leave as much. */
	for (int round = 0; round < 3; round++) {
		if (round)
			before = world_ledger();
		for (int i = 0; i < 20000; i++) {
			int k = (int)(rnd() % N);
			size_t want = rnd() % 50 ? rnd() % 700 : rnd() % 60000;

			for (size_t j = 0; j < bytes[k]; j++)
				assert_int_equal(piece[k][j], (unsigned char)k);
			if (rnd() % 3) {
				rt_free(piece[k]);
				piece[k] = rt_malloc(want);
			} else {
				piece[k] = rt_realloc(piece[k], want);
				for (size_t j = 0; j < want && j < bytes[k]; j++)
					assert_int_equal(piece[k][j], (unsigned char)k);
			}
			assert_int_equal(!piece[k], !want);
			assert_int_equal((uintptr_t)piece[k] % 16, 0);
			bytes[k] = want;
			memset(piece[k] ? piece[k] : (void *)bytes, k, piece[k] ? want : 0);
		}
		for (int k = 0; k < N; k++) {
			rt_free(piece[k]);
			piece[k] = NULL;
			bytes[k] = 0;
		}
		world_sound();
		/* One span of each of 12 sizes stays; where they are may need a table more. */
		assert_int_equal(rt_heap_bytes(), 12 * 16384);
		if (round > 1)
			assert_true(world_ledger().ram_free + 4 * PAGE >= before.ram_free);
	}
}

RULE(heap_ends)
{
	unsigned char *p = rt_calloc(1000, 1000);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 1000000; i += 999)
		assert_int_equal(p[i], 0);
	rt_free(p);
	assert_null(rt_calloc(SIZE_MAX / 2, 3));
	assert_null(rt_malloc(SIZE_MAX));
	assert_null(rt_malloc(1ull << 38));
	assert_null(rt_malloc(100 << 20));
	rt_free(NULL);
	p = rt_malloc(10);
	assert_null(rt_realloc(p, 1ull << 38));
	rt_free(p);
}

/* ---- streams: the other side of the rings ---- */

static struct abi_stream streams;
static unsigned char out[200000], in[100000];
static size_t out_bytes, in_bytes, in_at, step;
static bool hold, finish;

static void monitor(void)
{
	struct abi_stream_ring *r = &streams.ring[ABI_STREAM_OUTPUT];
	size_t n = r->written - r->taken;

	assert_true(n <= ABI_STREAM_RING);
	if (n > step)
		n = step;
	for (size_t i = 0; i < n && !hold; i++)
		out[out_bytes++] = streams.bytes[ABI_STREAM_OUTPUT][r->taken++ % ABI_STREAM_RING];
	r = &streams.ring[ABI_STREAM_INPUT];
	if (!r->wanted)
		return;
	n = ABI_STREAM_RING - (r->written - r->taken);
	if (n > step)
		n = step;
	for (size_t i = 0; i < n && in_at < in_bytes; i++)
		streams.bytes[ABI_STREAM_INPUT][r->written++ % ABI_STREAM_RING] = in[in_at++];
	if (in_at == in_bytes && finish)
		r->ended = 1;
}

RULE(stream_write)
{
	static unsigned char text[100000];
	unsigned int hints;
	size_t done = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(rnd() >> 3);
	world_monitor = monitor;
	step = 777;
	while (done < sizeof(text)) {
		size_t n = rnd() % 40000;

		if (n > sizeof(text) - done)
			n = sizeof(text) - done;
		assert_int_equal(rt_stream_write(ABI_STREAM_OUTPUT, text + done, n, true), n);
		done += n;
	}
	while (out_bytes < done)
		monitor();
	assert_memory_equal(out, text, done);
	assert_true(world_waits > 10);
	hold = true;
	assert_int_equal(rt_stream_write(ABI_STREAM_OUTPUT, text, 20000, false), ABI_STREAM_RING);
	assert_int_equal(rt_stream_write(ABI_STREAM_OUTPUT, text, 1, false), -RT_EAGAIN);
	assert_false(rt_stream_ready(ABI_STREAM_OUTPUT));
	hold = false;
	monitor();
	assert_true(rt_stream_ready(ABI_STREAM_OUTPUT));
	/* Told although the monitor has no room for the message at first; never by a yield, disabled. */
	world_full = 3;
	hints = world_hints;
	while (streams.ring[ABI_STREAM_OUTPUT].taken != streams.ring[ABI_STREAM_OUTPUT].written)
		monitor();
	assert_int_equal(rt_stream_write(ABI_STREAM_OUTPUT, text, 1, true), 1);
	assert_int_equal(world_hints, hints + 1);
	assert_int_equal(world_full, 0);
	assert_int_equal(rt_stream_write(ABI_STREAM_INPUT, text, 1, true), -RT_EBADF);
	assert_int_equal(rt_stream_write(3, text, 1, true), -RT_EBADF);
	assert_int_equal(rt_stream_write(ABI_STREAM_OUTPUT, text, 0, true), 0);
}

RULE(stream_read)
{
	static unsigned char text[sizeof(in)];
	size_t done = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(rnd() >> 3);
	world_monitor = monitor;
	in_bytes = sizeof(in) - 5000;
	step = 4321;
	monitor();
	assert_int_equal(in_at, 0); /* nobody asked */
	assert_int_equal(rt_stream_read(text, 0, true), 0);
	assert_int_equal(in_at, 0);
	while (done < in_bytes) {
		int64_t n = rt_stream_read(text + done, rnd() % 9000 + 1, true);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(rt_stream_read(text, 10, false), -RT_EAGAIN);
	assert_false(rt_stream_ready(ABI_STREAM_INPUT));
	in_bytes = sizeof(in);
	finish = true;
	monitor();
	assert_true(rt_stream_ready(ABI_STREAM_INPUT));
	while (done < sizeof(in)) {
		int64_t n = rt_stream_read(text + done, sizeof(in), true);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_memory_equal(text, in, sizeof(in));
	assert_int_equal(rt_stream_read(text, 10, true), 0);
	assert_int_equal(rt_stream_read(text, 10, false), 0);
}

/* Counters that make no sense are the monitor's fault, and no reason to touch anything else. */
RULE(stream_broken)
{
	(void)state;
	world_monitor = NULL;
	streams.ring[ABI_STREAM_INPUT].written = streams.ring[ABI_STREAM_INPUT].taken +
						 ABI_STREAM_RING + 1;
	assert_int_equal(rt_stream_read(out, 10, true), -RT_EIO);
	streams.ring[ABI_STREAM_OUTPUT].taken = streams.ring[ABI_STREAM_OUTPUT].written + 1;
	assert_int_equal(rt_stream_write(ABI_STREAM_OUTPUT, out, 10, true), -RT_EIO);
}

RULE(complaints)
{
	struct abi_stream_ring *r = &streams.ring[ABI_STREAM_ERROR];
	static char text[ABI_STREAM_RING];

	(void)state;
	rt_complain("a %s of %d", "number", 3);
	assert_int_equal(r->written, 22);
	assert_memory_equal(streams.bytes[ABI_STREAM_ERROR], "remora: a number of 3\n", 22);
	memset(text, 'x', sizeof(text) - 1);
	rt_complain("%s", text);
	assert_int_equal(r->written, 22 + 255);
	assert_int_equal(streams.bytes[ABI_STREAM_ERROR][22 + 254], '\n');
	/* Never waits. */
	for (int i = 0; i < 200; i++)
		rt_complain("%s", text);
	assert_int_equal(r->written - r->taken, ABI_STREAM_RING);
	rt_stream_init(NULL);
	rt_complain("to the console");
	assert_string_equal(world_complaint, "remora: to the console");
	assert_int_equal(rt_stream_write(ABI_STREAM_OUTPUT, "one\ntwo\n", 8, true), 8);
	assert_string_equal(world_complaint, "two");
	assert_int_equal(rt_stream_read(out, 10, true), -RT_EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heap), cmocka_unit_test(heap_ends), cmocka_unit_test(stream_write),
		cmocka_unit_test(stream_read), cmocka_unit_test(stream_broken),
		cmocka_unit_test(complaints),
	};

	world_begin(40ull << 20);
	rt_stream_init(&streams);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
