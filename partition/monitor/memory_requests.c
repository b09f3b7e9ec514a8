// SPDX-License-Identifier: GPL-2.0-only
/* Memory, for programs: interfaces/monitor.if. */
#include <agreed.h>
#include <member.h>
#include <memory_node.h>
#include <requests.h>

#include <memory_priv.h>

static int refuse(struct requests *r, uint32_t tag, uint32_t error)
{
	const struct monitor_mem_alloc_reply reply = { .tag = tag, .error = error };

	return monitor_mem_alloc_reply_send(&r->end, &reply);
}

void part_answer(struct part *p)
{
	struct requests *r = requests_of(p->domain);
	struct monitor_mem_alloc_reply reply = { .tag = p->tag, .error = p->error };
	const struct monitor_mem_free_reply freed = { .tag = p->tag };

	p->owes = false;
	if (!r)
		return;
	requests_pay(r);
	if (p->frees) {
		monitor_mem_free_reply_send(&r->end, &freed);
		return;
	}
	if (!p->error) {
		reply.base = p->base;
		reply.bytes = p->bytes;
		reply.numa = memserv_numa(part_server(), p->base);
		reply.borrowed = memory_parts_borrowed(p->base);
	}
	monitor_mem_alloc_reply_send(&r->end, &reply);
}

static int ask(struct part *p, const struct monitor_mem_alloc *m)
{
	uint64_t base;
	int rc;

	if (!m->ram)
		return memserv_alloc(part_server(), p->domain, part_tag(p), m->bytes, m->align, m->numa,
				     m->strict);
	rc = memserv_own(part_server(), p->domain, m->bytes, m->align, m->numa, m->strict, true, &base);
	if (!rc)
		memory_parts_granted(part_tag(p), base, m->bytes);
	return rc;
}

int request_mem_alloc(void *ctx, uint32_t from, const struct monitor_mem_alloc *m)
{
	struct abi_cap_at to = { m->address, m->depth, 0 };
	struct requests *r = ctx;
	struct part *p;
	int rc;

	if (agreed_address(domain_find(from), &to.address, &to.depth))
		return refuse(r, m->tag, MONITOR_REFUSAL_INVALID);
	p = part_new(from);
	if (!p)
		return refuse(r, m->tag, MEMSERV_E_TABLE);
	if (!requests_owe(r, 1))
		return refuse(r, m->tag, MONITOR_REFUSAL_PENDING);
	*p = (struct part){ .state = PART_WANTED, .domain = from, .ram = m->ram, .owes = true,
			    .tag = m->tag, .to = to };
	member_enter();
	rc = ask(p, m);
	member_leave();
	if (!rc)
		return 0;
	p->state = PART_FREE;
	requests_pay(r);
	return refuse(r, m->tag, (uint32_t)rc);
}

int request_mem_free(void *ctx, uint32_t from, const struct monitor_mem_free *m)
{
	struct monitor_mem_free_reply reply = { .tag = m->tag, .error = MEMSERV_E_MISSING };
	struct part *p = part_of(from, m->base);
	struct requests *r = ctx;

	if (p && requests_owe(r, 1)) {
		p->tag = m->tag;
		p->owes = p->frees = true;
		memory_parts_gone((uint32_t)part_tag(p));
		return 0;
	}
	if (p)
		reply.error = MONITOR_REFUSAL_PENDING;
	return monitor_mem_free_reply_send(&r->end, &reply);
}

int request_mem_info(void *ctx, uint32_t from, const struct monitor_mem_info *m)
{
	struct monitor_mem_info_reply reply = { .tag = m->tag };
	struct requests *r = ctx;
	uint64_t cached;

	reply.used = memserv_used(part_server(), from);
	reply.quota = memory_node_quota(from);
	memserv_left(part_server(), &reply.own, &cached);
	memserv_sums(part_server(), &reply.lent, &reply.borrowed);
	return monitor_mem_info_reply_send(&r->end, &reply);
}
