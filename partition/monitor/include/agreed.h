/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This core's capabilities as the agreements with other nodes see them (struct agree_local), by operations of
 * the CPU driver; and what the core's programs ask to be agreed on.
 */
#ifndef AGREED_H
#define AGREED_H

#include <abi/protocol/agree.h>

#include <domain.h>

#define AGREED_DYING 8u /* the CPU driver asks about as many at once */
#define AGREED_CALLS (AGREE_OPS_MAX + AGREE_DELETES_MAX + AGREE_GIVES_MAX)
#define AGREED_CALLS_DOMAIN 8u /* of one domain at once */
#define AGREED_TAKES 64u
#define AGREED_TAKES_DOMAIN 4u

/** agreed_init - nothing is under way. @agree: what the operations go to */
void agreed_init(struct agree *agree);

/** agreed_local - for agree_init() */
struct agree_local agreed_local(void);

/*
 * agreed_ask(), _give() and _work() call the machine of agreements: between member_enter() and member_leave().
 */

/**
 * agreed_ask - a program's operation that was refused with REMOTE or FOREIGN
 * @tag:  the program's, told with the result
 * @word: the six words of its ABI_SYSCALL_INVOKE, any values; addresses are seen from its root CNode
 * Return: 0: the result is told by agreed_next(), later; or why not: a negative enum abi_cap_error or
 * agree_error.
 */
int agreed_ask(const struct domain *d, uint64_t tag, const uint64_t word[6]);

/** struct agreed_gift - a capability of a program, for another program; any values */
struct agreed_gift {
	uint64_t address;
	uint32_t depth;
	uint32_t node, domain;
	uint32_t rights;
};

/**
 * agreed_give - give a copy of a frame, or of an endpoint to a program of this core; the result comes as that of
 * agreed_ask(). Same return
 */
int agreed_give(const struct domain *d, uint64_t tag, const struct agreed_gift *gift);

/** agreed_take - an empty slot for what somebody gives this program; told by agreed_take_next() */
int agreed_take(const struct domain *d, uint64_t tag, uint64_t address, uint32_t depth);

/** agreed_last_copy - ABI_LMP_LAST_COPY: asked for until it is settled */
void agreed_last_copy(const uint64_t word[3]);

/**
 * agreed_memory_end - the memory of the domain at @place, or of a part (DOMAINS_MAX and its number), by the capability @at, is known elsewhere: all of it is
 * revoked there too; domain_gone() or memory_parts_gone() is called when that was done, or has to be looked at again
 */
void agreed_memory_end(uint32_t place, struct abi_cap_at at);

/** agreed_domain_end - what it asked is gone on with, and told to nobody */
void agreed_domain_end(uint32_t domain);

/** agreed_wants - is there something for agreed_work()? */
bool agreed_wants(void);

/** agreed_work - begin what has to be begun, before the node's turn. agreed_finish - and after it */
void agreed_work(void);
void agreed_finish(void);

/** struct agreed_result - of agreed_ask() or, @give, of agreed_give(). @error: 0 or negative, as there */
struct agreed_result {
	uint32_t domain;
	uint64_t tag;
	int32_t error;
	bool give;
};

/**
 * agreed_next - a result that a program has not been told, from *@at on
 * Return: false: there is none; else it is told when agreed_told() is called
 */
bool agreed_next(uint32_t *at, struct agreed_result *result);
void agreed_told(uint32_t at);

/** struct agreed_take_result - of agreed_take(): what came from program @from of node @node */
struct agreed_take_result {
	uint32_t domain;
	uint64_t tag;
	int32_t error;
	uint32_t node, from;
	uint32_t rights;
	uint64_t bytes;
};

/** agreed_address - an address of a program, in its root CNode, as seen from the monitor's. Return: 0, -enum abi_cap_error */
int agreed_address(const struct domain *d, uint64_t *address, uint32_t *depth);

/**
 * agreed_lend - give a frame to the memory server of another node; memory_parts_sent() with @part follows
 * Return: 0; -AGREE_E_FULL: later; or as agree_give().
 */
int agreed_lend(struct abi_cap_at frame, uint32_t node, uint32_t part);

/** agreed_take_next - one that a program has not been told; Return: false: there is none */
bool agreed_take_next(struct agreed_take_result *result);

#endif
