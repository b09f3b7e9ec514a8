// SPDX-License-Identifier: GPL-2.0-only
/*
 * The recipient: a leaf of the tree, or an aggregation core. It passes a request on before it does
 * it itself, so that all below work at the same time, and answers when all is done.
 */
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <loop.h>

#include "shoot_run.h"

static void flush(void)
{
	const struct abi_shoot_request *r = &shoot.request;

	arch_flush(r->method, r->pages);
	shoot.handled += r->method == ABI_SHOOT_PAGE ? r->pages : 1;
	shoot.flushed = r->method != ABI_SHOOT_NONE;
}

/*
 * Reading brings the translations in, and shows which ones the last flush has left. Then the pages
 * move, so that each translation that stays from now on can be told from a new one.
 */
static void touch(void)
{
	const struct abi_shoot_request *r = &shoot.request;

	shoot.stale += arch_test_touch(r->pages);
	shoot.flushed = false;
	if (r->method != ABI_SHOOT_NONE)
		arch_test_move(r->pages);
}

/* The parent broke the protocol: the end stays quiet until node 0 closes the run. */
static void refuse(const struct urpc_msg *msg)
{
	core_page->count.protocol_errors++;
	console_error("node %u broke the protocol of shootdown %u: message type %u, %u bytes",
		      shoot.parent, shoot.number, msg->type, msg->len);
	shoot.in.broken = true;
}

static bool request_valid(const struct urpc_msg *msg)
{
	const struct abi_shoot_request *r = (const void *)msg->payload;

	return (msg->type == ABI_SHOOT_TOUCH || msg->type == ABI_SHOOT_FLUSH) &&
	       msg->len == sizeof(*r) && r->method == shoot.request.method &&
	       r->pages == shoot.request.pages;
}

static void take(void)
{
	struct urpc_msg msg = { 0 };

	shoot.taken_at = arch_cycles();
	if (urpc_fan_callee_accept(&shoot.in, &msg) || !request_valid(&msg)) {
		refuse(&msg);
		return;
	}
	shoot_trace(ABI_TRACE_SHOOT_TAKEN, shoot.parent, shoot.in.number);
	shoot.type = msg.type;
	if (shoot.fan.count)
		shoot_call(msg.type);
	if (msg.type == ABI_SHOOT_FLUSH)
		flush();
	else
		touch();
	shoot_trace(ABI_TRACE_SHOOT_DONE_HERE, shoot.parent, shoot.in.number);
}

static void answer(void)
{
	shoot_trace(ABI_TRACE_SHOOT_ACKNOWLEDGE, shoot.parent, shoot.in.number);
	if (urpc_fan_callee_answer(&shoot.in, ABI_SHOOT_DONE))
		notify_node(shoot.parent);
	if (shoot.type == ABI_SHOOT_FLUSH)
		samples_add(&shoot.samples, arch_cycles() - shoot.taken_at);
	shoot.type = 0;
}

bool shoot_serve(void)
{
	bool any = false;

	if (!shoot.type) {
		if (!urpc_fan_callee_ready(&shoot.in))
			return false;
		take();
		any = true;
	}
	/* A child that broke the protocol is never answered for: the initiator gives the round up. */
	if (!shoot.type || urpc_fan_poll(&shoot.fan, ABI_SHOOT_DONE))
		return any;
	answer();
	return true;
}
