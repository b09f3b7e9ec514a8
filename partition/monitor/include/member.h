/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This core's node: the machines of abi/protocol/node.h, their messages by mesh.h, their time from the
 * time stamp counter.
 */
#ifndef MEMBER_H
#define MEMBER_H

#include <abi/protocol/node.h>

#include <mon.h>

/** member_init - in no view yet: node 0 takes it in. @tsc_khz: of the core. Return: 0 or -MON_EINVAL */
int member_init(uint32_t self, uint64_t tsc_khz);

/** member_message - a message came on the link of node @from; any values */
void member_message(uint32_t from, uint16_t type, const void *payload, uint32_t bytes);

/** member_broken - a link broke, or its peer does not take its messages; noted for member_work() */
void member_broken(uint32_t node);

/**
 * member_enter - the node, to call its machines: names_submit(&n->names, ...) and so on
 * It knows the time: n->now. Anywhere in a turn but in a hook of the node; member_leave() follows.
 */
struct node *member_enter(void);

/** member_leave - the machines are run on in this turn */
void member_leave(void);

/** member_wake - a hook that could not do its work can do it now: the machines are run on in this turn */
void member_wake(void);

/** member_time - TSC at which it is @us microseconds of the node's clock, rounded up */
uint64_t member_time(uint64_t us);

/**
 * member_work - after messages, or when the time has come
 * Return: TSC of the next call at the latest; UINT64_MAX: not before something happens.
 */
uint64_t member_work(void);

#endif
