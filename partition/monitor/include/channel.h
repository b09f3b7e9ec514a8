/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels of Linux to the spawn service: rings, doorbells, and a session each. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <mon.h>

/** channels_init - none is bound */
void channels_init(void);

/** channel_bind, channel_unbind - as the notices of the CPU driver ask; they answer it */
void channel_bind(const uint64_t word[6]);
void channel_unbind(uint64_t number);

/** channels_work - a turn's worth for each. Return: true: another turn is due at once. */
bool channels_work(void);

/** channels_arm - before sleeping. Return: false: something has come: do not sleep. */
bool channels_arm(void);

/** channels_disarm - awake */
void channels_disarm(void);

#endif
