// SPDX-License-Identifier: GPL-2.0-only
/* All the memory, all the slots, all the threads: refused when there is no more, and still alive. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

struct block {
	struct block *next;
	char bytes[65536 - sizeof(struct block *)];
};

int way_memory(const char *argument)
{
	struct block *all = NULL, *b;
	unsigned long blocks = 0, again = 0;

	(void)argument;
	while ((b = malloc(sizeof(*b)))) {
		memset(b->bytes, (int)blocks, sizeof(b->bytes));
		b->next = all;
		all = b;
		blocks++;
	}
	while ((b = all)) {
		all = b->next;
		if (b->bytes[100] != (char)--blocks)
			return breach("block %lu holds something else", blocks);
		free(b);
		again++;
	}
	b = malloc(again / 2 * sizeof(*b));
	printf("refused after %s, and given back: %s\n", again > 16 ? "more than 1 MiB" : "nothing",
	       b ? "yes" : "no");
	free(b);
	return again > 16 && b ? 0 : 1;
}

/* One piece larger than all memory: refused at once, or the end when it is touched. */
int way_touch(const char *argument)
{
	const size_t bytes = 8ull << 30;
	char *all = malloc(bytes);

	(void)argument;
	for (size_t i = 0; all && i < bytes; i += 4096)
		((volatile char *)all)[i] = 1;
	if (all)
		return breach("8 GiB were given");
	printf("refused\n");
	return 0;
}

/* Fill every slot with a copy; the run-time library is then without any, but must not fall over. */
int way_slots(const char *argument)
{
	unsigned int filled = 0;
	int64_t err;
	void *p;

	(void)argument;
	for (uint64_t slot = ABI_SLOT_FREE; slot < ROOT_SLOTS; slot++) {
		err = RAW(ABI_SYSCALL_INVOKE,
			  ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, ROOT_DEPTH, ROOT_DEPTH, 0, 0),
			  ABI_SLOT_MONITOR, slot);
		filled += !err;
	}
	p = malloc(4u << 20);
	free(p);
	printf("%s, malloc says %s\n", filled ? "filled" : "nothing was free", p ? "yes" : "no");
	return filled ? 0 : 1;
}

/* Make pages of all the memory that is left, as far as there are slots, and frames of them. */
int way_pieces(const char *argument)
{
	unsigned int made = 0, refused = 0;

	(void)argument;
	for (uint64_t offset = 0; offset < 64ull << 20 && refused < 20000; offset += 4096) {
		const uint64_t slot = raw_empty();

		if (!slot)
			break;
		if (RAW(ABI_SYSCALL_INVOKE,
			ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, ROOT_DEPTH, ROOT_DEPTH, 0, 1),
			ABI_SLOT_RAM, slot, 0, offset, 4096))
			refused++;
		else
			made++;
	}
	printf("%s\n", made ? "some were made" : "all were refused");
	return 0;
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int way_threads(const char *argument)
{
	unsigned int count;
	pthread_t thread;

	(void)argument;
	for (count = 0; count < 100000; count++)
		if (pthread_create(&thread, NULL, wait_for_ever, NULL))
			break;
	printf("refused after %s\n", count > 8 ? "more than 8" : "too few");
	fflush(stdout);
	_exit(count > 8 && count < 100000 ? 0 : 1);
}
