/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor's capabilities: where they are, and operations on them in short form.
 *
 * Its root CNode has the slots of enum abi_slot, and a second CNode, the table, with all others:
 *
 *   channels   CAPS_CHANNEL slots each
 *   domains    CAPS_DOMAIN slots each: the memory, and the CNode in it with the rest
 *   own        page tables, frames, mappings
 *   local      rings between programs of this core
 *   mesh       CAPS_MESH slots for the link to each node
 *   agreed     what the agreements with other nodes need
 */
#ifndef CAPS_H
#define CAPS_H

#include <mon.h>

#define CAPS_ROOT_TABLE 64u /* slot of the root */
#define CAPS_TABLE_BITS 11u
#define CAPS_CHANNEL 8u
#define CAPS_DOMAIN 4u
#define CAPS_DOMAINS_AT 512u
#define CAPS_OWN_AT 768u
#define CAPS_LOCAL_AT 896u
#define CAPS_MESH 8u
#define CAPS_MESH_AT 1024u
#define CAPS_AGREED_AT 1536u

/** caps_root, caps_table - slot of the root CNode, of the table */
struct abi_cap_at caps_root(uint32_t slot);
struct abi_cap_at caps_table(uint32_t slot);

/** caps_in - slot of a CNode with 2^@bits slots whose capability is at @node */
struct abi_cap_at caps_in(struct abi_cap_at node, uint32_t bits, uint32_t slot);

/* Operations; as abi/cap.h has them. Return: 0 or a negative enum abi_cap_error. */
int caps_copy(struct abi_cap_at from, struct abi_cap_at to);
int caps_mint(struct abi_cap_at from, struct abi_cap_at to, uint8_t rights, uint64_t badge);
int caps_retype(struct abi_cap_at from, struct abi_cap_at to, uint32_t type, uint64_t offset,
		uint64_t bytes, uint32_t count);
/** caps_retype_agreed - of what other nodes know, when it is known that none has anything there */
int caps_retype_agreed(struct abi_cap_at from, struct abi_cap_at to, uint32_t type, uint64_t offset,
		       uint64_t bytes);
/** caps_end_agreed - revoke and delete, likewise. Return: as the others, or -ABI_CAP_E_BUSY: later */
int caps_end_agreed(struct abi_cap_at at);
/** caps_revoke_agreed - likewise; -ABI_CAP_E_AGAIN: call again, in another turn */
int caps_revoke_agreed(struct abi_cap_at at);
int caps_delete(struct abi_cap_at at);
int caps_revoke(struct abi_cap_at at);

/** caps_identify - a word of enum abi_invoke_word; 0 when there is none */
uint64_t caps_identify(struct abi_cap_at at, uint32_t word);

/** caps_map_table - @table becomes entry @index of @above; the mapping goes to @to */
int caps_map_table(struct abi_cap_at table, struct abi_cap_at above, uint32_t index,
		   struct abi_cap_at to);

/** struct caps_pages - some pages of a frame, and where they are to be mapped */
struct caps_pages {
	struct abi_cap_at frame; /* a copy that is not mapped */
	uint64_t offset;
	struct abi_cap_at table;
	uint32_t index;
	uint32_t count;
	uint8_t rights;
};

/** caps_map - the mapping goes to @to */
int caps_map(const struct caps_pages *pages, struct abi_cap_at to);

#endif
