// SPDX-License-Identifier: GPL-2.0-only
/*
 * ABI_SERVICE_SINK: messages are consumed. Those of type 1 ask for the count, and count as well.
 * struct link has the numbers.
 */
#include <service.h>

#define SINK_COUNT 1

static void sink_message(struct link *link, const struct urpc_msg *msg)
{
	uint64_t reply[2] = { link->messages, link->bytes };

	if (msg->type == SINK_COUNT)
		link_send(link, SINK_COUNT, reply, sizeof(reply));
}

const struct link_ops service_sink = {
	.name = "sink",
	.ready = link_ready_reply,
	.message = sink_message,
};
