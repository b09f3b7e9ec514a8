/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's agreements and memory server, not its own node, in a view with node 0 and with node 1, which lends
 * and borrows as the test says. Real machines at all three.
 */
#ifndef LENDER_H
#define LENDER_H

#include <abi/if/memory.h>
#include <abi/protocol/node.h>

#include "client.h"
#include "machine.h"

#define SELF 2u
#define OTHER 1u
#define LENDER_NODES 3u
#define NODES 4u
#define ENTRIES 64u
#define DEPTH ABI_DOMAIN_ROOT_BITS
#define S_PART 100u /* slots of a program */
#define S_MADE 200u
#define LENT (CORE_SHARED + CORE_SHARED_BYTES) /* memory of node 1 */
#define LENT_BYTES (8ull << 20)
#define ITS_NUMA 7u
#define MIB (1ull << 20)

/** struct lender - what node 1 was told last, and how often; then what it says */
struct lender {
	struct memory_ask asked;
	struct memory_grant granted;
	struct memory_back returned;
	struct memory_held held;
	unsigned int asks, grants, nones, backs, helds;
	unsigned int dropped; /* times that it was told to revoke */
	struct agree_object came;
	uint8_t came_rights;
	int gave;         /* result of what it gave; 1: none yet */
	uint32_t theirs;  /* what it has of every object */
	int refusal;      /* to what comes */
	bool deaf;        /* and dumb: it is gone */
};

struct lender_node {
	struct node node;
	uint32_t self;
	uint16_t package[NODES];
	struct agree_entry entries[ENTRIES];
	uint64_t heard[ENTRIES];
	struct agree_peer peers[NODES];
	uint16_t room[ROUTE_ROOM(NODES, NODES)];
};

extern struct lender lender;
extern struct lender_node lender_nodes[LENDER_NODES];
extern struct client program; /* the usual one, on channel 3 */
extern uint64_t lender_us;

/** lender_start, lender_stop - for cmocka */
int lender_start(void **state);
int lender_stop(void **state);

/** lender_deliver - what is on its way. lender_settle - until nothing is, and nobody has anything to do */
void lender_deliver(void);
void lender_settle(void);

/** lender_lose - node 1 goes, at once */
void lender_lose(void);

/* ---- what programs ask ---- */

extern const struct monitor_handlers program_hears_none;

struct asking {
	struct urpc_call call;
	struct monitor_mem_alloc_reply reply;
};

/** program_wish - a frame of any memory for a slot. program_ask - for that; @a must stay until it is answered */
struct monitor_mem_alloc program_wish(uint64_t bytes, uint32_t slot);
void program_ask(struct client *c, struct asking *a, const struct monitor_mem_alloc *wanted);

/** program_own - of memory that is there at once. Return: the error */
uint32_t program_own(struct client *c, uint64_t bytes, uint32_t slot, uint64_t *base);

/** program_give_up - mem_free. Return: the error */
uint32_t program_give_up(struct client *c, uint64_t base);

struct monitor_mem_info_reply program_info(void);

/** program_invoke - an operation of the program on its slots; of a retype the first @bytes */
int program_invoke(uint32_t op, uint32_t type, uint64_t from, uint64_t to, uint64_t bytes);

/** program_type - of its capability there */
uint32_t program_type(uint32_t slot);

#endif
