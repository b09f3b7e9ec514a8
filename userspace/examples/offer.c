// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Offer a service to the programs of a partition: what they send comes back. So many clients, one after
 * the other.
 *
 *     offer PARTITION NAME INTERFACE VERSION CLIENTS
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <remora/remora.h>

static int fail(const char *what, int err, const struct remora_error *error)
{
	fprintf(stderr, "%s: %s\n", what, error->message[0] ? error->message : strerror(-err));
	return 1;
}

/* Until the client closes, or ends. */
static uint64_t serve(struct remora_chan *chan)
{
	struct remora_message message;
	uint64_t count = 0;

	while (!remora_chan_recv(chan, &message, -1)) {
		if (remora_chan_send(chan, message.type, message.payload, message.length, -1))
			break;
		count++;
	}
	return count;
}

static int accept_all(struct remora_offer *offer, unsigned long clients, struct remora_error *error)
{
	while (clients--) {
		struct remora_chan *chan;
		int err;

		do {
			err = remora_accept(&chan, offer, REMORA_BIND_MAPPED, -1, error);
		} while (err == -ECONNABORTED);
		if (err)
			return fail("accept", err, error);
		printf("%" PRIu64 " messages\n", serve(chan));
		fflush(stdout);
		remora_chan_close(chan);
	}
	return 0;
}

static int open_names(struct remora_names **names, const char *partition, struct remora_error *error)
{
	struct remora_partition *p;
	int err = remora_partition_open(&p, partition, false);

	if (err)
		return err;
	err = remora_names_open(names, p, error);
	remora_partition_close(p);
	return err;
}

int main(int argc, char **argv)
{
	struct remora_error error = { 0 };
	struct remora_names *names;
	struct remora_offer *offer;
	int err, status;

	if (argc != 6) {
		fprintf(stderr, "usage: offer PARTITION NAME INTERFACE VERSION CLIENTS\n");
		return 2;
	}
	err = open_names(&names, argv[1], &error);
	if (err)
		return fail(argv[1], err, &error);
	err = remora_offer(&offer, names, argv[2], (uint32_t)strtoul(argv[3], NULL, 0),
			   (uint32_t)strtoul(argv[4], NULL, 0), &error);
	if (err) {
		remora_names_close(names);
		return fail(argv[2], err, &error);
	}
	status = accept_all(offer, strtoul(argv[5], NULL, 0), &error);
	remora_offer_close(offer);
	remora_names_close(names);
	return status;
}
