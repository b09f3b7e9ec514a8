// SPDX-License-Identifier: GPL-2.0-only
#include <cap_arch.h>
#include <cap_mdb.h>
#include <capability.h>
#include <crash.h>
#include <dispatcher.h>

#define OWN_SLOTS 128u
#define WORK_STEPS 64u /* between two looks at events */

struct cap_space cap_space;
bool capabilities_left;

static struct cap_entry own[OWN_SLOTS];
static uint32_t own_used;

void capabilities_init(void)
{
	cap_init(&cap_space);
	cap_space.huge = arch_huge_pages();
}

struct cap_entry *capability_own(void)
{
	check(own_used < OWN_SLOTS, "more than %u capabilities of the CPU driver's own", OWN_SLOTS);
	return &own[own_used++];
}

int capability_do(struct cap_op *op)
{
	int rc;

	do {
		rc = cap_decode(&cap_space, op);
		if (!rc)
			rc = cap_invoke(&cap_space, op);
		capabilities_settle();
	} while (rc == -ABI_CAP_E_AGAIN);
	return rc;
}

#ifdef CAP_CHECK
static void check_all(void)
{
	const char *wrong = cap_check(&cap_space, own, own_used);

	check(!wrong, "capabilities: %s", wrong);
}
#else
static void check_all(void)
{
}
#endif

void capabilities_settle(void)
{
	if (cap_space.lost) {
		cap_space.lost = 0;
		dispatchers_look();
	}
	capabilities_left = cap_space.dying || cap_space.revoking;
	check_all();
}

bool capabilities_work(void)
{
	int rc = cap_work(&cap_space, WORK_STEPS);

	capabilities_settle();
	capabilities_left = rc == -ABI_CAP_E_AGAIN;
	return capabilities_left;
}
