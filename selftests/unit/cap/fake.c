// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

unsigned char fake_ram[FAKE_BYTES] __attribute__((aligned(4096)));
struct cap_space space;
struct cap_entry own[OWN];
unsigned int fake_maps, fake_unmaps, fake_table_ends, fake_dispatcher_ends;

void fake_reset(void)
{
	memset(fake_ram, 0x5a, sizeof(fake_ram));
	cap_init(&space);
	memset(own, 0, sizeof(own));
	fake_maps = 0;
	fake_unmaps = 0;
	fake_table_ends = 0;
	fake_dispatcher_ends = 0;
}

void arch_cap_map(struct cap_space *s, const struct cap_map *map)
{
	uint64_t *entry = (uint64_t *)arch_window(map->table) + map->index;

	(void)s;
	fake_maps++;
	assert(map->table + ABI_PAGE_SIZE <= FAKE_BYTES && map->index + map->count <= 512);
	for (uint32_t i = 0; i < map->count; i++) {
		assert(!entry[i]);
		entry[i] = (map->pa + i * map->page) | PTE_PRESENT |
			   (map->rights & ABI_CAP_WRITE ? PTE_WRITE : 0) |
			   (map->rights & ABI_CAP_EXECUTE ? PTE_EXECUTE : 0) |
			   (map->page ? PTE_LEAF : 0) |
			   (map->what == ABI_CAP_DEVFRAME ? PTE_UNCACHED : 0);
	}
}

void arch_cap_unmap(struct cap_space *s, const struct cap_map *map)
{
	uint64_t *entry = (uint64_t *)arch_window(map->table) + map->index;

	(void)s;
	fake_unmaps++;
	assert(cap_is(map->type, ABI_CAP_IS_TABLE));
	for (uint32_t i = 0; i < map->count; i++) {
		assert(entry[i] & PTE_PRESENT);
		entry[i] = 0;
	}
}

void arch_cap_table_init(struct cap_space *s, uint32_t type, uint64_t pa)
{
	uint64_t *entry = arch_window(pa);

	(void)s;
	for (uint32_t i = 0; i < 512; i++) {
		assert(!entry[i]);
		if (type == ABI_CAP_PML4 && i >= 256)
			entry[i] = PTE_KERNEL;
	}
}

void arch_cap_table_end(struct cap_space *s, uint32_t type, uint64_t pa)
{
	(void)s;
	(void)pa;
	assert(cap_is(type, ABI_CAP_IS_TABLE));
	fake_table_ends++;
}

void arch_cap_dispatcher_end(struct cap_space *s, uint64_t pa)
{
	(void)s;
	(void)pa;
	fake_dispatcher_ends++;
}

int finish(struct cap_op *op)
{
	for (unsigned int i = 0; i < 1000000; i++) {
		int rc = cap_decode(&space, op);

		if (!rc)
			rc = cap_invoke(&space, op);
		if (rc != -ABI_CAP_E_AGAIN)
			return rc;
		rc = cap_work(&space, 3);
		if (rc == -ABI_CAP_E_BUSY)
			return rc;
	}
	assert(!"an operation does not end");
	return 0;
}

void drain(void)
{
	for (unsigned int i = 0; i < 1000000; i++) {
		if (cap_work(&space, 16) != -ABI_CAP_E_AGAIN)
			return;
	}
	assert(!"the work does not end");
}

void sound(void)
{
	const char *wrong = cap_check(&space, own, OWN);

	if (wrong) {
		fprintf(stderr, "# %s\n", wrong);
		abort();
	}
}

int done(struct cap_op *op)
{
	int rc = finish(op);

	sound();
	drain();
	sound();
	return rc;
}

void world(void)
{
	fake_reset();
	memset(arch_window(ROOT_AT), 0, ABI_CAP_SLOT_BYTES << ROOT_BITS);
	assert(!cap_create(&space, &own[0], ABI_CAP_CNODE, ROOT_AT, ABI_CAP_SLOT_BYTES << ROOT_BITS,
			   cap_types[ABI_CAP_CNODE].rights, 0));
	assert(!cap_create(&space, at(RAM), ABI_CAP_RAM, 0, RAM_BYTES, ABI_CAP_RIGHTS, 0));
	assert(!cap_create(&space, at(DEVICES), ABI_CAP_PHYSADDR, DEVICES_AT, 1ull << 32,
			   ABI_CAP_RIGHTS, 0));
	assert(!cap_create(&space, at(VECTORS), ABI_CAP_IRQ, 32, 32, cap_types[ABI_CAP_IRQ].rights,
			   0));
	sound();
}

struct cap_slot slot(uint32_t number)
{
	struct cap_slot found;

	assert(!cap_slot_find(&own[0], number, ROOT_BITS, &found));
	return found;
}

struct cap_entry *at(uint32_t number)
{
	return slot(number).at;
}

int copy(uint32_t from, uint32_t to)
{
	struct cap_op op = { .kind = ABI_CAP_DO_COPY, .from = slot(from), .to = slot(to) };

	return done(&op);
}

int mint(uint32_t from, uint32_t to, uint8_t rights, uint64_t badge)
{
	struct cap_op op = { .kind = ABI_CAP_DO_MINT, .from = slot(from), .to = slot(to),
			     .rights = rights, .badge = badge };

	return done(&op);
}

int move(uint32_t from, uint32_t to)
{
	struct cap_op op = { .kind = ABI_CAP_DO_MOVE, .from = slot(from), .to = slot(to) };

	return done(&op);
}

int retype(uint32_t from, uint32_t to, uint32_t type, uint64_t offset, uint64_t bytes,
	   uint64_t count)
{
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .from = slot(from), .to = slot(to),
			     .type = type, .offset = offset, .bytes = bytes, .count = count };

	return done(&op);
}

int map_some(uint32_t from, uint64_t offset, uint32_t table, uint64_t index, uint64_t count,
	     uint32_t to, uint8_t rights)
{
	struct cap_op op = { .kind = ABI_CAP_DO_MAP, .from = slot(from), .to = slot(to),
			     .table = slot(table), .offset = offset, .index = index,
			     .count = count, .rights = rights };

	return done(&op);
}

int map(uint32_t from, uint32_t table, uint64_t index, uint32_t to, uint8_t rights)
{
	return map_some(from, 0, table, index, 1, to, rights);
}

int delete(uint32_t number)
{
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE, .from = slot(number) };

	return done(&op);
}

int revoke(uint32_t number)
{
	struct cap_op op = { .kind = ABI_CAP_DO_REVOKE, .from = slot(number) };

	return done(&op);
}
