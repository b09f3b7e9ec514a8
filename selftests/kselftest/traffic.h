/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbered messages to the echo of a core, all through a test: none is lost, double or out of order. */
#ifndef RT_TRAFFIC_H
#define RT_TRAFFIC_H

#include <pthread.h>
#include <stdbool.h>

/** struct rt_traffic - a thread's channel and what it found; @wrong: written once */
struct rt_traffic {
	pthread_t thread;
	int channel;
	bool over;
	unsigned long sent;
	unsigned long received;
	const char *wrong;
};

/** rt_traffic_begin - bind to core @node and send on. Return: 0 or -errno, nothing left behind */
int rt_traffic_begin(struct rt_traffic *t, int partition, unsigned int node);

/** rt_traffic_end - no more is sent; what was sent comes back. Then @wrong is NULL, or says what was not right */
void rt_traffic_end(struct rt_traffic *t);

#endif
