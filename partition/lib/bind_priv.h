/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Between what the monitor says about channels (bind.c) and their rings (bind_rings.c). Called disabled. */
#ifndef BIND_PRIV_H
#define BIND_PRIV_H

#include <lib/bind.h>

enum bound_state {
	BOUND_ASKED,  /* nothing has come yet */
	BOUND_GIVEN,  /* its capabilities are there */
	BOUND_OPEN,   /* its rings are mapped */
	BOUND_OVER,   /* the rings are copies, or not there */
};

/** rings_map - map what was given, open the channel. Return: 0, or an error: nothing is mapped */
int rings_map(struct rt_bound *b);

/** rings_copy - the shared rings go; what is unread stays to be received */
void rings_copy(struct rt_bound *b);

/** rings_unmap - the rings, shared or not, go */
void rings_unmap(struct rt_bound *b);

/** rings_have - is this an address of them? */
bool rings_have(const struct rt_bound *b, uint64_t address);

#endif
