/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Routing trees: to whom a node passes a message that is for all members, and where their answers
 * are put together. A pure function of topology, members and root: every member that has the same
 * topology and members computes its own place in the same tree, and no message carries a route.
 *
 * The tree of a root has at most two steps: the root sends to one member of each other package, its
 * leader (the lowest number in it), and to all of its own package; a leader sends to the others of
 * its package. UNICAST and BROADCAST have one step. So what a node passes on and what is answered
 * travel the same links, where order is kept.
 */
#ifndef ABI_PROTOCOL_ROUTE_H
#define ABI_PROTOCOL_ROUTE_H

#include <abi/protocol/set.h>

/**
 * enum route_kind - which tree
 * @ROUTE_UNICAST:   the root sends to each
 * @ROUTE_BROADCAST: the same; the transport may use one line that all poll
 * @ROUTE_MULTICAST: one message a package, passed on inside it
 * @ROUTE_NUMA:      the same, farthest package first
 */
enum route_kind {
	ROUTE_UNICAST = 1,
	ROUTE_BROADCAST,
	ROUTE_MULTICAST,
	ROUTE_NUMA
};

/**
 * struct route_topology - what is known of the machine; equal on all members
 * @nodes:    numbers of nodes are below this; at most PROTOCOL_NODES_MAX
 * @packages: numbers of packages are below this; 1 to @nodes
 * @package:  of each node. What shares a cache is a package
 * @distance: from package to package, row by row: any unit, more is farther. NULL: all the same
 */
struct route_topology {
	uint32_t nodes;
	uint32_t packages;
	const uint16_t *package;
	const uint32_t *distance;
};

/** ROUTE_ROOM - numbers of 16 bits that struct route needs for so many nodes and packages */
#define ROUTE_ROOM(nodes, packages) ((nodes) + 2 * (packages) + 1)

/**
 * struct route - a member's view of all trees of one kind; private but for route_*() below
 * @order: members by package, then number; package p's are from @start[p] to @start[p + 1]
 * @far:   other packages with members, @others of them, in the order of sending
 * @place: where @self is in @order
 */
struct route {
	struct route_topology topology;
	uint32_t kind;
	uint32_t self;
	uint32_t members;
	uint32_t others;
	uint32_t place;
	uint16_t *order;
	uint16_t *start;
	uint16_t *far;
};

/**
 * route_build - compute the trees of a set of members
 * @room:     ROUTE_ROOM() numbers, the route's as long as it is used
 * @topology: what it points at must live as long
 * @self:     a member
 *
 * Takes time in proportion to nodes, and to the square of the packages.
 *
 * Return: 0; -URPC_EINVAL: a number is out of range, or @self no member; @r is not usable.
 */
int route_build(struct route *r, uint16_t *room, const struct route_topology *topology,
		enum route_kind kind, uint32_t self, const struct protocol_set *members);

/** route_parent - whom @self hears of @root from; PROTOCOL_NODE_NONE: it is the root, or @root none */
uint32_t route_parent(const struct route *r, uint32_t root);

/**
 * route_child - whom @self passes on to what comes from @root
 * @index: 0 for the first to send to, and so on
 * Return: a node; PROTOCOL_NODE_NONE: there are no more. In constant time.
 */
uint32_t route_child(const struct route *r, uint32_t root, uint32_t index);

/** route_children - to how many that is; in constant time */
uint32_t route_children(const struct route *r, uint32_t root);

/** route_is_child - is @node one of those? In constant time. */
bool route_is_child(const struct route *r, uint32_t root, uint32_t node);

/**
 * route_distances - distances between packages of what Linux knows and what was measured
 * @distance: @packages times @packages of them are written
 * @packages: how many
 * @slit:     of ACPI, 10 for itself; from the package of the row to that of the column; NULL: none
 * @measured: the same in cycles, one way; 0: not measured. NULL: none
 *
 * A measured one counts; one that is not is guessed from the SLIT by the measured ones, or is the
 * SLIT's alone if nothing was measured.
 */
void route_distances(uint32_t *distance, uint32_t packages, const uint8_t *slit,
		     const uint32_t *measured);

#endif
