// SPDX-License-Identifier: GPL-2.0-only
#include "client.h"

void client_open_sized(struct client *c, uint32_t channel, uint64_t ram)
{
	struct urpc_chan *link = core_bind(channel, ABI_SERVICE_SPAWN, 256);
	struct abi_requests *rings;

	assert_non_null(link);
	c->program = core_program(spawn_sized(link, ram));
	assert_non_null(c->program);
	rings = core_at(c->program, ABI_DOMAIN_REQUESTS, ABI_CAP_RW);
	assert_non_null(rings);
	assert_int_equal(urpc_chan_init(&c->chan, (void *)rings->ask, (void *)rings->answer,
					ABI_REQUEST_SLOTS), 0);
	assert_int_equal(monitor_client(&c->end, &c->chan), 0);
}

void client_open(struct client *c, uint32_t channel)
{
	client_open_sized(c, channel, 0);
}

void client_greet(struct client *c)
{
	assert_int_equal(monitor_bind(&c->end), -URPC_EAGAIN);
	core_turn();
	assert_int_equal(monitor_bind(&c->end), 0);
}

unsigned int client_take(struct client *c, const struct monitor_handlers *handlers, void *ctx)
{
	unsigned int count = 0;

	while (!monitor_receive(&c->end, handlers, ctx, 0))
		count++;
	return count;
}
