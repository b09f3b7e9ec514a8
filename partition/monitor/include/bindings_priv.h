/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the records of bindings.c and what programs ask (bindings_requests.c). */
#ifndef BINDINGS_PRIV_H
#define BINDINGS_PRIV_H

#include <abi/protocol/bind.h>

#include <bindings.h>
#include <bound.h>

enum binding_kind {
	BINDING_FREE,
	BINDING_OFFER,
	BINDING_ASKED, /* somebody connects; the program has to answer */
	BINDING_CLIENT,
	BINDING_SERVER,
};

/* What the program is to be told, in this order. */
#define TELL_ASKED 0x1u
#define TELL_OPENED 0x2u
#define TELL_FAILED 0x4u
#define TELL_CLOSED 0x8u

#define NO_END UINT32_MAX

/**
 * struct binding - its number is its tag at the machine
 * @over:   the machine does not know it any more
 * @give:   it is open; the program has to get its end
 * @place:  ABI_BOUND_MAX: it has no end
 * @tag:    the program's; of an asked one the offer's
 * @handle: the machine's, of an offer its number
 */
struct binding {
	uint8_t kind;
	uint8_t tell;
	bool over;
	bool give;
	uint8_t place;
	uint32_t domain;
	uint64_t tag;
	uint32_t handle;
	uint32_t end;
	uint32_t error;
	uint32_t detail;
	uint32_t node;   /* of who asks */
	uint32_t client;
};

extern struct bind bindings_machine;

/** binding_take - a new one of a domain that may have it; NULL: it may not, or there is none */
struct binding *binding_take(enum binding_kind kind, uint32_t domain);
void binding_free(struct binding *b);

/** binding_find - by the program's tag; of no asked one. binding_asked - by handle; NULL */
struct binding *binding_find(uint32_t domain, uint64_t tag);
struct binding *binding_asked(uint32_t domain, uint32_t handle);

/** bindings_unask - an offer is closed: who asked was refused by the machine */
void bindings_unask(uint32_t domain, uint64_t offer_tag);

/** binding_number - its tag at the machine */
uint64_t binding_number(const struct binding *b);

#endif
