// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include <base/format.h>
#include <base/string.h>

#include <lib/crt.h>

#include "rt.h"

#define LINE 200

/* check.S has these numbers. */
_Static_assert(offsetof(struct check, x87) == 24 && offsetof(struct check, progress) == 32 &&
	       offsetof(struct check, flags) == 40 && offsetof(struct check, pattern) == 64, "check.S");

void say(const char *format, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, format);
	base_vformat(line, sizeof(line), format, args);
	va_end(args);
	rt_print(line, base_strlen(line, sizeof(line)));
}

void fail(const char *what, const char *file, int line)
{
	say("FAILED: %s (%s:%d)", what, file, line);
	rt_exit(1);
}

struct rt_thread *start(void *(*call)(void *argument), void *argument)
{
	const struct rt_thread_options options = { .stack_bytes = 32768 };
	struct rt_thread *thread;
	int rc = rt_thread_create(&thread, &options, call, argument);

	if (rc)
		say("rt_thread_create: %d with %u threads", rc, rt_threads());
	CHECK(!rc);
	return thread;
}

void start_all(struct rt_thread **threads, unsigned int count, void *(*call)(void *argument))
{
	for (unsigned int i = 0; i < count; i++)
		threads[i] = start(call, (void *)(uint64_t)i);
}

void join_all(struct rt_thread **threads, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		void *result = (void *)1;

		CHECK(rt_thread_join(threads[i], &result) == 0);
		CHECK(!result);
	}
}

uint64_t us(uint64_t number)
{
	return rt_tsc_of_ns(number * 1000);
}

uint64_t random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 33;
}

static const struct {
	const char *name;
	void (*call)(void);
} tests[] = {
#define ROW(name) { #name, test_##name },
	TESTS(ROW)
};

int rt_main(const struct abi_startup *startup)
{
	const char *wanted = rt_argument(0);
	uint64_t length = base_strlen(wanted, 32);

	(void)startup;
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (base_strlen(tests[i].name, 32) == length &&
		    !memcmp(tests[i].name, wanted, length)) {
			tests[i].call();
			return 0;
		}
	}
	say("no test %s", wanted);
	return 2;
}
