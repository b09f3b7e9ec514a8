/* SPDX-License-Identifier: GPL-2.0-only */
/* A program's end of its requests to the monitor. */
#ifndef CLIENT_H
#define CLIENT_H

#include <abi/if/monitor_stub.h>

#include "core.h"

struct client {
	struct program *program;
	struct urpc_chan chan;
	struct monitor_end end;
};

/** client_open - the usual program, started over a new channel of Linux's; it has said nothing yet */
void client_open(struct client *c, uint32_t channel);

/** client_open_sized - the same with @ram bytes */
void client_open_sized(struct client *c, uint32_t channel, uint64_t ram);

/** client_greet - it and the monitor know each other's version */
void client_greet(struct client *c);

/** client_take - what has come for it. Return: how many messages */
unsigned int client_take(struct client *c, const struct monitor_handlers *handlers, void *ctx);

#endif
