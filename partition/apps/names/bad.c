// SPDX-License-Identifier: GPL-2.0-only
/* More calls than are served, and rubbish in the rings to the monitor. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/domain.h>
#include <lib/monitor.h>
#include <lib/names.h>
#include <lib/stream.h>

#include "names.h"

#define ROUNDS 200
#define THREADS_MAX 100

int hello(char **arg)
{
	struct monitor_hello_reply r;
	int error = rt_monitor_hello(&r);

	(void)arg;
	if (error)
		return printf("refused: %d\n", -error), 1;
	printf("node %u of %u, members %#lx\n", r.node, r.nodes, (unsigned long)r.members);
	return 0;
}

/* Every answer is well, or says that too many are under way. */
static void *ask(void *argument)
{
	const uint64_t value[NAMES_VALUES] = { 7 };
	long *refused = argument;
	char name[NAMES_NAME_BYTES];

	snprintf(name, sizeof(name), "flood.%lx", (unsigned long)argument & 0x70);
	for (int i = 0; i < ROUNDS; i++) {
		int error = rt_name_set(name, value, RT_NAME_SHARED);

		if (error == -RT_EAGAIN)
			++*refused;
		else if (error)
			return "other";
	}
	return NULL;
}

int flood(char **arg)
{
	long threads = strtol(arg[0], NULL, 10), refused[THREADS_MAX] = { 0 }, sum = 0;
	pthread_t thread[THREADS_MAX];
	void *other = NULL, *result;

	for (long i = 0; i < threads && i < THREADS_MAX; i++) {
		if (pthread_create(&thread[i], NULL, ask, &refused[i]))
			return 1;
	}
	for (long i = 0; i < threads && i < THREADS_MAX; i++) {
		pthread_join(thread[i], &result);
		other = result ? result : other;
		sum += refused[i];
	}
	printf("%ld threads asked %d times each: %s, %s\n", threads, ROUNDS,
	       other ? "wrong answers" : "all answered", sum ? "some refused" : "none refused");
	return other ? 1 : 0;
}

/* Once the channel is open: a word of a ring, all of it, or messages of types that there are not. */
int spoil(char **arg)
{
	struct abi_requests *r = (struct abi_requests *)ABI_DOMAIN_REQUESTS;
	struct monitor_hello_reply reply;
	struct rt_name n;

	if (rt_monitor_hello(&reply))
		return 1;
	rt_disable();
	if (!strcmp(arg[0], "ask"))
		memset(r->ask, 0xff, sizeof(r->ask));
	else if (!strcmp(arg[0], "both"))
		memset(r, 0xa5, sizeof(*r));
	else
		((uint64_t *)(void *)r->ask)[strtoul(arg[0], NULL, 10) % 1024] ^= 1ull << 33;
	rt_enable(0);
	rt_stream_tell();
	printf("spoilt\n");
	fflush(stdout);
	/* Who is served no more waits for ever. */
	return rt_name_get("spoilt", &n) ? 0 : 1;
}
