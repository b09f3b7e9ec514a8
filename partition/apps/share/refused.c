// SPDX-License-Identifier: GPL-2.0-only
/* What is refused to who shares memory, and why: `share refused NODE`, NODE another core. */
#include <pthread.h>
#include <stdio.h>

#include <abi/protocol/agree_types.h>
#include <lib/share.h>

#include "share.h"

#define TAKERS 4u /* that a program may have */
#define NOBODY 999999u

static unsigned int refusals;

static void tell(const char *what, int error)
{
	printf("%s: %d, %s\n", what, error, rt_share_sentence(error));
	fflush(stdout);
}

static void give(const char *what, struct abi_cap_at at, uint32_t node, uint32_t domain, uint32_t rights)
{
	tell(what, rt_share_give(at, node, domain, rights));
}

/* The first ones wait for ever. */
static void *take(void *unused)
{
	struct rt_share_taken taken;
	int error = rt_share_take(rt_slot_at(rt_slot_alloc()), &taken);

	(void)unused;
	if (error == AGREE_E_FULL)
		__atomic_fetch_add(&refusals, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void take_too_often(void)
{
	pthread_t thread;

	for (unsigned int i = 0; i < TAKERS + 2; i++) {
		if (pthread_create(&thread, NULL, take, NULL))
			return;
	}
	for (unsigned int i = 0; i < 10000 && __atomic_load_n(&refusals, __ATOMIC_RELAXED) < 2; i++)
		rt_sleep_ns(1000000);
	printf("of %u takes %u are refused\n", TAKERS + 2, __atomic_load_n(&refusals, __ATOMIC_RELAXED));
	fflush(stdout);
}

int refused(uint32_t node)
{
	struct rt_piece frame, ram;
	struct rt_ram more;
	struct monitor_hello_reply here;
	uint32_t empty = rt_slot_alloc(), made = rt_slot_alloc();

	if (rt_monitor_hello(&here) || rt_piece_new(ABI_CAP_FRAME, 4096, &frame) ||
	    rt_piece_new(ABI_CAP_RAM, 8192, &ram) || rt_ram_alloc(4096, 4096, &more))
		return 1;
	/* Needs new stacks, which is no time for once something was given. */
	take_too_often();
	give("not a frame", rt_slot_at(ram.slot), node, NOBODY, ABI_CAP_READ);
	give("nothing there", rt_slot_at(empty), node, NOBODY, ABI_CAP_READ);
	give("to execute", rt_slot_at(frame.slot), node, NOBODY, ABI_CAP_READ | ABI_CAP_EXECUTE);
	give("to revoke", rt_slot_at(frame.slot), node, NOBODY, ABI_CAP_READ | ABI_CAP_REVOKE);
	give("no rights", rt_slot_at(frame.slot), node, NOBODY, 0);
	give("outside the root", (struct abi_cap_at){ 0, 64, 0 }, node, NOBODY, ABI_CAP_READ);
	give("to nobody here", rt_slot_at(frame.slot), here.node, NOBODY, ABI_CAP_READ);
	give("to no node", rt_slot_at(frame.slot), 63, NOBODY, ABI_CAP_READ);
	tell("RAM before", rt_share_retype(rt_slot_at(ram.slot), rt_slot_at(made), ABI_CAP_FRAME, 0, 4096, 1));
	give("to no program", rt_slot_at(frame.slot), node, NOBODY, ABI_CAP_READ);
	tell("RAM without the others", (int)-rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0,
								      rt_slot_depth(frame.slot), 0, 0, 0),
						       rt_slot_address(frame.slot), 0, 0, 0, 0, NULL));
	/* The library asks the others. */
	rt_slot_drop(made);
	tell("RAM with them", (int)-rt_ram_make(&more, ABI_CAP_FRAME, 4096, 1, rt_slot_at(made)));
	tell("its end", rt_share_end(&frame));
	return 0;
}
