// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>

#include <bootinfo.h>
#include <console.h>
#include <control.h>
#include <errors.h>
#include <memory.h>
#include <ping.h>
#include <service.h>
#include <shoot.h>
#include <trace.h>
#include <userlink.h>

void control_reply_status(struct link *control, uint16_t type, uint32_t tag, int status)
{
	struct abi_ctl_status reply = { .tag = tag, .status = status };

	link_send(control, ABI_CTL_REPLY | type, &reply, sizeof(reply));
}

void control_tell_closed(struct link *control, uint32_t channel, int status)
{
	struct abi_ctl_closed event = { .channel = channel, .status = status };

	link_send(control, ABI_CTL_CLOSED, &event, sizeof(event));
}

/*
 * A handler returns the status to answer with, or NO_ANSWER (link.h). The message is a private copy, long
 * enough for the structure of its type.
 */
static int handle_bind(struct link *control, const void *payload)
{
	const struct abi_ctl_bind *bind = payload;
	const struct link_ops *ops = service_find(bind->service);
	int rc;

	if (bind->service >= ABI_SERVICE_USER)
		return userlink_bind(control, bind);
	if (!ops)
		return -ERR_NOENT;
	if (bind->channel >= ABI_CHANNELS_MAX || bind->peer || bind->peer_apic_id)
		return -ERR_INVAL;
	rc = links_bind(bind, ops);
	if (!rc)
		console_debug("channel %u bound to %s, %u slots", bind->channel, ops->name,
			      bind->slots);
	return rc;
}

static int handle_unbind(struct link *control, const void *payload)
{
	const struct abi_ctl_unbind *unbind = payload;
	int rc;

	if (unbind->channel < ABI_CHANNEL_NUMBERS && userlink_taken(unbind->channel))
		return userlink_unbind(control, unbind);
	rc = links_unbind(unbind->channel);
	if (!rc)
		console_debug("channel %u unbound", unbind->channel);
	return rc;
}

static int handle_fault(struct link *control, const void *payload)
{
	const struct abi_ctl_fault *fault = payload;
	int rc = fault_inject(fault->kind);

	(void)control;
	return rc ? rc : NO_ANSWER;
}

static int handle_ping(struct link *control, const void *payload)
{
	const struct abi_ctl_peer_ping *request = payload;
	struct abi_ctl_peer_pong reply = { .tag = request->tag };

	reply.status = ping_start(control, request);
	if (reply.status)
		link_send(control, ABI_CTL_REPLY | ABI_CTL_PEER_PING, &reply, sizeof(reply));
	return NO_ANSWER;
}

static int handle_trace_cost(struct link *control, const void *payload)
{
	const struct abi_ctl_trace_cost *request = payload;
	struct abi_ctl_trace_took reply = { .tag = request->tag };

	trace_cost(&reply.with, &reply.without);
	link_send(control, ABI_CTL_REPLY | ABI_CTL_TRACE_COST, &reply, sizeof(reply));
	return NO_ANSWER;
}

static int handle_shoot_open(struct link *control, const void *payload)
{
	(void)control;
	return shoot_open(payload);
}

static int handle_shoot_run(struct link *control, const void *payload)
{
	const struct abi_ctl_shoot_run *request = payload;
	struct abi_ctl_shoot_result reply = { .tag = request->tag };

	reply.status = shoot_run(control, request);
	if (reply.status)
		link_send(control, ABI_CTL_REPLY | ABI_CTL_SHOOT_RUN, &reply, sizeof(reply));
	return NO_ANSWER;
}

static int handle_shoot_close(struct link *control, const void *payload)
{
	const struct abi_ctl_shoot_close *request = payload;
	struct abi_ctl_shoot_report reply = { .tag = request->tag };

	shoot_close(request, &reply);
	link_send(control, ABI_CTL_REPLY | ABI_CTL_SHOOT_CLOSE, &reply, sizeof(reply));
	return NO_ANSWER;
}

static int handle_memory_add(struct link *control, const void *payload)
{
	(void)control;
	return memory_add(payload);
}

static int handle_memory_take(struct link *control, const void *payload)
{
	(void)control;
	return memory_take(payload);
}

static const struct {
	uint16_t type; /* enum abi_ctl */
	uint16_t bytes; /* least payload */
	int (*handle)(struct link *control, const void *payload);
} requests[] = {
	{ ABI_CTL_BIND, sizeof(struct abi_ctl_bind), handle_bind },
	{ ABI_CTL_UNBIND, sizeof(struct abi_ctl_unbind), handle_unbind },
	{ ABI_CTL_FAULT, sizeof(struct abi_ctl_fault), handle_fault },
	{ ABI_CTL_PEER_PING, sizeof(struct abi_ctl_peer_ping), handle_ping },
	{ ABI_CTL_TRACE_COST, sizeof(struct abi_ctl_trace_cost), handle_trace_cost },
	{ ABI_CTL_SHOOT_OPEN, sizeof(struct abi_ctl_shoot_open), handle_shoot_open },
	{ ABI_CTL_SHOOT_RUN, sizeof(struct abi_ctl_shoot_run), handle_shoot_run },
	{ ABI_CTL_SHOOT_CLOSE, sizeof(struct abi_ctl_shoot_close), handle_shoot_close },
	{ ABI_CTL_MEMORY_ADD, sizeof(struct abi_ctl_memory), handle_memory_add },
	{ ABI_CTL_MEMORY_TAKE, sizeof(struct abi_ctl_memory), handle_memory_take },
};

static int handle(struct link *control, const struct urpc_msg *msg)
{
	for (uint32_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (requests[i].type != msg->type)
			continue;
		if (msg->len >= requests[i].bytes)
			return requests[i].handle(control, msg->payload);
		core_page->count.protocol_errors++;
		console_warning("control message %u has %u bytes, at least %u expected", msg->type,
				msg->len, requests[i].bytes);
		return -ERR_PROTO;
	}
	core_page->count.protocol_errors++;
	console_warning("control message of unknown type %u", msg->type);
	return -ERR_NOSYS;
}

static void control_message(struct link *control, const struct urpc_msg *msg)
{
	int status = handle(control, msg);

	/* The tag is the first word of every request; one too short for it has tag 0. */
	if (status != NO_ANSWER)
		control_reply_status(control, msg->type, (uint32_t)msg->payload[0], status);
}

static void control_close(struct link *control)
{
	(void)control;
	ping_forget();
	shoot_forget();
	userlinks_forget();
}

const struct link_ops control_ops = {
	.name = "control",
	.ready = link_ready_reply,
	.message = control_message,
	.close = control_close,
};
