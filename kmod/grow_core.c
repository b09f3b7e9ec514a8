// SPDX-License-Identifier: GPL-2.0-only
/* See grow.h: what is said to a core, and to the memory server of its monitor. */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include <abi/ctl.h>
#include <abi/protocol/memserv.h>

#include "lend.h"
#include "partition.h"
#include "watch.h"

#define STEP_MS 2000u
#define ADD_MS 2000u

/* ---- the CPU driver ---- */

static int refused(const struct remora_core *core, int ret, struct remora_error *err)
{
	switch (ret) {
	case -EBUSY:
		return remora_fail(err, REMORA_R_MEMORY_IN_USE,
				   "core %u still has capabilities for a part of the memory",
				   core->node);
	case -ENOSPC:
		return remora_fail(err, REMORA_R_MEMORY_REFUSED,
				   "core %u has no room in its table of extents", core->node);
	case -ENOMEM:
		return remora_fail(err, REMORA_R_MEMORY_REFUSED,
				   "core %u has no memory left for the page tables of more", core->node);
	case -ERANGE:
		return remora_fail(err, REMORA_R_MEMORY_REFUSED,
				   "core %u reaches memory of the 512 GiB alone that it was started in",
				   core->node);
	default:
		return remora_fail(err, REMORA_R_MEMORY_REFUSED,
				   "core %u refused the memory with error %d", core->node, -ret);
	}
}

/* All steps of a message. The core does each at once; it cannot be left in between. */
static int core_tell(struct remora_core *core, u16 type, const struct remora_memory_extent *e,
		     struct remora_error *err)
{
	struct abi_ctl_memory request = { .base = e->base, .bytes = e->bytes, .numa = max(e->numa, 0) };
	int ret = 0;

	for (; !ret && request.at < request.bytes; request.at += ABI_MEMORY_STEP) {
		struct remora_call call = {
			.type = type,
			.uninterrupted = true,
			.request = &request,
			.request_bytes = sizeof(request),
			.reply_bytes = sizeof(struct abi_ctl_status),
			.timeout_ms = STEP_MS,
		};

		ret = remora_node_call(core, &call, err);
		if (ret && !call.result)
			ret = refused(core, ret, err);
	}
	return ret;
}

int remora_core_memory_add(struct remora_core *core, struct remora_added *added,
			   struct remora_error *err)
{
	int ret;

	lockdep_assert_held(&core->partition->lock);
	added->known = true;
	ret = core_tell(core, ABI_CTL_MEMORY_ADD, remora_added_extent(added), err);
	if (ret)
		remora_core_memory_take(core, added, NULL);
	return ret;
}

int remora_core_memory_take(struct remora_core *core, struct remora_added *added,
			    struct remora_error *err)
{
	int ret;

	lockdep_assert_held(&core->partition->lock);
	ret = core_tell(core, ABI_CTL_MEMORY_TAKE, remora_added_extent(added), err);
	if (!ret)
		added->known = false;
	return ret;
}

/* ---- the memory server ---- */

bool remora_monitor_member(const struct remora_core *core)
{
	const struct remora_monitor *m = &core->partition->monitor;

	/* Not an earlier run of it, that the view has not lost yet. */
	return READ_ONCE(m->asked[core->node]) == READ_ONCE(core->control_node.epoch) &&
	       READ_ONCE(m->members) & BIT_ULL(core->node);
}

void remora_member_await(const struct remora_core *core)
{
	wait_event_killable_timeout(core->partition->monitor.wait, remora_monitor_member(core),
				    msecs_to_jiffies(REMORA_MEMBER_MS));
}

void remora_grow_done(struct remora_partition *p, u64 tag, u32 error, u32 node, u32 domain, u64 base)
{
	struct remora_growth *g = &p->growth;

	lockdep_assert_held(&p->monitor.lock);
	if (tag != g->tag || g->done)
		return;
	g->error = error;
	g->node = node;
	g->domain = domain;
	g->base = base;
	smp_store_release(&g->done, true); /* what it says is there before it */
	wake_up_all(&p->monitor.wait);
}

static int explain(const struct remora_core *core, const struct remora_growth *g,
		   struct remora_error *err)
{
	switch (g->error) {
	case MEMSERV_OK:
		return 0;
	case MEMSERV_E_HELD:
		if (g->domain == MEMSERV_NOBODY)
			return remora_fail(err, REMORA_R_MEMORY_IN_USE,
					   "the memory at %#llx is being lent to core %u", g->base,
					   g->node);
		return remora_fail(err, REMORA_R_MEMORY_IN_USE,
				   "program %u of core %u uses the memory at %#llx", g->domain, g->node,
				   g->base);
	case MEMSERV_E_NODE:
		return remora_fail(err, REMORA_R_CORE_DEAD,
				   "core %u is no member of the partition", core->node);
	default:
		return remora_fail(err, REMORA_R_MEMORY_REFUSED, "core %u: %s", core->node,
				   memserv_sentence(g->error));
	}
}

/* Return: 0: the question is on its way; else enum memserv_error. */
static int ask(struct remora_core *core, const struct remora_memory_extent *e, bool take)
{
	struct remora_partition *p = core->partition;
	struct memserv *server;
	int error = MEMSERV_E_NODE;

	if (!remora_monitor_enter(p))
		return error;
	server = remora_memserv(p);
	p->growth = (struct remora_growth){ .tag = p->growth.tag + 1 };
	if (server && take)
		error = memserv_take(server, p->growth.tag, core->node, e->base, e->bytes);
	else if (server)
		error = memserv_add(server, p->growth.tag, core->node, e->base, e->bytes,
				    max(e->numa, 0));
	remora_monitor_exit(p);
	return error;
}

/* A late answer is nobody's: the next question has another tag. */
static int monitor_ask(struct remora_core *core, const struct remora_memory_extent *e, bool take,
		       unsigned int timeout_ms, struct remora_growth *answer, struct remora_error *err)
{
	struct remora_partition *p = core->partition;
	int ret;

	*answer = (struct remora_growth){ .error = ask(core, e, take) };
	if (answer->error)
		return explain(core, answer, err);
	ret = remora_watch_await(p, &p->growth.done, take, timeout_ms);
	if (ret == -EINTR)
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	if (ret)
		return remora_fail(err, REMORA_R_CORE_NO_ANSWER,
				   "the monitor of core %u did not answer within %u ms", core->node,
				   timeout_ms);
	*answer = p->growth; /* nobody writes it before the next question */
	return explain(core, answer, err);
}

int remora_monitor_memory_add(struct remora_core *core, const struct remora_added *added,
			      struct remora_error *err)
{
	struct remora_growth answer;

	return monitor_ask(core, remora_added_extent(added), false, ADD_MS, &answer, err);
}

int remora_monitor_memory_take(struct remora_core *core, const struct remora_added *added,
			       unsigned int timeout_ms, struct remora_error *err)
{
	struct remora_error why = {};
	struct remora_growth answer;
	int ret = monitor_ask(core, remora_added_extent(added), true, timeout_ms, &answer, &why);

	/* It had let go of it, and the CPU driver had not, when an earlier try ended. */
	if (!ret || answer.error == MEMSERV_E_UNKNOWN)
		return 0;
	if (err)
		*err = why;
	return ret;
}
