// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Channels: the calls that wait. Each first polls, for about as long as blocking and waking up
 * costs, which at worst doubles the cost of the optimum; then it arms the channel and blocks.
 *
 * Lost wake-ups cannot be: the channel is armed (full fence), looked at once more, and only then
 * does the process block; the peer stores its message before it looks whether we are armed.
 */
#include <errno.h>
#include <poll.h>

#include "wait.h"

/* Turns between system calls that look whether the peer is alive and the time over. */
#define TURNS_PER_LOOK 16384u
#define TURNS_PER_COUNTER 16u

/* One message: what remora_chan_send() and remora_chan_recv() wait with. */
struct one {
	struct remora_wait wait;
	uint16_t type;
	size_t length;
	const void *payload;
	struct remora_message *message;
};

static uint64_t cycles(void)
{
	return __builtin_ia32_rdtsc();
}

static int attempt_recv(struct remora_wait *wait)
{
	return remora_chan_try_recv(wait->chan, ((struct one *)wait)->message);
}

static int attempt_send(struct remora_wait *wait)
{
	const struct one *one = (struct one *)wait;

	return remora_chan_try_send(wait->chan, one->type, one->payload, one->length);
}

static const struct remora_wait_for one_in = { attempt_recv, POLLIN, NULL };
static const struct remora_wait_for one_out = { attempt_send, POLLOUT, NULL };

static bool arm(struct remora_wait *wait)
{
	if (wait->what->arm)
		return wait->what->arm(wait);
	return remora_chan_arm_for(wait->chan, wait->what->events);
}

/*
 * The clock is asked for only when polling has gone on for a while: most waits end before.
 * Return: for poll(2).
 */
static int time_left(struct remora_wait *wait)
{
	if (!wait->deadline)
		wait->deadline = remora_clock_ms() + wait->timeout_ms;
	return remora_time_left(wait->timeout_ms, wait->deadline);
}

/* Of a channel that hung up: -EPIPE if the program at the other end is over, or -EHOSTDOWN. */
static int why_over(const struct remora_chan *chan)
{
	if (chan->info.service != REMORA_SERVICE_PROGRAM)
		return -EHOSTDOWN;
	return remora_ioctl(chan->fd, REMORA_IOC_NOTIFY, NULL) == -EPIPE ? -EPIPE : -EHOSTDOWN;
}

/*
 * Block for at most @timeout_ms. Return: 0 (look again), -EHOSTDOWN, -EPIPE, -EPROTO, -ETIMEDOUT, -EINTR.
 * What came before the peer died is still there: the caller makes a last attempt.
 */
static int block(const struct remora_chan *chan, short events, int timeout_ms)
{
	struct pollfd pfd = { .fd = chan->fd, .events = events };
	int ready = poll(&pfd, 1, timeout_ms);

	if (ready < 0)
		return -errno;
	if (!ready)
		return -ETIMEDOUT;
	if (pfd.revents & POLLNVAL)
		return -EBADF;
	if (pfd.revents & POLLERR)
		return -EPROTO;
	return pfd.revents & POLLHUP ? why_over(chan) : 0;
}

/* While polling: is the time over, or the peer dead? Return: 0 to go on polling. */
static int look(struct remora_wait *wait)
{
	int err = block(wait->chan, wait->what->events, 0);

	if (err == -EHOSTDOWN || err == -EPIPE || err == -EPROTO || err == -EBADF)
		return err;
	return time_left(wait) ? 0 : -ETIMEDOUT;
}

/* Return: -EAGAIN when polling was in vain and it is time to block. */
static int spin(struct remora_wait *wait)
{
	/* A turn of a channel that is not mapped is a system call: look at the counter each time. */
	unsigned int mask = wait->chan->mapped ? TURNS_PER_COUNTER - 1 : 0;
	uint64_t start = cycles();

	for (unsigned int turn = 0;; turn++) {
		int err = wait->what->attempt(wait);

		if (err != -EAGAIN)
			return err;
		if (!(turn & mask) && cycles() - start >= wait->chan->poll_cycles)
			return -EAGAIN;
		if (turn % TURNS_PER_LOOK == TURNS_PER_LOOK - 1) {
			err = look(wait);
			if (err)
				return wait->what->attempt(wait) ? err : 0;
		}
		urpc_pause();
	}
}

int remora_wait_run(struct remora_wait *wait)
{
	int err = spin(wait);

	while (err == -EAGAIN) {
		int why = 0;

		if (arm(wait))
			why = block(wait->chan, wait->what->events, time_left(wait));
		remora_chan_disarm(wait->chan);
		err = wait->what->attempt(wait);
		if (err == -EAGAIN && why)
			err = why;
	}
	return err;
}

REMORA_API int remora_chan_recv(struct remora_chan *chan, struct remora_message *message,
				int timeout_ms)
{
	struct one one = { .wait = { chan, &one_in, timeout_ms, 0 }, .message = message };

	return remora_wait_run(&one.wait);
}

REMORA_API int remora_chan_send(struct remora_chan *chan, uint16_t type, const void *payload,
				size_t length, int timeout_ms)
{
	struct one one = {
		.wait = { chan, &one_out, timeout_ms, 0 },
		.type = type,
		.length = length,
		.payload = payload,
	};
	int err = remora_chan_try_send(chan, type, payload, length);

	return err == -EAGAIN ? remora_wait_run(&one.wait) : err;
}

REMORA_API int remora_chan_check(const struct remora_chan *chan)
{
	int err = block(chan, 0, 0);

	if (chan->mapped && chan->urpc.broken)
		return -EPROTO;
	return err == -ETIMEDOUT ? 0 : err;
}
