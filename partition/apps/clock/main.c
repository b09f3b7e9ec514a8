// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interface of one's own (clock.if), and a client and a server that speak it over LMP:
 *
 *   remora-interface -o . clock.if && remora-cc -O2 -I. -o clock *.c && remora run NAME clock
 *
 * With a number the client claims to speak that version, and is refused unless it is 1. `clock serve` and `clock
 * ask` are one end each, in two programs of one core.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock_ends.h"

#define RECORDS 4u

static struct rt_lmp ends[2]; /* server, client */

static void *serve(void *result)
{
	*(int *)result = server(&ends[0], ends[1].endpoint);
	return NULL;
}

static int one_end(bool serves)
{
	struct abi_cap_at other;
	int rc;

	if (rt_lmp_open(&ends[0], RECORDS, false)) {
		fprintf(stderr, "clock: no endpoint\n");
		return 1;
	}
	if (serves)
		rc = meet_client(&ends[0], &other) ? 1 : server(&ends[0], other);
	else
		rc = meet_server(&ends[0], &other) ? 1 : client(&ends[0], other, CLOCK_VERSION);
	printf("%s %d\n", serves ? "server" : "client", rc);
	rt_lmp_close(&ends[0]);
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	unsigned int version = argc > 1 ? (unsigned int)atoi(argv[1]) : CLOCK_VERSION;
	int served = 0, asked;
	pthread_t thread;

	if (argc > 1 && (!strcmp(argv[1], "serve") || !strcmp(argv[1], "ask")))
		return one_end(argv[1][0] == 's');
	for (int i = 0; i < 2; i++) {
		if (rt_lmp_open(&ends[i], RECORDS, false)) {
			fprintf(stderr, "clock: no endpoint\n");
			return 1;
		}
	}
	if (pthread_create(&thread, NULL, serve, &served)) {
		fprintf(stderr, "clock: no thread\n");
		return 1;
	}
	asked = client(&ends[1], ends[0].endpoint, version);
	pthread_join(thread, NULL);
	printf("client %d, server %d\n", asked, served);
	for (int i = 0; i < 2; i++)
		rt_lmp_close(&ends[i]);
	return asked || served ? 1 : 0;
}
