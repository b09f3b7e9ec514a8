/* SPDX-License-Identifier: GPL-2.0-only */
/* The page that tells a program what it was given. Pure. */
#ifndef STARTUP_H
#define STARTUP_H

#include <domain.h>

/** startup_write - @to: ABI_DOMAIN_STARTUP_BYTES, all zero */
void startup_write(struct abi_startup *to, const struct domain_wish *wish, const struct plan *plan,
		   const struct domain_place *place, uint32_t number, uint64_t now);

/**
 * startup_strings - are there @count strings, each with its 0 byte, in exactly @bytes?
 * With @at it stops behind the first @count of more. Return: bytes of the @count, or 0.
 */
uint32_t startup_strings(const char *strings, uint32_t bytes, uint32_t count);

/** startup_name - the name of a program, from its wish: printable, without blanks; cut */
void startup_name(const struct domain_wish *wish, char name[ABI_SPAWN_NAME_MAX]);

#endif
