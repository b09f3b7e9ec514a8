/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree under the mapping database: AVL, with a way up, and with sums of each subtree. It knows
 * of a capability no more than its place in the order.
 */
#ifndef CAP_TREE_H
#define CAP_TREE_H

#include <cap_mdb.h>

/** cap_order - negative, 0 or positive as @a stands before, with or behind @b. */
int cap_order(const struct cap_key *a, const struct cap_key *b);

/** cap_tree_insert - put @e behind everything that stands with it. */
void cap_tree_insert(struct cap_space *space, struct cap_entry **root, struct cap_entry *e);

void cap_tree_remove(struct cap_entry **root, struct cap_entry *e);

/** cap_tree_replace - @to, a copy of @from's bytes, takes its place. */
void cap_tree_replace(struct cap_entry **root, struct cap_entry *from, struct cap_entry *to);

/** enum cap_test - what is looked for; each can be answered for a whole subtree by its sums */
enum cap_test {
	CAP_END_PAST,   /* end is greater than x */
	CAP_END_WITHIN, /* end is at most x */
	CAP_TYPE_IN,    /* type is in the mask x */
};

struct cap_probe {
	enum cap_test test;
	uint64_t x;
};

/** cap_tree_lower - the first at or behind @key, or NULL. */
struct cap_entry *cap_tree_lower(struct cap_space *space, const struct cap_key *key);

/** cap_tree_behind - the first behind @key that passes @probe, or NULL. */
struct cap_entry *cap_tree_behind(struct cap_space *space, const struct cap_key *key,
				  struct cap_probe probe);

/** cap_tree_before - the last before @key that passes @probe, or NULL. */
struct cap_entry *cap_tree_before(struct cap_space *space, const struct cap_key *key,
				  struct cap_probe probe);

#endif
