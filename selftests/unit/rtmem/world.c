// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include "world.h"

#define ROOT_AT 0ull
#define PML4_AT (64 * PAGE)
#define FOREIGN_AT (2 * LARGE)
#define RAM_AT (16ull << 20)

_Static_assert(MORE_AT >= FOREIGN_AT + FOREIGN_BYTES && MORE_AT + 3 * MORE_BYTES <= RAM_AT, "side by side");

#define TABLES (FAKE_BYTES / PAGE)
#define CHECK_EVERY 64

unsigned char *fake_ram;
uint32_t fake_disabled;
uint64_t world_failed;
char world_complaint[512];
void (*world_monitor)(void);
void (*world_meanwhile)(void);
unsigned int world_hints, world_waits, world_full;

static struct cap_space space;
static struct cap_entry own[1];
static uint64_t table_va[TABLES]; /* by page: where the table is hung in, and 1 */
static int memory_fd;
static uint64_t fail_in, calls;
static sigjmp_buf refused;
static volatile bool refusable;

/* ---- the machine ---- */

static uint64_t entry_span(uint32_t type)
{
	return type == ABI_CAP_PML4 ? 1ull << 39 : type == ABI_CAP_PDPT ? 1ull << 30 :
	       type == ABI_CAP_PD ? LARGE : PAGE;
}

static uint64_t entry_va(const struct cap_map *map)
{
	assert(table_va[map->table / PAGE] & 1);
	return (table_va[map->table / PAGE] & ~1ull) + map->index * entry_span(map->type);
}

void arch_cap_map(struct cap_space *s, const struct cap_map *map)
{
	uint64_t *entry = (uint64_t *)arch_window(map->table) + map->index;
	uint64_t va = entry_va(map);
	int prot = PROT_READ;

	(void)s;
	for (uint32_t i = 0; i < map->count; i++) {
		assert(!entry[i]);
		entry[i] = (map->pa + i * map->page) | 1;
	}
	if (!map->page) {
		table_va[map->pa / PAGE] = va | 1;
		return;
	}
	assert(!(map->rights & ABI_CAP_WRITE) || !(map->rights & ABI_CAP_EXECUTE));
	prot |= map->rights & ABI_CAP_WRITE ? PROT_WRITE : 0;
	prot |= map->rights & ABI_CAP_EXECUTE ? PROT_EXEC : 0;
	assert(mmap((void *)va, map->count * map->page, prot, MAP_SHARED | MAP_FIXED_NOREPLACE,
		    memory_fd, (off_t)map->pa) == (void *)va);
}

void arch_cap_unmap(struct cap_space *s, const struct cap_map *map)
{
	uint64_t *entry = (uint64_t *)arch_window(map->table) + map->index;

	(void)s;
	/* What is mapped by tables that are taken out goes, too. */
	assert(!munmap((void *)entry_va(map), map->count * entry_span(map->type)));
	for (uint32_t i = 0; i < map->count; i++) {
		assert(entry[i]);
		entry[i] = 0;
	}
}

void arch_cap_table_init(struct cap_space *s, uint32_t type, uint64_t pa)
{
	(void)s;
	(void)type;
	table_va[pa / PAGE] = 0;
}

void arch_cap_table_end(struct cap_space *s, uint32_t type, uint64_t pa)
{
	const uint64_t *entry = arch_window(pa);

	(void)s;
	(void)type;
	/* The library takes no table away that something is mapped by. */
	for (int i = 0; i < 512; i++)
		assert(!entry[i]);
	table_va[pa / PAGE] = 0;
}

void arch_cap_dispatcher_end(struct cap_space *s, uint64_t pa)
{
	(void)s;
	(void)pa;
}

/* ---- the system calls ---- */

static void check(void)
{
	const char *wrong = cap_check(&space, own, 1);

	if (wrong) {
		fprintf(stderr, "# %s\n", wrong);
		abort();
	}
}

static bool fails(uint64_t op)
{
	if (!fail_in || (op != ABI_CAP_DO_RETYPE && op != ABI_CAP_DO_COPY))
		return false;
	if (--fail_in)
		return false;
	world_failed++;
	return true;
}

void world_fail(uint64_t n)
{
	fail_in = n;
}

int64_t rt_invoke(uint64_t word, uint64_t from, uint64_t to, uint64_t via, uint64_t r8, uint64_t r9,
		  uint64_t *value)
{
	uint64_t args[6] = { word, from, to, via, r8, r9 }, second = 0;
	void (*meanwhile)(void) = world_meanwhile;
	int rc;

	if (meanwhile && !fake_disabled && (word & 0xff) == ABI_CAP_DO_IDENTIFY && r9 == ABI_INVOKE_BYTES) {
		world_meanwhile = NULL;
		meanwhile();
	}
	if (fails(word & 0xff))
		return -ABI_CAP_E_BUSY;
	do
		rc = cap_call(&space, &own[0], args, &second);
	while (rc == -ABI_CAP_E_AGAIN);
	while (cap_work(&space, 16) == -ABI_CAP_E_AGAIN)
		;
	if (++calls % CHECK_EVERY == 0)
		check();
	if (value)
		*value = second;
	return rc;
}

int64_t rt_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
		   uint64_t f, uint64_t *value)
{
	(void)d, (void)e, (void)f, (void)value;
	assert(number == ABI_SYSCALL_LMP && a == ABI_SLOT_MONITOR);
	assert(b == ABI_LMP_SEND_WORD(ABI_DOMAIN_ROOT_BITS, 1, 0, 0));
	assert(*(uint64_t *)c == ABI_LMP_STREAM);
	if (world_full) {
		world_full--;
		return -RT_EAGAIN;
	}
	world_hints++;
	if (world_monitor)
		world_monitor();
	return 0;
}

int64_t rt_print(const char *text, uint64_t bytes)
{
	assert(bytes < sizeof(world_complaint));
	memcpy(world_complaint, text, bytes);
	world_complaint[bytes] = 0;
	return 0;
}

void rt_exit(int64_t status)
{
	fprintf(stderr, "# exit %lld: %s\n", (long long)status, world_complaint);
	abort();
}

uint64_t rt_deadline_ns(uint64_t ns)
{
	return ns;
}

int rt_block_outside(struct rt_queue *queue, uint64_t deadline)
{
	(void)queue;
	assert(fake_disabled);
	if (deadline != RT_NEVER)
		return -RT_ETIMEDOUT;
	assert(++world_waits < 1000000 && world_monitor);
	world_monitor();
	return 0;
}

unsigned int rt_wake(struct rt_queue *queue, unsigned int count)
{
	(void)queue;
	(void)count;
	return 0;
}

/* ---- page faults ---- */

static void page_fault(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	uint64_t va = (uint64_t)info->si_addr, error = (uint64_t)uc->uc_mcontext.gregs[REG_ERR];

	(void)signal;
	error &= ABI_PAGE_FAULT_PRESENT | ABI_PAGE_FAULT_WRITE | ABI_PAGE_FAULT_FETCH;
	if (!rt_page_fault(va, error, (uint64_t)uc->uc_mcontext.gregs[REG_RIP]))
		return;
	if (refusable)
		siglongjmp(refused, 1);
	fprintf(stderr, "# %s\n", world_complaint);
	abort();
}

__attribute__((no_sanitize("address"))) bool touch(uint64_t va, bool write)
{
	volatile char *at = (volatile char *)va;
	bool served = false;

	refusable = true;
	if (!sigsetjmp(refused, 1)) {
		char was = *at;

		if (write)
			*at = was;
		served = true;
	}
	refusable = false;
	return served;
}

void world_faults(void)
{
	struct sigaction action = { .sa_sigaction = page_fault, .sa_flags = SA_SIGINFO };

	assert(!sigaction(SIGSEGV, &action, NULL));
}

/* ---- the domain ---- */

static struct cap_entry *root_slot(uint32_t number)
{
	struct cap_slot found;

	assert(!cap_slot_find(&own[0], number, ABI_DOMAIN_ROOT_BITS, &found));
	return found.at;
}

static void create(uint32_t slot, uint32_t type, uint64_t base, uint64_t bytes)
{
	assert(!cap_create(&space, root_slot(slot), type, base, bytes, cap_types[type].rights, 0));
}

void world_begin(uint64_t ram_bytes)
{
	struct abi_cap_at ram = { .address = ABI_SLOT_RAM, .depth = ABI_DOMAIN_ROOT_BITS };
	uint64_t root_bytes = (uint64_t)ABI_CAP_SLOT_BYTES << ABI_DOMAIN_ROOT_BITS;

	memory_fd = memfd_create("memory", 0);
	assert(memory_fd >= 0 && !ftruncate(memory_fd, FAKE_BYTES));
	fake_ram = mmap(NULL, FAKE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	assert(fake_ram != MAP_FAILED && ram_bytes <= FAKE_BYTES - RAM_AT);
	memset(fake_ram + RAM_AT, 0x5a, ram_bytes); /* what others left there */
	cap_init(&space);
	assert(!cap_create(&space, &own[0], ABI_CAP_CNODE, ROOT_AT, root_bytes,
			   cap_types[ABI_CAP_CNODE].rights, 0));
	create(ABI_SLOT_ROOT, ABI_CAP_CNODE, ROOT_AT, root_bytes);
	create(ABI_SLOT_PML4, ABI_CAP_PML4, PML4_AT, PAGE);
	create(ABI_SLOT_RAM, ABI_CAP_RAM, RAM_AT, ram_bytes);
	create(SLOT_FOREIGN, ABI_CAP_FRAME, FOREIGN_AT, FOREIGN_BYTES);
	create(SLOT_MORE, ABI_CAP_RAM, MORE_AT, MORE_BYTES);
	create(SLOT_MORE + 1, ABI_CAP_RAM, MORE_AT + MORE_BYTES, MORE_BYTES);
	create(SLOT_MORE + 2, ABI_CAP_RAM, MORE_AT + 2 * MORE_BYTES, MORE_BYTES);
	table_va[PML4_AT / PAGE] = 1;
	world_faults();
	assert(!rt_vspace_init(&ram, 1));
	check();
}

/* Page tables against the host's mappings: walk both levels that may hold pages. */
static void walk(uint64_t pa, uint32_t type, uint64_t va, uint64_t *pages)
{
	const uint64_t *entry = arch_window(pa);

	for (uint64_t i = 0; i < 512; i++) {
		uint64_t at = va + i * entry_span(type), to = entry[i] & ~(PAGE - 1);

		if (!entry[i])
			continue;
		if (type != ABI_CAP_PT && table_va[to / PAGE] == (at | 1))
			walk(to, type + 1, at, pages);
		else
			*pages += entry_span(type) / PAGE;
	}
}

void world_sound(void)
{
	struct rt_vspace_counts counts;
	uint64_t pages = 0, notes = 0;

	check();
	rt_vspace_count(&counts);
	walk(PML4_AT, ABI_CAP_PML4, 0, &pages);
	/* The library's own notes are in the first GiB. */
	for (uint64_t va = RT_VSPACE_META; va < RT_VSPACE_BASE; va += PAGE) {
		unsigned char in;

		if (mincore((void *)va, PAGE, &in))
			break;
		notes++;
	}
	assert(pages >= notes && pages - notes <= counts.present_bytes / PAGE);
}

struct ledger world_ledger(void)
{
	struct rt_vspace_counts counts;
	struct ledger l = { .ram_free = rt_ram_free_bytes(), .slots = rt_slots_used() };

	rt_vspace_count(&counts);
	l.areas = counts.areas;
	l.promised = counts.promised_bytes;
	for (unsigned int i = 0; i < ABI_CAP_TYPE_COUNT; i++)
		l.caps += space.count[i];
	return l;
}

void assert_same_ledger(const struct ledger *before)
{
	struct ledger now = world_ledger();

	assert_int_equal(now.ram_free, before->ram_free);
	assert_int_equal(now.slots, before->slots);
	assert_int_equal(now.caps, before->caps);
	assert_int_equal(now.areas, before->areas);
	assert_int_equal(now.promised, before->promised);
}
