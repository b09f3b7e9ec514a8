// SPDX-License-Identifier: GPL-2.0-only
/* ABI_SERVICE_ECHO: every message comes back as it was. */
#include <service.h>

static void echo_message(struct link *link, const struct urpc_msg *msg)
{
	link_send(link, msg->type, msg->payload, msg->len);
}

static void echo_long(struct link *link, uint16_t type, const void *bytes, size_t len)
{
	link_send_long(link, type, bytes, len);
}

const struct link_ops service_echo = {
	.name = "echo",
	.ready = link_ready_reply,
	.message = echo_message,
	.long_message = echo_long,
};
