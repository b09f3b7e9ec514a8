// SPDX-License-Identifier: GPL-2.0-only
/* Programs that never end, that end in odd ways, that talk too much or do not listen. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

static struct abi_dispatcher *const control = (void *)ABI_DOMAIN_CONTROL;

int way_loop(const char *argument)
{
	(void)argument;
	for (;;)
		__asm__ volatile("" : : : "memory");
}

int way_disabled(const char *argument)
{
	(void)argument;
	for (;;)
		*(volatile uint32_t *)&control->disabled = 1;
}

int way_yield(const char *argument)
{
	(void)argument;
	for (;;)
		RAW(ABI_SYSCALL_YIELD, 0);
}

/* An alarm in no time, and again: the upcalls must not keep others from running. */
int way_alarm(const char *argument)
{
	(void)argument;
	for (;;)
		RAW(ABI_SYSCALL_ALARM, __builtin_ia32_rdtsc());
}

int way_sleep(const char *argument)
{
	(void)argument;
	for (;;)
		RAW(ABI_SYSCALL_SLEEP, UINT64_MAX);
}

/* Lines of 64 bytes; the last line is told on standard error. */
int way_flood(const char *argument)
{
	const unsigned long lines = strtoul(argument, NULL, 10) << 14;
	char text[65];

	for (unsigned long i = 0; !lines || i < lines; i++) {
		snprintf(text, sizeof(text), "%062lu.\n", i);
		if (fwrite(text, 1, 64, stdout) != 64)
			return 4;
	}
	return 0;
}

int way_deaf(const char *argument)
{
	const unsigned long ms = strtoul(argument, NULL, 10);
	const struct timespec nap = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	nanosleep(&nap, NULL);
	printf("heard nothing\n");
	return 0;
}

int way_exit(const char *argument)
{
	_exit((int)strtol(argument, NULL, 0));
}

int way_abort(const char *argument)
{
	(void)argument;
	printf("before abort\n");
	fflush(stdout);
	abort();
}

static void *for_ever(void *arg)
{
	for (;;)
		usleep(1000);
	return arg;
}

/* The program ends from a thread, while others run and sleep and the main thread waits. */
static void *end_all(void *arg)
{
	(void)arg;
	printf("ending\n");
	exit(3);
}

int way_leave(const char *argument)
{
	pthread_t thread;

	(void)argument;
	for (int i = 0; i < 5; i++)
		if (pthread_create(&thread, NULL, i < 4 ? for_ever : end_all, NULL))
			return 2;
	pthread_join(thread, NULL);
	return breach("exit() returned");
}
