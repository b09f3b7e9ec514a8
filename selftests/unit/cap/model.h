/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities as a plain list, every question answered by looking at all of it. Deletion happens
 * at once. Its rules are written from Documentation/capabilities.md, not from cpudrv/cap/.
 */
#ifndef MODEL_H
#define MODEL_H

#include "fake.h"

#define MODEL_MAX 1024u

struct record {
	struct cap_entry *slot;
	uint32_t type;
	uint8_t rights;
	uint64_t base, end;
	uint64_t badge;
	struct cap_entry *mate; /* a mapping's and what it maps */
	uint32_t table;         /* of a mapping: type of the table */
	uint64_t pa, page;      /* of a mapping: what the first entry holds, bytes of one */
};

struct model {
	struct record at[MODEL_MAX];
	uint32_t n;
};

/** model_find - the record of a slot, or NULL when it is empty. */
struct record *model_find(struct model *m, const struct cap_entry *slot);

/** model_add - an entry that the CPU driver made. */
void model_add(struct model *m, struct cap_entry *slot, uint32_t type, uint64_t base, uint64_t end,
	       uint8_t rights);

/** model_errors - mask of all reasons (1 << enum abi_cap_error) to refuse an operation. */
uint32_t model_errors(struct model *m, const struct cap_op *op);

/** model_apply - the effect of an operation that has none. */
void model_apply(struct model *m, const struct cap_op *op);

/**
 * model_differs - does a slot, or a page table's entry, differ from what the list says?
 * @settled: nothing is dying: mates are compared too
 */
const char *model_differs(struct model *m, bool settled);

/** model_kernel_memory - does a page hold an object of the CPU driver? */
bool model_kernel_memory(const struct model *m, uint64_t page);

#endif
