// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <lib/ram.h>
#include <lib/slot.h>
#include <lib/syscall.h>
#include <lib/vspace.h>

#include "peer.h"

#define PAGE 4096u
#define CONTROL_BYTES 8192u
#define CODE_VA ABI_DOMAIN_PROGRAM
#define CONTROL_VA (ABI_DOMAIN_PROGRAM + PAGE)
#define DOMAIN 0xffffu /* for notices, of which it gets none */

extern const char server_begin[], server_end[], server_message[], server_run[], server_answer[],
	server_flags[];

/* Made in this order, each in its slot. */
enum { PML4, PDPT, PD, PT, CODE, CONTROL, DISPATCHER, OBJECTS };

static struct rt_piece pieces[OBJECTS];

static struct abi_cap_at cap(unsigned int object)
{
	return rt_slot_at(pieces[object].slot);
}

static const char *make_objects(void)
{
	static const struct {
		uint32_t type, bytes;
	} kinds[OBJECTS] = {
		[PML4] = { ABI_CAP_PML4, PAGE },
		[PDPT] = { ABI_CAP_PDPT, PAGE },
		[PD] = { ABI_CAP_PD, PAGE },
		[PT] = { ABI_CAP_PT, PAGE },
		[CODE] = { ABI_CAP_FRAME, PAGE },
		[CONTROL] = { ABI_CAP_FRAME, CONTROL_BYTES },
		[DISPATCHER] = { ABI_CAP_DISPATCHER, ABI_CAP_DISPATCHER_BYTES },
	};

	for (unsigned int i = 0; i < OBJECTS; i++)
		if (rt_piece_new(kinds[i].type, kinds[i].bytes, &pieces[i]))
			return "memory for a dispatcher";
	return NULL;
}

/* @rights 0: a table. */
static bool map(unsigned int what, unsigned int table, uint64_t index, uint64_t rights,
		uint64_t pages)
{
	struct abi_cap_at from = cap(what), above = cap(table);
	uint32_t slot = rt_slot_alloc();

	return slot && !rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_MAP, rights, 0, from.depth,
						  rt_slot_depth(slot), above.depth, pages),
				  from.address, rt_slot_address(slot), above.address, 0, index, NULL);
}

static const char *make_space(void)
{
	uint64_t index = CODE_VA / PAGE % 512;

	if (!map(PDPT, PML4, 0, 0, 1) || !map(PD, PDPT, 0, 0, 1) ||
	    !map(PT, PD, CODE_VA / PAGE / 512, 0, 1))
		return "page tables";
	if (!map(CODE, PT, index, ABI_CAP_READ | ABI_CAP_EXECUTE, 1) ||
	    !map(CONTROL, PT, index + 1, ABI_CAP_RW, CONTROL_BYTES / PAGE))
		return "mappings";
	return NULL;
}

static uint64_t in_server(const char *at)
{
	return CODE_VA + (uint64_t)(at - server_begin);
}

/* Code and entry points, through mappings of this program's own. */
static const char *fill(struct abi_cap_at answer)
{
	uint64_t code = 0, control = 0;
	struct abi_dispatcher *d;
	char *text;

	if (rt_vspace_map_frame(cap(CODE), 0, PAGE, RT_READ | RT_WRITE, 0, &code) ||
	    rt_vspace_map_frame(cap(CONTROL), 0, PAGE, RT_READ | RT_WRITE, 0, &control))
		return "mappings to write to";
	text = (char *)code;
	memcpy(text, server_begin, (size_t)(server_end - server_begin));
	memcpy(text + (server_answer - server_begin), &answer.address, sizeof(uint64_t));
	memcpy(text + (server_flags - server_begin),
	       &(uint64_t){ ABI_LRPC_SLEEP | (uint64_t)answer.depth << ABI_LRPC_DEPTH_SHIFT },
	       sizeof(uint64_t));
	d = (struct abi_dispatcher *)control;
	d->entry[ABI_UPCALL_RUN] = in_server(server_run);
	d->entry[ABI_UPCALL_LRPC] = in_server(server_message);
	d->disabled = 1;
	rt_vspace_unmap(code, PAGE);
	rt_vspace_unmap(control, PAGE);
	return NULL;
}

static const char *start(void)
{
	struct abi_dispatcher_setup setup = {
		.cnode = { .address = ABI_SLOT_ROOT, .depth = ABI_DOMAIN_ROOT_BITS },
		.pml4 = cap(PML4),
		.frame = cap(CONTROL),
		.frame_va = CONTROL_VA,
		.domain = DOMAIN,
		.weight = 100,
		.name = "lrpcbench-peer",
	};
	struct abi_cap_at d = cap(DISPATCHER);

	if (rt_object(ABI_OBJECT_WORD(ABI_DISPATCHER_SETUP, d.depth), d.address, (uint64_t)&setup,
		      0, 0, 0, NULL))
		return "a dispatcher";
	if (rt_object(ABI_OBJECT_WORD(ABI_DISPATCHER_RUN, d.depth), d.address, 0, 0, 0, 0, NULL))
		return "the dispatcher's begin";
	return NULL;
}

const char *peer_start(struct abi_cap_at answer, struct abi_cap_at *endpoint)
{
	const char *lack = make_objects();
	uint32_t slot = rt_slot_alloc();
	struct abi_cap_at d;

	if (!lack)
		lack = make_space();
	if (!lack)
		lack = fill(answer);
	if (!lack)
		lack = start();
	if (lack)
		return lack;
	d = cap(DISPATCHER);
	if (!slot || rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_ENDPOINT, d.depth,
					       rt_slot_depth(slot), 0, 1), d.address,
			       rt_slot_address(slot), 0, ABI_CAP_ENDPOINTS_AT,
			       ABI_CAP_ENDPOINT_BYTES, NULL))
		return "an endpoint";
	*endpoint = rt_slot_at(slot);
	return NULL;
}
