// SPDX-License-Identifier: GPL-2.0-only
#include <base/elf64.h>
#include <base/string.h>

#include <bootinfo.h>
#include <cap_mdb.h>
#include <capability.h>
#include <dispatcher.h>
#include <domain.h>
#include <errors.h>

#define PAGE_UP(x) (((x) + ABI_PAGE_SIZE - 1) & ~(uint64_t)(ABI_PAGE_SIZE - 1))
#define TABLE_ENTRIES (ABI_PAGE_SIZE / ABI_CAP_ENTRY_BYTES)

/* Tables, frames and mappings are kept in a CNode of the CPU driver's own: the domain lives on them. */
#define KEEP_BITS 8u

struct cap_entry *domain_slot(const struct domain *domain, uint32_t slot)
{
	return (struct cap_entry *)arch_window(domain->root->base) + slot;
}

/* A slot among those kept, or NULL when all are used. */
static struct cap_entry *keep_slot(struct domain *domain)
{
	uint64_t next = ++domain->kept;

	if (next >= 1ull << KEEP_BITS)
		return NULL;
	return (struct cap_entry *)arch_window(domain->keep->base) + next;
}

/* All slots are known to be the right ones: none is found by an address, so none has a CNode here. */
static struct cap_op operation(uint32_t kind, struct cap_entry *from, struct cap_entry *to)
{
	return (struct cap_op){ .kind = kind, .from = cap_slot_own(from), .to = cap_slot_own(to) };
}

struct cap_entry *domain_retype(struct cap_entry *from, uint64_t offset, uint32_t type, uint64_t bytes,
				struct cap_entry *to)
{
	struct cap_op op = operation(ABI_CAP_DO_RETYPE, from, to);

	op.type = type;
	op.offset = offset;
	op.bytes = bytes;
	op.count = 1;
	return to && !capability_do(&op) ? to : NULL;
}

bool domain_copy(struct cap_entry *from, struct cap_entry *to)
{
	struct cap_op op = operation(ABI_CAP_DO_COPY, from, to);

	return to && !capability_do(&op);
}

/* Make an object of the next memory. */
static struct cap_entry *make(struct domain *domain, uint32_t type, uint64_t bytes,
			      struct cap_entry *to)
{
	to = domain_retype(domain->ram, domain->ram_used, type, bytes, to);
	if (to)
		domain->ram_used += bytes;
	return to;
}

static bool map(struct domain *domain, struct cap_entry *what, struct cap_entry *table, uint64_t index,
		uint64_t count, uint64_t offset, uint8_t rights)
{
	struct cap_entry *to = keep_slot(domain);
	struct cap_op op = operation(ABI_CAP_DO_MAP, what, to);

	op.table = cap_slot_own(table);
	op.index = index;
	op.count = count;
	op.offset = offset;
	op.rights = rights;
	return to && !capability_do(&op);
}

/* The last-level table of an address, made with those above it where there is none. */
static struct cap_entry *table_of(struct domain *domain, uint64_t va)
{
	static const uint8_t types[] = { ABI_CAP_PT, ABI_CAP_PD, ABI_CAP_PDPT };
	struct cap_entry *table = domain->pml4, *next;

	for (unsigned int level = 3; level; level--) {
		uint64_t index = va >> (12 + 9 * level) & (TABLE_ENTRIES - 1);
		uint64_t entry = table->base + index * ABI_CAP_ENTRY_BYTES;
		struct cap_entry *mapping = cap_mdb_overlap(&cap_space, table, entry,
							    entry + ABI_CAP_ENTRY_BYTES);

		if (mapping) {
			table = mapping->mate;
			continue;
		}
		next = make(domain, types[level - 1], ABI_PAGE_SIZE, keep_slot(domain));
		if (!next || !map(domain, next, table, index, 1, 0, 0))
			return NULL;
		table = next;
	}
	return table;
}

/* Map a whole frame, a table's worth at a time, each by a copy. */
static bool map_frame(struct domain *domain, struct cap_entry *frame, uint64_t va, uint8_t rights)
{
	uint64_t bytes = frame->end - frame->base, offset = 0;

	while (offset < bytes) {
		uint64_t index = (va + offset) / ABI_PAGE_SIZE % TABLE_ENTRIES;
		uint64_t count = (bytes - offset) / ABI_PAGE_SIZE;
		struct cap_entry *table = table_of(domain, va + offset);
		struct cap_entry *part = keep_slot(domain);

		if (count > TABLE_ENTRIES - index)
			count = TABLE_ENTRIES - index;
		if (!table || !domain_copy(frame, part) ||
		    !map(domain, part, table, index, count, offset, rights))
			return false;
		offset += count * ABI_PAGE_SIZE;
	}
	return true;
}

/* A frame, zeroed and mapped. Return: its contents, or NULL. */
static void *make_frame(struct domain *domain, uint64_t va, uint64_t bytes, uint8_t rights,
			struct cap_entry *to)
{
	struct cap_entry *frame = make(domain, ABI_CAP_FRAME, bytes, to);

	return frame && map_frame(domain, frame, va, rights) ? arch_window(frame->base) : NULL;
}

static bool load(struct domain *domain)
{
	struct elf64_segment s;

	for (uint32_t n = 0; elf64_segment(domain->elf, n, &s); n++) {
		uint64_t va = s.address & ~(uint64_t)(ABI_PAGE_SIZE - 1);
		uint64_t bytes = PAGE_UP(s.address + s.memory_bytes) - va;
		char *at = make_frame(domain, va, bytes,
				      ABI_CAP_READ | (s.flags & ELF64_WRITE ? ABI_CAP_WRITE : 0) |
					      (s.flags & ELF64_EXECUTE ? ABI_CAP_EXECUTE : 0),
				      keep_slot(domain));

		if (!at)
			return false;
		memcpy(at + (s.address - va), (const char *)domain->elf + s.offset, s.file_bytes);
		if (!domain->startup->program)
			domain->startup->program = va;
		domain->startup->program_bytes = va + bytes - domain->startup->program;
	}
	return true;
}

static void fill_startup(struct domain *domain)
{
	struct abi_startup *s = domain->startup;
	uint64_t length = base_strlen(domain->name, ABI_NAME_MAX);
	struct elf64_segment tls;

	s->revision = ABI_STARTUP_REVISION;
	s->bytes = (uint32_t)(sizeof(*s) + length + 1);
	s->node = boot_info->node;
	s->nodes = boot_info->nodes;
	s->domain = domain->number;
	s->argc = 1;
	s->argv = sizeof(*s);
	memcpy(s + 1, domain->name, length);
	s->phdr = elf64_headers(domain->elf, &s->phdr_count);
	s->entry = elf64_entry(domain->elf);
	s->tsc_khz = boot_info->tsc_khz;
	if (elf64_tls(domain->elf, &tls)) {
		s->tls = tls.address;
		s->tls_file_bytes = tls.file_bytes;
		s->tls_bytes = tls.memory_bytes;
		s->tls_align = tls.align;
	}
	s->seed[0] = arch_cycles() * 0x9e3779b97f4a7c15ull ^ boot_info->boot_tsc;
	s->seed[1] = (arch_cycles() ^ boot_info->apic_id) * 0xbf58476d1ce4e5b9ull;
	memcpy(s->partition, boot_info->partition, sizeof(s->partition));
}

static bool make_objects(struct domain *domain)
{
	struct cap_entry *object;

	domain->keep = make(domain, ABI_CAP_CNODE, (uint64_t)ABI_CAP_SLOT_BYTES << KEEP_BITS,
			    capability_own());
	domain->root = make(domain, ABI_CAP_CNODE,
			    (uint64_t)ABI_CAP_SLOT_BYTES << ABI_DOMAIN_ROOT_BITS, capability_own());
	if (!domain->keep || !domain->root ||
	    !domain_copy(domain->root, domain_slot(domain, ABI_SLOT_ROOT)))
		return false;
	object = make(domain, ABI_CAP_DISPATCHER, ABI_CAP_DISPATCHER_BYTES,
		      domain_slot(domain, ABI_SLOT_DISPATCHER));
	domain->pml4 = make(domain, ABI_CAP_PML4, ABI_PAGE_SIZE, domain_slot(domain, ABI_SLOT_PML4));
	if (!object || !domain->pml4 ||
	    !domain_retype(object, ABI_CAP_ENDPOINTS_AT, ABI_CAP_ENDPOINT, 0,
			   domain_slot(domain, ABI_SLOT_ENDPOINT)))
		return false;
	domain->dispatcher = dispatcher_of(object);
	domain->startup = make_frame(domain, ABI_DOMAIN_STARTUP, ABI_PAGE_SIZE, ABI_CAP_READ,
				     keep_slot(domain));
	return domain->startup &&
	       make_frame(domain, ABI_DOMAIN_STACK_END - ABI_DOMAIN_STACK_BYTES,
			  ABI_DOMAIN_STACK_BYTES, ABI_CAP_RW, keep_slot(domain)) &&
	       make_frame(domain, ABI_DOMAIN_CONTROL, ABI_DOMAIN_CONTROL_BYTES, ABI_CAP_RW,
			  domain_slot(domain, ABI_SLOT_CONTROL)) &&
	       load(domain);
}

static const char *set_up(struct domain *domain)
{
	struct abi_dispatcher_setup setup = { .frame_va = ABI_DOMAIN_CONTROL,
					      .domain = domain->number,
					      .flags = ABI_SETUP_PRINT };
	struct cap_entry *const from[] = { domain->root, domain->pml4,
					   domain_slot(domain, ABI_SLOT_CONTROL) };
	struct cap_entry *slots = dispatcher_slots(domain->dispatcher);
	struct abi_dispatcher *shared;

	base_strcopy(setup.name, domain->name, sizeof(setup.name));
	if (dispatcher_set_up(domain->dispatcher, &setup, &domain->params, from[1], from[2]))
		return "refused by the scheduler, or too many";
	for (unsigned int i = 0; i < 3; i++) {
		if (!domain_copy(from[i], &slots[DISPATCHER_ROOT + i]))
			return "out of memory";
		slots[DISPATCHER_ROOT + i].held = 1;
	}
	shared = domain->dispatcher->shared;
	shared->entry[ABI_UPCALL_RUN] = elf64_entry(domain->elf);
	shared->stack = ABI_DOMAIN_STACK_END;
	return NULL;
}

const char *domain_make(struct domain *domain)
{
	const struct elf64_file file = { domain->elf, domain->elf_bytes, domain->elf_bytes,
					 ABI_DOMAIN_PROGRAM, ABI_DOMAIN_PROGRAM_END };
	const char *error = elf64_check(&file);

	if (error)
		return error;
	if (!make_objects(domain))
		return "out of memory";
	fill_startup(domain);
	return set_up(domain);
}

const char *domain_give_ram(struct domain *domain, uint32_t slot, uint64_t bytes)
{
	uint64_t room = domain->ram->end - domain->ram->base - domain->ram_used;

	if (!bytes)
		bytes = room;
	if (!bytes || bytes > room || !make(domain, ABI_CAP_RAM, bytes, domain_slot(domain, slot)))
		return "out of memory";
	domain->startup->ram_bytes = bytes;
	return NULL;
}
