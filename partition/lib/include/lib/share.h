/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Memory shared with programs of other nodes, or of this one: frames are given, taken, and taken back. Programs
 * of one node also give each other endpoints, and then any capability by messages (lib/lmp.h, lib/carrier.h).
 *
 * What was given to another node is known there, and so is all that it was made of: this program's RAM. To make
 * something of that, to delete its last capability or to revoke it, all nodes have to agree: the functions
 * below see to that when the CPU driver refuses the plain operation, and so does rt_ram_make() in a thread.
 * A page fault cannot wait for others: whoever gives touches the memory that it needs before, or keeps to
 * what it has.
 *
 * All wait for the calling thread only. Return: 0; > 0: enum abi_cap_error, enum agree_error, or enum
 * monitor_refusal, why it was refused; -RT_EOPNOTSUPP and others: as rt_monitor_call().
 */
#ifndef LIB_SHARE_H
#define LIB_SHARE_H

#include <lib/monitor.h>
#include <lib/ram.h>
#include <lib/slot.h>
#include <lib/vspace.h>

/**
 * rt_share_give - give a copy of a frame, or of an endpoint to a program of this node
 * @domain: its number there; it waits in rt_share_take()
 * @rights: ABI_CAP_READ, ABI_CAP_WRITE; of an endpoint ABI_CAP_WRITE, ABI_CAP_GRANT: of those that @frame has
 * AGREE_E_NODE: no such member; AGREE_E_KIND: of another type; ABI_CAP_E_OCCUPIED: no such program, or it does
 * not wait.
 */
int rt_share_give(struct abi_cap_at frame, uint32_t node, uint32_t domain, uint32_t rights);

/** struct rt_share_taken - what came, and from whom */
struct rt_share_taken {
	uint32_t node;
	uint32_t domain;
	uint32_t rights;
	uint64_t bytes;
};

/** rt_share_take - wait until somebody gives; @to: empty slot */
int rt_share_take(struct abi_cap_at to, struct rt_share_taken *taken);

/** rt_share_delete - one capability; the others that there are, here and elsewhere, stay */
int rt_share_delete(struct abi_cap_at at);

/** rt_share_revoke - all others of the object, on all nodes, and what was made of it; mappings go too */
int rt_share_revoke(struct abi_cap_at at);

/** rt_share_retype - as rt_ram_make(), of any capability */
int rt_share_retype(struct abi_cap_at from, struct abi_cap_at to, uint32_t type, uint64_t offset,
		    uint64_t bytes, uint64_t count);

/** rt_share_end - rt_piece_end() for what may have been given. With an error nothing has been freed */
int rt_share_end(struct rt_piece *piece);

/** rt_share_sentence - for what these return; never NULL */
const char *rt_share_sentence(int error);

#endif
