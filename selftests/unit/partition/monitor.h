/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test as the monitor of a core, whose system calls it makes in its place; and as node 0 (node0.h). For one
 * source file a program.
 */
#ifndef UNIT_PARTITION_MONITOR_H
#define UNIT_PARTITION_MONITOR_H

#include <abi/domain.h>
#include <abi/object.h>
#include <cap_agree.h>
#include <capability.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <memory.h>
#include <object.h>
#include <userlink.h>

#include "node0.h"

#define OBJECT FAKE_OWN
#define FRAME (FAKE_OWN + 0x2000)
#define CNODE (FAKE_OWN + 0x4000)
#define DEPTH ABI_DOMAIN_ROOT_BITS

static struct dispatcher *monitor;
static struct cap_entry *endpoint;
static struct cap_entry kernel = { .type = ABI_CAP_KERNEL };
static unsigned int stays;

/* ---- ring 3 of the fake machine ---- */

const char *arch_user_init(void)
{
	return NULL;
}

void arch_context_init(struct arch_context *context, uint64_t root, void *xstate)
{
	context->root = root;
	context->xstate = xstate;
}

void arch_user_switch(struct arch_context *context)
{
	(void)context;
}

/* Awake, it sleeps again. */
void arch_user_run(struct arch_context *context, struct user_event *event)
{
	(void)context;
	stays++;
	dispatcher_sleep(monitor, UINT64_MAX);
	monitor->upcall = true;
	*event = (struct user_event){ .kind = USER_INTERRUPT };
}

void arch_context_save(const struct arch_context *context, struct abi_registers *registers)
{
	(void)context, (void)registers;
}

void arch_context_upcall(struct arch_context *context, uint64_t entry, uint64_t stack,
			 uint64_t dispatcher, uint64_t upcall,
			 const uint64_t arguments[ABI_UPCALL_ARGUMENTS])
{
	(void)context, (void)entry, (void)stack, (void)dispatcher, (void)upcall, (void)arguments;
}

uint64_t arch_context_rip(const struct arch_context *context)
{
	return context->rip;
}

/* ---- the monitor ---- */

static inline int operation(int (*call)(struct object_call *c), struct cap_entry *cap, uint64_t a, uint64_t b)
{
	struct object_call c = { .d = monitor, .cap = cap, .arg = { a, b } };

	return call(&c);
}

static inline void make_monitor(void)
{
	const struct abi_dispatcher_setup setup = { .frame_va = 0x10000, .name = "monitor" };
	const struct sched_params params = { .class = SCHED_BEST_EFFORT, .weight = 1 };
	struct cap_entry *slot;

	monitor = dispatcher_of(&(struct cap_entry){ .base = OBJECT });
	slot = dispatcher_slots(monitor);
	assert_int_equal(cap_create(&cap_space, &slot[DISPATCHER_ROOT], ABI_CAP_CNODE, CNODE,
				    ABI_CAP_SLOT_BYTES << DEPTH,
				    ABI_CAP_RW, 0), 0);
	assert_int_equal(cap_create(&cap_space, &slot[DISPATCHER_FRAME], ABI_CAP_FRAME, FRAME, 8192,
				    ABI_CAP_RW, 0), 0);
	endpoint = (struct cap_entry *)memory_at(CNODE) + 1;
	assert_int_equal(cap_create(&cap_space, endpoint, ABI_CAP_ENDPOINT,
				    OBJECT + ABI_CAP_ENDPOINTS_AT, 64, ABI_CAP_RW, 0), 0);
	assert_int_equal(dispatcher_set_up(monitor, &setup, &params, &slot[DISPATCHER_FRAME],
					   &slot[DISPATCHER_FRAME]), 0);
	monitor->shared->entry[ABI_UPCALL_RUN] = 0x400000;
	assert_int_equal(operation(endpoint_buffer, endpoint, 4096, 4), 0);
	assert_int_equal(operation(kernel_serve, &kernel, 1, DEPTH), 0);
}

static inline int monitor_start(void **state)
{
	int rc = node0_start(state);

	if (dispatchers_init())
		return -1;
	capabilities_init();
	make_monitor();
	return rc;
}

/* The notice of that number, taken. */
static inline const struct abi_lmp_record *told(enum abi_lmp_notice kind)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);
	const struct abi_lmp_record *r = &b->record[b->taken % 4];

	assert_int_equal(r->number, b->taken + 1);
	assert_int_equal(r->kind, kind);
	b->taken++;
	return r;
}

static inline void pass(uint64_t ms)
{
	fake_tsc += ms * MS;
	fake_step();
}

#endif
