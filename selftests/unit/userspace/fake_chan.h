/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels of the fake module.
 */
#ifndef FAKE_CHAN_H
#define FAKE_CHAN_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include <linux/remora.h>

struct fake_chan;

/** fake_chan_open - returns a descriptor that can be mapped when the channel is to be. */
int fake_chan_open(struct fake_chan **chan, const struct remora_bind *request);
void fake_chan_close(struct fake_chan *chan);
int fake_chan_info(struct fake_chan *chan, struct remora_channel *info);
int fake_chan_notify(struct fake_chan *chan);
ssize_t fake_chan_read(struct fake_chan *chan, struct remora_message *messages, size_t size);
ssize_t fake_chan_write(struct fake_chan *chan, const struct remora_message *messages, size_t size);
/** fake_chan_events - as they stand now */
short fake_chan_events(struct fake_chan *chan);
int fake_chan_poll(struct fake_chan *chan, struct pollfd *pfd, int timeout_ms);

/** fake_chan_scribble - see fake_scribble(). */
void fake_chan_scribble(struct fake_chan *chan);
/** fake_chan_sleep_for_room - see fake_sleep_for_room(). */
void fake_chan_sleep_for_room(struct fake_chan *chan);
/** fake_chan_maps - was it bound to be mapped? */
bool fake_chan_maps(const struct fake_chan *chan);

#endif
