/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* TAP for programs that run on a partition core, and on Linux with the same C library. */
#ifndef TEST_H
#define TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static unsigned int test_count;

#define check(condition) check_that(condition, #condition, __FILE__, __LINE__)

/* A call that fails with this errno. */
#define fails(call, error) check_that((errno = 0, (long)(call) == -1 && errno == (error)), \
				      #call " is " #error, __FILE__, __LINE__)

static inline void check_that(bool good, const char *what, const char *file, int line)
{
	int error = errno;

	test_count++;
	if (good)
		return;
	printf("# %s:%d: not so: %s (errno %d)\nnot ok\n", file, line, what, error);
	fflush(stdout);
	_Exit(1);
}

/* What was checked since the last one is one test; the first check that fails ends the program. */
static inline void test(const char *name)
{
	static unsigned int number;

	printf("ok %u %s # %u checks\n", ++number, name, test_count);
	fflush(stdout);
	test_count = 0;
}

static inline bool on_remora(void)
{
	struct utsname u;

	return !uname(&u) && !strcmp(u.sysname, "Remora");
}

#endif
