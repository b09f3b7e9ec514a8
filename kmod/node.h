/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node 0's end of the control channel to one core: requests with tags, answers matched to them.
 * Split-phase: several callers may wait at once, and whoever looks hands every answer to its caller.
 * Events, which come unasked, go to whom they concern.
 */
#ifndef REMORA_NODE_H
#define REMORA_NODE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <urpc/chan.h>
#include "error.h"

struct remora_core;

/**
 * struct remora_node - control channel state
 * @wait:   callers; woken by the doorbell and by close
 * @lock:   protects what follows. Doorbells to the core are sent under it while @open, so that no
 *          interrupt goes to a CPU that was given back
 * @chan:   valid while @open
 * @calls:  requests whose answer has not come
 * @epoch:  counts opens, so that a request meant for a core before its restart is not sent to it
 * @open:   between open and close
 * @broken: the core broke the protocol; the watch work declares it dead
 * @muted:  it was silenced because it rang node 0 without end; the watch work declares it dead
 * @fenced: it was silenced because the others go on without it; the watch work declares it dead
 * @silent: an answer did not come in time; the watch work then doubts even a sleeping core
 */
struct remora_node {
	wait_queue_head_t wait;
	spinlock_t lock;
	struct urpc_chan chan;
	struct list_head calls;
	u32 tag;
	u32 epoch;
	bool open;
	bool broken;
	bool silent;
	bool muted;
	bool fenced;
	u64 stale; /* answers that nobody waited for any more */
};

/** remora_node_init - once for a new core object, before the doorbell is acquired */
void remora_node_init(struct remora_core *core);

/** remora_node_open - attach to fresh rings, before the core starts. Return: 0 or -EINVAL. */
int remora_node_open(struct remora_core *core, struct urpc_ring *tx, struct urpc_ring *rx, u32 slots);
/**
 * remora_node_close - no request is answered any more; waiting ones get -EHOSTDOWN
 * After return nobody touches the rings. Does nothing when it is not open. Any context.
 */
void remora_node_close(struct remora_core *core);

/**
 * remora_node_look - a doorbell came: take what the core sent, wake callers
 * Bounded work. Context: the doorbell's handler.
 */
void remora_node_look(struct remora_core *core);

/**
 * remora_node_mute - stop a core that rings without end, at once
 * INIT goes to it only while its node is open, so that none goes to a CPU that was given back. Any
 * context.
 */
void remora_node_mute(struct remora_core *core);

/**
 * remora_node_fence - stop a core that others are about to be told is gone, in the same way
 * Return: whether it ran in that epoch: it does not any more. Any context.
 */
bool remora_node_fence(struct remora_core *core, u32 epoch);

/** remora_node_runs - is the core's node open, in that epoch? Any context. */
bool remora_node_runs(struct remora_core *core, u32 epoch);

/** remora_node_doorbell - interrupt the core, unless its node is closed. Any context. */
void remora_node_doorbell(struct remora_core *core);

/**
 * struct remora_call - one request and its answer
 * @type:          enum abi_ctl
 * @request:       struct of ctl.h; its first word is filled with the tag
 * @reply_bytes:   least payload of the answer. A core may answer any request that it refuses with
 *                 the shorter struct abi_ctl_status
 * @timeout_ms:    not 0
 * @epoch:         of the node that is meant, -EHOSTDOWN in any other; 0: the present one
 * @uninterrupted: wait for the answer even when the caller is being killed
 * @answer:        out: the answer
 * @sent:          out: the core was given the request
 * @result:        out: 0 when an answer came at all, also a refusal
 */
struct remora_call {
	u16 type;
	bool uninterrupted;
	u32 epoch;
	void *request;
	size_t request_bytes;
	size_t reply_bytes;
	unsigned int timeout_ms;
	struct urpc_msg answer;
	bool sent;
	int result; /* -EINPROGRESS until the answer came or cannot come any more */
	/* private */
	struct list_head link;
	u32 tag;
};

/**
 * remora_node_call - request and answer
 * Context: process, sleeps, killable; no lock that the doorbell or remora_node_close() needs.
 * Return: 0, or the negative status of an answer by abi_ctl_status, with result 0 and nothing in
 * @err; else -EHOSTDOWN when the core is dead, dies meanwhile or breaks the protocol, -ETIMEDOUT,
 * -EINTR. An answer of the wrong type or length is -EPROTO.
 */
int remora_node_call(struct remora_core *core, struct remora_call *call, struct remora_error *err);

#endif
