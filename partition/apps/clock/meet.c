// SPDX-License-Identifier: GPL-2.0-only
/* Two programs of one core give each other their endpoints: who they are is told by a name. */
#include <stdio.h>

#include <abi/protocol/agree_types.h>
#include <lib/names.h>
#include <lib/share.h>

#include "clock_ends.h"

#define NAME "clock"
#define PATIENCE_NS (60 * 1000000000ull)
#define TRIES 60000u

static int failed(const char *what, const char *why)
{
	fprintf(stderr, "clock: %s: %s\n", what, why);
	return -1;
}

/* Until the other program waits for it. */
static int give(const struct rt_lmp *lmp, uint32_t node, uint32_t domain)
{
	int error = 0;

	for (unsigned int i = 0; i < TRIES; i++) {
		error = rt_share_give(lmp->endpoint, node, domain, ABI_CAP_WRITE | ABI_CAP_GRANT);
		if (error != ABI_CAP_E_OCCUPIED)
			break;
		wait_for_room();
	}
	return error ? failed("give", rt_share_sentence(error)) : 0;
}

static int take(struct abi_cap_at *other, struct rt_share_taken *from)
{
	uint32_t slot = rt_slot_alloc();
	int error;

	if (!slot)
		return failed("take", "no slot");
	*other = rt_slot_at(slot);
	error = rt_share_take(*other, from);
	return error ? failed("take", rt_share_sentence(error)) : 0;
}

int meet_client(struct rt_lmp *lmp, struct abi_cap_at *other)
{
	static const uint64_t value[NAMES_VALUES];
	struct rt_share_taken from;
	int error = rt_name_set(NAME, value, 0);

	if (error)
		return failed(NAME, rt_names_sentence(error));
	if (take(other, &from))
		return -1;
	return give(lmp, from.node, from.domain);
}

int meet_server(struct rt_lmp *lmp, struct abi_cap_at *other)
{
	struct rt_share_taken from;
	struct rt_name found;
	int error = rt_name_wait(NAME, &found, PATIENCE_NS);

	if (error)
		return failed(NAME, rt_names_sentence(error));
	if (give(lmp, found.node, found.domain))
		return -1;
	return take(other, &from);
}
