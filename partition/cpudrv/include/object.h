/* SPDX-License-Identifier: GPL-2.0-only */
/* ABI_SYSCALL_OBJECT: abi/object.h says what its operations do. */
#ifndef OBJECT_H
#define OBJECT_H

#include <abi/object.h>
#include <cap_slot.h>

struct dispatcher;

#define OBJECT_ERRNO(errno) (-(ABI_OBJECT_ERRNO + (errno)))

/**
 * struct object_call - a call whose capability has the type and rights that the operation needs
 * @d:     the caller
 * @cap:   of the object
 * @arg:   RDX, R10, R8, R9, any values, but those that the operation does not use are 0
 * @value: the second result, 0 unless set
 */
struct object_call {
	struct dispatcher *d;
	struct cap_entry *cap;
	uint64_t arg[4];
	uint64_t value;
};

/**
 * object_call - ABI_SYSCALL_OBJECT
 * @args: its six arguments, any values
 * @value: set to the second result
 * Return: what goes into RAX, or -ABI_CAP_E_AGAIN: events may be looked at, then the same again.
 */
int object_call(struct dispatcher *d, const uint64_t args[6], uint64_t *value);

/**
 * object_find - a capability that the caller names beside the object
 * @type, @rights: what it must be
 * @slot: set to where it is
 * Return: 0 or a negative enum abi_cap_error.
 */
int object_find(struct dispatcher *d, const struct abi_cap_at *at, uint32_t type, uint8_t rights,
		struct cap_slot *slot);

/* ---- the operations; each returns as object_call() ---- */

/* object_dispatcher.c */
int dispatcher_object_setup(struct object_call *c);
int dispatcher_object_run(struct object_call *c);
int dispatcher_object_stop(struct object_call *c);
int dispatcher_object_status(struct object_call *c);

/* object.c */
int kernel_fault(struct object_call *c);
int kernel_count(struct object_call *c);

/* agreed.c */
int agreed_relations(struct object_call *c);
int agreed_free(struct object_call *c);
int agreed_state(struct object_call *c);
int agreed_mark(struct object_call *c);
int agreed_drop(struct object_call *c);
int agreed_create(struct object_call *c);
int agreed_call(struct object_call *c);

/* endpoint.c */
int endpoint_buffer(struct object_call *c);

/* irq.c */
int irq_bind(struct object_call *c);
int irq_ack(struct object_call *c);
int irq_raise(struct object_call *c);

/* userlink.c */
int urpc_wake(struct object_call *c);
int urpc_notify(struct object_call *c);
int kernel_serve(struct object_call *c);
int kernel_bound(struct object_call *c);
int kernel_unbound(struct object_call *c);
int kernel_closed(struct object_call *c);

#endif
