/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This core's capabilities as the agreements with other nodes see them (struct agree_local), by operations of
 * the CPU driver; and what the core's programs ask to be agreed on.
 */
#ifndef AGREED_H
#define AGREED_H

#include <abi/protocol/agree.h>

#include <domain.h>

#define AGREED_CALLS (AGREE_OPS_MAX + AGREE_DELETES_MAX)
#define AGREED_CALLS_DOMAIN 8u /* of one domain at once */

/** agreed_init - nothing is under way. @agree: what the operations go to */
void agreed_init(struct agree *agree);

/** agreed_local - for agree_init() */
struct agree_local agreed_local(void);

/**
 * agreed_ask - a program's operation that was refused with REMOTE or FOREIGN
 * @tag:  the program's, told with the result
 * @word: the six words of its ABI_SYSCALL_INVOKE, any values; addresses are seen from its root CNode
 * Return: 0: the result is told by @told, later; or why not: a negative enum abi_cap_error or agree_error.
 */
int agreed_ask(const struct domain *d, uint64_t tag, const uint64_t word[6]);

/** agreed_last_copy - ABI_LMP_LAST_COPY. One that cannot be asked for now is told again by the CPU driver */
void agreed_last_copy(const uint64_t word[3]);

/** agreed_domain_end - what it asked is gone on with, and told to nobody */
void agreed_domain_end(uint32_t domain);

/**
 * agreed_next - a result that a program has not been told
 * Return: false: there is none; else its domain, tag and result: told when agreed_told() is called
 */
bool agreed_next(uint32_t *at, uint32_t *domain, uint64_t *tag, int32_t *result);
void agreed_told(uint32_t at);

#endif
