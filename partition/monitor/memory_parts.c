// SPDX-License-Identifier: GPL-2.0-only
/*
 * A part is one RAM capability of the monitor's, made of an extent, or a frame of what another node lent;
 * whatever programs and other nodes have is made of that, or a copy, and goes when it is revoked. The second
 * slot is for the frame that is lent.
 */
#include <base/string.h>

#include <agreed.h>
#include <caps.h>
#include <member.h>
#include <memory.h>
#include <requests.h>

#include <memory_priv.h>

static struct part parts[MEMORY_PARTS];
static struct memserv *server;
static bool fresh; /* something is to be done */

_Static_assert(MEMORY_PARTS_DOMAIN + MEMORY_PARTS_LENT < MEMORY_PARTS, "others have room");

void memory_parts_init(struct memserv *memserv)
{
	memset(parts, 0, sizeof(parts));
	grants_init();
	server = memserv;
	fresh = false;
}

struct memserv *part_server(void)
{
	return server;
}

static uint32_t index_of(const struct part *p)
{
	return (uint32_t)(p - parts);
}

uint64_t part_tag(const struct part *p)
{
	return index_of(p);
}

static struct abi_cap_at slot(const struct part *p, uint32_t which)
{
	return caps_table(CAPS_AGREED_AT + 2 * index_of(p) + which);
}

struct part *part_new(uint32_t domain)
{
	struct part *found = NULL;
	uint32_t own = 0;

	for (struct part *p = parts; p < parts + MEMORY_PARTS; p++) {
		if (p->state == PART_FREE)
			found = p;
		else
			own += p->domain == domain;
	}
	if (!found || own >= (domain ? MEMORY_PARTS_DOMAIN : MEMORY_PARTS_LENT))
		return NULL;
	*found = (struct part){ .domain = domain };
	return found;
}

struct part *part_of(uint32_t domain, uint64_t base)
{
	for (struct part *p = parts; p < parts + MEMORY_PARTS; p++) {
		if (p->state == PART_HELD && p->domain == domain && p->base == base)
			return p;
	}
	return NULL;
}

/* ---- told ---- */

void memory_parts_granted(uint64_t tag, uint64_t base, uint64_t bytes)
{
	parts[tag].base = base;
	parts[tag].bytes = bytes;
	parts[tag].state = PART_GRANTED;
	fresh = true;
}

void memory_parts_failed(uint64_t tag, uint32_t error)
{
	parts[tag].error = error;
	parts[tag].state = PART_FAILED;
	fresh = true;
}

/* To be asked to lend is the last that the machine does: it may be told there that there is no room. */
void memory_parts_lend(uint32_t to, uint64_t base, uint64_t bytes)
{
	struct part *p = part_new(0);

	if (!p) {
		memserv_lent(server, base, false);
		return;
	}
	*p = (struct part){ .state = PART_LEND, .node = to, .base = base, .bytes = bytes };
	fresh = true;
}

void memory_parts_home(uint64_t base)
{
	for (struct part *p = parts; p < parts + MEMORY_PARTS; p++) {
		if (p->state == PART_LENT && p->base == base)
			p->state = PART_ENDING;
	}
	fresh = true;
}

/* Of a node that is gone, all is gone: the machine may be told at once. */
void memory_parts_give_back(uint64_t base)
{
	if (!grant_back(base))
		memserv_given(server, base);
	fresh = true;
}

void memory_parts_sent(uint32_t part, int result)
{
	parts[part].error = result ? MEMSERV_E_REFUSED : 0;
	parts[part].state = PART_SENT;
	fresh = true;
}

void memory_parts_gone(uint32_t part)
{
	parts[part].state = PART_ENDING;
	fresh = true;
}

/* ---- ends ---- */

/* All that was made of it is gone: the server may give it to others. */
static void release(struct part *p)
{
	caps_delete(slot(p, 0));
	if (p->domain)
		memserv_free(server, p->domain, p->base);
	else
		memserv_lent(server, p->base, false);
	if (p->owes)
		part_answer(p);
	p->state = PART_FREE;
}

static void end_borrowed(struct part *p)
{
	int rc;

	grant_hold(p->base, p->bytes);
	rc = caps_revoke_agreed(slot(p, 0));
	if (rc == -ABI_CAP_E_AGAIN)
		return;
	grant_keep(p->base, p->bytes, slot(p, 0));
	/* The owner is gone, or has taken it back: nothing is left to wipe. */
	if (rc) {
		release(p);
		return;
	}
	p->wiped = 0;
	p->state = PART_WIPING;
}

static void end(struct part *p)
{
	if (p->domain && memory_parts_borrowed(p->base)) {
		end_borrowed(p);
		return;
	}
	if (!caps_revoke(slot(p, 0)) || !caps_identify(slot(p, 0), ABI_INVOKE_BYTES)) {
		release(p);
		return;
	}
	p->state = PART_AGREEING;
	agreed_memory_end(DOMAINS_MAX + index_of(p), slot(p, 0));
}

static void wipe(struct part *p)
{
	uint64_t bytes = grant_wipe(slot(p, 0), p->wiped, p->bytes - p->wiped);

	p->wiped += bytes;
	if (!bytes || p->wiped == p->bytes)
		release(p);
}

void memory_parts_domain_end(uint32_t domain)
{
	member_enter();
	memserv_orphan(server, domain);
	member_leave();
	for (struct part *p = parts; p < parts + MEMORY_PARTS; p++) {
		if (p->state == PART_FREE || p->domain != domain)
			continue;
		p->owes = false;
		if (p->state == PART_WANTED || p->state == PART_FAILED)
			p->state = PART_FREE;
		else if (p->state == PART_HELD || p->state == PART_GRANTED)
			p->state = PART_ENDING;
	}
	fresh = true;
}

/* ---- begins ---- */

/* Without REVOKE: the monitor's own copy stays. */
static int hand_over(struct part *p)
{
	int rc;

	if (memory_parts_borrowed(p->base)) {
		rc = grant_part(p->base, p->bytes, slot(p, 0));
		return rc ? rc : caps_mint(slot(p, 0), p->to, ABI_CAP_RW | ABI_CAP_RETYPE, 0);
	}
	rc = memory_make(p->base, p->bytes, slot(p, 0));
	if (rc)
		return rc;
	if (p->ram)
		return caps_mint(slot(p, 0), p->to, ABI_CAP_RIGHTS & ~ABI_CAP_REVOKE, 0);
	return caps_retype(slot(p, 0), p->to, ABI_CAP_FRAME, 0, p->bytes, 1);
}

static void give(struct part *p)
{
	int rc = hand_over(p);

	if (!rc) {
		p->state = PART_HELD;
		part_answer(p);
		return;
	}
	p->error = rc == -ABI_CAP_E_RANGE ? MEMSERV_E_REFUSED : MONITOR_REFUSAL_INVALID;
	p->state = PART_ENDING;
}

static void lend(struct part *p)
{
	int rc = 0;

	if (!caps_identify(slot(p, 0), ABI_INVOKE_BYTES))
		rc = memory_make(p->base, p->bytes, slot(p, 0));
	if (!rc && !caps_identify(slot(p, 1), ABI_INVOKE_BYTES))
		rc = caps_retype(slot(p, 0), slot(p, 1), ABI_CAP_FRAME, 0, p->bytes, 1);
	if (!rc)
		rc = agreed_lend(slot(p, 1), p->node, index_of(p));
	/* When others are through there is room. */
	if (rc == -AGREE_E_FULL)
		return;
	p->state = rc ? PART_ENDING : PART_SENDING;
}

static void sent(struct part *p)
{
	p->state = p->error ? PART_ENDING : PART_LENT;
	if (!p->error)
		memserv_lent(server, p->base, true);
}

static void work(struct part *p)
{
	switch (p->state) {
	case PART_FAILED:
		part_answer(p);
		p->state = PART_FREE;
		break;
	case PART_GRANTED:
		give(p);
		break;
	case PART_LEND:
		lend(p);
		break;
	case PART_SENT:
		sent(p);
		break;
	case PART_ENDING:
		end(p);
		break;
	case PART_WIPING:
		wipe(p);
		break;
	}
}

static bool waits(const struct part *p)
{
	return p->state != PART_FREE && p->state != PART_WANTED && p->state != PART_HELD &&
	       p->state != PART_SENDING && p->state != PART_LENT && p->state != PART_AGREEING;
}

bool memory_parts_work(void)
{
	if (!fresh)
		return false;
	fresh = false;
	member_enter();
	for (struct part *p = parts; p < parts + MEMORY_PARTS; p++) {
		work(p);
		fresh |= waits(p);
	}
	fresh |= grants_work(server);
	member_leave();
	return true;
}

void memory_parts_node_gone(uint32_t node)
{
	for (struct part *p = parts; p < parts + MEMORY_PARTS; p++) {
		struct domain *d = p->state == PART_HELD ? domain_find(p->domain) : NULL;

		if (!d || memserv_owner(server, p->base) != node)
			continue;
		mon_print("program %u (%s) had memory of node %u, which is gone: it is ended", d->number,
			  d->name, node);
		domain_kill(d, ABI_SPAWN_KILLED);
	}
}

bool memory_parts_comes(uint32_t from, uint64_t base, uint64_t bytes, struct abi_cap_at *at)
{
	return memserv_asked(server, from, bytes) && grant_place(base, bytes, at);
}
