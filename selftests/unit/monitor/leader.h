/* SPDX-License-Identifier: GPL-2.0-only */
/* Node 0 with the real machines, and its link to the core of core.h. */
#ifndef LEADER_H
#define LEADER_H

#include <abi/protocol/node.h>

#include "client.h"

#define SELF 2u /* the core's node */

extern struct node leader;
extern struct urpc_chan *leader_link;
extern uint64_t leader_us; /* its clock; the core's goes with it in leader_pass() */
extern int leader_joined;  /* how the last change of the view ended; -1: it has not */

/** leader_begin - node 0, alone in its view, and the link; after core_start(). Its clock begins at 0 */
void leader_begin(const struct agree_local *local, const struct names_hooks *hooks);

/** leader_talk - both have what has come, until there is nothing more */
void leader_talk(void);

/** leader_pass - so many microseconds pass for both; then leader_talk() */
void leader_pass(uint64_t us);

/** leader_join - the core becomes a member, at once */
void leader_join(uint16_t package);

/** leader_run - time passes, and the program takes what comes, until nothing comes any more */
void leader_run(struct client *c, const struct monitor_handlers *handlers, void *ctx);

#endif
