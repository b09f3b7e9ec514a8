// SPDX-License-Identifier: GPL-2.0-only
/* A monitor: channels of node 0 that it binds and echoes; and the end of other dispatchers. */
#include <urpc/chan.h>

#include "talk_core.h"

/* ---- channels of node 0 ---- */

#define SHARED_VA ABI_DOMAIN_FREE
#define PAGES_MAX 512u

static struct urpc_chan channel;
static bool open;
static uint64_t number, shared_base;

/* All shared memory, at most 2 MiB of it, at SHARED_VA. */
static void map_shared(void)
{
	const struct abi_startup *s = (void *)ABI_DOMAIN_STARTUP;
	uint64_t ram = 0, frame = 0, pages = 0;

	for (uint64_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (s->extents[i].bytes && s->extents[i].kind == ABI_EXTENT_RAM)
			ram = ABI_SLOT_EXTENTS + i;
		if (s->extents[i].bytes && s->extents[i].kind == ABI_EXTENT_SHARED) {
			frame = ABI_SLOT_EXTENTS + i;
			shared_base = s->extents[i].base;
			pages = s->extents[i].bytes / 4096;
		}
	}
	pages = pages < PAGES_MAX ? pages : PAGES_MAX;
	expect_status(1, retype(ram, FREE(20), ABI_CAP_PDPT, 0, 4096), 0);
	expect_status(2, retype(ram, FREE(21), ABI_CAP_PD, 4096, 4096), 0);
	expect_status(3, retype(ram, FREE(22), ABI_CAP_PT, 8192, 4096), 0);
	expect_status(4, map(FREE(20), FREE(23), ABI_SLOT_PML4, ABI_DOMAIN_FREE_ENTRY, 1, 0, 0), 0);
	expect_status(5, map(FREE(21), FREE(24), FREE(20), 0, 1, 0, 0), 0);
	expect_status(6, map(FREE(22), FREE(25), FREE(21), 0, 1, 0, 0), 0);
	expect_status(7, mint(frame, FREE(26), ABI_CAP_RW, 0), 0);
	expect_status(8, map(FREE(26), FREE(27), FREE(22), 0, pages, ABI_CAP_RW, 0), 0);
}

static void bind(const uint64_t *word)
{
	number = word[0];
	expect(10, word[1] == 256 && word[2] == 64);
	if (report.argument == MONITOR_REFUSE) {
		expect_status(11, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 28, 0, 0), 0);
		return;
	}
	if (report.argument == MONITOR_SILENT)
		return;
	expect_status(12, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 5000, 0, 0), ERRNO(22));
	expect_status(13, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number + 1, 0, 0, 0), ERRNO(2));
	expect(14, !urpc_chan_init(&channel, (void *)(SHARED_VA + word[3] - shared_base),
				   (void *)(SHARED_VA + word[4] - shared_base), (uint32_t)word[2]));
	expect_status(15, retype(ABI_SLOT_URPC, FREE(30), ABI_CAP_URPC, number, 1), 0);
	expect_status(16, object(ABI_URPC_WAKE, ABI_SLOT_URPC, 0, 0, 0, 0), ERRNO(2));
	expect_status(17, object(ABI_URPC_WAKE, FREE(30), 0, 0, 0, 0), 0);
	open = true;
	if (report.argument == MONITOR_LATE)
		return;
	expect_status(18, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 0, 0, 0), 0);
	expect_status(19, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 0, 0, 0), ERRNO(2));
}

static void end(void)
{
	open = false;
	drop(FREE(30));
}

static void notice(const struct abi_lmp_record *r)
{
	report.result[r->kind]++;
	expect(20, r->badge == ABI_LMP_KERNEL);
	if (r->kind == ABI_LMP_BIND)
		bind(r->word);
	if (r->kind == ABI_LMP_UNBIND && report.argument != MONITOR_SILENT) {
		expect(21, r->word[0] == number);
		end();
		expect_status(22, object(ABI_KERNEL_UNBOUND, ABI_SLOT_KERNEL, number, 0, 0, 0), 0);
		expect_status(23, object(ABI_KERNEL_UNBOUND, ABI_SLOT_KERNEL, number, 0, 0, 0),
			      ERRNO(2));
	}
}

static void echo(void)
{
	struct urpc_msg msg;
	bool any = false;

	while (open && !urpc_recv(&channel, &msg)) {
		if (report.argument == MONITOR_DIE)
			leave(3);
		if (report.argument == MONITOR_CLOSE) {
			end();
			expect_status(24,
				      object(ABI_KERNEL_CLOSED, ABI_SLOT_KERNEL, number, 0, 0, 0),
				      ERRNO(22));
			expect_status(
				25, object(ABI_KERNEL_CLOSED, ABI_SLOT_KERNEL, number, 5, 0, 0), 0);
			return;
		}
		expect(26, !urpc_send(&channel, msg.type, msg.payload, msg.len));
		progress();
		any = true;
	}
	if (any && urpc_notify_needed(&channel))
		expect_status(27, object(ABI_URPC_NOTIFY, FREE(30), 0, 0, 0, 0), 0);
}

void monitor(void)
{
	buffer_make(8, 0);
	map_shared();
	expect_status(30, object(ABI_URPC_WAKE, ABI_SLOT_URPC, 0, 0, 0, 0), ERRNO(2));
	expect_status(31, object(ABI_KERNEL_SERVE, ABI_SLOT_KERNEL, ABI_SLOT_ROOT, DEPTH, 0, 0),
		      -ABI_CAP_E_TYPE);
	if (report.argument != MONITOR_DEAF)
		expect_status(
			32,
			object(ABI_KERNEL_SERVE, ABI_SLOT_KERNEL, ABI_SLOT_ENDPOINT, DEPTH, 0, 0),
			0);
	report.result[0] = 1;
	for (;;) {
		struct abi_lmp_record *r;

		while ((r = next())) {
			notice(r);
			take();
		}
		echo();
		/* The order that loses no message: arm, then sleep. */
		if (open && !urpc_arm(&channel))
			continue;
		if (open && report.argument == MONITOR_SLOW) {
			for (uint64_t end = later(5); cycles() < end;)
				;
		}
		sleep_until(report.argument == MONITOR_LATE && open ? later(30) : FOREVER);
		report.result[8]++;
		if (open)
			urpc_disarm(&channel);
		if (report.argument == MONITOR_LATE && open)
			object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 0, 0, 0);
	}
}

/* ---- the end of others ---- */

/* A dispatcher in this domain's own address space, with nowhere to begin. */
static void child(uint64_t at, uint64_t offset, uint32_t domain)
{
	const struct abi_dispatcher_setup setup = {
		.cnode = { .address = ABI_SLOT_ROOT, .depth = DEPTH },
		.pml4 = { .address = ABI_SLOT_PML4, .depth = DEPTH },
		.frame = { .address = at + 1, .depth = DEPTH },
		.notices = { .address = ABI_SLOT_ENDPOINT, .depth = DEPTH },
		.frame_va = 0x10000000,
		.domain = domain,
		.weight = 1,
		.name = "child",
	};
	const struct abi_startup *s = (void *)ABI_DOMAIN_STARTUP;
	uint64_t ram = ABI_SLOT_EXTENTS;

	while (!s->extents[ram - ABI_SLOT_EXTENTS].bytes ||
	       s->extents[ram - ABI_SLOT_EXTENTS].kind != ABI_EXTENT_RAM)
		ram++;
	expect_status(1, retype(ram, at, ABI_CAP_DISPATCHER, offset, 8192), 0);
	expect_status(2, retype(ram, at + 1, ABI_CAP_FRAME, offset + 8192, 8192), 0);
	expect_status(3, object(ABI_DISPATCHER_SETUP, at, (uint64_t)&setup, 0, 0, 0), 0);
	expect_status(4, object(ABI_DISPATCHER_RUN, at, 0, 0, 0, 0), 0);
}

static void died(uint64_t domain)
{
	struct abi_lmp_record *r = wait();

	expect(10, r->badge == ABI_LMP_KERNEL && r->kind == ABI_LMP_DIED && r->words == 1 &&
			   r->word[0] == domain);
	take();
}

void deaths(void)
{
	buffer_make(2, 0);
	child(FREE(0), 0, 77);
	died(77);
	/* Told when there is room, each of them. */
	lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0);
	lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0);
	child(FREE(2), 16384, 78);
	child(FREE(4), 2 * 16384, 79);
	sleep_until(later(20)); /* ends at once: two messages came */
	sleep_until(later(20));
	expect(5, next() && !next()->kind);
	take();
	take();
	sleep_until(later(20));
	expect(6, next() && next()->kind == ABI_LMP_DIED);
	died(78);
	died(79);
	/* The capability of one that is over goes: nothing more is told. */
	expect_status(7, drop(FREE(0)), 0);
	sleep_until(later(5));
	expect(8, !next());
	leave(0);
}
