/* SPDX-License-Identifier: GPL-2.0-only */
/* The test pages of shootdowns, at ABI_TEST_VA; what is done to them is in arch.h. */
#ifndef TLB_H
#define TLB_H

#include <pagetable.h>

/** test_pages_init - map the test pages, read-only, in tables that are not in use yet */
void test_pages_init(struct pagetable *pt);

#endif
