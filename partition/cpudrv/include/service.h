/* SPDX-License-Identifier: GPL-2.0-only */
/* The services of the CPU driver. A new one is a file with its link_ops and a line in service.c. */
#ifndef SERVICE_H
#define SERVICE_H

#include <link.h>

extern const struct link_ops service_echo;
extern const struct link_ops service_delay;
extern const struct link_ops service_sink;

/** service_find - operations of a service (enum abi_service), or NULL. Any value. */
const struct link_ops *service_find(uint32_t service);

#endif
