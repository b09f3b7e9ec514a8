// SPDX-License-Identifier: GPL-2.0-only
/*
 * The initiator. Each round: the recipients touch their pages (not measured; left out where nothing
 * is invalidated), then they flush, which is measured from before the first store of the request to
 * after the last answer was seen.
 */
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <errors.h>
#include <loop.h>
#include <timer.h>

#include "shoot_run.h"

static struct {
	struct link *control; /* NULL: no rounds are under way */
	struct timer timer;
	uint32_t tag;
	uint16_t type; /* of the request under way */
	uint32_t left; /* rounds */
	uint64_t called_at; /* TSC of the call under way */
} lead;

/* The node that the rounds wait for first. */
static uint32_t first_waiting(void)
{
	const struct urpc_fan *fan = &shoot.fan;

	return fan->waiting ? fan->leg[__builtin_ctzll(fan->waiting)].node : 0;
}

static void finish(int status, uint32_t node)
{
	struct abi_ctl_shoot_result reply = { .tag = lead.tag, .status = status, .node = node };
	struct link *control = lead.control;

	timer_cancel(&lead.timer);
	if (shoot.samples.count) {
		reply.min = shoot.samples.min;
		reply.median = samples_quantile(&shoot.samples, 50);
		reply.p99 = samples_quantile(&shoot.samples, 99);
		reply.max = shoot.samples.max;
		reply.samples = shoot.samples.count;
	}
	lead.control = NULL;
	control->promised--;
	link_send(control, ABI_CTL_REPLY | ABI_CTL_SHOOT_RUN, &reply, sizeof(reply));
}

/* When the call under way has taken too long. */
static uint64_t deadline(void)
{
	return lead.called_at + ABI_SHOOT_TIMEOUT_MS * boot_info->tsc_khz;
}

/* The timer is set once and follows: setting it for each call would be measured with it. */
static void expire(struct timer *timer)
{
	if (arch_cycles() >= deadline()) {
		console_warning("node %u did not answer call %lu of shootdown %u within %u ms",
				first_waiting(), shoot.fan.number, shoot.number,
				ABI_SHOOT_TIMEOUT_MS);
		finish(-ERR_TIMEDOUT, first_waiting());
	} else if (!timer_start(timer, deadline(), expire)) {
		finish(-ERR_BUSY, 0);
	}
}

static void call(uint16_t type)
{
	shoot_trace(ABI_TRACE_SHOOT_START, 0, shoot.fan.number + 1);
	lead.type = type;
	lead.called_at = arch_cycles();
	shoot_call(type);
}

static void begin_round(void)
{
	call(shoot.request.method == ABI_SHOOT_NONE ? ABI_SHOOT_FLUSH : ABI_SHOOT_TOUCH);
}

bool shoot_lead(void)
{
	int rc;

	if (!lead.control)
		return false;
	rc = urpc_fan_poll(&shoot.fan, ABI_SHOOT_DONE);
	if (rc == -URPC_EAGAIN)
		return false;
	if (rc) {
		finish(-ERR_PROTO, shoot.fan.leg[shoot.fan.culprit].node);
		return true;
	}
	shoot_trace(ABI_TRACE_SHOOT_FINISH, 0, shoot.fan.number);
	if (lead.type == ABI_SHOOT_TOUCH) {
		call(ABI_SHOOT_FLUSH);
		return true;
	}
	samples_add(&shoot.samples, arch_cycles_ordered() - lead.called_at);
	if (--lead.left)
		begin_round();
	else
		finish(0, 0);
	return true;
}

int shoot_run(struct link *control, const struct abi_ctl_shoot_run *request)
{
	if (!shoot_on || !shoot.leads || shoot.number != request->run)
		return -ERR_NOENT;
	if (lead.control || shoot.fan.number)
		return -ERR_BUSY;
	lead.called_at = arch_cycles();
	if (!timer_start(&lead.timer, deadline(), expire))
		return -ERR_BUSY;
	lead.control = control;
	lead.tag = request->tag;
	lead.left = shoot.rounds;
	control->promised++;
	begin_round();
	return 0;
}

void shoot_lead_end(int status)
{
	if (!lead.control)
		return;
	if (status) {
		finish(status, 0);
		return;
	}
	timer_cancel(&lead.timer);
	lead.control = NULL;
}
