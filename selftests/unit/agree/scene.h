/* SPDX-License-Identifier: GPL-2.0-only */
/* A few nodes, each with RAM of its own, for tests that look at one situation at a time. */
#ifndef SCENE_H
#define SCENE_H

#include <abi/if/agree.h>
#include <cap_type.h>
#include <urpc/chan.h>

#include "unit.h"

#define PAGES(n) ((n) * (uint64_t)ABI_PAGE_SIZE)
#define E(name) (-ABI_CAP_E_##name)

/** ram - the RAM of @node, into its @slot. Return: 0 or negative error. */
int ram(uint32_t node, uint32_t slot);

/** nodes - begin with so many, in one package, with their RAM in slot 0 */
void nodes(uint32_t count);

/** give - what is in @slot, until all has come to rest */
void give(uint32_t from, uint32_t slot, uint32_t to);

/** has - has @node a capability of that type at @base? */
bool has(uint32_t node, uint32_t type, uint64_t base);

/** state_of - CAP_REMOTE, CAP_FOREIGN of what is in @slot; 0xff: nothing is */
uint8_t state_of(uint32_t node, uint32_t slot);

/** work - of one node alone; pass - messages from one to another, as many as there are */
void work(uint32_t node);
void pass(uint32_t from, uint32_t to);

/** at_rest - until nothing moves, and nothing is left */
void at_rest(void);

/** result - of the one operation of @node that has ended */
int result(uint32_t node);

#endif
