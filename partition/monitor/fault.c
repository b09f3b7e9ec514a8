// SPDX-License-Identifier: GPL-2.0-only
#include <abi/protocol/batch.h>
#include <urpc/chan.h>

#include <fault.h>

static struct fault_arm armed; /* .nth 0: none */
static bool flushing;

/* The CPU driver's answer to a kind of 0 tells whether it would do others. */
static bool may_fail(void)
{
	static const uint64_t none[4];

	return mon_kernel(ABI_KERNEL_FAULT, none, NULL) == -(ABI_OBJECT_ERRNO + MON_EINVAL);
}

static int arm(void *ctx, uint32_t from, const struct fault_arm *m)
{
	(void)ctx;
	if (from)
		return -URPC_EPROTO;
	flushing = false;
	armed = *m;
	if (!may_fail())
		armed.nth = 0;
	mon_print(armed.nth ? "a fault is due at message %x" : "no fault at message %x", armed.type);
	return 0;
}

int fault_message(uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	static const struct fault_handlers handlers = { .arm = arm };

	return fault_dispatch(&handlers, NULL, from, type, payload, bytes);
}

static void fail(void)
{
	const uint64_t arg[4] = { armed.kind };

	armed.nth = 0;
	flushing = false;
	if (arg[0]) {
		mon_kernel(ABI_KERNEL_FAULT, arg, NULL);
		return;
	}
	mon_print("the monitor hangs on purpose");
	for (;;)
		__asm__ __volatile__("pause");
}

/* How often a message, or the batch that it is, has one of type @of. */
static uint32_t times(uint16_t of, uint16_t type, const void *payload, uint32_t bytes)
{
	struct batch_reader r;
	uint32_t count = 0;

	if (type != BATCH_MESSAGE || batch_open(&r, payload, bytes))
		return type == of;
	while (batch_next(&r))
		count += r.type == of;
	return count;
}

bool fault_loses(uint16_t type, const void *payload, uint32_t bytes)
{
	if (!armed.nth || !armed.since || !times(armed.since, type, payload, bytes))
		return false;
	armed.since = 0;
	return true;
}

void fault_point(enum fault_moment at, uint16_t type, const void *payload, uint32_t bytes)
{
	uint32_t count;

	if (!armed.nth || armed.since || armed.at != at)
		return;
	count = times(armed.type, type, payload, bytes);
	if (count < armed.nth) {
		armed.nth -= count;
		return;
	}
	if (at == FAULT_MOMENT_SENT)
		flushing = true;
	else
		fail();
}

void fault_flushed(void)
{
	if (flushing)
		fail();
}
