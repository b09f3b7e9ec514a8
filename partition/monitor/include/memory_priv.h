/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the memory server's runner share. */
#ifndef MEMORY_PRIV_H
#define MEMORY_PRIV_H

#include <abi/protocol/memserv.h>
#include <memory_parts.h>

/** enum part_state - WANTED: of a program, not granted; GRANTED: not handed over; HELD; LEND: to be sent */
enum part_state {
	PART_FREE,
	PART_WANTED,
	PART_FAILED,
	PART_GRANTED,
	PART_HELD,
	PART_LEND,
	PART_SENDING,
	PART_SENT,
	PART_LENT,
	PART_ENDING,  /* its capabilities are to be revoked */
	PART_AGREEING, /* other nodes are asked to */
	PART_WIPING,
};

/**
 * struct part
 * @domain:  that has it; 0: lent
 * @node:    to whom it is lent, or is to be
 * @ram, @to: what the program wants, and where
 * @owes:    the program waits for an answer to @tag
 * @frees:   the answer is to a mem_free
 * @error:   why it is not the program's
 * @wiped:   bytes
 */
struct part {
	uint8_t state;
	bool ram, owes, frees;
	uint32_t domain, node, tag, error;
	uint64_t base, bytes, wiped;
	struct abi_cap_at to;
};

/** part_new - of a domain, 0: to be lent. NULL: there are too many. part_of - a domain's at @base that it holds */
struct part *part_new(uint32_t domain);
struct part *part_of(uint32_t domain, uint64_t base);

/** part_server - the machine, between member_enter() and member_leave(). part_tag - of memserv_alloc() */
struct memserv *part_server(void);
uint64_t part_tag(const struct part *p);

/** part_answer - tell the program, memory_requests.c */
void part_answer(struct part *p);

/* memory_grants.c: what other nodes lent this one */
void grants_init(void);
/** grant_place - room for a frame that comes. Return: false: none, or part of it is there already */
bool grant_place(uint64_t base, uint64_t bytes, struct abi_cap_at *at);
/** grant_back - give it back. Return: false: there is none */
bool grant_back(uint64_t base);
/** grant_part - a frame of a part of a grant, in the empty slot @to. Return: 0 or negative */
int grant_part(uint64_t base, uint64_t bytes, struct abi_cap_at to);
/**
 * grant_hold - a part's other capabilities are about to be revoked: if it is all of a grant, that has to stay
 * grant_keep - they were; the grant's comes back from the part's, if there is one
 */
void grant_hold(uint64_t base, uint64_t bytes);
void grant_keep(uint64_t base, uint64_t bytes, struct abi_cap_at from);
/** grant_wipe - clear a slice of a part. Return: bytes, 0: it cannot be mapped */
uint64_t grant_wipe(struct abi_cap_at from, uint64_t offset, uint64_t bytes);
/** grants_work - give back what has to be. Return: true: something was done */
bool grants_work(struct memserv *server);

#endif
