// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every system call with bad numbers, pointers and capability addresses. Nothing here may succeed, and
 * the program is alive afterwards.
 */
#include <errno.h>
#include <stdio.h>

#include "raw.h"

static unsigned int refused, breaches;

/* @expected: a negative answer, 0 for any */
static void must_fail(const char *what, struct raw_call c, int64_t expected)
{
	struct raw_call was = c;
	const int64_t got = raw(&c);

	if (got < 0 && (!expected || got == expected)) {
		refused++;
		return;
	}
	if (breaches++ < 20)
		breach("%s(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx) says %lld", what,
		       (unsigned long long)was.a[0], (unsigned long long)was.a[1],
		       (unsigned long long)was.a[2], (unsigned long long)was.a[3],
		       (unsigned long long)was.a[4], (unsigned long long)was.a[5], (long long)got);
}

/* Addresses of which at least one byte is not the program's to read, with 16 bytes from there. */
static const uint64_t pointers[] = {
	0,
	1,
	4095,
	4096,
	ABI_DOMAIN_PROGRAM - 8,
	ABI_DOMAIN_PROGRAM_END - 8,
	ABI_DOMAIN_CONTROL + ABI_DOMAIN_CONTROL_BYTES - 8,
	ABI_USER_END - 8,
	ABI_USER_END,
	0x00007ffffffffff8,
	0x0000800000000000,
	0x8000000000000000,
	0xffff7fffffffffff,
	ABI_WINDOW_VA,
	ABI_WINDOW_VA + 0x100000,
	ABI_STACK_VA,
	ABI_MMIO_VA,
	ABI_IMAGE_VA,
	ABI_IMAGE_VA + 0x1000,
	UINT64_MAX - 7,
	UINT64_MAX,
};

#define POINTERS (sizeof(pointers) / sizeof(pointers[0]))

static int is_call(uint64_t number)
{
	switch (number) {
	case ABI_SYSCALL_NOP ... ABI_SYSCALL_FS:
	case ABI_SYSCALL_INVOKE:
	case ABI_SYSCALL_OBJECT:
		return 1;
	default:
		return 0;
	}
}

static void bad_numbers(void)
{
	for (uint64_t n = ABI_SYSCALL_FIRST; n < ABI_SYSCALL_FIRST + ABI_SYSCALL_COUNT; n++)
		if (!is_call(n))
			must_fail("number", (struct raw_call){ n, { 1, 2, 3, 4, 5, 6 }, 0 }, -ENOSYS);
	/* These are of some other system: the library's business. */
	must_fail("number", (struct raw_call){ ABI_SYSCALL_FIRST + ABI_SYSCALL_COUNT, { 0 }, 0 }, -ENOSYS);
	must_fail("number", (struct raw_call){ 100000, { 0 }, 0 }, -ENOSYS);
	must_fail("number", (struct raw_call){ UINT64_MAX, { 0 }, 0 }, -ENOSYS);
}

/* A dispatcher of its own, not set up: for SETUP and STATUS. Return: its slot, 0: could not be made */
static uint64_t make_dispatcher(void)
{
	const uint64_t slot = raw_empty();

	for (uint64_t offset = 0; slot && offset < 64ull << 20; offset += ABI_CAP_DISPATCHER_BYTES)
		if (!RAW(ABI_SYSCALL_INVOKE,
			 ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_DISPATCHER, ROOT_DEPTH, ROOT_DEPTH,
					 0, 1),
			 ABI_SLOT_RAM, slot, 0, offset, ABI_CAP_DISPATCHER_BYTES))
			return slot;
	return 0;
}

static void bad_pointers(void)
{
	const uint64_t mine = make_dispatcher();
	const uint64_t setup = ABI_OBJECT_WORD(ABI_DISPATCHER_SETUP, ROOT_DEPTH);
	const uint64_t status = ABI_OBJECT_WORD(ABI_DISPATCHER_STATUS, ROOT_DEPTH);

	if (!mine && ++breaches)
		breach("no dispatcher could be made to try with");
	for (unsigned int i = 0; i < POINTERS; i++) {
		const uint64_t p = pointers[i];

		must_fail("print", (struct raw_call){ ABI_SYSCALL_PRINT, { p, 16 }, 0 }, 0);
		must_fail("lmp", (struct raw_call){ ABI_SYSCALL_LMP,
						    { ABI_SLOT_MONITOR,
						      ABI_LMP_SEND_WORD(ROOT_DEPTH, 2, 0, 0), p }, 0 },
			  0);
		must_fail("setup", (struct raw_call){ ABI_SYSCALL_OBJECT, { setup, mine, p }, 0 },
			  -(ABI_OBJECT_ERRNO + EFAULT));
		must_fail("status", (struct raw_call){ ABI_SYSCALL_OBJECT, { status, mine, p }, 0 },
			  -(ABI_OBJECT_ERRNO + EFAULT));
	}
	/* What may be read but not written. */
	must_fail("status", (struct raw_call){ ABI_SYSCALL_OBJECT, { status, mine, (uint64_t)is_call }, 0 },
		  -(ABI_OBJECT_ERRNO + EFAULT));
	must_fail("status", (struct raw_call){ ABI_SYSCALL_OBJECT, { status, mine, ABI_DOMAIN_STARTUP }, 0 },
		  -(ABI_OBJECT_ERRNO + EFAULT));
	if (mine)
		raw_delete(mine);
}

/* An address of a capability that names nothing: through what is no CNode, too deep, not deep enough. */
static const struct {
	uint64_t address;
	unsigned int depth;
} nowhere[] = {
	{ 0, ROOT_DEPTH },
	{ ABI_SLOT_PML4, 0 },
	{ 1, 1 },
	{ 1, ROOT_DEPTH - 1 },
	{ 1, ROOT_DEPTH + 1 },
	{ 1, 64 },
	{ 1, 65 },
	{ 1, 255 },
	{ UINT64_MAX, 64 },
	{ ABI_SLOT_PML4 << ROOT_DEPTH | 5, 2 * ROOT_DEPTH },
	{ ABI_SLOT_DISPATCHER << ROOT_DEPTH | 1, 2 * ROOT_DEPTH },
	{ ABI_SLOT_DISPATCHER << 3 | 1, ROOT_DEPTH + 3 },
	{ ABI_SLOT_CONTROL << ROOT_DEPTH | 1, 2 * ROOT_DEPTH },
	{ ABI_SLOT_ROOT << ROOT_DEPTH, 2 * ROOT_DEPTH },
	{ ABI_SLOT_ROOT << 2 * ROOT_DEPTH | ABI_SLOT_ROOT << ROOT_DEPTH, 3 * ROOT_DEPTH },
	{ 0x8000000000000001, 64 },
};

#define NOWHERE (sizeof(nowhere) / sizeof(nowhere[0]))

static void bad_invocations(void)
{
	const uint64_t empty = raw_empty();

	for (unsigned int i = 0; i < NOWHERE; i++) {
		const uint64_t at = nowhere[i].address, depth = nowhere[i].depth;

		for (unsigned int op = 0; op < 256; op = op > ABI_CAP_DO_COUNT ? op * 2 : op + 1)
			must_fail("invoke from", (struct raw_call){
				ABI_SYSCALL_INVOKE,
				{ ABI_INVOKE_WORD(op, 0, 0, depth, 0, 0, 0), at }, 0 }, 0);
		must_fail("copy to", (struct raw_call){
			ABI_SYSCALL_INVOKE,
			{ ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, ROOT_DEPTH, depth, 0, 0),
			  ABI_SLOT_MONITOR, at }, 0 }, 0);
		if (depth)
			must_fail("copy via", (struct raw_call){
				ABI_SYSCALL_INVOKE,
				{ ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, ROOT_DEPTH, ROOT_DEPTH, depth, 0),
				  ABI_SLOT_MONITOR, empty, at }, 0 }, 0);
		must_fail("map in", (struct raw_call){
			ABI_SYSCALL_INVOKE,
			{ ABI_INVOKE_WORD(ABI_CAP_DO_MAP, ABI_CAP_READ, 0, ROOT_DEPTH, ROOT_DEPTH, depth, 1),
			  ABI_SLOT_CONTROL, empty, at }, 0 }, 0);
		must_fail("lrpc", (struct raw_call){
			ABI_SYSCALL_LRPC, { at, 1, 2, 3, 4, depth << ABI_LRPC_DEPTH_SHIFT }, 0 }, 0);
		must_fail("lmp",
			  (struct raw_call){
				  ABI_SYSCALL_LMP,
				  { at, ABI_LMP_SEND_WORD(depth, 1, 0, 0), (uint64_t)&nowhere },
				  0 },
			  0);
	}
}

static void bad_objects(void)
{
	for (unsigned int op = 0; op < 80; op++) {
		for (unsigned int i = 0; i < NOWHERE; i++)
			must_fail("object", (struct raw_call){
				ABI_SYSCALL_OBJECT,
				{ ABI_OBJECT_WORD(op, nowhere[i].depth), nowhere[i].address }, 0 }, 0);
		/* Capabilities of the wrong type; nobody but the monitor has those of the kernel. */
		for (uint64_t slot = ABI_SLOT_PML4; slot <= ABI_SLOT_DOMAIN; slot++)
			if (slot != ABI_SLOT_ENDPOINT)
				must_fail("object",
					  (struct raw_call){
						  ABI_SYSCALL_OBJECT,
						  { ABI_OBJECT_WORD(op, ROOT_DEPTH), slot },
						  0 },
					  0);
	}
	for (uint64_t offset = 0; offset < 0x20000; offset += 1000)
		must_fail("buffer", (struct raw_call){
			ABI_SYSCALL_OBJECT,
			{ ABI_OBJECT_WORD(ABI_ENDPOINT_BUFFER, ROOT_DEPTH), ABI_SLOT_ENDPOINT,
			  offset + 1, ABI_LMP_RECORDS_MAX }, 0 }, 0);
}

int way_calls(const char *argument)
{
	const struct raw_call nop = { ABI_SYSCALL_NOP, { 0x123456789abcdef }, 0 };
	struct raw_call c = nop;

	(void)argument;
	bad_numbers();
	bad_pointers();
	bad_invocations();
	bad_objects();
	must_fail("fs", (struct raw_call){ ABI_SYSCALL_FS, { 0x0000800000000000 }, 0 }, -EINVAL);
	must_fail("fs", (struct raw_call){ ABI_SYSCALL_FS, { 0xffff7fffffffffff }, 0 }, -EINVAL);
	if (raw(&c) || c.second != nop.a[0])
		breaches++;
	printf("%u calls were refused, %u were not\n", refused, breaches);
	return breaches ? 1 : 0;
}
