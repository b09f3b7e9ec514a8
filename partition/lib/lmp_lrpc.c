// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* LRPC: four words in registers, from dispatcher to dispatcher, with the rest of the sender's turn. */
#include <lib/lmp.h>

#include "crt_core.h"
#include "thread_core.h"

static struct rt_lrpc *served;
static bool interrupting; /* a handler runs while a thread's registers are in the enabled area */

static struct rt_lrpc *find(uint64_t badge)
{
	struct rt_lrpc *any = NULL;

	for (struct rt_lrpc *l = served; l; l = l->next) {
		if (l->badge == badge)
			return l;
		if (l->badge == RT_LRPC_ANY)
			any = l;
	}
	return any;
}

int rt_lrpc_serve(struct rt_lrpc *lrpc)
{
	uint32_t was = rt_disable();
	int rc = 0;

	for (struct rt_lrpc *l = served; l; l = l->next) {
		if (l->badge == lrpc->badge)
			rc = -RT_EEXIST;
	}
	if (!rc) {
		lrpc->next = served;
		served = lrpc;
	}
	rt_enable(was);
	return rc;
}

void rt_lrpc_stop(struct rt_lrpc *lrpc)
{
	uint32_t was = rt_disable();
	struct rt_lrpc **at = &served;

	while (*at && *at != lrpc)
		at = &(*at)->next;
	if (*at)
		*at = lrpc->next;
	rt_enable(was);
}

void rt_lrpc_upcall(uint64_t badge, const uint64_t words[ABI_LRPC_WORDS], bool idle)
{
	struct rt_lrpc *l = find(badge);

	if (!l)
		return;
	for (unsigned int i = 0; i < ABI_LRPC_WORDS; i++)
		l->answer[i] = words[i];
	l->answered = true;
	rt_wake(&l->waiter, 1);
	if (!l->handler)
		return;
	/* The handler may be code that uses the registers of the thread that was interrupted. */
	interrupting = !idle;
	if (!idle)
		rt_extended_save(rt_sched_current->extended);
	l->handler(l, badge, words);
	if (!idle)
		rt_extended_restore(rt_sched_current->extended);
	interrupting = false;
}

static int64_t send(struct abi_cap_at to, const uint64_t words[ABI_LRPC_WORDS], uint64_t flags)
{
	return rt_syscall(ABI_SYSCALL_LRPC, to.address, words[0], words[1], words[2], words[3],
			  flags | (uint64_t)to.depth << ABI_LRPC_DEPTH_SHIFT, NULL);
}

int rt_lrpc_answer(struct abi_cap_at endpoint, const uint64_t words[ABI_LRPC_WORDS])
{
	const bool sleep = !interrupting && rt_sched_asleep();

	return (int)send(endpoint, words, sleep ? ABI_LRPC_SLEEP : 0);
}

/*
 * Enabled, so that the answer can come while this dispatcher waits for its turn; it finds the thread
 * in its queue, or not there yet.
 */
int rt_lrpc_call(struct rt_lrpc *lrpc, struct abi_cap_at server, uint64_t words[ABI_LRPC_WORDS],
		 uint64_t deadline)
{
	int64_t rc;
	uint32_t was;

	lrpc->answered = false;
	while ((rc = send(server, words, rt_sched_alone() ? ABI_LRPC_SLEEP : 0)) == -RT_EBUSY) {
		if (rt_tsc() >= deadline)
			return -RT_ETIMEDOUT;
		rt_thread_yield();
	}
	if (rc)
		return (int)rc;
	was = rt_disable();
	while (!lrpc->answered && !rc)
		rc = rt_block_outside(&lrpc->waiter, deadline);
	if (lrpc->answered) {
		rc = 0;
		for (unsigned int i = 0; i < ABI_LRPC_WORDS; i++)
			words[i] = lrpc->answer[i];
	}
	rt_enable(was);
	return (int)rc;
}
