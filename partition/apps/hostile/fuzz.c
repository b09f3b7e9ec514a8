// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls at random: `hostile fuzz SEED:CALLS`. The numbers are chosen with some knowledge, so that
 * many calls succeed and get far: slots that hold something of the right type, sizes and offsets that
 * fit, pointers to what can be read, next to wrong ones of all sorts. The slots from PLAYGROUND on and
 * the RAM in the first of them are what it plays with; what its own library stands on it breaks only
 * now and then, and then it may be killed. Prints how many calls it made so far, at times and at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

#define PLAYGROUND 128u
#define ARENA_BYTES (4ull << 20) /* or less, where there is less */
#define ARENA_BYTES_MIN (64ull << 10)

static uint64_t state;
static unsigned long calls, succeeded;
static uint64_t own_dispatcher, own_endpoint; /* base addresses */
static uint64_t arena, arena_bytes;
static unsigned char area[8192 + 4096] __attribute__((aligned(4096)));
static unsigned char types[ROOT_SLOTS]; /* what slots of the playground held a while ago */

static uint64_t any(void)
{
	return raw_random(&state);
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)(any() >> 11) % n;
}

static int one_in(unsigned int n)
{
	return !below(n);
}

static uint64_t play_slot(void)
{
	return PLAYGROUND + below(ROOT_SLOTS - PLAYGROUND);
}

static int64_t call(struct raw_call *c)
{
	const int64_t err = raw(c);

	calls++;
	succeeded += err >= 0;
	return err;
}

static uint64_t identify(uint64_t slot, unsigned int word)
{
	struct raw_call c = { ABI_SYSCALL_INVOKE,
			      { ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, ROOT_DEPTH, 0, 0, 0), slot, 0,
				0, 0, word },
			      0 };

	return raw(&c) ? 0 : c.second;
}

static void look_around(void)
{
	for (uint64_t slot = PLAYGROUND; slot < ROOT_SLOTS; slot++)
		types[slot] = (unsigned char)raw_type(slot);
}

/* A slot of the playground that holds @type, or did; else any of it */
static uint64_t slot_of(unsigned int type)
{
	uint64_t slot = play_slot();

	for (unsigned int i = PLAYGROUND; i < ROOT_SLOTS && types[slot] != type; i++)
		slot = slot + 1 < ROOT_SLOTS ? slot + 1 : PLAYGROUND;
	return slot;
}

static uint64_t some_slot(void)
{
	switch (below(8)) {
	case 0:
		return 1 + below(8);
	case 1:
		return below(one_in(64) ? 4096 : ROOT_SLOTS);
	case 2:
		return slot_of(ABI_CAP_RAM);
	default:
		return play_slot();
	}
}

static unsigned int some_depth(void)
{
	return one_in(16) ? below(70) : ROOT_DEPTH;
}

static uint64_t some_number(void)
{
	switch (below(5)) {
	case 0:
		return 0;
	case 1:
		return below(16);
	case 2:
		return 1ull << below(64);
	case 3:
		return (uint64_t)below(4096) << 12;
	default:
		return any() >> below(64);
	}
}

/*
 * Where a status may be written: not among the variables of this program, which would count calls that
 * nobody made and look for memory that is there.
 */
static uint64_t harmless(uint64_t to)
{
	return to - ABI_DOMAIN_PROGRAM < ABI_DOMAIN_PROGRAM_END - ABI_DOMAIN_PROGRAM ?
		       (uint64_t)area + to % 8192 : to;
}

static uint64_t some_pointer(void)
{
	switch (below(8)) {
	case 0:
		return some_number();
	case 1:
		return ABI_IMAGE_VA + below(1u << 20);
	case 2:
		return ABI_DOMAIN_CONTROL + ABI_DOMAIN_CONTROL_BYTES - below(256);
	case 3:
		return (uint64_t)some_pointer;
	default:
		return (uint64_t)area + below(8192);
	}
}

/* What makes an object of @type: bytes, and an offset that fits. */
static void some_piece(unsigned int type, struct raw_call *c)
{
	static const uint16_t bytes[ABI_CAP_TYPE_COUNT] = {
#define T(name, space, unit, bytes, traits, rights) [ABI_CAP_##name] = (bytes),
		ABI_CAP_TYPES(T)
#undef T
	};
	uint64_t size = bytes[type % ABI_CAP_TYPE_COUNT];

	if (!size)
		size = 4096ull << below(4);
	c->a[4] = (uint64_t)below(64) * size;
	c->a[5] = one_in(16) ? some_number() : size;
}

/* Of the library's own slots only a copy is taken, as a rule. */
static uint64_t victim(void)
{
	return one_in(8192) ? some_slot() : play_slot();
}

/* Copies of what it stands on are as strong as the thing itself. */
static int may_revoke(uint64_t slot)
{
	return identify(slot % ROOT_SLOTS, ABI_INVOKE_BASE) - arena < arena_bytes ?
		       slot != PLAYGROUND || one_in(64) : one_in(8192);
}

static void invoke(void)
{
	static const unsigned char made[] = { ABI_CAP_RAM, ABI_CAP_FRAME, ABI_CAP_CNODE, ABI_CAP_PML4,
					      ABI_CAP_PDPT, ABI_CAP_PD, ABI_CAP_PT, ABI_CAP_DISPATCHER };
	static const unsigned char tables[] = { ABI_CAP_PML4, ABI_CAP_PDPT, ABI_CAP_PD, ABI_CAP_PT };
	const unsigned int op = one_in(64) ? below(256) : 1 + below(ABI_CAP_DO_COUNT - 1);
	struct raw_call c = { ABI_SYSCALL_INVOKE, { 0, some_slot(), play_slot() }, 0 };
	unsigned int rights = 0, type = 0, count = 0, to = some_depth(), via = 0;

	switch (op) {
	case ABI_CAP_DO_MINT:
		rights = below(64);
		c.a[4] = some_number();
		break;
	case ABI_CAP_DO_MOVE:
		c.a[1] = victim();
		break;
	case ABI_CAP_DO_RETYPE:
		type = one_in(8) ? below(ABI_CAP_TYPE_COUNT + 2) : made[below(sizeof(made))];
		c.a[1] = one_in(4) ? some_slot() : slot_of(ABI_CAP_RAM);
		count = one_in(16) ? below(65536) : 1 + below(3);
		some_piece(type, &c);
		break;
	case ABI_CAP_DO_MAP:
		rights = below(8);
		c.a[1] = slot_of(one_in(2) ? (unsigned int)ABI_CAP_FRAME : tables[1 + below(3)]);
		c.a[3] = one_in(16) ? 1 + below(ROOT_SLOTS) : slot_of(tables[below(4)]);
		via = some_depth();
		count = one_in(8) ? below(1024) : 1;
		c.a[4] = one_in(4) ? some_number() : (uint64_t)below(4) << 12;
		c.a[5] = below(one_in(16) ? 2048 : 512);
		break;
	case ABI_CAP_DO_DELETE:
	case ABI_CAP_DO_REVOKE:
		c.a[1] = victim();
		c.a[2] = to = 0;
		break;
	case ABI_CAP_DO_IDENTIFY:
		c.a[2] = to = 0;
		c.a[5] = below(5);
		break;
	default:
		break;
	}
	if (one_in(32))
		c.a[3] = one_in(2) ? slot_of(ABI_CAP_CNODE) : some_number(), via = some_depth();
	c.a[0] = ABI_INVOKE_WORD(op, rights, type & 0xff, some_depth(), to, via, count & 0xffff);
	if (one_in(64))
		c.a[below(6)] = some_number();
	if (op != ABI_CAP_DO_REVOKE || may_revoke(c.a[1]))
		call(&c);
}

/* In @area: a dispatcher that could begin, if its parts are right. */
static void fill_setup(void)
{
	struct abi_dispatcher_setup *s = (void *)area;

	memset(s, 0, sizeof(*s));
	s->cnode = (struct abi_cap_at){ slot_of(ABI_CAP_CNODE), some_depth(), 0 };
	s->pml4 = (struct abi_cap_at){ slot_of(ABI_CAP_PML4), some_depth(), 0 };
	s->frame = (struct abi_cap_at){ slot_of(ABI_CAP_FRAME), some_depth(), 0 };
	if (one_in(2))
		s->notices = (struct abi_cap_at){ slot_of(ABI_CAP_ENDPOINT), some_depth(), 0 };
	s->frame_va = one_in(4) ? some_number() : ABI_DOMAIN_CONTROL;
	s->domain = below(100);
	s->class = below(4);
	s->weight = below(1200);
	s->flags = below(4);
	s->budget_us = some_number();
	s->period_us = some_number();
	memset(s->name, 'a' + (int)below(26), below(sizeof(s->name) + 1));
}

static void object(void)
{
	static const unsigned char ops[] = { ABI_DISPATCHER_SETUP, ABI_DISPATCHER_RUN, ABI_DISPATCHER_STOP,
					     ABI_DISPATCHER_STATUS, ABI_ENDPOINT_BUFFER };
	const unsigned int op = one_in(4) ? below(80) : ops[below(sizeof(ops))];
	struct raw_call c = { ABI_SYSCALL_OBJECT, { ABI_OBJECT_WORD(op, some_depth()) }, 0 };

	c.a[1] = one_in(8) ? some_slot() :
			     slot_of(op == ABI_ENDPOINT_BUFFER ? ABI_CAP_ENDPOINT : ABI_CAP_DISPATCHER);
	c.a[2] = one_in(4) ? some_number() : some_pointer();
	if (op == ABI_DISPATCHER_SETUP && !one_in(4)) {
		fill_setup();
		c.a[2] = (uint64_t)area;
	}
	if (op == ABI_ENDPOINT_BUFFER) {
		c.a[2] = one_in(4) ? some_number() : 128ull * below(128);
		c.a[3] = below(80);
		c.a[4] = one_in(2) ? play_slot() : 0;
		c.a[5] = one_in(2) ? some_depth() : 0;
	}
	if (one_in(16))
		c.a[2 + below(4)] = some_number();
	if (op == ABI_DISPATCHER_STATUS)
		c.a[2] = harmless(c.a[2]);
	/* Not itself: it would neither go on nor end. */
	if (op == ABI_DISPATCHER_STOP && identify(c.a[1] % ROOT_SLOTS, ABI_INVOKE_BASE) == own_dispatcher)
		return;
	if (op == ABI_ENDPOINT_BUFFER && identify(c.a[1] % ROOT_SLOTS, ABI_INVOKE_BASE) == own_endpoint)
		return;
	call(&c);
}

/* Who sleeps until something happens may sleep for ever: seldom, and not without an alarm. */
static uint64_t awake(uint64_t flags, uint64_t sleeps)
{
	struct raw_call alarm = { ABI_SYSCALL_ALARM, { __builtin_ia32_rdtsc() + (1u << 31) }, 0 };

	if (!one_in(512))
		return flags & ~sleeps;
	call(&alarm);
	return flags;
}

static void message(void)
{
	const uint64_t to = one_in(3) ? slot_of(ABI_CAP_ENDPOINT) : ABI_SLOT_MONITOR;
	struct raw_call c = { ABI_SYSCALL_LRPC, { to, any(), any(), any(), any() }, 0 };

	if (one_in(2)) {
		c.a[5] = (uint64_t)some_depth() << ABI_LRPC_DEPTH_SHIFT | awake(below(8), ABI_LRPC_SLEEP);
	} else {
		c.number = ABI_SYSCALL_LMP;
		c.a[1] = ABI_LMP_SEND_WORD(some_depth(), below(ABI_LMP_WORDS + 2),
					   awake(below(4), ABI_LMP_SLEEP), one_in(2) ? 0 : some_depth());
		c.a[2] = some_pointer();
		c.a[3] = some_slot();
	}
	call(&c);
}

static void other(void)
{
	struct raw_call c = { ABI_SYSCALL_NOP, { 0 }, 0 };

	switch (below(6)) {
	case 0:
		/* Each of these may take as long as the turns of all others. */
		c.number = one_in(16) ? ABI_SYSCALL_YIELD : ABI_SYSCALL_NOP;
		break;
	case 1:
		if (one_in(16))
			c = (struct raw_call){ ABI_SYSCALL_SLEEP,
					       { __builtin_ia32_rdtsc() + below(1u << 20) }, 0 };
		break;
	case 2:
		c = (struct raw_call){ ABI_SYSCALL_ALARM, { __builtin_ia32_rdtsc() + some_number() % (1u << 24) },
				       0 };
		break;
	case 3:
		c = (struct raw_call){ ABI_SYSCALL_PRINT, { some_pointer(), some_number() }, 0 };
		break;
	case 4:
		/* Thread-local variables must stay where they are: only what is refused, or the same. */
		c = (struct raw_call){ ABI_SYSCALL_FS,
				       { one_in(2) ? (uint64_t)__builtin_thread_pointer() : 1ull << (47 + below(16)) },
				       0 };
		break;
	default:
		c.number = ABI_SYSCALL_FIRST + 0x12 + below(ABI_SYSCALL_COUNT - 0x12);
		for (unsigned int i = 0; i < 6; i++)
			c.a[i] = some_number();
		break;
	}
	call(&c);
}

/* RAM of its own to play with, away from what the library takes. Return: whether there was some */
static int take_arena(void)
{
	const struct abi_startup *startup = (void *)ABI_DOMAIN_STARTUP;

	for (uint64_t bytes = ARENA_BYTES; bytes >= ARENA_BYTES_MIN; bytes /= 2)
		for (uint64_t at = startup->ram_bytes & ~(bytes - 1); at >= bytes; at -= bytes)
			if (!RAW(ABI_SYSCALL_INVOKE,
				 ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_RAM, ROOT_DEPTH,
						 ROOT_DEPTH, 0, 1),
				 ABI_SLOT_RAM, PLAYGROUND, 0, at - bytes, bytes)) {
				arena = identify(PLAYGROUND, ABI_INVOKE_BASE);
				arena_bytes = bytes;
				return 1;
			}
	return 0;
}

static void tell(const char *when)
{
	char line[96];
	const int n = snprintf(line, sizeof(line), "%s %lu calls, %lu succeeded\n", when, calls, succeeded);

	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(4);
}

int way_fuzz(const char *argument)
{
	char *end;
	const uint64_t seed = strtoull(argument, &end, 0);
	const unsigned long wanted = *end == ':' ? strtoul(end + 1, NULL, 0) : 100000;

	state = seed * 0x9e3779b97f4a7c15 | 1;
	own_dispatcher = identify(ABI_SLOT_DISPATCHER, ABI_INVOKE_BASE);
	own_endpoint = identify(ABI_SLOT_ENDPOINT, ABI_INVOKE_BASE);
	if (!take_arena())
		return breach("there is no RAM to play with");
	for (unsigned long steps = 1; calls < wanted; steps++) {
		const unsigned int what = below(16);

		if (what < 8)
			invoke();
		else if (what < 13)
			object();
		else if (what < 14)
			message();
		else
			other();
		if (steps % 64 == 1) {
			look_around();
			/* So that there is something to begin with again. It may take 128 calls. */
			if (types[PLAYGROUND] != ABI_CAP_RAM)
				take_arena();
		}
		if (!(steps % 2048))
			tell("so far");
	}
	tell("fuzz:");
	_exit(0);
}
