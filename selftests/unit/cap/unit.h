/* SPDX-License-Identifier: GPL-2.0-only */
/* What cmocka wants, in its order, and words for results. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"

#define E(name) (-ABI_CAP_E_##name)
#define ok(result) assert_int_equal(result, 0)
#define refused(result, name) assert_int_equal(result, E(name))
#define empty(number) assert_int_equal(at(number)->type, ABI_CAP_NONE)
#define holds(number, name) assert_int_equal(at(number)->type, ABI_CAP_##name)

static inline int fresh(void **state)
{
	(void)state;
	world();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

#endif
