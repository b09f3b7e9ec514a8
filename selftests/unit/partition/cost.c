// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a trace event costs, on this very machine: core/trace.c as it is, with the real inline half of
 * the machine, optimized as in the image, around it nothing. Prints figures; fails when they make no
 * sense.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <abi/ctl.h>
#include <bootinfo.h>
#include <crash.h>
#include <loop.h>
#include <trace.h>

#define RECORDS 4096u

const struct abi_boot *boot_info;
struct abi_core *core_page;
static struct abi_host host;
const struct abi_host *host_page = &host;

void notify_node(uint32_t node)
{
	(void)node;
}

void crash_fail(const char *format, ...)
{
	(void)format;
	abort();
}

static double each(uint64_t *without)
{
	uint64_t with;

	trace_cost(&with, without);
	return ((double)with - (double)*without) / ABI_TRACE_COST_BATCH;
}

int main(void)
{
	struct abi_trace_ring *ring = aligned_alloc(4096, (abi_trace_bytes(RECORDS) + 4095) & ~4095ul);
	uint64_t alone;
	double off, on;

	if (!ring)
		return 1;
	*ring = (struct abi_trace_ring){ .revision = ABI_TRACE_REVISION, .records = RECORDS };
	if (trace_init(ring, abi_trace_bytes(RECORDS)))
		return 1;
	each(&alone); /* warms up */
	off = each(&alone);
	host.trace = 1ull << ABI_TRACE_NOTE;
	each(&alone);
	on = each(&alone);
	printf("1..1\n# a trace event, measured on this machine: %.1f cycles off, %.1f on\n", off, on);
	printf("%s 1 an event costs more on than off, and both are sane\n",
	       on > off && off < 100 && on < 2000 ? "ok" : "not ok");
	free(ring);
	return !(on > off && off < 100 && on < 2000);
}
