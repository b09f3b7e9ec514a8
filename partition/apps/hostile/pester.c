// SPDX-License-Identifier: GPL-2.0-only
/* Rubbish for those that must listen: the monitor, by messages and through the streams; the CPU driver. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

static uint64_t begin(const char *argument)
{
	return strtoull(argument, NULL, 0) * 0x9e3779b97f4a7c15 | 1;
}

/* Messages of random words, some with capabilities that the monitor did not ask for. */
int way_monitor(const char *argument)
{
	uint64_t random = begin(argument), words[ABI_LMP_WORDS];
	unsigned int sent = 0, turned_away = 0;

	for (unsigned int i = 0; i < 20000; i++) {
		const uint64_t kind = raw_random(&random);
		const unsigned int flags = kind >> 8 & 1, n = (kind >> 16) % (ABI_LMP_WORDS + 2);
		const unsigned int cap = kind >> 24 & 7 ? 0 : ROOT_DEPTH;
		int64_t err;

		for (unsigned int k = 0; k < ABI_LMP_WORDS; k++)
			words[k] = raw_random(&random) >> raw_random(&random) % 64;
		if (kind & 3)
			err = RAW(ABI_SYSCALL_LMP, ABI_SLOT_MONITOR,
				  ABI_LMP_SEND_WORD(ROOT_DEPTH, n, flags, cap), (uint64_t)words,
				  kind >> 32 & 15);
		else
			err = RAW(ABI_SYSCALL_LRPC, ABI_SLOT_MONITOR, words[0], words[1], words[2], words[3],
				  (uint64_t)ROOT_DEPTH << ABI_LRPC_DEPTH_SHIFT);
		sent += !err;
		turned_away += err < 0;
		if (err)
			RAW(ABI_SYSCALL_YIELD, 0);
	}
	fprintf(stderr, "hostile: %u sent, %u refused\n", sent, turned_away);
	printf("told the monitor rubbish\n");
	return 0;
}

/* Counters of the streams that cannot be, now and again, with a notice for each. */
int way_streams(const char *argument)
{
	volatile struct abi_stream *s = (void *)ABI_DOMAIN_STREAM;
	uint64_t random = begin(argument), word = ABI_LMP_STREAM;
	const struct timespec nap = { .tv_nsec = 1000000 };

	for (unsigned int i = 0; i < 200; i++) {
		const uint64_t kind = raw_random(&random);
		const uint64_t value = raw_random(&random) >> raw_random(&random) % 64;
		const unsigned int ring = kind % ABI_STREAMS;

		if (kind & 8)
			s->ring[ring].written = kind & 16 ? value : s->ring[ring].written + value % 65536;
		else
			s->ring[ring].taken = kind & 16 ? value : s->ring[ring].taken - value % 65536;
		if (!(kind & 0xff00))
			s->ring[ring].ended = (uint32_t)value;
		RAW(ABI_SYSCALL_LMP, ABI_SLOT_MONITOR, ABI_LMP_SEND_WORD(ROOT_DEPTH, 1, 0, 0),
		    (uint64_t)&word);
		if (!(kind & 0xf0000))
			nanosleep(&nap, NULL);
	}
	_exit(0);
}

/* Random words in the page that it shares with the CPU driver, which enters it by that page. */
int way_scribble(const char *argument)
{
	volatile uint64_t *page = (void *)ABI_DOMAIN_CONTROL;
	uint64_t random = begin(argument);

	for (unsigned int i = 0;; i++) {
		const uint64_t kind = raw_random(&random);

		page[kind % (sizeof(struct abi_dispatcher) / 8)] =
			kind & 0x10000 ? raw_random(&random) >> raw_random(&random) % 64 :
					 (uint64_t)way_scribble + kind % 64;
		if (i > 20)
			RAW(kind & 0x20000 ? ABI_SYSCALL_YIELD : ABI_SYSCALL_ALARM,
			    kind & 0x20000 ? 0 : __builtin_ia32_rdtsc());
	}
}
