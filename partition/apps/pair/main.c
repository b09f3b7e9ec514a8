// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server and its client:
 *
 *   pair serve NAME [options]     offer NAME, echo what comes, COUNT clients (0: without end)
 *     --silent  never answer who connects     --refuse  refuse him
 *   pair connect NAME [options]   connect, send COUNT messages, compare what comes back
 *     --hold MS  wait so long with an open channel, or until the other end is gone
 *     --flood    send without taking anything, until the other end is gone
 *   pair cycle NAME [options]     connect and close COUNT times
 *   pair bench NAME [options]     COUNT round trips, both ends polling, in turns through the bound channel
 *                                 and through one without binding
 *
 *   --version N  --count N  --slots N  --wait  --ms DEADLINE  --poll
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/error.h>
#include <lib/thread.h>

#include "pair.h"

int fail(const char *what, int rc, uint32_t error, uint32_t detail)
{
	printf("%s: %d (%s, %" PRIu32 ")\n", what, rc, rt_bind_sentence(error), detail);
	fflush(stdout);
	return 1;
}

/* Return: 0: look again, -RT_EPIPE. */
static int pause_for(struct rt_bound *b, bool poll)
{
	struct rt_waitset set = { 0 };
	struct rt_event *event;

	if (poll) {
		for (unsigned int i = 0; i < PAIR_POLLS; i++) {
			if (urpc_can_recv(&b->channel.urpc))
				return 0;
			__builtin_ia32_pause();
		}
		return rt_bound_status(b);
	}
	rt_channel_flush(&b->channel);
	if (rt_waitset_add(&set, &b->channel.event))
		return -RT_EINVAL;
	rt_waitset_wait(&set, RT_NEVER, &event);
	rt_waitset_remove(&b->channel.event);
	return 0;
}

int receive(struct rt_bound *b, struct urpc_msg *m, bool poll)
{
	int rc;

	while ((rc = urpc_recv(&b->channel.urpc, m)) == -URPC_EAGAIN) {
		rc = pause_for(b, poll);
		if (rc && !urpc_can_recv(&b->channel.urpc))
			break;
	}
	return rc ? -RT_EPIPE : 0;
}

int send(struct rt_bound *b, uint16_t type, const void *data, uint32_t bytes, bool poll)
{
	int rc;

	while ((rc = urpc_send(&b->channel.urpc, type, data, bytes)) == -URPC_EAGAIN) {
		if (rt_bound_status(b))
			return -RT_EPIPE;
		b->channel.want_room = 1;
		b->channel.deaf = true;
		if (!poll)
			rc = pause_for(b, false);
		b->channel.want_room = 0;
		b->channel.deaf = false;
	}
	if (!rc && !poll)
		rt_channel_flush(&b->channel);
	return rc ? -RT_EPIPE : 0;
}

static const char *value_of(int argc, char **argv, int *i)
{
	return ++*i < argc ? argv[*i] : "0";
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int i = 3; i < argc; i++) {
		const char *a = argv[i];

		if (!strcmp(a, "--wait"))
			o->wait = true;
		else if (!strcmp(a, "--silent"))
			o->silent = true;
		else if (!strcmp(a, "--refuse"))
			o->refuse = true;
		else if (!strcmp(a, "--flood"))
			o->flood = true;
		else if (!strcmp(a, "--poll"))
			o->poll = true;
		else if (!strcmp(a, "--version"))
			o->version = (uint32_t)atoi(value_of(argc, argv, &i));
		else if (!strcmp(a, "--count"))
			o->count = (uint32_t)atoi(value_of(argc, argv, &i));
		else if (!strcmp(a, "--slots"))
			o->slots = (uint32_t)atoi(value_of(argc, argv, &i));
		else if (!strcmp(a, "--ms"))
			o->ms = (uint64_t)atoi(value_of(argc, argv, &i));
		else if (!strcmp(a, "--hold"))
			o->hold_ms = (uint64_t)atoi(value_of(argc, argv, &i));
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *o);
	} verbs[] = {
		{ "serve", serve }, { "connect", connect_to }, { "cycle", cycle }, { "bench", bench },
	};
	struct options o = { .version = PAIR_VERSION };

	o.name = argc > 2 ? argv[2] : NULL;
	for (size_t i = 0; o.name && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(argv[1], verbs[i].name) && parse(argc, argv, &o))
			return verbs[i].run(&o);
	}
	fputs("usage: pair serve|connect|cycle|bench NAME [options]\n", stderr);
	return 2;
}
