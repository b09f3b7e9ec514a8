// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <unistd.h>
#include "support.h"
#include "traffic.h"

#define IN_FLIGHT 24

static bool send_one(struct rt_traffic *t)
{
	struct remora_message m = { .type = 7, .length = 56 };

	for (unsigned int i = 0; i < 7; i++)
		m.payload[i] = t->sent * 7 + i;
	if (write(t->channel, &m, sizeof(m)) != sizeof(m))
		return false;
	t->sent++;
	return true;
}

static bool receive_one(struct rt_traffic *t)
{
	struct remora_message m;

	if (read(t->channel, &m, sizeof(m)) != sizeof(m))
		return false;
	for (unsigned int i = 0; i < 7; i++)
		if (m.payload[i] != t->received * 7 + i || m.type != 7 || m.length != 56)
			t->wrong = "a message is lost, double, changed or out of order";
	t->received++;
	return true;
}

static void *run(void *arg)
{
	struct rt_traffic *t = arg;

	while (!t->wrong && !__atomic_load_n(&t->over, __ATOMIC_RELAXED)) {
		while (t->sent - t->received < IN_FLIGHT)
			if (!send_one(t))
				goto failed;
		if (!receive_one(t))
			goto failed;
	}
	while (!t->wrong && t->received < t->sent)
		if (!receive_one(t))
			goto failed;
	return NULL;
failed:
	t->wrong = "the channel failed";
	return NULL;
}

int rt_traffic_begin(struct rt_traffic *t, int partition, unsigned int node)
{
	int ret;

	memset(t, 0, sizeof(*t));
	t->channel = rt_bind(partition, node, REMORA_SERVICE_ECHO, 0, 32, NULL);
	if (t->channel < 0)
		return t->channel;
	ret = pthread_create(&t->thread, NULL, run, t);
	if (ret)
		close(t->channel);
	return -ret;
}

void rt_traffic_end(struct rt_traffic *t)
{
	__atomic_store_n(&t->over, true, __ATOMIC_RELAXED);
	pthread_join(t->thread, NULL);
	close(t->channel);
}
