// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Send a text to a core through a mapped channel, and print what comes back.
 *
 *	cc echo.c $(pkg-config --cflags --libs libremora) -o echo && ./echo NAME TEXT
 */
#include <stdio.h>
#include <string.h>

#include <remora/remora.h>

static int fail(const char *what, int err, const struct remora_error *error)
{
	fprintf(stderr, "%s: %s\n", what,
		error && error->message[0] ? error->message : strerror(-err));
	return 1;
}

static int exchange(struct remora_chan *chan, const char *text)
{
	size_t length = strnlen(text, REMORA_PAYLOAD_MAX);
	struct remora_message answer;
	int err;

	err = remora_chan_send(chan, 1, text, length, 1000);
	if (err)
		return fail("sending", err, NULL);
	err = remora_chan_recv(chan, &answer, 1000);
	if (err)
		return fail("receiving", err, NULL);
	printf("%.*s\n", answer.length, (const char *)answer.payload);
	return 0;
}

int main(int argc, char **argv)
{
	struct remora_error error = { 0 };
	struct remora_partition *partition;
	struct remora_chan *chan;
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: echo PARTITION TEXT\n");
		return 2;
	}
	err = remora_partition_open(&partition, argv[1], false);
	if (err)
		return fail(argv[1], err, NULL);
	err = remora_chan_bind(&chan, partition, 1, REMORA_SERVICE_ECHO, 0, REMORA_BIND_MAPPED,
			       &error);
	remora_partition_close(partition); /* the channel stays */
	if (err)
		return fail("binding", err, &error);
	err = exchange(chan, argv[2]);
	remora_chan_close(chan);
	return err;
}
