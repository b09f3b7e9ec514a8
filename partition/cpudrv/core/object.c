// SPDX-License-Identifier: GPL-2.0-only
/* What can be done with objects: one row an operation. */
#include <capability.h>
#include <control.h>
#include <dispatcher.h>
#include <errors.h>
#include <memory.h>
#include <object.h>

/* @type, @rights: what the capability must be; @uses: how many of RDX, R10, R8, R9 */
static const struct {
	uint16_t op;
	uint8_t type;
	uint8_t rights;
	uint8_t uses;
	int (*call)(struct object_call *c);
} rows[] = {
	{ ABI_DISPATCHER_SETUP, ABI_CAP_DISPATCHER, ABI_CAP_WRITE, 1, dispatcher_object_setup },
	{ ABI_DISPATCHER_RUN, ABI_CAP_DISPATCHER, ABI_CAP_WRITE, 0, dispatcher_object_run },
	{ ABI_DISPATCHER_STOP, ABI_CAP_DISPATCHER, ABI_CAP_WRITE, 0, dispatcher_object_stop },
	{ ABI_DISPATCHER_STATUS, ABI_CAP_DISPATCHER, ABI_CAP_READ, 1, dispatcher_object_status },
	{ ABI_ENDPOINT_BUFFER, ABI_CAP_ENDPOINT, ABI_CAP_READ, 4, endpoint_buffer },
	{ ABI_IRQ_BIND, ABI_CAP_IRQ, ABI_CAP_WRITE, 2, irq_bind },
	{ ABI_IRQ_ACK, ABI_CAP_IRQ, ABI_CAP_WRITE, 0, irq_ack },
	{ ABI_IRQ_RAISE, ABI_CAP_IRQ, ABI_CAP_WRITE, 0, irq_raise },
	{ ABI_URPC_WAKE, ABI_CAP_URPC, ABI_CAP_READ, 0, urpc_wake },
	{ ABI_URPC_NOTIFY, ABI_CAP_URPC, ABI_CAP_WRITE, 0, urpc_notify },
	{ ABI_KERNEL_SERVE, ABI_CAP_KERNEL, ABI_CAP_WRITE, 2, kernel_serve },
	{ ABI_KERNEL_BOUND, ABI_CAP_KERNEL, ABI_CAP_WRITE, 2, kernel_bound },
	{ ABI_KERNEL_UNBOUND, ABI_CAP_KERNEL, ABI_CAP_WRITE, 1, kernel_unbound },
	{ ABI_KERNEL_CLOSED, ABI_CAP_KERNEL, ABI_CAP_WRITE, 2, kernel_closed },
	{ ABI_KERNEL_COUNT, ABI_CAP_KERNEL, ABI_CAP_READ, 1, kernel_count },
	{ ABI_KERNEL_CAP_RELATIONS, ABI_CAP_KERNEL, ABI_CAP_WRITE, 2, agreed_relations },
	{ ABI_KERNEL_CAP_FREE, ABI_CAP_KERNEL, ABI_CAP_WRITE, 4, agreed_free },
	{ ABI_KERNEL_CAP_STATE, ABI_CAP_KERNEL, ABI_CAP_WRITE, 4, agreed_state },
	{ ABI_KERNEL_CAP_MARK, ABI_CAP_KERNEL, ABI_CAP_WRITE, 2, agreed_mark },
	{ ABI_KERNEL_CAP_DROP, ABI_CAP_KERNEL, ABI_CAP_WRITE, 2, agreed_drop },
	{ ABI_KERNEL_CAP_CREATE, ABI_CAP_KERNEL, ABI_CAP_WRITE, 4, agreed_create },
	{ ABI_KERNEL_CAP_AGREED, ABI_CAP_KERNEL, ABI_CAP_WRITE, 1, agreed_call },
	{ ABI_KERNEL_FAULT, ABI_CAP_KERNEL, ABI_CAP_WRITE, 1, kernel_fault },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

int object_find(struct dispatcher *d, const struct abi_cap_at *at, uint32_t type, uint8_t rights,
		struct cap_slot *slot)
{
	int rc;

	if (at->reserved)
		return -ABI_CAP_E_ARGUMENT;
	rc = cap_slot_find(&dispatcher_slots(d)[DISPATCHER_ROOT], at->address, at->depth, slot);
	if (rc)
		return rc;
	if (!(slot->rights & ABI_CAP_READ))
		return -ABI_CAP_E_RIGHTS;
	if (slot->at->type == ABI_CAP_NONE)
		return -ABI_CAP_E_EMPTY;
	if (slot->at->type != type)
		return -ABI_CAP_E_TYPE;
	return rights & ~slot->at->rights ? -ABI_CAP_E_RIGHTS : 0;
}

int object_call(struct dispatcher *d, const uint64_t args[6], uint64_t *value)
{
	struct object_call c = { .d = d, .arg = { args[2], args[3], args[4], args[5] } };
	struct abi_cap_at at = { .address = args[1], .depth = (uint32_t)(args[0] >> 32) };
	struct cap_slot slot;
	unsigned int row = 0;
	int rc;

	while (row < ROWS && rows[row].op != (uint32_t)args[0])
		row++;
	if (row == ROWS)
		return -ABI_CAP_E_OPERATION;
	for (unsigned int i = rows[row].uses; i < 4; i++) {
		if (c.arg[i])
			return -ABI_CAP_E_ARGUMENT;
	}
	rc = object_find(d, &at, rows[row].type, rows[row].rights, &slot);
	if (rc)
		return rc;
	c.cap = slot.at;
	rc = rows[row].call(&c);
	*value = c.value;
	return rc;
}

int kernel_fault(struct object_call *c)
{
	int rc = fault_inject((uint32_t)c->arg[0]);

	return rc ? OBJECT_ERRNO(-rc) : 0;
}

int kernel_count(struct object_call *c)
{
	switch (c->arg[0]) {
	case ABI_KERNEL_COUNT_CAPS:
		for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++)
			c->value += cap_space.count[t];
		return 0;
	case ABI_KERNEL_COUNT_DISPATCHERS:
		c->value = dispatchers_count();
		return 0;
	case ABI_KERNEL_COUNT_PAGES:
		c->value = memory_pages_taken();
		return 0;
	default:
		return OBJECT_ERRNO(ERR_INVAL);
	}
}
