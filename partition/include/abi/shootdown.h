/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Shootdowns by message, measured: what node 0 tells each core of a run, and what goes over its
 * lines.
 *
 * A run's cores form a tree. Its root, the initiator, is a core or node 0; every other node is a
 * recipient. Each node calls its children, by the fan of urpc/fan.h, and answers its parent when it
 * has done the request itself and all its children have answered. A recipient with children is an
 * aggregation core.
 *
 * Node 0 opens the run on each of its cores, children before their parents, and closes it in the
 * opposite order, with control messages. From the answer to a close on, the core does not touch the
 * plan or a line any more. Lines are zeroed by node 0 before the first core opens the run.
 */
#ifndef ABI_SHOOTDOWN_H
#define ABI_SHOOTDOWN_H

#include <abi/boot.h>
#include <urpc/fan.h>

#define ABI_SHOOT_PAGES_MAX 512u /* test pages of a core */
#define ABI_SHOOT_ROUNDS_MAX 1000000u

/** enum abi_shoot_method - how a recipient invalidates */
enum abi_shoot_method {
	ABI_SHOOT_NONE = 0, /* not at all */
	ABI_SHOOT_PAGE = 1, /* INVLPG of each page */
	ABI_SHOOT_PCID = 2, /* INVPCID, single context */
	ABI_SHOOT_FULL = 3, /* CR4.PGE off and on: global translations too */
};

/** struct abi_shoot_edge - a line of the tree; both ends are told of it */
struct abi_shoot_edge {
	uint64_t line; /* physical address of a struct urpc_line in shared memory; 0: none */
	uint32_t node; /* at the other end */
	uint32_t reserved;
};

/**
 * struct abi_shoot_plan - a core's part of a run; written by node 0 before the core opens the run,
 * then constant. The core copies it once and checks the copy
 * @size:       sizeof(struct abi_shoot_plan)
 * @node:       whose plan it is
 * @method:     enum abi_shoot_method; the same on all cores
 * @pages:      test pages, 1 to ABI_SHOOT_PAGES_MAX
 * @rounds:     flush requests to come, 1 to ABI_SHOOT_ROUNDS_MAX
 * @children:   edges used in @out, called in this order
 * @in_cast:    line on which the parent casts to all its children; 0: it calls on @in
 * @out_cast:   line on which this core casts to its children; 0: it calls each on its edge
 * @in:         the way to the parent; no line: this core is the initiator
 * @out:        the ways to the children
 */
struct abi_shoot_plan {
	uint32_t size;
	uint32_t node;
	uint32_t method;
	uint32_t pages;
	uint32_t rounds;
	uint32_t children;
	uint64_t in_cast;
	uint64_t out_cast;
	struct abi_shoot_edge in;
	struct abi_shoot_edge out[URPC_FAN_MAX];
};

URPC_STATIC_ASSERT(sizeof(struct abi_shoot_edge) == 16, "edge of a plan");
URPC_STATIC_ASSERT(offsetof(struct abi_shoot_plan, in_cast) == 24, "plan");
URPC_STATIC_ASSERT(offsetof(struct abi_shoot_plan, in) == 40, "plan");
URPC_STATIC_ASSERT(offsetof(struct abi_shoot_plan, out) == 56, "plan");
URPC_STATIC_ASSERT(sizeof(struct abi_shoot_plan) == 56 + 16 * URPC_FAN_MAX, "plan");
URPC_STATIC_ASSERT(URPC_FAN_MAX == ABI_NODES_MAX - 1, "a fan reaches all other nodes");

/* ---- on the lines ---- */

/** enum abi_shoot - message types; a request goes down the tree, ABI_SHOOT_DONE comes up */
enum abi_shoot {
	/*
	 * struct abi_shoot_request: see that translations of the test pages are cached, then change
	 * what the pages are mapped to, without invalidating
	 */
	ABI_SHOOT_TOUCH = 1,
	ABI_SHOOT_FLUSH = 2, /* struct abi_shoot_request: invalidate the translations */
	ABI_SHOOT_DONE = 3,  /* no payload: done here and below */
};

/** struct abi_shoot_request - what to invalidate; both must be as in the plan */
struct abi_shoot_request {
	uint32_t method;
	uint32_t pages;
};

/* ---- on the control channel ---- */

/**
 * struct abi_ctl_shoot_open - ABI_CTL_SHOOT_OPEN: take a plan into use; answered by abi_ctl_status
 * -EBUSY: a run is open. -EINVAL: the plan makes no sense. -EOPNOTSUPP: the CPU lacks the method.
 */
struct abi_ctl_shoot_open {
	uint32_t tag;
	uint32_t run;  /* number chosen by node 0 */
	uint64_t plan; /* physical address of struct abi_shoot_plan, in shared memory */
};

/**
 * struct abi_ctl_shoot_run - ABI_CTL_SHOOT_RUN, to an initiator that is a core, once all have opened
 * the run: do all the rounds. Answered by abi_ctl_shoot_result when they are done, or one failed
 */
struct abi_ctl_shoot_run {
	uint32_t tag;
	uint32_t run;
};

/**
 * struct abi_ctl_shoot_result
 * @status: 0, or -EBUSY (the rounds were begun before), -ENOENT (no such run is open here, or not
 *          as initiator), -ETIMEDOUT (@node did not answer within ABI_SHOOT_TIMEOUT_MS), -EPROTO
 *          (@node broke the protocol), -ECANCELED (closed meanwhile)
 * @min, @median, @p99, @max: of the rounds, TSC cycles; median and p99 of @samples of them
 */
struct abi_ctl_shoot_result {
	uint32_t tag;
	int32_t status;
	uint64_t min;
	uint64_t median;
	uint64_t p99;
	uint64_t max;
	uint32_t samples;
	uint32_t node;
};

#define ABI_SHOOT_TIMEOUT_MS 4000u /* a round that takes longer ends the run */

/** struct abi_ctl_shoot_close - ABI_CTL_SHOOT_CLOSE: answered by abi_ctl_shoot_report */
struct abi_ctl_shoot_close {
	uint32_t tag;
	uint32_t run;
};

/**
 * struct abi_ctl_shoot_report - what a core did in a run
 * @status:  0, or -ENOENT when no such run is open
 * @handled: pages or contexts invalidated; by ABI_SHOOT_NONE flush requests answered
 * @stale:   pages whose translation was used after it had been invalidated
 * @lost_median, @lost_max: TSC cycles from seeing a flush request to having answered it; 0 on the
 *           initiator
 */
struct abi_ctl_shoot_report {
	uint32_t tag;
	int32_t status;
	uint64_t handled;
	uint64_t stale;
	uint64_t lost_median;
	uint64_t lost_max;
};

URPC_STATIC_ASSERT(sizeof(struct abi_shoot_request) == 8, "request");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_shoot_open) == 16, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_shoot_run) == 8, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_shoot_result) == 48, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_shoot_close) == 8, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_shoot_report) == 40, "control message");

#endif
