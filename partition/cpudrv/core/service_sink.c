// SPDX-License-Identifier: GPL-2.0-only
/*
 * ABI_SERVICE_SINK: messages are consumed. Those of type 1 ask for the count, and count as well.
 * struct link has the numbers.
 */
#include <service.h>

#define SINK_COUNT 1

static void sink_long(struct link *link, uint16_t type, const void *bytes, size_t len)
{
	uint64_t reply[2] = { link->messages, link->bytes };

	(void)bytes;
	(void)len;
	if (type == SINK_COUNT)
		link_send(link, SINK_COUNT, reply, sizeof(reply));
}

static void sink_message(struct link *link, const struct urpc_msg *msg)
{
	sink_long(link, msg->type, msg->payload, msg->len);
}

const struct link_ops service_sink = {
	.name = "sink",
	.ready = link_ready_reply,
	.message = sink_message,
	.long_message = sink_long,
};
