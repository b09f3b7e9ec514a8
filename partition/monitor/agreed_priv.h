/* SPDX-License-Identifier: GPL-2.0-only */
/* What agreed.c and agreed_programs.c share. */
#ifndef AGREED_PRIV_H
#define AGREED_PRIV_H

#include <agreed.h>

#define AGREED_GIVE 255u /* no enum abi_cap_op */

/* A transfer's handle: for which program, from which, and whose memory it is. */
#define AGREED_NUMBER_BITS 24
#define AGREED_NUMBER_MAX ((1u << AGREED_NUMBER_BITS) - 1)
#define AGREED_HANDLE(to, from, owner)                                                             \
	((uint64_t)(to) | (uint64_t)(from) << AGREED_NUMBER_BITS | (uint64_t)(owner) << 48)
#define AGREED_TO(handle) ((uint32_t)(handle) & AGREED_NUMBER_MAX)
#define AGREED_FROM(handle) ((uint32_t)((handle) >> AGREED_NUMBER_BITS) & AGREED_NUMBER_MAX)
#define AGREED_OWNER(handle) ((uint32_t)((handle) >> 48))

enum call_state { FREE, ASKED, OVER };

struct want;

/**
 * struct call
 * @domain: who is told; 0: nobody, or the domain has ended
 * @named:  @word names the object; else it must not be used: it may lead to what another domain has
 * @kind:   enum abi_cap_op, or AGREED_GIVE
 * @want:   whose end it is, of what the monitor itself wants
 * @part:   that the memory server lends, and 1; 0: none
 */
struct call {
	enum call_state state;
	uint32_t domain;
	bool named;
	uint32_t kind;
	int32_t result;
	uint64_t tag;
	uint64_t word[6];
	struct agree_object object;
	struct want *want;
	uint32_t part;
};

/** struct take - a slot, @at seen from the monitor's root, in which a program waits; @over: it has come */
struct take {
	uint32_t domain; /* 0: free */
	bool over;
	struct abi_cap_at at;
	struct agreed_take_result result;
};

struct agree *agreed_machine(void);

/** agreed_free_call - for a program, or for the monitor (0). NULL: there is none, for @domain */
struct call *agreed_free_call(uint32_t domain);

/** agreed_start, agreed_send - begin; Return: as agree_start(), agree_give(). Then @c is free again */
int agreed_start(struct call *c, const struct agree_request *q);
int agreed_send(struct call *c, uint32_t node, uint8_t rights, uint64_t handle);

/** agreed_needs - rights that an enum abi_cap_op takes */
uint8_t agreed_needs(uint32_t op);

/** agreed_object - what a capability is for. Return: its rights; 0: there is none */
uint8_t agreed_object(struct abi_cap_at at, struct agree_object *object);

/** agreed_here - is there a copy of an object, or anything made of it? agreed_drop - all of that goes; 0, or AGAIN */
bool agreed_here(const struct agree_object *object);
int agreed_drop(const struct agree_object *object);

void agreed_origins_init(void);

/** agreed_origin - whose memory that is, as far as is known; else this node's, @self */
uint32_t agreed_origin(const struct agree_object *object, uint32_t self);

/** agreed_origin_note - it came, and is @owner's. Return: false: there are too many. Not for own memory */
bool agreed_origin_note(const struct agree_object *object, uint32_t owner);

/** agreed_origin_forget - nothing of @owner's memory is to be here. Return: 0, or -ABI_CAP_E_AGAIN: call again */
int agreed_origin_forget(uint32_t owner);

void agreed_takes_init(void);
void agreed_takes_end(uint32_t domain);

/** agreed_take_of - where a program waits; NULL: it does not. agreed_taken - there has come what it waited for */
const struct take *agreed_take_of(uint32_t domain);
void agreed_taken(uint32_t domain, uint32_t node, uint32_t from, uint8_t rights, uint64_t bytes, int rc);

#endif
