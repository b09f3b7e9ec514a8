/* SPDX-License-Identifier: GPL-2.0-only */
/* What people are told. Pure. */
#ifndef SENTENCE_H
#define SENTENCE_H

#include <domain.h>

/** sentence - into @why, of DOMAIN_SENTENCE bytes. Return: -@error. */
int sentence(char *why, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** sentence_died - how a dispatcher was ended by the CPU driver. NULL: nothing is known of it. */
void sentence_died(char *why, const struct abi_dispatcher_status *status);

#endif
