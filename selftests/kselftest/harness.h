/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kselftest's harness, with three changes: messages go to standard output, among the results; a test
 * has more time; and main() is in support.c, which skips all when there is nothing to test and then
 * calls the harness's.
 */
#ifndef RT_HARNESS_H
#define RT_HARNESS_H

#define TH_LOG_STREAM stdout
#include <kselftest_harness.h>

/* Of TEST_F(): what takes a second may take minutes where the guest gets little of its machine. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#include "support.h"

int rt_harness_main(int argc, char **argv);
#define main rt_harness_main

#endif
