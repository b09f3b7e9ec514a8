/* SPDX-License-Identifier: GPL-2.0-only */
/* The control channel to node 0, and what its requests start. */
#ifndef CONTROL_H
#define CONTROL_H

#include <link.h>

extern const struct link_ops control_ops;

/* Of a request's handler, in place of the status to answer with: answered later, or not at all. */
#define NO_ANSWER 1

/**
 * control_reply_status - answer a request with struct abi_ctl_status
 * @control: the control link; room is there because control_ops.ready asked for it
 * @type:    type of the request
 */
void control_reply_status(struct link *control, uint16_t type, uint32_t tag, int status);

/**
 * control_tell_closed - send ABI_CTL_CLOSED: this core closed a bound channel
 * @control: the control link; the caller made sure of the room
 * @status:  why: a negative errno value
 */
void control_tell_closed(struct link *control, uint32_t channel, int status);

/**
 * fault_inject - do what enum abi_fault says
 * Return: -ERR_PERM in a partition that was not created for it; -ERR_INVAL for an unknown kind; 0 when
 * the fault is one that the core survives. Does not return for the others.
 */
int fault_inject(uint32_t kind);

#endif
