/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The way out of a protocol machine. The machines do no I/O: whoever runs one (the monitor, the
 * module, the simulator, a test) gives it a port, feeds it the messages that come, and tells it the
 * time.
 *
 * What the runner guarantees: messages of one node to another come in the order they were sent and
 * none is lost, unless an end dies; of a dead node some last ones may be missing. The machine is
 * never entered again from inside send().
 */
#ifndef ABI_PROTOCOL_PORT_H
#define ABI_PROTOCOL_PORT_H

#include <urpc/types.h>

/*
 * Numbers of the interfaces; the type of a message is the interface's number << 8 | the number of
 * the message in it, from 1.
 */
enum protocol_interface {
	PROTOCOL_VIEW = 1,
	PROTOCOL_AGREE = 2,
	PROTOCOL_NAMES = 3,
	PROTOCOL_BIND = 4,
	PROTOCOL_MEMORY = 5,
	PROTOCOL_SPAWN = 6,
	PROTOCOL_NODE = 7,
	PROTOCOL_BATCH = 8, /* messages that travel together: abi/protocol/batch.h */
	PROTOCOL_REQUESTS = 9, /* of a program to its monitor: interfaces/monitor.if */
	PROTOCOL_IMAGE = 10, /* of programs to be started, between monitors */
	PROTOCOL_FAULT = 11, /* of tests: node 0 to monitors */
	PROTOCOL_USERS = 32, /* from here on: programs' own */
	PROTOCOL_INTERFACES = 256,
};

#define PROTOCOL_TYPE(interface, number) ((uint16_t)((interface) << 8 | (number)))
#define PROTOCOL_INTERFACE_OF(type) ((uint16_t)(type) >> 8)

/** PROTOCOL_NEVER - a deadline that never comes */
#define PROTOCOL_NEVER 0xffffffffffffffffull

/**
 * struct protocol_port - how a machine sends
 * @ctx:  the runner's own, the first argument of @send
 * @send: queues one message for node @to: copies the payload, cannot fail (each machine states how
 *        many it can have unsent for a peer, the runner's queue holds that), delivers nothing
 *        before the machine has returned. Sending to a node that is gone is allowed and does
 *        nothing; a machine never sends to itself
 */
struct protocol_port {
	void *ctx;
	void (*send)(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes);
};

static inline void protocol_send(const struct protocol_port *port, uint32_t to, uint16_t type,
				 const void *payload, uint32_t bytes)
{
	port->send(port->ctx, to, type, payload, bytes);
}

#endif
