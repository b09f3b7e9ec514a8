/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels to other cores, and round trips measured on them. */
#ifndef PING_H
#define PING_H

#include <link.h>

extern const struct link_ops peer_ops;

/**
 * ping_start - send pings to another core, and answer @control when done
 * Split-phase: returns at once. Keeps one message promised on @control while it runs.
 * Return: 0 when an answer will follow, else the error to answer with: -ERR_BUSY (one runs already,
 * or the channel is full), -ERR_INVAL (count), -ERR_NOENT (no such peer).
 */
int ping_start(struct link *control, const struct abi_ctl_peer_ping *request);

/** ping_forget - the control link closes: whatever runs is not answered any more. */
void ping_forget(void);

#endif
