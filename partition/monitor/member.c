// SPDX-License-Identifier: GPL-2.0-only
#include <abi/boot.h>
#include <abi/protocol/view.h>

#include <urpc/chan.h>

#include <mesh.h>
#include <member.h>

#define PASSES 4u /* then others have their turn */

static struct view_state view;
static struct protocol_set broken; /* to be told to the view machine */
static uint64_t khz;
static uint64_t due; /* microseconds */
static bool fresh;   /* something has come since the last tick */

static uint64_t now(void)
{
	uint64_t tsc = mon_cycles();

	return tsc / khz * 1000 + tsc % khz * 1000 / khz;
}

/* TSC at which it is @us, rounded up. */
static uint64_t cycles(uint64_t us)
{
	return us / 1000 * khz + (us % 1000 * khz + 999) / 1000;
}

static int install(void *ctx, const struct view *old, const struct view *next, const uint8_t *blob,
		   uint32_t bytes)
{
	(void)ctx, (void)old, (void)blob, (void)bytes;
	mon_print("view %u: %u nodes", next->number, protocol_set_count(&next->members));
	return 0;
}

static void drain(void *ctx, uint64_t us)
{
	(void)ctx, (void)us;
	view_drained(&view);
}

static void gone(void *ctx, bool left)
{
	(void)ctx;
	mon_print(left ? "left the partition" : "removed from the partition by the others");
}

static const struct view_hooks hooks = { .install = install, .drain = drain, .gone = gone };

void member_init(uint32_t self, uint64_t tsc_khz)
{
	const struct protocol_port port = { .send = mesh_send };

	khz = tsc_khz ? tsc_khz : 1;
	due = PROTOCOL_NEVER;
	fresh = false;
	protocol_set_clear(&broken);
	view_init(&view, self, &hooks, NULL, &port, NULL, now());
}

void member_message(uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	int rc = -URPC_EPROTO;

	fresh = true;
	if (PROTOCOL_INTERFACE_OF(type) == PROTOCOL_VIEW)
		rc = view_message(&view, from, type, payload, bytes, now());
	if (rc)
		member_broken(from);
}

void member_broken(uint32_t node)
{
	fresh = true;
	protocol_set_add(&broken, node);
}

/* Telling of a node sends, which may find another one broken. */
static void tell_of_broken(void)
{
	struct protocol_set told = broken;
	uint32_t node;

	protocol_set_clear(&broken);
	protocol_set_each(node, &told)
		view_suspect(&view, node, VIEW_BROKEN, now());
}

uint64_t member_work(void)
{
	if (!fresh && due == PROTOCOL_NEVER)
		return UINT64_MAX;
	for (uint32_t i = 0; i < PASSES && (fresh || !i); i++) {
		fresh = false;
		tell_of_broken();
		due = view_tick(&view, now());
	}
	if (fresh)
		return mon_cycles();
	return due == PROTOCOL_NEVER ? UINT64_MAX : cycles(due);
}
