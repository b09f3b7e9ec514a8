// SPDX-License-Identifier: GPL-2.0-only
/* A program's life: what it is made of, its streams, its end, and that nothing stays behind. */
#include "core.h"

static int fresh(void **state)
{
	(void)state;
	core_start();
	return 0;
}

static struct abi_spawn_counts counts_of(struct urpc_chan *c)
{
	const struct abi_spawn_ask ask = { .tag = 77 };
	struct abi_spawn_counts counts;
	struct message m;

	send_to(c, ABI_SPAWN_LIST, &ask, sizeof(ask));
	do {
		assert_true(take(c, &m));
	} while (m.type == ABI_SPAWN_ENTRY || m.type == ABI_SPAWN_OUTPUT);
	assert_int_equal(m.type, ABI_SPAWN_COUNTS);
	assert_int_equal(m.bytes, sizeof(counts));
	memcpy(&counts, m.data, sizeof(counts));
	assert_int_equal(counts.tag, 77);
	return counts;
}

static struct abi_spawn_exited exited(struct urpc_chan *c, const char *why)
{
	struct abi_spawn_exited e;
	struct message m;

	assert_true(take(c, &m));
	assert_int_equal(m.type, ABI_SPAWN_EXITED);
	memcpy(&e, m.data, sizeof(e));
	m.data[m.bytes] = 0;
	if (!why)
		assert_int_equal(m.bytes, sizeof(e));
	else if (!strstr((char *)m.data + sizeof(e), why))
		fail_msg("'%s' instead of '%s'", (char *)m.data + sizeof(e), why);
	return e;
}

/* ---- what it finds ---- */

static void check_bytes(const struct program *p, const struct elf *elf, const Elf64_Phdr *s, uint8_t rights,
			uint8_t not)
{
	for (uint64_t i = 0; i < s->p_memsz; i++) {
		const uint8_t *byte = core_at(p, s->p_vaddr + i, rights);

		assert_non_null(byte);
		assert_null(core_at(p, s->p_vaddr + i, not));
		assert_int_equal(*byte, i < s->p_filesz ? ((const uint8_t *)elf)[s->p_offset + i] : 0);
	}
}

static void test_segments(void **state)
{
	struct urpc_chan *c = core_bind(3, ABI_SERVICE_SPAWN, 256);
	struct program *p;
	struct elf elf;

	(void)state;
	elf_make(&elf);
	p = core_program(spawn_good(c));
	assert_non_null(p);
	assert_int_equal(p->status.state, ABI_DISPATCHER_RUNNABLE);
	check_bytes(p, &elf, &elf.segment[0], ABI_CAP_READ, ABI_CAP_WRITE);
	check_bytes(p, &elf, &elf.segment[0], ABI_CAP_READ, ABI_CAP_EXECUTE);
	check_bytes(p, &elf, &elf.segment[1], ABI_CAP_EXECUTE, ABI_CAP_WRITE);
	check_bytes(p, &elf, &elf.segment[2], ABI_CAP_WRITE, ABI_CAP_EXECUTE);
	/* Around them there is nothing, and what shares the last page is zero. */
	assert_null(core_at(p, 0x3fffff, ABI_CAP_READ));
	assert_int_equal(*(uint8_t *)core_at(p, 0x400400, ABI_CAP_READ), 0);
	assert_null(core_at(p, 0x403000, ABI_CAP_READ));
	assert_null(core_at(p, 0x603000, ABI_CAP_READ));
	assert_null(core_at(p, 0, ABI_CAP_READ));
	core_sound();
}

static void test_startup(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	uint32_t number = spawn_good(c);
	const struct program *p = core_program(number);
	const struct abi_startup *s = core_at(p, ABI_DOMAIN_STARTUP, ABI_CAP_READ);
	const struct abi_dispatcher *d = core_at(p, ABI_DOMAIN_CONTROL, ABI_CAP_RW);

	(void)state;
	assert_null(core_at(p, ABI_DOMAIN_STARTUP, ABI_CAP_WRITE));
	assert_int_equal(s->revision, ABI_STARTUP_REVISION);
	assert_int_equal(s->domain, number);
	assert_int_equal(s->node, 2);
	assert_int_equal(s->nodes, 4);
	assert_int_equal(s->argc, 2);
	assert_string_equal((const char *)s + s->argv, "/bin/prog");
	assert_string_equal((const char *)s + s->argv + 10, "two");
	assert_int_equal(s->environ_count, 1);
	assert_string_equal((const char *)s + s->environ, "NAME=value");
	assert_int_equal(s->entry, 0x401010);
	assert_int_equal(s->phdr, 0x400040);
	assert_int_equal(s->phdr_count, 5);
	assert_int_equal(s->program, 0x400000);
	assert_int_equal(s->program_bytes, 0x203000);
	assert_int_equal(s->tls, 0x5ff240);
	assert_int_equal(s->tls_file_bytes, 16);
	assert_int_equal(s->tls_bytes, 64);
	assert_int_equal(s->tls_align, 16);
	assert_string_equal(s->partition, "part");
	assert_int_equal(d->entry[ABI_UPCALL_RUN], 0x401010);
	assert_int_equal(d->stack, ABI_DOMAIN_STACK_END);
	assert_int_equal(d->disabled, 1);
	assert_int_equal(p->setup.frame_va, ABI_DOMAIN_CONTROL);
	assert_int_equal(p->setup.domain, number);
	assert_string_equal(p->setup.name, "prog");
	/* The stack with its guard; streams. */
	for (uint64_t at = 1; at <= ABI_DOMAIN_STACK_BYTES; at += 4096)
		assert_non_null(core_at(p, ABI_DOMAIN_STACK_END - at, ABI_CAP_RW));
	assert_null(core_at(p, ABI_DOMAIN_STACK_END - ABI_DOMAIN_STACK_BYTES - 1, ABI_CAP_READ));
	assert_non_null(core_at(p, ABI_DOMAIN_STREAM + sizeof(struct abi_stream) - 1, ABI_CAP_RW));
}

static void test_grants(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	uint32_t number = spawn_good(c), slots = 0;
	const struct program *p = core_program(number);
	const struct abi_startup *s = core_at(p, ABI_DOMAIN_STARTUP, ABI_CAP_READ);

	(void)state;
	assert_int_equal(core_cap(p, ABI_SLOT_ROOT).type, ABI_CAP_CNODE);
	assert_int_equal(core_cap(p, ABI_SLOT_ROOT).base, p->root);
	assert_int_equal(core_cap(p, ABI_SLOT_DISPATCHER).base, p->dispatcher);
	assert_int_equal(core_cap(p, ABI_SLOT_PML4).base, p->pml4);
	assert_int_equal(core_cap(p, ABI_SLOT_CONTROL).bytes, ABI_DOMAIN_CONTROL_BYTES);
	assert_int_equal(core_cap(p, ABI_SLOT_ENDPOINT).type, ABI_CAP_ENDPOINT);
	assert_int_equal(core_cap(p, ABI_SLOT_MONITOR).badge, number);
	assert_int_equal(core_cap(p, ABI_SLOT_MONITOR).rights, ABI_CAP_WRITE | ABI_CAP_GRANT);
	assert_int_equal(core_cap(p, ABI_SLOT_RAM).type, ABI_CAP_RAM);
	assert_int_equal(core_cap(p, ABI_SLOT_RAM).bytes, s->ram_bytes);
	assert_true(s->ram_bytes > 12 << 20);
	assert_int_equal(core_cap(p, ABI_SLOT_DOMAIN).base, number);
	assert_int_equal(core_cap(p, ABI_SLOT_DOMAIN).bytes, 1);
	for (uint32_t i = 1; i < 1u << ABI_DOMAIN_ROOT_BITS; i++) {
		slots += core_cap(p, i).type != ABI_CAP_NONE;
		/* It cannot take from the monitor what the monitor needs of it. */
		if (i != ABI_SLOT_RAM && i != ABI_SLOT_DOMAIN)
			assert_int_equal(core_cap(p, i).rights & ABI_CAP_REVOKE, 0);
	}
	assert_int_equal(slots, 8);
}

/* ---- streams ---- */

static void test_output(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	struct program *p = core_program(spawn_good(c));
	struct message m;

	(void)state;
	assert_true(urpc_arm(c));
	core_bells = 0;
	core_turn();
	assert_int_equal(core_bells, 0);
	core_write(p, ABI_STREAM_OUTPUT, "hello", 5);
	core_turn();
	assert_int_equal(core_bells, 1);
	urpc_disarm(c);
	assert_true(take(c, &m));
	assert_int_equal(m.type, ABI_SPAWN_OUTPUT);
	assert_int_equal(m.bytes, 6);
	assert_memory_equal(m.data, "\1hello", 6);
	core_write(p, ABI_STREAM_ERROR, "oops", 4);
	core_write(p, ABI_STREAM_OUTPUT, "last", 4);
	core_ended(p, ABI_DISPATCHER_EXITED, 7);
	assert_true(take(c, &m));
	assert_memory_equal(m.data, "\1last", 5);
	assert_true(take(c, &m));
	assert_memory_equal(m.data, "\2oops", 5);
	assert_int_equal(exited(c, NULL).status, 7);
	assert_false(take(c, &m));
}

/* Nobody reads: the ring of the channel and that of the stream fill, and nothing is lost. */
static void test_back_pressure(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 64);
	struct program *p = core_program(spawn_good(c));
	uint64_t wrote = 0, got = 0;
	struct message m;
	uint8_t byte;

	(void)state;
	for (unsigned int quiet = 0; quiet < 3; quiet++) {
		for (byte = (uint8_t)(wrote * 31); core_write(p, ABI_STREAM_OUTPUT, &byte, 1);
		     byte = (uint8_t)(wrote * 31)) {
			wrote++;
			quiet = 0;
		}
		core_turn();
	}
	assert_true(wrote > ABI_STREAM_RING && wrote < ABI_STREAM_RING + 64 * 56);
	p->told = 0;
	core_ended(p, ABI_DISPATCHER_EXITED, 0);
	while (take(c, &m) && m.type == ABI_SPAWN_OUTPUT) {
		for (size_t i = 1; i < m.bytes; i++)
			assert_int_equal(m.data[i], (uint8_t)(got++ * 31));
	}
	assert_int_equal(m.type, ABI_SPAWN_EXITED);
	assert_int_equal(got, wrote);
}

/* A writer that sleeps because the ring is full is told when there is room. */
static void test_room_is_told(void **state)
{
	static uint8_t all[ABI_STREAM_RING];
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 64);
	struct program *p = core_program(spawn_good(c));
	struct message m;

	(void)state;
	while (core_write(p, ABI_STREAM_OUTPUT, all, sizeof(all)))
		core_turn();
	p->told = 0;
	for (unsigned int i = 0; i < 4; i++)
		assert_true(take(c, &m));
	assert_true(p->told > 0);
}

static void test_input(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	struct program *p = core_program(spawn_good(c));
	struct abi_spawn_wanted wanted;
	struct message m;
	uint8_t got[64];

	(void)state;
	assert_false(take(c, &m));
	core_stream(p)->ring[ABI_STREAM_INPUT].wanted = 1;
	core_turn();
	assert_true(take(c, &m));
	assert_int_equal(m.type, ABI_SPAWN_WANTED);
	memcpy(&wanted, m.data, sizeof(wanted));
	assert_int_equal(wanted.bytes, ABI_STREAM_RING);
	p->told = 0;
	send_to(c, ABI_SPAWN_INPUT, "line\n", 5);
	assert_int_equal(p->told, 1);
	assert_int_equal(core_read(p, got, sizeof(got)), 5);
	assert_memory_equal(got, "line\n", 5);
	send_to(c, ABI_SPAWN_INPUT_END, NULL, 0);
	assert_int_equal(core_stream(p)->ring[ABI_STREAM_INPUT].ended, 1);
	assert_int_equal(p->told, 2);
	assert_int_equal(core_closed, -1);
	send_to(c, ABI_SPAWN_INPUT, "x", 1);
	assert_int_equal(core_closed, 71);
}

/* Input that was not asked for breaks the channel. */
static void test_input_unasked(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	uint32_t number = spawn_good(c);

	(void)state;
	send_to(c, ABI_SPAWN_INPUT, "x", 1);
	assert_int_equal(core_closed, 71);
	assert_null(core_program(number));
	core_sound();
}

static void test_much_input(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	struct program *p = core_program(spawn_good(c));
	uint64_t sent = 0, got = 0, allowed = 0;
	uint8_t in[700], out[900];
	struct message m;

	(void)state;
	core_stream(p)->ring[ABI_STREAM_INPUT].wanted = 1;
	core_turn();
	while (got < 300000) {
		uint64_t n;

		while (take(c, &m)) {
			assert_int_equal(m.type, ABI_SPAWN_WANTED);
			memcpy(&allowed, m.data, 8);
		}
		for (n = 0; n < sizeof(in) && sent < allowed; n++)
			in[n] = (uint8_t)(sent++ * 13);
		if (n)
			send_to(c, ABI_SPAWN_INPUT, in, n);
		n = core_read(p, out, (uint32_t)rand() % sizeof(out));
		for (uint64_t i = 0; i < n; i++)
			assert_int_equal(out[i], (uint8_t)(got++ * 13));
		core_turn();
		assert_int_equal(core_closed, -1);
	}
}

/* A program writes into its streams what it likes; the monitor goes on. */
/* A program that reads little at first, and tells only that it took from a full ring, as the library does. */
static void test_input_little_by_little(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	struct program *p = core_program(spawn_good(c));
	struct abi_stream_ring *r = &core_stream(p)->ring[ABI_STREAM_INPUT];
	uint64_t sent = 0, got = 0, allowed = 0, before;
	static const uint32_t steps[] = { 4, 7, 1, 1024, 16384, 30000, 3 };
	uint8_t in[4096], out[30000];
	struct message m;

	(void)state;
	r->wanted = 1;
	core_turn();
	for (unsigned int i = 0; got < 200000; i++) {
		do {
			uint64_t n = allowed - sent < sizeof(in) ? allowed - sent : sizeof(in);

			memset(in, 0, sizeof(in));
			if (n)
				send_to(c, ABI_SPAWN_INPUT, in, n);
			sent += n;
			while (take(c, &m))
				memcpy(&allowed, m.data, 8);
		} while (sent < allowed);
		before = r->written - r->taken;
		got += core_read(p, out, steps[i % 7]);
		if (before == ABI_STREAM_RING)
			core_turn();
		assert_true(before || allowed > sent);
	}
}

/* A wish for input that finds the channel full of output is told when there is room. */
static void test_wanted_when_full(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 64);
	struct program *p = core_program(spawn_good(c));
	struct message m = { 0 };

	(void)state;
	urpc_ack(c);
	for (unsigned int i = 0; i < 64; i++) {
		assert_int_equal(core_write(p, ABI_STREAM_OUTPUT, "x", 1), 1);
		core_turn();
	}
	core_stream(p)->ring[ABI_STREAM_INPUT].wanted = 1;
	core_turn();
	for (unsigned int i = 0; i < 64; i++) {
		assert_int_equal(urpc_recv_long(c, &m.type, m.data, sizeof(m.data), &m.bytes), 0);
		assert_int_equal(m.type, ABI_SPAWN_OUTPUT);
	}
	assert_false(urpc_can_recv(c));
	assert_true(urpc_ack_notify_needed(c));
	assert_false(take(c, &m));
	assert_true(take(c, &m));
	assert_int_equal(m.type, ABI_SPAWN_WANTED);
}

static void test_hostile_streams(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	struct program *p = core_program(spawn_good(c));
	struct abi_stream *s = core_stream(p);
	struct message m;

	(void)state;
	s->ring[ABI_STREAM_OUTPUT].written = ~0ull;
	s->ring[ABI_STREAM_ERROR].written = ABI_STREAM_RING + 1;
	s->ring[ABI_STREAM_INPUT].taken = 1;
	s->ring[ABI_STREAM_INPUT].wanted = ~0u;
	core_turn();
	assert_false(take(c, &m));
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t *word = (uint64_t *)s + (unsigned int)rand() % 48;

		*word = (uint64_t)rand() << (rand() % 40);
		core_turn();
		while (take(c, &m))
			;
	}
	core_ended(p, ABI_DISPATCHER_EXITED, 3);
	while (take(c, &m) && m.type == ABI_SPAWN_OUTPUT)
		;
	assert_int_equal(m.type, ABI_SPAWN_EXITED);
}

/* ---- ends ---- */

static void test_died(void **state)
{
	static const struct {
		uint32_t reason;
		uint64_t address, error;
		const char *why;
	} ways[] = {
		{ ABI_KILLED_PAGE_FAULT, 0x1234, 2, "page fault: write to 0x1234 at 0x401020: nothing" },
		{ ABI_KILLED_PAGE_FAULT, 0x400000, 3, "page fault: write to 0x400000 at 0x401020: not" },
		{ ABI_KILLED_PAGE_FAULT, 0, 16, "jump to" },
		{ ABI_KILLED_PAGE_FAULT, 0, 0, "read from" },
		{ ABI_KILLED_TRAP, 13, 7, "general protection fault at 0x401020" },
		{ ABI_KILLED_TRAP, 0, 0, "division by zero" },
		{ ABI_KILLED_TRAP, 200, 0, "vector 200" },
		{ ABI_KILLED_TRAP, ABI_TRAP_SYSCALL, 0, "system call that nobody serves" },
		{ ABI_KILLED_ENTRY, 3, 0, "no entry point for upcall 3" },
		{ ABI_KILLED_FRAME, 0, 0, "gave up" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct urpc_chan *c = core_bind(i, ABI_SERVICE_SPAWN, 256);
		struct program *p = core_program(spawn_good(c));
		struct abi_spawn_exited e;

		p->status.reason = ways[i].reason;
		p->status.address = ways[i].address;
		p->status.error = ways[i].error;
		p->status.rip = 0x401020;
		p->status.cycles = 4711;
		core_ended(p, ABI_DISPATCHER_KILLED, 0);
		e = exited(c, ways[i].why);
		assert_int_equal(e.how, ABI_SPAWN_DIED);
		assert_int_equal(e.status, 139);
		assert_int_equal(e.cycles, 4711);
	}
}

static void test_interrupt(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	uint32_t number = spawn_good(c);
	struct message m;

	(void)state;
	core_write(core_program(number), ABI_STREAM_OUTPUT, "said", 4);
	send_to(c, ABI_SPAWN_INTERRUPT, NULL, 0);
	assert_true(take(c, &m));
	assert_memory_equal(m.data, "\1said", 5);
	assert_int_equal(exited(c, "interrupted").status, 130);
	assert_null(core_program(number));
	/* What comes too late is dropped. */
	send_to(c, ABI_SPAWN_INTERRUPT, NULL, 0);
	send_to(c, ABI_SPAWN_INPUT, "x", 1);
	assert_int_equal(core_closed, -1);
}

static void test_kill(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	struct urpc_chan *other = core_bind(1, ABI_SERVICE_SPAWN, 64);
	struct abi_spawn_ask ask = { .tag = 5, .domain = 4711 };
	uint32_t number = spawn_good(c);
	struct abi_spawn_done done;
	struct message m;

	(void)state;
	send_to(other, ABI_SPAWN_KILL, &ask, sizeof(ask));
	assert_true(take(other, &m));
	memcpy(&done, m.data, sizeof(done));
	assert_int_equal(m.type, ABI_SPAWN_DONE);
	assert_int_equal(done.error, 2);
	ask.domain = number;
	send_to(other, ABI_SPAWN_KILL, &ask, sizeof(ask));
	/* Before anything else wakes the monitor. */
	assert_true(urpc_can_recv(c));
	assert_true(take(other, &m));
	memcpy(&done, m.data, sizeof(done));
	assert_int_equal(done.error, 0);
	assert_int_equal(done.tag, 5);
	assert_int_equal(exited(c, "killed").status, 137);
	assert_null(core_program(number));
}

static void test_close_kills(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
	uint32_t number = spawn_good(c);

	(void)state;
	assert_non_null(core_program(number));
	core_unbind(0);
	assert_int_equal(core_unbound, 0);
	assert_null(core_program(number));
	core_sound();
}

/* ---- several, and what stays ---- */

static void test_list(void **state)
{
	struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 4), *one = core_bind(1, ABI_SERVICE_SPAWN, 256);
	struct urpc_chan *two = core_bind(2, ABI_SERVICE_SPAWN, 256);
	uint32_t first = spawn_good(one), second = spawn_good(two), seen = 0;
	const struct abi_spawn_ask ask = { .tag = 9 };
	struct abi_spawn_counts counts;
	struct abi_spawn_entry entry;
	struct message m;

	(void)state;
	core_program(first)->status.state = ABI_DISPATCHER_SLEEPING;
	send_to(c, ABI_SPAWN_LIST, &ask, sizeof(ask));
	while (take(c, &m) && m.type == ABI_SPAWN_ENTRY) {
		memcpy(&entry, m.data, sizeof(entry));
		assert_int_equal(entry.tag, 9);
		assert_int_equal(entry.domain, seen ? second : first);
		assert_string_equal(entry.name, seen ? "prog-2" : "prog");
		assert_int_equal(entry.state, seen ? ABI_DISPATCHER_RUNNABLE : ABI_DISPATCHER_SLEEPING);
		assert_int_equal(entry.ram_bytes, 16 << 20);
		seen++;
	}
	assert_int_equal(seen, 2);
	assert_int_equal(m.type, ABI_SPAWN_COUNTS);
	memcpy(&counts, m.data, sizeof(counts));
	assert_int_equal(counts.domains, 2);
	assert_int_equal(counts.ram_total - counts.ram_free, 32 << 20);
	assert_int_equal(counts.spawned, 2);
}

static void test_counts(void **state)
{
	struct urpc_chan *ask = core_bind(1, ABI_SERVICE_SPAWN, 64);
	struct abi_spawn_counts before, after;

	(void)state;
	before = counts_of(ask);
	for (unsigned int i = 0; i < 40; i++) {
		struct urpc_chan *c = core_bind(0, ABI_SERVICE_SPAWN, 256);
		struct program *p = core_program(spawn_good(c));

		assert_true(counts_of(ask).caps > before.caps + 30);
		if (i % 3 == 0) {
			core_ended(p, ABI_DISPATCHER_EXITED, 0);
			assert_int_equal(exited(c, NULL).status, 0);
		} else if (i % 3 == 1) {
			send_to(c, ABI_SPAWN_INTERRUPT, NULL, 0);
		}
		core_unbind(0);
		after = counts_of(ask);
		assert_int_equal(after.caps, before.caps);
		assert_int_equal(after.ram_free, before.ram_free);
		assert_int_equal(after.domains, 0);
		assert_int_equal(after.spawned, i + 1);
	}
	core_sound();
}

/* As many as there is memory for, then all again. */
static void test_many(void **state)
{
	struct abi_spawn_start start = { .ram_bytes = 2 << 20 };
	unsigned int refused = 0, round, i;
	struct message m;
	struct elf elf;

	(void)state;
	elf_make(&elf);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 40; i++) {
			struct urpc_chan *c = core_bind(i, ABI_SERVICE_SPAWN, 256);

			spawn(c, &start, &elf, sizeof(elf));
			assert_true(take(c, &m));
			if (m.type == ABI_SPAWN_STARTED)
				continue;
			assert_int_equal(m.type, ABI_SPAWN_REFUSED);
			m.data[m.bytes] = 0;
			assert_non_null(strstr((char *)m.data + 8, "out of memory"));
			refused++;
		}
		assert_int_equal(refused, (round + 1) * 7);
		core_sound();
		for (i = 0; i < 40; i++)
			core_unbind(i);
	}
	core_sound();
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_segments), TEST(test_startup), TEST(test_grants), TEST(test_output),
		TEST(test_back_pressure), TEST(test_room_is_told), TEST(test_input),
		TEST(test_input_unasked), TEST(test_much_input),
		TEST(test_input_little_by_little), TEST(test_wanted_when_full), TEST(test_hostile_streams), TEST(test_died),
		TEST(test_interrupt), TEST(test_kill), TEST(test_close_kills), TEST(test_list),
		TEST(test_counts), TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
