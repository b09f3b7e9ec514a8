// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* LRPC: four words in registers, from dispatcher to dispatcher, with the rest of the sender's turn. */
#include <lib/lmp.h>

#include "crt_core.h"
#include "thread_core.h"

#define LATER 16u
#define RETRY_US 200u

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
		rt_dispatcher->entry[ABI_UPCALL_LRPC] = (uint64_t)rt_upcall_entry;
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
	if (!served)
		rt_dispatcher->entry[ABI_UPCALL_LRPC] = 0;
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

/* ---- answers that could not be taken: their receiver was stopped while disabled ---- */

static struct {
	struct abi_cap_at to;
	uint64_t words[ABI_LRPC_WORDS];
} later[LATER];
static unsigned int waiting;
static struct rt_timer retry;

static void send_later(struct rt_timer *timer)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < waiting; i++) {
		if (send(later[i].to, later[i].words, 0) == -RT_EBUSY)
			later[left++] = later[i];
	}
	waiting = left;
	if (waiting)
		rt_timer_start(timer, rt_deadline_ns(RETRY_US * 1000));
}

static int keep(struct abi_cap_at to, const uint64_t words[ABI_LRPC_WORDS])
{
	if (waiting == LATER)
		return -RT_EBUSY;
	later[waiting].to = to;
	for (unsigned int i = 0; i < ABI_LRPC_WORDS; i++)
		later[waiting].words[i] = words[i];
	waiting++;
	if (!retry.started) {
		retry.expire = send_later;
		rt_timer_start(&retry, rt_deadline_ns(RETRY_US * 1000));
	}
	return 0;
}

int rt_lrpc_answer(struct abi_cap_at endpoint, const uint64_t words[ABI_LRPC_WORDS])
{
	const bool sleep = !interrupting && rt_sched_asleep();
	int64_t rc = send(endpoint, words, sleep ? ABI_LRPC_SLEEP : 0);

	return rc == -RT_EBUSY ? keep(endpoint, words) : (int)rc;
}

/* ---- calls ---- */

static bool alone(void)
{
	uint32_t was = rt_disable();
	bool rc = rt_sched_alone();

	rt_enable(was);
	return rc;
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
	while ((rc = send(server, words, alone() ? ABI_LRPC_SLEEP : 0)) == -RT_EBUSY) {
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
