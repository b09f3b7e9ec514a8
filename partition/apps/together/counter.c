// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs on several cores that count together, with a lock, a record and two barriers: start as many as
 * you say, on any cores.
 *
 *   for core in 1 2 3; do remora run PARTITION --core $core counter 3 100 & done; wait
 */
#include <stdio.h>
#include <stdlib.h>

#include <lib/names.h>

#define LONG_NS (60 * 1000000000ull)

static int failed(const char *what, int error)
{
	fprintf(stderr, "counter: %s: %s\n", what, rt_names_sentence(error));
	return 1;
}

/* Nobody else comes between: the lock's holder alone reads and writes the record. */
static int count_one(void)
{
	struct rt_name found = { 0 };
	int error = rt_name_lock("counter.lock", LONG_NS);

	if (error)
		return failed("lock", error);
	error = rt_name_get("counter.value", &found);
	if (error && error != -RT_ENOENT)
		return failed("get", error);
	found.value[0]++;
	error = rt_name_set("counter.value", found.value, RT_NAME_SHARED);
	if (error)
		return failed("set", error);
	error = rt_name_unlock("counter.lock");
	return error ? failed("unlock", error) : 0;
}

int main(int argc, char **argv)
{
	unsigned long programs = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
	struct rt_name found = { 0 };
	int error = rt_name_barrier("counter.begin", programs, LONG_NS);

	if (error)
		return failed("barrier", error);
	for (unsigned long i = 0; i < rounds; i++) {
		if (count_one())
			return 1;
	}
	error = rt_name_barrier("counter.end", programs, LONG_NS);
	if (error)
		return failed("barrier", error);
	error = rt_name_get("counter.value", &found);
	if (error)
		return failed("get", error);
	printf("%lu programs counted to %lu\n", programs, (unsigned long)found.value[0]);
	fflush(stdout);
	/* The record goes with who made it: not before all have read it. */
	error = rt_name_barrier("counter.gone", programs, LONG_NS);
	return error ? failed("barrier", error) : 0;
}
