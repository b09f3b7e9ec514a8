/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The links to the monitors of other cores and to node 0, which node 0 makes and takes away. What does not
 * fit in a ring waits in a queue; all queues share MESH_CELLS cells. When these are used up, the node that
 * has most of them is taken for broken, and what waits for it is dropped.
 */
#ifndef MESH_H
#define MESH_H

#include <mon.h>

#define MESH_CELLS 2048u
#define MESH_CELL 120u   /* bytes of a message in each */

/** mesh_init - no links */
void mesh_init(void);

/** mesh_bind, mesh_unbind - as the notices of the CPU driver ask; they answer it */
void mesh_bind(const uint64_t word[6]);
void mesh_unbind(uint64_t number);

/** mesh_send - struct protocol_port's: a message to a node; dropped if there is no link */
void mesh_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes);

/** mesh_linked - is there a link? */
bool mesh_linked(uint32_t node);

/** mesh_work - take messages, send what waits. Return: true: another turn is due at once. */
bool mesh_work(void);

/** mesh_flush - ring for what was sent */
void mesh_flush(void);

/** mesh_arm - before sleeping. Return: false: something has come: do not sleep. */
bool mesh_arm(void);

/** mesh_disarm - awake */
void mesh_disarm(void);

/** mesh_waiting - cells in use, for all or one node; for tests */
uint32_t mesh_waiting(void);

#endif
