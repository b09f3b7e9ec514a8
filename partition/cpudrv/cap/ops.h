/* SPDX-License-Identifier: GPL-2.0-only */
/* The halves of the operations, and what they share. */
#ifndef CAP_OPS_H
#define CAP_OPS_H

#include <cap_agree.h>

int cap_copy_decode(struct cap_space *space, const struct cap_op *op);
int cap_mint_decode(struct cap_space *space, const struct cap_op *op);
int cap_move_decode(struct cap_space *space, const struct cap_op *op);
int cap_retype_decode(struct cap_space *space, const struct cap_op *op);
int cap_map_decode(struct cap_space *space, const struct cap_op *op);
int cap_delete_decode(struct cap_space *space, const struct cap_op *op);
int cap_revoke_decode(struct cap_space *space, const struct cap_op *op);
int cap_identify_decode(struct cap_space *space, const struct cap_op *op);

int cap_copy_invoke(struct cap_space *space, struct cap_op *op);
int cap_mint_invoke(struct cap_space *space, struct cap_op *op);
int cap_move_invoke(struct cap_space *space, struct cap_op *op);
int cap_retype_invoke(struct cap_space *space, struct cap_op *op);
int cap_map_invoke(struct cap_space *space, struct cap_op *op);
int cap_delete_invoke(struct cap_space *space, struct cap_op *op);
int cap_revoke_invoke(struct cap_space *space, struct cap_op *op);
int cap_identify_invoke(struct cap_space *space, struct cap_op *op);

/** cap_from_check - is there a capability in the slot, found by CNodes that have @rights? */
int cap_from_check(const struct cap_slot *from, uint8_t rights);

/** cap_to_check - are @count slots from this one on empty, in one CNode that may be written? */
int cap_to_check(const struct cap_slot *to, uint64_t count);

/**
 * cap_being_revoked - is a revocation under way that this range touches?
 * Nothing may come into being there, it would keep the revocation from ending.
 */
bool cap_being_revoked(const struct cap_space *space, uint32_t type, uint64_t base, uint64_t end);

/**
 * cap_grow_check - may something be made from this capability now?
 * @base: range of what is to be made, to @end; that of @e itself for a copy
 * Return: 0, -ABI_CAP_E_BUSY, -ABI_CAP_E_AGAIN when a revocation is taking it all away.
 */
int cap_grow_check(struct cap_space *space, const struct cap_entry *e, uint64_t base, uint64_t end);

/** cap_unmap - a mapping ends: clear the entries, forget the mate. The slot stays as it is. */
void cap_unmap(struct cap_space *space, struct cap_entry *mapping);

/**
 * cap_entry_delete - empty a slot, whatever it takes
 * The last capability of an object with slots moves into the object and is queued for cap_work().
 */
void cap_entry_delete(struct cap_space *space, struct cap_entry *e);

#endif
