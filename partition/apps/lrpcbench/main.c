// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a message to another dispatcher of this core costs: four words, from user to user.
 *
 *   lrpcbench [-n COUNT]
 *
 * Prints, for programs to read (remora bench lrpc): "calibrate INSTRUCTIONS TICKS" for loops of known
 * length; then COUNT (default 10000) numbers each, in TSC ticks, in lines that begin with
 *   oneway  from before the sender's system call to the first instruction of the receiver's upcall
 *   round   until the answer's upcall
 *   lib_oneway, lib_round  the same by rt_lrpc_call(), with a thread that waits for the answer
 * and "end".
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/crt.h>
#include <lib/lmp.h>
#include <lib/slot.h>
#include <lib/syscall.h>
#include <lib/thread.h>

#include "peer.h"

#define COUNT_MAX 100000u
#define WARM_UP 1000u
#define A_LINE 16u
#define BADGE 4711u
#define RUNS 20
#define LOOPS 3

static uint64_t one_way[COUNT_MAX], rounds[COUNT_MAX];

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ __volatile__("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static uint64_t loop(uint64_t turns)
{
	uint64_t start = ticks();

	/* Two instructions a turn. */
	__asm__ __volatile__("1: dec %0\n\tjnz 1b" : "+r"(turns) : : "cc");
	return ticks() - start;
}

static void calibrate(void)
{
	uint64_t turns = 500;

	for (unsigned int i = 0; i < LOOPS; i++, turns *= 10) {
		uint64_t least = UINT64_MAX;

		for (unsigned int run = 0; run < RUNS; run++) {
			uint64_t took = loop(turns);

			least = took < least ? took : least;
		}
		printf("calibrate %" PRIu64 " %" PRIu64 "\n", 2 * turns, least);
	}
}

static void show(const char *word, const uint64_t *values, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (i % A_LINE == 0)
			printf("%s", word);
		printf(" %" PRIu64 "%s", values[i], i % A_LINE == A_LINE - 1 || i == count - 1 ? "\n" : "");
	}
}

static void keep(unsigned int i, uint64_t start, uint64_t arrived, uint64_t end)
{
	if (i < WARM_UP)
		return;
	one_way[i - WARM_UP] = arrived - start;
	rounds[i - WARM_UP] = end - start;
}

/* The upcalls are this program's own meanwhile. */
static int64_t measure_raw(struct abi_cap_at server, unsigned int count)
{
	struct abi_dispatcher *d = (struct abi_dispatcher *)ABI_DOMAIN_CONTROL;
	uint64_t flags = ABI_LRPC_SLEEP | (uint64_t)server.depth << ABI_LRPC_DEPTH_SHIFT;
	uint32_t was = rt_disable();
	uint64_t run = d->entry[ABI_UPCALL_RUN], lrpc = d->entry[ABI_UPCALL_LRPC];
	int64_t rc = 0;

	d->entry[ABI_UPCALL_RUN] = (uint64_t)raw_woken;
	d->entry[ABI_UPCALL_LRPC] = (uint64_t)raw_answered;
	for (unsigned int i = 0; i < WARM_UP + count && !rc; i++) {
		rc = raw_call(server.address, i, flags);
		if (!rc && raw_result.words[0] != i + 1)
			rc = 1;
		keep(i, raw_result.start, raw_result.words[1], raw_result.end);
	}
	d->entry[ABI_UPCALL_RUN] = run;
	d->entry[ABI_UPCALL_LRPC] = lrpc;
	rt_enable(was);
	return rc;
}

static int64_t measure_library(struct rt_lrpc *lrpc, struct abi_cap_at server, unsigned int count)
{
	int64_t rc = 0;

	for (unsigned int i = 0; i < WARM_UP + count && !rc; i++) {
		uint64_t words[ABI_LRPC_WORDS] = { i };
		uint64_t start = ticks();

		rc = rt_lrpc_call(lrpc, server, words, RT_NEVER);
		keep(i, start, words[1], ticks());
		if (!rc && words[0] != i + 1)
			rc = 1;
	}
	return rc;
}

/* A capability of this program's own endpoint, by whose badge answers are known. */
static bool make_answer(struct abi_cap_at *answer)
{
	uint32_t slot = rt_slot_alloc();

	*answer = rt_slot_at(slot);
	return slot && !rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_MINT, ABI_CAP_WRITE, 0,
						  ABI_DOMAIN_ROOT_BITS, answer->depth, 0, 0),
				  ABI_SLOT_ENDPOINT, answer->address, 0, BADGE, 0, NULL);
}

static int fail(const char *what, int64_t rc)
{
	fprintf(stderr, "lrpcbench: %s (%" PRId64 ")\n", what, rc);
	return 1;
}

int main(int argc, char **argv)
{
	struct rt_lrpc lrpc = { .badge = BADGE };
	struct abi_cap_at answer, server;
	unsigned long count = 10000;
	const char *lack;
	int64_t rc;

	if (argc == 3 && !strcmp(argv[1], "-n"))
		count = strtoul(argv[2], NULL, 10);
	if ((argc != 1 && argc != 3) || !count || count > COUNT_MAX) {
		fprintf(stderr, "usage: lrpcbench [-n COUNT], 1 to %u\n", COUNT_MAX);
		return 2;
	}
	if (!make_answer(&answer))
		return fail("its endpoint could not be given a badge", 0);
	lack = peer_start(answer, &server);
	if (lack) {
		fprintf(stderr, "lrpcbench: not to be had: %s\n", lack);
		return 1;
	}
	calibrate();
	rc = measure_raw(server, (unsigned int)count);
	if (rc)
		return fail("a message was refused", rc);
	show("oneway", one_way, (unsigned int)count);
	show("round", rounds, (unsigned int)count);
	rc = rt_lrpc_serve(&lrpc);
	if (!rc)
		rc = measure_library(&lrpc, server, (unsigned int)count);
	if (rc)
		return fail("a call was refused", rc);
	show("lib_oneway", one_way, (unsigned int)count);
	show("lib_round", rounds, (unsigned int)count);
	printf("end\n");
	return 0;
}
