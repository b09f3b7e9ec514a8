/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of memory that the memory server granted programs or lent other nodes, with the monitor's capabilities
 * of them. What is done with them takes turns; the server is told when it is over.
 */
#ifndef MEMORY_PARTS_H
#define MEMORY_PARTS_H

#include <domain.h>

#define MEMORY_PARTS 128u
#define MEMORY_PARTS_DOMAIN 16u
#define MEMORY_PARTS_LENT 64u /* at once: this core's own programs have room, however much it lends */
#define MEMORY_GRANTS 64u /* of other nodes */

struct memserv;

/** memory_parts_init - there are none. @server: this core's */
void memory_parts_init(struct memserv *server);

/** memory_parts_work - what has to be done now. Return: true: something was, another turn is due at once */
bool memory_parts_work(void);

/** memory_parts_domain_end - it has ended: its parts go */
void memory_parts_domain_end(uint32_t domain);

/** memory_parts_node_gone - programs that have memory of that node are ended: it goes */
void memory_parts_node_gone(uint32_t node);

/** memory_parts_borrowed - is that another node's memory, by the memory server? */
bool memory_parts_borrowed(uint64_t base);

/* ---- told by the memory server; they only note it ---- */

void memory_parts_granted(uint64_t tag, uint64_t base, uint64_t bytes);
void memory_parts_failed(uint64_t tag, uint32_t error);
void memory_parts_lend(uint32_t to, uint64_t base, uint64_t bytes);
void memory_parts_home(uint64_t base);
void memory_parts_give_back(uint64_t base);

/* ---- told by the agreements ---- */

/** memory_parts_comes - node @from gives a frame: @at: where to. Return: false: nobody has asked for that */
bool memory_parts_comes(uint32_t from, uint64_t base, uint64_t bytes, struct abi_cap_at *at);
/** memory_parts_sent - what agreed_lend() began is over. @result: 0, or why it was refused */
void memory_parts_sent(uint32_t part, int result);
/** memory_parts_gone - what agreed_memory_end() began is over, or has to be looked at again */
void memory_parts_gone(uint32_t part);

#endif
