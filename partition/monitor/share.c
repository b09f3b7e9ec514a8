// SPDX-License-Identifier: GPL-2.0-only
/* Agreements on capabilities, for programs: interfaces/monitor.if. */
#include <agreed.h>
#include <member.h>
#include <requests.h>
#include <share.h>

static int refuse(struct requests *r, uint32_t tag, uint32_t error)
{
	const struct monitor_cap_agreed_reply reply = { .tag = tag, .error = error };

	return monitor_cap_agreed_reply_send(&r->end, &reply);
}

int request_cap_agreed(void *ctx, uint32_t from, const struct monitor_cap_agreed *m)
{
	struct requests *r = ctx;
	int rc;

	if (m->word_count != 6)
		return refuse(r, m->tag, MONITOR_REFUSAL_INVALID);
	if (!requests_owe(r, 1))
		return refuse(r, m->tag, MONITOR_REFUSAL_PENDING);
	member_enter();
	rc = agreed_ask(domain_find(from), m->tag, m->word);
	member_leave();
	if (!rc)
		return 0;
	requests_pay(r);
	return refuse(r, m->tag, (uint32_t)-rc);
}

static int refuse_give(struct requests *r, uint32_t tag, uint32_t error)
{
	const struct monitor_cap_give_reply reply = { .tag = tag, .error = error };

	return monitor_cap_give_reply_send(&r->end, &reply);
}

int request_cap_give(void *ctx, uint32_t from, const struct monitor_cap_give *m)
{
	const struct agreed_gift gift = { m->address, m->depth, m->node, m->domain, m->rights };
	struct requests *r = ctx;
	int rc;

	if (!requests_owe(r, 1))
		return refuse_give(r, m->tag, MONITOR_REFUSAL_PENDING);
	member_enter();
	rc = agreed_give(domain_find(from), m->tag, &gift);
	member_leave();
	if (!rc)
		return 0;
	requests_pay(r);
	return refuse_give(r, m->tag, (uint32_t)-rc);
}

int request_cap_take(void *ctx, uint32_t from, const struct monitor_cap_take *m)
{
	struct monitor_cap_take_reply reply = { .tag = m->tag, .error = MONITOR_REFUSAL_PENDING };
	struct requests *r = ctx;
	int rc;

	if (requests_owe(r, 1)) {
		rc = agreed_take(domain_find(from), m->tag, m->address, m->depth);
		if (!rc)
			return 0;
		requests_pay(r);
		reply.error = (uint32_t)-rc;
	}
	return monitor_cap_take_reply_send(&r->end, &reply);
}

void share_begin(void)
{
	if (!agreed_wants())
		return;
	member_enter();
	agreed_work();
	member_leave();
}

static void tell(const struct agreed_result *result)
{
	struct requests *r = requests_of(result->domain);

	if (!r)
		return;
	requests_pay(r);
	if (result->give)
		refuse_give(r, (uint32_t)result->tag, (uint32_t)-result->error);
	else
		refuse(r, (uint32_t)result->tag, (uint32_t)-result->error);
}

static void tell_taken(const struct agreed_take_result *result)
{
	const struct monitor_cap_take_reply reply = {
		.tag = (uint32_t)result->tag, .error = (uint32_t)-result->error, .node = result->node,
		.domain = result->from, .rights = result->rights, .bytes = result->bytes,
	};
	struct requests *r = requests_of(result->domain);

	if (!r)
		return;
	requests_pay(r);
	monitor_cap_take_reply_send(&r->end, &reply);
}

void share_end(void)
{
	struct agreed_take_result taken;
	struct agreed_result result;
	uint32_t at = 0;

	agreed_finish();
	while (agreed_next(&at, &result)) {
		tell(&result);
		agreed_told(at);
	}
	while (agreed_take_next(&taken))
		tell_taken(&taken);
}
