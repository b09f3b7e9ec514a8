// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdio.h>

#include <abi/boot.h>
#include <cap_agree.h>
#include <cap_slot.h>
#include <cap_type.h>

#include <caps.h>
#include <turn.h>

#include "../cap/fake.h"
#include "core.h"

#define PROGRAMS 64u
#define CORE_OWN (300 * PAGE)
#define CONTROL_AT (256 * PAGE)

int core_refuse_setup, core_bound, core_unbound, core_closed;
bool core_may_fail;
int core_failed;
unsigned int core_bells;
uint64_t core_closed_channels, core_until;
static struct program programs[PROGRAMS];
static struct abi_startup startup;
static uint64_t control, notice_number, clock_cycles;
static struct urpc_chan links[ABI_CHANNEL_NUMBERS];

void core_sound(void)
{
	sound();
}

uint64_t core_caps(void)
{
	uint64_t caps = 0;

	for (uint32_t i = 0; i < ABI_CAP_TYPE_COUNT; i++)
		caps += space.count[i];
	return caps;
}

/* ---- system calls ---- */

int64_t mon_invoke(uint64_t word, uint64_t from, uint64_t to, uint64_t via, uint64_t r8, uint64_t r9,
		   uint64_t *value)
{
	const uint64_t args[6] = { word, from, to, via, r8, r9 };
	uint64_t ignored;
	int rc;

	do {
		rc = cap_call(&space, &own[0], args, value ? value : &ignored);
		if (rc == -ABI_CAP_E_AGAIN)
			cap_work(&space, 8);
	} while (rc == -ABI_CAP_E_AGAIN);
	drain();
	return rc;
}

static struct cap_entry *find(struct abi_cap_at at, uint32_t type)
{
	struct cap_slot found;

	if (cap_slot_find(&own[0], at.address, at.depth, &found) || found.at->type != type)
		return NULL;
	return found.at;
}

static struct program *program_at(uint64_t dispatcher)
{
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		if (programs[i].setup.domain && programs[i].dispatcher == dispatcher)
			return &programs[i];
	}
	return NULL;
}

/* The CPU driver keeps copies of capabilities; here it is enough to know what they were for. */
static int64_t setup(uint64_t dispatcher, const struct abi_dispatcher_setup *s)
{
	struct cap_entry *root = find(s->cnode, ABI_CAP_CNODE), *pml4 = find(s->pml4, ABI_CAP_PML4);
	struct cap_entry *frame = find(s->frame, ABI_CAP_FRAME);
	struct program *p = programs;

	assert_non_null(root);
	assert_non_null(pml4);
	assert_non_null(frame);
	assert_int_equal(frame->end - frame->base, ABI_DOMAIN_CONTROL_BYTES);
	assert_non_null(find(s->notices, ABI_CAP_ENDPOINT));
	if (core_refuse_setup)
		return -(ABI_OBJECT_ERRNO + core_refuse_setup);
	/* One that was there before is gone, or its memory would not be free. */
	while (p->setup.domain && p->dispatcher != dispatcher)
		p++;
	*p = (struct program){ .setup = *s, .dispatcher = dispatcher, .root = root->base,
			       .pml4 = pml4->base };
	return 0;
}

static int64_t dispatcher_call(uint32_t op, uint64_t dispatcher, uint64_t arg)
{
	struct program *p = program_at(dispatcher);

	if (op == ABI_DISPATCHER_SETUP)
		return setup(dispatcher, (void *)(uintptr_t)arg);
	if (!p)
		return -(ABI_OBJECT_ERRNO + 22);
	if (op == ABI_DISPATCHER_RUN)
		p->status.state = ABI_DISPATCHER_RUNNABLE;
	else if (op == ABI_DISPATCHER_STOP && p->status.state < ABI_DISPATCHER_EXITED)
		p->status.state = ABI_DISPATCHER_STOPPED;
	else if (op == ABI_DISPATCHER_STATUS)
		memcpy((void *)(uintptr_t)arg, &p->status, sizeof(p->status));
	return 0;
}

static int64_t kernel_call(uint32_t op, const uint64_t arg[3], uint64_t *value)
{
	switch (op) {
	case ABI_KERNEL_SERVE:
		return 0;
	case ABI_KERNEL_BOUND:
		core_bound = (int)arg[1];
		return 0;
	case ABI_KERNEL_UNBOUND:
		core_unbound = 0;
		return 0;
	case ABI_KERNEL_CLOSED:
		core_closed = (int)arg[1];
		if (arg[0] < 64)
			core_closed_channels |= 1ull << arg[0];
		return 0;
	case ABI_KERNEL_COUNT:
		*value = arg[0] == ABI_KERNEL_COUNT_CAPS ? core_caps() : 0;
		return 0;
	}
	return -ABI_CAP_E_OPERATION;
}

int64_t mon_object(uint32_t op, struct abi_cap_at object, const uint64_t arg[3], uint64_t *value)
{
	struct cap_slot found;

	if (cap_slot_find(&own[0], object.address, object.depth, &found))
		return -ABI_CAP_E_ADDRESS;
	switch (found.at->type) {
	case ABI_CAP_DISPATCHER:
		return dispatcher_call(op, found.at->base, arg[0]);
	case ABI_CAP_KERNEL:
		return kernel_call(op, arg, value);
	case ABI_CAP_ENDPOINT:
		return op == ABI_ENDPOINT_BUFFER ? 0 : -ABI_CAP_E_OPERATION;
	case ABI_CAP_URPC:
		assert_int_equal(found.at->end - found.at->base, 1);
		core_bells += op == ABI_URPC_NOTIFY;
		return 0;
	}
	return found.at->type ? -ABI_CAP_E_TYPE : -ABI_CAP_E_EMPTY;
}

static int settled(int rc)
{
	if (rc == -ABI_CAP_E_AGAIN || rc == -ABI_CAP_E_BUSY) {
		cap_work(&space, 8);
		return -(ABI_OBJECT_ERRNO + 11);
	}
	return rc;
}

/* As core/agreed.c of the CPU driver, which the tests without Linux try. */
int64_t mon_kernel(uint32_t op, const uint64_t arg[4], uint64_t *value)
{
	static struct cap_entry drop;
	const struct cap_range o = { arg[0] & ~(PAGE - 1), arg[1], arg[0] & (PAGE - 1) };
	struct cap_slot to;

	switch (op) {
	case ABI_KERNEL_CAP_RELATIONS:
		*value = cap_agree_relations(&space, &o);
		return 0;
	case ABI_KERNEL_CAP_FREE:
		return settled(cap_agree_retype(&space, &o, arg[2], arg[3]));
	case ABI_KERNEL_CAP_STATE:
		return settled(cap_agree_state(&space, &o, (uint8_t)arg[2], (uint8_t)arg[3]));
	case ABI_KERNEL_CAP_MARK:
		return settled(cap_agree_mark(&space, &o));
	case ABI_KERNEL_CAP_DROP:
		return settled(cap_agree_drop(&space, &drop, &o));
	case ABI_KERNEL_FAULT:
		if (!core_may_fail || !arg[0])
			return -(ABI_OBJECT_ERRNO + (core_may_fail ? MON_EINVAL : 1));
		core_failed = (int)arg[0];
		return 0;
	case ABI_KERNEL_CAP_CREATE:
		return settled(cap_slot_find(&own[0], arg[2], (uint8_t)arg[3], &to) ? -ABI_CAP_E_ADDRESS :
			       cap_create(&space, to.at, o.type, o.base, o.bytes, (uint8_t)(arg[3] >> 8),
					  CAP_FOREIGN | CAP_REMOTE));
	case ABI_KERNEL_CAP_AGREED:
		return settled(cap_call_agreed(&space, &own[0], (const uint64_t *)(uintptr_t)arg[0]));
	default:
		return -ABI_CAP_E_OPERATION;
	}
}

int core_invoke(const struct program *p, const uint64_t word[6])
{
	const struct cap_entry root = { .type = ABI_CAP_CNODE, .base = p->root, .rights = ABI_CAP_RW,
					.end = p->root + (ABI_CAP_SLOT_BYTES << ABI_DOMAIN_ROOT_BITS) };
	uint64_t ignored;
	int rc;

	do {
		rc = cap_call(&space, &root, word, &ignored);
		if (rc == -ABI_CAP_E_AGAIN)
			cap_work(&space, 8);
	} while (rc == -ABI_CAP_E_AGAIN);
	return rc;
}

int64_t mon_lmp(struct abi_cap_at endpoint, uint64_t word)
{
	struct cap_entry *e = find(endpoint, ABI_CAP_ENDPOINT);
	struct program *p;

	assert_non_null(e);
	assert_int_equal(word, ABI_LMP_STREAM);
	p = program_at(e->base - ABI_CAP_ENDPOINTS_AT);
	if (p)
		p->told++;
	return 0;
}

uint64_t mon_cycles(void)
{
	return ++clock_cycles;
}

void core_pass(uint64_t cycles)
{
	clock_cycles += cycles;
	core_turn();
}

void mon_print(const char *format, ...)
{
	va_list args;

	if (!getenv("VERBOSE"))
		return;
	va_start(args, format);
	vprint_message(format, args);
	va_end(args);
}

/* ---- memory ---- */

/* The entry for an address; 0: none. Only what PTE_PRESENT of the fake machine has. */
static uint64_t walk(uint64_t table, uint64_t address)
{
	uint64_t entry = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		entry = pte(table, address >> shift & 511);
		if (!(entry & PTE_PRESENT) || (entry & PTE_LEAF))
			break;
		table = entry & PTE_ADDRESS;
	}
	return entry & PTE_LEAF ? entry : 0;
}

static uint64_t own_pml4(void)
{
	return find(caps_root(ABI_SLOT_PML4), ABI_CAP_PML4)->base;
}

/* Every page that the monitor touches is mapped, and one behind the other in memory. */
void *mon_memory(uint64_t address, uint64_t bytes)
{
	uint64_t pml4 = own_pml4(), first, page = address & ~(PAGE - 1);

	if (address == ABI_DOMAIN_STARTUP)
		return &startup;
	if (address >= ABI_DOMAIN_CONTROL && address < ABI_DOMAIN_CONTROL + ABI_DOMAIN_CONTROL_BYTES)
		return arch_window(control + (address - ABI_DOMAIN_CONTROL));
	first = walk(pml4, page) & PTE_ADDRESS;
	for (uint64_t at = page; at < address + bytes; at += PAGE) {
		assert_true(walk(pml4, at) & PTE_PRESENT);
		assert_int_equal(walk(pml4, at) & PTE_ADDRESS, first + (at - page));
	}
	return arch_window(first + (address - page));
}

/* ---- start ---- */

static struct cap_slot root_slot(uint32_t n)
{
	struct cap_slot found;

	assert_int_equal(cap_slot_find(&own[0], n, ABI_DOMAIN_ROOT_BITS, &found), 0);
	return found;
}

static void make(uint32_t slot, uint32_t type, uint64_t offset, uint64_t bytes)
{
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .to = root_slot(slot), .type = type,
			     .offset = offset, .bytes = bytes, .count = 1,
			     .from = { .at = &own[1], .rights = ABI_CAP_RIGHTS } };

	assert_int_equal(finish(&op), 0);
}

static void bring(uint32_t slot, uint32_t type, uint64_t base, uint64_t bytes)
{
	assert_int_equal(cap_create(&space, root_slot(slot).at, type, base, bytes,
				    cap_types[type].rights, 0), 0);
}

/* As the CPU driver does: what the monitor is made of is not in the memory that it is given. */
static void monitor_domain(void)
{
	const uint64_t root_bytes = (uint64_t)ABI_CAP_SLOT_BYTES << ABI_DOMAIN_ROOT_BITS;
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .type = ABI_CAP_CNODE, .bytes = root_bytes,
			     .count = 1 };

	assert_int_equal(cap_create(&space, &own[1], ABI_CAP_RAM, 0, CORE_RAM, ABI_CAP_RIGHTS, 0), 0);
	op.from = (struct cap_slot){ .at = &own[1], .rights = ABI_CAP_RIGHTS };
	op.to = (struct cap_slot){ .at = &own[0], .rights = ABI_CAP_RIGHTS };
	assert_int_equal(finish(&op), 0);
	make(ABI_SLOT_EXTENTS, ABI_CAP_RAM, CORE_OWN, CORE_RAM - CORE_OWN);
	make(ABI_SLOT_DISPATCHER, ABI_CAP_DISPATCHER, root_bytes, ABI_CAP_DISPATCHER_BYTES);
	make(ABI_SLOT_PML4, ABI_CAP_PML4, 64 * PAGE, PAGE);
	control = CONTROL_AT;
	make(ABI_SLOT_CONTROL, ABI_CAP_FRAME, control, ABI_DOMAIN_CONTROL_BYTES);
	op = (struct cap_op){ .kind = ABI_CAP_DO_RETYPE, .from = root_slot(ABI_SLOT_DISPATCHER),
			      .to = root_slot(ABI_SLOT_ENDPOINT), .type = ABI_CAP_ENDPOINT,
			      .offset = ABI_CAP_ENDPOINTS_AT, .bytes = ABI_CAP_ENDPOINT_BYTES, .count = 1 };
	assert_int_equal(finish(&op), 0);
	bring(ABI_SLOT_EXTENTS + 1, ABI_CAP_FRAME, CORE_SHARED, CORE_SHARED_BYTES);
	bring(ABI_SLOT_KERNEL, ABI_CAP_KERNEL, 0, 1);
	bring(ABI_SLOT_URPC, ABI_CAP_URPC, 0, ABI_CHANNEL_NUMBERS);
	bring(ABI_SLOT_DOMAIN, ABI_CAP_DOMAIN, 0, 1ull << 32);
}

void core_turn(void)
{
	for (unsigned int i = 0; !turn(&core_until); i++)
		assert_true(i < 1000);
}

void core_start(void)
{
	fake_reset();
	memset(programs, 0, sizeof(programs));
	core_refuse_setup = 0;
	core_bells = 0;
	notice_number = 0;
	core_until = UINT64_MAX;
	monitor_domain();
	startup = (struct abi_startup){ .revision = ABI_STARTUP_REVISION, .node = 2, .nodes = 4,
					.tsc_khz = 1000000, .partition = "part" };
	startup.extents[0] = (struct abi_startup_extent){ CORE_OWN, CORE_RAM - CORE_OWN,
								ABI_EXTENT_RAM, 0 };
	startup.extents[1] = (struct abi_startup_extent){ CORE_SHARED, CORE_SHARED_BYTES,
								ABI_EXTENT_SHARED, 0 };
	monitor_reset();
	core_turn();
	core_sound();
}

/* ---- notices ---- */

static void notice(uint32_t kind, const uint64_t *word, uint32_t words)
{
	struct abi_lmp_buffer *b = arch_window(control + ABI_LMP_FIRST_OFFSET);
	struct abi_lmp_record *r = &b->record[notice_number % ABI_LMP_FIRST_RECORDS];

	assert_true(notice_number - b->taken < ABI_LMP_FIRST_RECORDS);
	r->badge = ABI_LMP_KERNEL;
	r->kind = kind;
	r->words = (uint16_t)words;
	memcpy(r->word, word, words * sizeof(*word));
	r->number = ++notice_number;
}

struct urpc_chan *core_bind(uint32_t channel, uint32_t service, uint32_t slots)
{
	uint64_t at = CORE_SHARED + channel % 64 * (1ull << 16), bytes = urpc_ring_bytes(slots & 8191);
	const uint64_t word[6] = { channel, service, slots, at, at + (1 << 15),
				   service == ABI_SERVICE_MONITOR ? channel - ABI_CHANNEL_MONITOR(0) : 0 };

	if (bytes > 1 << 15)
		bytes = 1 << 15;
	memset(arch_window(at), 0, 1 << 16);
	core_bound = core_unbound = core_closed = -1;
	notice(ABI_LMP_BIND, word, 6);
	core_turn();
	if (core_bound)
		return NULL;
	assert_int_equal(urpc_chan_init(&links[channel], arch_window(word[4]), arch_window(word[3]), slots), 0);
	return &links[channel];
}

void core_unbind(uint32_t channel)
{
	const uint64_t word[1] = { channel };

	notice(ABI_LMP_UNBIND, word, 1);
	core_turn();
}

/* ---- programs ---- */

/* A dispatcher whose capability is gone is no more. */
struct program *core_program(uint32_t domain)
{
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		struct cap_key key = { .base = programs[i].dispatcher,
				       .end = programs[i].dispatcher + ABI_CAP_DISPATCHER_BYTES,
				       .type = ABI_CAP_DISPATCHER, .space = ABI_CAP_SPACE_MEMORY };

		if (!domain || programs[i].setup.domain != domain)
			continue;
		if (cap_mdb_find(&space, &key))
			return &programs[i];
		programs[i].setup.domain = 0;
	}
	return NULL;
}

void *core_at(const struct program *p, uint64_t address, uint8_t rights)
{
	uint64_t entry = walk(p->pml4, address);

	if (!(entry & PTE_PRESENT) || ((rights & ABI_CAP_WRITE) && !(entry & PTE_WRITE)) ||
	    ((rights & ABI_CAP_EXECUTE) && !(entry & PTE_EXECUTE)))
		return NULL;
	return arch_window((entry & PTE_ADDRESS) + address % PAGE);
}

struct abi_stream *core_stream(const struct program *p)
{
	return core_at(p, ABI_DOMAIN_STREAM, ABI_CAP_RW);
}

uint32_t core_write(const struct program *p, uint32_t which, const void *from, uint32_t bytes)
{
	struct abi_stream *s = core_stream(p);
	struct abi_stream_ring *r = &s->ring[which];
	uint32_t n = 0;

	for (; n < bytes && r->written - r->taken < ABI_STREAM_RING; n++)
		s->bytes[which][r->written++ % ABI_STREAM_RING] = ((const uint8_t *)from)[n];
	return n;
}

uint32_t core_read(const struct program *p, void *to, uint32_t room)
{
	struct abi_stream *s = core_stream(p);
	struct abi_stream_ring *r = &s->ring[ABI_STREAM_INPUT];
	uint32_t n = 0;

	for (; n < room && r->taken != r->written; n++)
		((uint8_t *)to)[n] = s->bytes[ABI_STREAM_INPUT][r->taken++ % ABI_STREAM_RING];
	return n;
}

void core_ended(struct program *p, enum abi_dispatcher_state state, int64_t status)
{
	const uint64_t word[1] = { p->setup.domain };

	p->status.state = state;
	p->status.status = status;
	notice(ABI_LMP_DIED, word, 1);
	core_turn();
}

struct abi_cap_info core_cap(const struct program *p, uint32_t slot)
{
	const struct cap_entry *e = (const struct cap_entry *)arch_window(p->root) + slot;

	return (struct abi_cap_info){ .base = e->base, .bytes = e->end - e->base, .badge = e->badge,
				      .type = e->type, .rights = e->rights };
}

/* ---- Linux ---- */

void send_to(struct urpc_chan *c, uint16_t type, const void *data, size_t bytes)
{
	while (urpc_send_long(c, type, data, bytes))
		core_turn();
	core_turn();
}

bool take(struct urpc_chan *c, struct message *m)
{
	int rc = urpc_recv_long(c, &m->type, m->data, sizeof(m->data), &m->bytes);

	assert_true(!rc || rc == -URPC_EAGAIN);
	core_turn();
	return !rc;
}

void elf_make(struct elf *elf)
{
	memset(elf, 0, sizeof(*elf));
	for (size_t i = 0; i < sizeof(elf->rest); i++)
		elf->rest[i] = (unsigned char)(i * 7 + i / 256);
	memcpy(elf->header.e_ident, "\177ELF\2\1\1", 7);
	elf->header.e_type = ET_EXEC;
	elf->header.e_machine = EM_X86_64;
	elf->header.e_entry = 0x401010;
	elf->header.e_phoff = sizeof(Elf64_Ehdr);
	elf->header.e_phentsize = sizeof(Elf64_Phdr);
	elf->header.e_phnum = 5;
	elf->segment[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = 0x400000,
					.p_filesz = 0x400, .p_memsz = 0x400 };
	elf->segment[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x401000,
					.p_offset = 0x1000, .p_filesz = 0x1800, .p_memsz = 0x1800 };
	elf->segment[2] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
					.p_vaddr = 0x5ff234, .p_offset = 0x3234, .p_filesz = 0x1000,
					.p_memsz = 0x3000 };
	elf->segment[3] = (Elf64_Phdr){ .p_type = PT_TLS, .p_flags = PF_R, .p_vaddr = 0x5ff240,
					.p_filesz = 16, .p_memsz = 64, .p_align = 16 };
	elf->segment[4] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W };
}

void spawn(struct urpc_chan *c, struct abi_spawn_start *start, const void *file, size_t bytes)
{
	static const char strings[] = "/bin/prog\0two\0NAME=value";
	uint8_t out[sizeof(*start) + sizeof(strings)];
	size_t most = urpc_long_max(c->slots);

	start->argc = 2;
	start->environ_count = 1;
	if (!start->elf_bytes)
		start->elf_bytes = bytes;
	memcpy(out, start, sizeof(*start));
	memcpy(out + sizeof(*start), strings, sizeof(strings));
	send_to(c, ABI_SPAWN_START, out, sizeof(out));
	for (size_t at = 0; at < bytes; at += most)
		send_to(c, ABI_SPAWN_DATA, (const char *)file + at, bytes - at < most ? bytes - at : most);
}

uint32_t spawn_sized(struct urpc_chan *c, uint64_t ram)
{
	struct abi_spawn_start start = { .ram_bytes = ram };
	struct abi_spawn_started started;
	struct message m;
	struct elf elf;

	elf_make(&elf);
	spawn(c, &start, &elf, sizeof(elf));
	assert_true(take(c, &m));
	if (m.type == ABI_SPAWN_REFUSED)
		print_message("refused: %.*s\n", (int)m.bytes - 8, m.data + 8);
	assert_int_equal(m.type, ABI_SPAWN_STARTED);
	memcpy(&started, m.data, sizeof(started));
	return started.domain;
}

uint32_t spawn_good(struct urpc_chan *c)
{
	return spawn_sized(c, 0);
}
