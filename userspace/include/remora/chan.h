/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * libremora: channels to services on the cores of a partition.
 *
 * A mapped channel has its rings in the process: sending and receiving need no system call while
 * both sides are awake. Any other channel carries each message by read(2) and write(2). The calls
 * are the same for both.
 *
 * A dead peer: messages that came before are still received, then calls that wait, and a
 * doorbell, are -EHOSTDOWN; or -EPIPE, of a channel to a program (remora/bind.h), which closed
 * it or ended. When the partition is destroyed by force the module takes the rings away: a touch
 * of a mapped channel is SIGBUS then. Watch the descriptor for POLLHUP.
 */
#ifndef REMORA_CHAN_H
#define REMORA_CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/remora.h>

#ifdef __cplusplus
extern "C" {
#endif

struct remora_partition;
struct remora_chan;
struct urpc_chan;

#define REMORA_PAYLOAD_MAX 56

/**
 * remora_chan_bind - open a channel to a service
 * @node:    core that offers the service, from 1
 * @service: enum remora_service
 * @slots:   of each ring: a power of two from 4 to 4096, or 0 for 64
 * @flags:   REMORA_BIND_MAPPED or 0
 * Return: 0; -ECHRNG, -ENOENT (no such service), -EHOSTDOWN, -ENOSPC, -EINVAL, -ETIMEDOUT, -ENOMEM.
 */
int remora_chan_bind(struct remora_chan **chan, struct remora_partition *partition, uint32_t node,
		     uint32_t service, uint32_t slots, uint32_t flags, struct remora_error *error);

/**
 * remora_chan_adopt - make a channel of a descriptor that was inherited or passed over a socket
 * @fd: of a channel; the new object's from success on. It is made non-blocking, which every holder of
 *      this channel sees
 * A channel bound with REMORA_BIND_MAPPED must not have been used before: its end begins at the
 * first message, and belongs to one process.
 * Return: 0; -ENOTTY (no channel), -ENOMEM, others of fcntl(2) and mmap(2); @fd stays the caller's.
 */
int remora_chan_adopt(struct remora_chan **chan, int fd);

/** remora_chan_close - unmap and close. @chan may be NULL. */
void remora_chan_close(struct remora_chan *chan);

/** remora_chan_info - what the module says of the channel. Valid until the channel is closed. */
const struct remora_channel *remora_chan_info(const struct remora_chan *chan);

/** remora_chan_fd - descriptor for poll(2) and epoll(7); see remora_chan_arm(). */
int remora_chan_fd(const struct remora_chan *chan);

/**
 * remora_chan_urpc - the transport's end of a mapped channel, for urpc/chan.h; NULL on any other
 * Whoever sends through it rings the doorbell himself: remora_chan_flush().
 */
struct urpc_chan *remora_chan_urpc(struct remora_chan *chan);

/**
 * remora_chan_set_polling - how long a call polls before it blocks
 * @cycles: TSC cycles; 0: block at once, UINT64_MAX: never block. The default is the module's
 *          suggestion, about the cost of blocking and waking up.
 */
void remora_chan_set_polling(struct remora_chan *chan, uint64_t cycles);

/**
 * remora_chan_try_send - put one message into the channel, and ring the doorbell if the peer sleeps
 * @type:   the service's; 0 to 65535
 * @length: 0 to REMORA_PAYLOAD_MAX bytes at @payload
 * Return: 0; -EAGAIN (no room), -EMSGSIZE, -EHOSTDOWN, -EPROTO (the peer broke the protocol).
 */
int remora_chan_try_send(struct remora_chan *chan, uint16_t type, const void *payload,
			 size_t length);

/**
 * remora_chan_send - the same, waiting for room
 * @timeout_ms: -1: no limit
 * Return: as remora_chan_try_send(), with -ETIMEDOUT in place of -EAGAIN, or -EINTR.
 */
int remora_chan_send(struct remora_chan *chan, uint16_t type, const void *payload, size_t length,
		     int timeout_ms);

/**
 * remora_chan_queue - remora_chan_try_send() without the doorbell, for bursts
 * The peer may sleep on until remora_chan_flush() is called.
 */
int remora_chan_queue(struct remora_chan *chan, uint16_t type, const void *payload, size_t length);

/** remora_chan_flush - ring the doorbell if the peer sleeps. Return: 0, -EHOSTDOWN or -EPIPE. */
int remora_chan_flush(struct remora_chan *chan);

/**
 * remora_chan_try_recv - take the next message
 * Return: 0; -EAGAIN (none), -EHOSTDOWN, -EPROTO.
 */
int remora_chan_try_recv(struct remora_chan *chan, struct remora_message *message);

/**
 * remora_chan_recv - the same, waiting for one: polls, then blocks
 * @timeout_ms: -1: no limit
 * Return: 0; -ETIMEDOUT, -EINTR, -EHOSTDOWN, -EPROTO.
 */
int remora_chan_recv(struct remora_chan *chan, struct remora_message *message, int timeout_ms);

/**
 * remora_chan_try_send_batch - put several messages into the channel, with one doorbell at most
 * @messages: @count of them; reserved members are zero
 * Return: how many of the first were sent, at least 1; 0 when @count is 0; else as
 * remora_chan_try_send() for the first.
 */
int remora_chan_try_send_batch(struct remora_chan *chan, const struct remora_message *messages,
			       uint32_t count);

/**
 * remora_chan_send_batch - the same, waiting for room until all are sent
 * @timeout_ms: -1: no limit
 * Return: how many of the first were sent, which is fewer than @count only when the time was up or
 * the channel failed; when none was, as remora_chan_send().
 */
int remora_chan_send_batch(struct remora_chan *chan, const struct remora_message *messages,
			   uint32_t count, int timeout_ms);

/**
 * remora_chan_try_recv_batch - take several messages
 * @messages: room for @count
 * Return: how many were taken, at least 1; 0 when @count is 0; else as remora_chan_try_recv().
 */
int remora_chan_try_recv_batch(struct remora_chan *chan, struct remora_message *messages,
			       uint32_t count);

/**
 * remora_chan_recv_batch - the same, waiting for the first of them
 * @timeout_ms: -1: no limit
 * Return: how many were taken, at least 1; 0 when @count is 0; else as remora_chan_recv().
 */
int remora_chan_recv_batch(struct remora_chan *chan, struct remora_message *messages,
			   uint32_t count, int timeout_ms);

/**
 * remora_chan_long_max - bytes of the longest message on this channel
 * A mapped channel carries messages over several slots; any other REMORA_PAYLOAD_MAX bytes.
 */
size_t remora_chan_long_max(const struct remora_chan *chan);

/**
 * remora_chan_send_long - as remora_chan_send(), for up to remora_chan_long_max() bytes
 * The message is sent whole or not at all.
 * Return: as remora_chan_send().
 */
int remora_chan_send_long(struct remora_chan *chan, uint16_t type, const void *payload,
			  size_t length, int timeout_ms);

/**
 * remora_chan_recv_long - as remora_chan_recv(), for a message of any length
 * @buffer: room for @room bytes; on a channel that is not mapped at least REMORA_PAYLOAD_MAX (-EINVAL)
 * @type, @length: of the message; with -EMSGSIZE @length is what it takes, and the message stays
 * Return: as remora_chan_recv(), or -EMSGSIZE. The calls for short messages say -EMSGSIZE to a long one.
 */
int remora_chan_recv_long(struct remora_chan *chan, uint16_t *type, void *buffer, size_t room,
			  size_t *length, int timeout_ms);

/**
 * remora_chan_check - is there somebody at the other end?
 * Asks the module; what came before the end can still be received.
 * Return: 0; -EHOSTDOWN (the core is dead or was stopped), -EPROTO (one end broke the protocol).
 */
int remora_chan_check(const struct remora_chan *chan);

/**
 * remora_chan_arm - announce that the caller is about to sleep in poll(2) or epoll_wait(2)
 * A mapped channel that is not armed polls readable always: it is told to look for itself. After the wait call
 * remora_chan_disarm(), and receive until -EAGAIN. Always true on other channels.
 * Return: true: sleep; false: a message is here already, and the channel is not armed.
 */
bool remora_chan_arm(struct remora_chan *chan);

/**
 * remora_chan_arm_for - the same for other events than a message
 * @events: POLLIN, POLLOUT (room for a message), or both
 * Return: true: sleep; false: one of them is here already, and the channel is not armed.
 */
bool remora_chan_arm_for(struct remora_chan *chan, short events);

/** remora_chan_disarm - awake again. */
void remora_chan_disarm(struct remora_chan *chan);

#ifdef __cplusplus
}
#endif

#endif
