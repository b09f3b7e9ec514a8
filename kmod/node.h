/* SPDX-License-Identifier: GPL-2.0-only */
/* Node 0's end of the control channel to one core: requests with tags, answers matched to them. */
#ifndef REMORA_NODE_H
#define REMORA_NODE_H

#include <linux/mutex.h>
#include <linux/wait.h>
#include <urpc/chan.h>
#include "error.h"

struct remora_core;

/**
 * struct remora_node - control channel state
 * @lock: serialises requests: one outstanding a core in this revision
 */
struct remora_node {
	struct mutex lock;
	struct urpc_chan chan;
	wait_queue_head_t wait;
	u32 tag;
	bool open;
};

/** remora_node_open - attach to fresh rings, before the core starts */
int remora_node_open(struct remora_core *core, struct urpc_ring *tx, struct urpc_ring *rx, u32 slots);
/** remora_node_close - no request is answered any more; waiting ones get -EHOSTDOWN */
void remora_node_close(struct remora_core *core);

/**
 * remora_node_call - request and answer
 * @type:  enum abi_ctl; the first word of @request is filled with the tag
 * @reply: up to @reply_bytes of the answer's payload, checked for type, tag and least length
 * Context: process, sleeps, killable. Return: 0, -EHOSTDOWN, -ETIMEDOUT, -EPROTO, -EINTR.
 */
int remora_node_call(struct remora_core *core, u16 type, void *request, size_t request_bytes,
		     void *reply, size_t reply_bytes, unsigned int timeout_ms,
		     struct remora_error *err);

#endif
