/* SPDX-License-Identifier: GPL-2.0-only */
/* The capabilities and page tables of a domain. For domain.c, and bound.c. */
#ifndef BUILD_H
#define BUILD_H

#include <domain.h>

/** build_memory - slot of the capability of all its memory; build_inner - of a slot of its inner CNode */
struct abi_cap_at build_memory(const struct domain *d);
struct abi_cap_at build_inner(const struct domain *d, uint32_t slot);

/** build_child - of a slot of its own root CNode; that may hold anything */
struct abi_cap_at build_child(const struct domain *d, uint32_t slot);

/**
 * build_objects - make and map everything; its memory is there, its number and plan are known
 * @programs: endpoint of the monitor, of which it gets a copy
 * Return: 0 or a negative enum abi_cap_error; what there is by then goes with the memory.
 */
int build_objects(const struct domain *d, struct abi_cap_at programs);

/** build_grants - what is in its root CNode at start. Same return. */
int build_grants(const struct domain *d, struct abi_cap_at programs);

#endif
