// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening and closing a run. Of the plan, which is node 0's, one copy is taken and checked; lines
 * must be in shared memory, apart from the boot information's pages. What the other ends write
 * there is the fan's to check.
 */
#include <base/string.h>

#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <errors.h>
#include <loop.h>
#include <memory.h>

#include "shoot_run.h"

bool shoot_on;
struct shoot_run shoot;

static bool line_valid(uint64_t line)
{
	return line && !(line % URPC_LINE_ALIGN) &&
	       memory_within(line, sizeof(struct urpc_line), ABI_EXTENT_SHARED) &&
	       !memory_reserved(line, sizeof(struct urpc_line));
}

static bool edge_valid(const struct abi_shoot_edge *edge)
{
	return line_valid(edge->line) && edge->node < boot_info->nodes &&
	       edge->node != boot_info->node;
}

/* What is wrong with a plan, or NULL. */
static const char *plan_fault(const struct abi_shoot_plan *plan)
{
	if (plan->size != sizeof(*plan) || plan->node != boot_info->node)
		return "it is not this core's";
	if (plan->method > ABI_SHOOT_FULL)
		return "there is no such method";
	if (!plan->pages || plan->pages > ABI_SHOOT_PAGES_MAX)
		return "its number of pages is out of range";
	if (!plan->rounds || plan->rounds > ABI_SHOOT_ROUNDS_MAX)
		return "its number of rounds is out of range";
	if (plan->children > URPC_FAN_MAX || (!plan->children && !plan->in.line))
		return "its number of children is out of range";
	if ((plan->in_cast && !line_valid(plan->in_cast)) ||
	    (plan->out_cast && !line_valid(plan->out_cast)))
		return "a line to cast on is misplaced";
	if (plan->in.line && !edge_valid(&plan->in))
		return "the line to its parent is misplaced";
	for (uint32_t i = 0; i < plan->children; i++) {
		if (!edge_valid(&plan->out[i]))
			return "a line to a child is misplaced";
	}
	return NULL;
}

/* Opens the ends. Cannot fail: alignment was checked. */
static void open_lines(const struct abi_shoot_plan *plan)
{
	struct urpc_line *cast = plan->out_cast ? memory_at(plan->out_cast) : NULL;

	urpc_fan_init(&shoot.fan, cast);
	for (uint32_t i = 0; i < plan->children; i++)
		urpc_fan_add(&shoot.fan, memory_at(plan->out[i].line), plan->out[i].node);
	if (shoot.leads)
		return;
	cast = plan->in_cast ? memory_at(plan->in_cast) : NULL;
	urpc_fan_callee_init(&shoot.in, cast, memory_at(plan->in.line));
}

static void open_plan(uint32_t run, const struct abi_shoot_plan *plan)
{
	shoot.number = run;
	shoot.leads = !plan->in.line;
	shoot.parent = plan->in.node;
	shoot.rounds = plan->rounds;
	shoot.request.method = plan->method;
	shoot.request.pages = plan->pages;
	shoot.type = 0;
	shoot.flushed = false;
	shoot.handled = 0;
	shoot.stale = 0;
	samples_begin(&shoot.samples, shoot.sample, SHOOT_SAMPLES, plan->rounds);
	open_lines(plan);
	arch_test_reset();
	shoot_on = true;
}

int shoot_open(const struct abi_ctl_shoot_open *request)
{
	struct abi_shoot_plan plan;
	const char *fault;

	if (shoot_on)
		return -ERR_BUSY;
	if (request->plan % sizeof(uint64_t) ||
	    !memory_within(request->plan, sizeof(plan), ABI_EXTENT_SHARED)) {
		console_warning("the plan of shootdown %u is misplaced", request->run);
		return -ERR_INVAL;
	}
	memcpy(&plan, memory_at(request->plan), sizeof(plan));
	fault = plan_fault(&plan);
	if (fault) {
		console_warning("the plan of shootdown %u is refused: %s", request->run, fault);
		return -ERR_INVAL;
	}
	if (!arch_flush_known(plan.method))
		return -ERR_OPNOTSUPP;
	open_plan(request->run, &plan);
	return 0;
}

void shoot_close(const struct abi_ctl_shoot_close *request, struct abi_ctl_shoot_report *report)
{
	if (!shoot_on || shoot.number != request->run) {
		report->status = -ERR_NOENT;
		return;
	}
	if (shoot.leads)
		shoot_lead_end(-ERR_CANCELED);
	if (shoot.flushed)
		shoot.stale += arch_test_touch(shoot.request.pages);
	shoot_on = false;
	report->handled = shoot.handled;
	report->stale = shoot.stale;
	if (shoot.leads)
		return;
	report->lost_median = samples_quantile(&shoot.samples, 50);
	report->lost_max = shoot.samples.max;
}

void shoot_forget(void)
{
	if (shoot_on && shoot.leads)
		shoot_lead_end(0);
	shoot_on = false;
}

bool shoot_turn(void)
{
	return shoot.leads ? shoot_lead() : shoot_serve();
}

void shoot_relax(void)
{
	if (shoot.leads || shoot.type)
		urpc_fan_relax(&shoot.fan);
	else
		urpc_fan_callee_relax(&shoot.in);
}

void shoot_call(uint16_t type)
{
	struct urpc_fan *fan = &shoot.fan;

	for (uint32_t i = 0; trace_on(ABI_TRACE_SHOOTDOWN) && i < fan->count; i++)
		shoot_trace(ABI_TRACE_SHOOT_REQUEST, fan->leg[i].node, fan->number + 1);
	/* Cannot fail: the last call is over, or the fan is broken and stays quiet. */
	urpc_fan_call(fan, type, &shoot.request, sizeof(shoot.request));
	for (uint32_t i = 0; i < fan->count; i++) {
		if (urpc_fan_wakes(fan, i))
			notify_node(fan->leg[i].node);
	}
}

bool shoot_arm(void)
{
	if (!shoot_on)
		return true;
	if (!shoot.leads && !urpc_fan_callee_arm(&shoot.in))
		return false;
	if (!urpc_fan_arm(&shoot.fan)) {
		if (!shoot.leads)
			urpc_fan_callee_disarm(&shoot.in);
		return false;
	}
	return true;
}

void shoot_disarm(void)
{
	if (!shoot_on)
		return;
	if (!shoot.leads)
		urpc_fan_callee_disarm(&shoot.in);
	urpc_fan_disarm(&shoot.fan);
}
