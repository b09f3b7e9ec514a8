/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What belongs to this core's node beside membership: the machines that are added to it, and whom its
 * name service and its agreements talk to here.
 */
#ifndef PARTS_H
#define PARTS_H

#include <abi/protocol/node.h>

/** parts_init - node_add() this core's other machines; before the first message */
void parts_init(struct node *n);

/** parts_names_hooks - whom the name service tells */
struct names_hooks parts_names_hooks(void);

#endif
