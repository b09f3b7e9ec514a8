/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domains that the CPU driver makes itself, at its start: of the core's first program, and of those
 * that tests bring. Everything is made by operations on capabilities, as a monitor would, out of one
 * capability for memory; what abi/domain.h says of a domain's begin holds.
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <abi/domain.h>
#include <cap_slot.h>
#include <scheduler.h>

struct dispatcher;

/**
 * struct domain - one that is being made
 * @ram:    RAM that its objects come from; @ram_used: bytes of it that are in use
 * @number: 0: the core's first
 * @name:   of the program
 * @params: for the scheduler
 * @elf, @elf_bytes: its file, in memory that nobody writes to
 * @root:   out: its root CNode
 * @dispatcher, @startup: out
 */
struct domain {
	struct cap_entry *ram;
	uint64_t ram_used;
	uint32_t number;
	const char *name;
	struct sched_params params;
	const void *elf;
	uint64_t elf_bytes;
	struct cap_entry *root;
	struct dispatcher *dispatcher;
	struct abi_startup *startup;
	/* domain.c's own */
	struct cap_entry *keep;
	uint64_t kept;
	struct cap_entry *pml4;
};

/**
 * domain_make - a domain whose dispatcher sleeps
 * Return: NULL, or what is wrong; then some of the memory may be used up.
 */
const char *domain_make(struct domain *domain);

/** domain_create - bring a capability into being in a slot of its root CNode. Return: false: refused */
bool domain_create(struct domain *domain, uint32_t slot, uint32_t type, uint64_t base,
		   uint64_t count, uint8_t rights);

/** domain_finish_first - what the core's first program has beside others. Return: as domain_make() */
const char *domain_finish_first(struct domain *domain);

/** modules_start - in images for tests: the modules of the boot information. Return: NULL */
const char *modules_start(struct cap_entry *ram) __attribute__((weak));

/** domain_slot - a slot of its root CNode */
struct cap_entry *domain_slot(const struct domain *domain, uint32_t slot);

/** domain_retype - make one object of a capability. Return: @to, or NULL; also when @to is NULL */
struct cap_entry *domain_retype(struct cap_entry *from, uint64_t offset, uint32_t type, uint64_t bytes,
				struct cap_entry *to);

/** domain_copy - copy a capability. Return: false when that failed; also when @to is NULL */
bool domain_copy(struct cap_entry *from, struct cap_entry *to);

/**
 * domain_give_ram - RAM of its own, from what objects are made of
 * @slot: of its root CNode. @bytes: 0: all that is left
 * Return: NULL, or what is wrong.
 */
const char *domain_give_ram(struct domain *domain, uint32_t slot, uint64_t bytes);

#endif
