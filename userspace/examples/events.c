// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * An event loop with a channel to every core of a partition: each core is asked to answer after a
 * time of its own, and the answers are printed as they come.
 *
 *	cc events.c $(pkg-config --cflags --libs libremora) -o events && ./events NAME
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <remora/remora.h>

#define MILLISECOND 1000000ull

struct loop {
	int epoll;
	struct remora_chan *chans[REMORA_CPUS_MAX];
	uint32_t count;
	uint32_t waiting; /* answers still to come */
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	return 1;
}

static int add(struct loop *loop, struct remora_partition *partition, uint32_t node)
{
	uint64_t delay = (REMORA_CPUS_MAX - node) * MILLISECOND;
	struct epoll_event event = { .events = EPOLLIN };
	struct remora_error error = { 0 };
	struct remora_chan *chan;
	int err;

	err = remora_chan_bind(&chan, partition, node, REMORA_SERVICE_DELAY, 0, REMORA_BIND_MAPPED,
			       &error);
	if (err) {
		fprintf(stderr, "core %u: %s\n", node, error.message);
		return err;
	}
	loop->chans[loop->count++] = chan;
	event.data.ptr = chan;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, remora_chan_fd(chan), &event))
		return -errno;
	loop->waiting++;
	return remora_chan_send(chan, (uint16_t)node, &delay, sizeof(delay), 1000);
}

/* Take all there is. Return: 0, or a negative errno value when the core is dead. */
static int drain(struct loop *loop, struct remora_chan *chan)
{
	struct remora_message message;
	int err;

	while (!(err = remora_chan_try_recv(chan, &message))) {
		printf("core %u answers\n", message.type);
		loop->waiting--;
	}
	return err == -EAGAIN ? 0 : err;
}

/*
 * A mapped channel wakes its sleeper only while it is armed: arm every channel before each wait,
 * and do not wait when one of them has a message already.
 */
static bool arm_all(struct loop *loop)
{
	bool quiet = true;

	/* No short cut: all must be armed, for the next wait may be woken by any. */
	for (uint32_t i = 0; i < loop->count; i++)
		quiet &= remora_chan_arm(loop->chans[i]);
	return quiet;
}

static int start(struct loop *loop, struct remora_partition *partition)
{
	struct remora_report *report;
	int err;

	err = remora_partition_status(partition, &report);
	if (err)
		return err;
	for (uint32_t i = 0; !err && i < report->status.core_count; i++)
		err = add(loop, partition, report->cores[i].node);
	remora_report_free(report);
	return err;
}

static int run(struct loop *loop)
{
	while (loop->waiting) {
		struct epoll_event event;
		bool quiet = arm_all(loop);
		int ready = epoll_wait(loop->epoll, &event, 1, quiet ? 5000 : 0);

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0 && quiet)
			return -ETIMEDOUT;
		if (ready > 0 && event.events & EPOLLHUP)
			return -EHOSTDOWN;
		for (uint32_t i = 0; i < loop->count; i++) {
			int err;

			remora_chan_disarm(loop->chans[i]);
			err = drain(loop, loop->chans[i]);
			if (err)
				return err;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct remora_partition *partition;
	struct loop loop = { 0 };
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: events PARTITION\n");
		return 2;
	}
	loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop.epoll < 0)
		return fail("epoll", -errno);
	err = remora_partition_open(&partition, argv[1], false);
	if (!err) {
		err = start(&loop, partition);
		remora_partition_close(partition);
	}
	if (!err)
		err = run(&loop);
	for (uint32_t i = 0; i < loop.count; i++)
		remora_chan_close(loop.chans[i]);
	close(loop.epoll);
	return err ? fail(argv[1], err) : 0;
}
