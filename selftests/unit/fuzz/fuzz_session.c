// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor's sessions: Linux at three channels says what the input says, in any order and any length;
 * programs write, read, spoil their streams and end. The monitor's answers keep to abi/spawn.h, output
 * comes whole and in order, and when the channels are gone nothing is left of any program.
 */
#include "../monitor/core.h"
#include "asserts.h"
#include "fuzz.h"
#include "script.h"

#include <domain.h>

#define CHANNELS 3u
#define NO_START ((uint64_t)-1)

enum { BIND, UNBIND, START, FILE_PART, FILE_REST, RAW, TAKE, INPUT, WRITE, READ, WANT, SPOIL_STREAM,
       SPOIL_RING, END, ACTS };

/*
 * @domain: of STARTED, 0 before; @over: REFUSED or EXITED has come
 * @wild:   the program has spoilt its streams
 * @file:   bytes of the file that were sent; NO_START: none
 * @granted, @sent: bytes of input; @written, @received: of output
 */
static struct link {
	struct urpc_chan *end;
	uint32_t domain;
	bool over, wild;
	uint64_t file, granted, sent, written[ABI_STREAMS], received[ABI_STREAMS];
} links[CHANNELS];

static uint32_t known; /* programs up to this number are gone */

/* ---- answers ---- */

static uint8_t pattern(uint32_t which, uint64_t at)
{
	return (uint8_t)(at * 7 + at / 251 + which);
}

static void take_output(struct link *l, const struct message *m)
{
	uint32_t which = m->data[0] == 2 ? ABI_STREAM_ERROR : ABI_STREAM_OUTPUT;

	MUST(l->domain && m->bytes > 1 && m->bytes <= 4097 && (m->data[0] == 1 || m->data[0] == 2));
	for (size_t i = 1; i < m->bytes; i++, l->received[which]++)
		MUST(l->wild || m->data[i] == pattern(which, l->received[which]));
}

static void take_exited(struct link *l, const struct message *m)
{
	struct abi_spawn_exited e;

	MUST(l->domain && m->bytes >= sizeof(e));
	memcpy(&e, m->data, sizeof(e));
	MUST(e.how <= ABI_SPAWN_INTERRUPTED && e.status >= 0 && e.status <= 255);
	MUST(l->wild || !memcmp(l->written, l->received, sizeof(l->written)));
	MUST(!core_program(l->domain));
	l->over = true;
}

static void take_wanted(struct link *l, const struct message *m)
{
	struct abi_spawn_wanted w;

	MUST(l->domain && m->bytes == sizeof(w));
	memcpy(&w, m->data, sizeof(w));
	MUST(w.bytes > l->granted && w.bytes - l->sent <= ABI_STREAM_RING);
	l->granted = w.bytes;
}

static void take_started(struct link *l, const struct message *m)
{
	MUST(!l->domain && l->file == sizeof(struct elf) && m->bytes == sizeof(struct abi_spawn_started));
	memcpy(&l->domain, m->data, sizeof(l->domain));
	/* Another channel may have had it killed meanwhile. */
	MUST(l->domain && (l->domain <= known || core_program(l->domain)));
}

static bool answer(struct link *l)
{
	static struct message m;

	if (urpc_recv_long(l->end, &m.type, m.data, sizeof(m.data), &m.bytes))
		return false;
	MUST(!l->end->broken);
	if (m.type == ABI_SPAWN_ENTRY || m.type == ABI_SPAWN_COUNTS || m.type == ABI_SPAWN_DONE)
		return true;
	MUST(!l->over);
	if (m.type == ABI_SPAWN_REFUSED) {
		MUST(!l->domain && m.bytes > sizeof(struct abi_spawn_refused) && m.data[0]);
		l->over = true;
	} else if (m.type == ABI_SPAWN_OUTPUT) {
		take_output(l, &m);
	} else if (m.type == ABI_SPAWN_WANTED) {
		take_wanted(l, &m);
	} else if (m.type == ABI_SPAWN_STARTED) {
		take_started(l, &m);
	} else {
		MUST(m.type == ABI_SPAWN_EXITED);
		take_exited(l, &m);
	}
	return true;
}

/* ---- Linux ---- */

static void forget(uint32_t i)
{
	if (links[i].end)
		core_unbind(i);
	memset(&links[i], 0, sizeof(links[i]));
	links[i].file = NO_START;
}

/* Nobody waits for room here. Return: false: it was not sent. */
static bool tell(struct link *l, uint16_t type, const void *data, size_t bytes)
{
	if (bytes > urpc_long_max(l->end->slots) || urpc_send_long(l->end, type, data, bytes))
		return false;
	core_turn();
	return true;
}

static void tell_start(struct link *l, struct script *s)
{
	static const char strings[] = "/bin/prog\0two\0NAME=value";
	struct abi_spawn_start start = { .elf_bytes = sizeof(struct elf), .argc = 2, .environ_count = 1 };
	uint8_t out[sizeof(start) + sizeof(strings)];

	start.ram_bytes = next(s, 1) << 16;
	start.class = next(s, 1) & 1;
	start.budget_us = start.class;
	start.period_us = 100;
	memcpy(out, &start, sizeof(start));
	memcpy(out + sizeof(start), strings, sizeof(strings));
	/* Words of the structure and its strings, spoilt. */
	for (uint64_t n = next(s, 1) % 4; n; n--)
		out[next(s, 1) % sizeof(out)] ^= (uint8_t)next(s, 1);
	if (tell(l, ABI_SPAWN_START, out, sizeof(out)) && l->file == NO_START)
		l->file = 0;
}

static void tell_file(struct link *l, size_t bytes)
{
	static struct elf elf;
	size_t most = urpc_long_max(l->end->slots);

	if (l->file > sizeof(elf))
		return;
	elf_make(&elf);
	bytes = bytes < most ? bytes : most;
	bytes = bytes < sizeof(elf) - l->file ? bytes : sizeof(elf) - l->file;
	if (tell(l, ABI_SPAWN_DATA, (uint8_t *)&elf + l->file, bytes))
		l->file += bytes;
}

static void tell_raw(struct link *l, struct script *s)
{
	static uint8_t data[URPC_LONG_BYTES] __attribute__((aligned(8)));
	uint16_t type = next(s, 1) % 10;
	size_t bytes = next(s, 2) % sizeof(data), given = next(s, 1);

	memset(data, 0, bytes);
	for (size_t i = 0; i < given && i < bytes; i++)
		data[i] = (uint8_t)next(s, 1);
	/* A program is named by its distance, or an input would not do the same in the next run. */
	if (type == ABI_SPAWN_KILL)
		((struct abi_spawn_ask *)(void *)data)->domain = known + data[4];
	/* What cannot be told apart from the honest file and input. */
	if (type == ABI_SPAWN_DATA || type == ABI_SPAWN_START)
		l->file = l->file == NO_START ? NO_START : sizeof(struct elf);
	l->wild |= type == ABI_SPAWN_INPUT;
	(void)tell(l, type, data, bytes);
}

static void tell_input(struct link *l, struct script *s)
{
	static const uint8_t data[ABI_STREAM_RING];
	size_t bytes = next(s, 2) % sizeof(data);

	bytes = bytes < l->granted - l->sent ? bytes : l->granted - l->sent;
	if (bytes && tell(l, ABI_SPAWN_INPUT, data, bytes))
		l->sent += bytes;
}

/* ---- programs ---- */

static void program_writes(struct link *l, const struct program *p, struct script *s)
{
	uint32_t which = next(s, 1) % 2 ? ABI_STREAM_ERROR : ABI_STREAM_OUTPUT;
	static uint8_t data[ABI_STREAM_RING];
	uint32_t bytes = (uint32_t)next(s, 2) % sizeof(data);

	for (uint32_t i = 0; i < bytes; i++)
		data[i] = pattern(which, l->written[which] + i);
	if (!l->wild)
		l->written[which] += core_write(p, which, data, bytes);
}

static void program_acts(struct link *l, struct program *p, unsigned int act, struct script *s)
{
	static uint8_t data[ABI_STREAM_RING];

	switch (act) {
	case WRITE:
		program_writes(l, p, s);
		break;
	case READ:
		if (!l->wild)
			core_read(p, data, (uint32_t)next(s, 2) % sizeof(data));
		break;
	case WANT:
		core_stream(p)->ring[ABI_STREAM_INPUT].wanted = 1;
		break;
	case SPOIL_STREAM:
		((uint64_t *)(void *)core_stream(p))[next(s, 1) % 48] = next(s, 8);
		l->wild = true;
		break;
	default:
		if (p->status.state >= ABI_DISPATCHER_EXITED)
			break;
		core_ended(p, next(s, 1) % 2 ? ABI_DISPATCHER_EXITED : ABI_DISPATCHER_KILLED,
			   (int64_t)next(s, 1));
	}
	core_turn();
}

static void act(uint32_t i, unsigned int what, struct script *s)
{
	static const uint32_t slots[] = { 64, 256, 4, 128 };
	struct link *l = &links[i];
	struct program *p = l->domain && !l->over ? core_program(l->domain) : NULL;

	if (what == BIND || !l->end) {
		forget(i);
		l->end = core_bind(i, ABI_SERVICE_SPAWN, slots[next(s, 1) % 4]);
		MUST(l->end);
		return;
	}
	switch (what) {
	case UNBIND:
		forget(i);
		break;
	case START:
		tell_start(l, s);
		break;
	case FILE_PART:
		tell_file(l, next(s, 2) + 1);
		break;
	case FILE_REST:
		for (int n = 0; n < 100 && l->file < sizeof(struct elf); n++)
			tell_file(l, sizeof(struct elf));
		break;
	case RAW:
		tell_raw(l, s);
		break;
	case TAKE:
		(void)answer(l);
		core_turn();
		break;
	case INPUT:
		tell_input(l, s);
		break;
	case SPOIL_RING:
		((uint64_t *)(void *)l->end->tx)[next(s, 2) % 256] ^= 1ull << next(s, 1) % 64;
		core_turn();
		break;
	default:
		if (p)
			program_acts(l, p, what, s);
	}
}

/* A channel that the monitor closed tells nothing more. */
static void look_for_closed(void)
{
	for (uint32_t i = 0; i < CHANNELS; i++) {
		if (core_closed_channels & 1ull << i)
			forget(i);
	}
	core_closed_channels = 0;
	while (known < domains_spawned() && !core_program(known + 1))
		known++;
}

/* Programs end; what they wrote, and that they ended, is told to who takes it. */
static void finish_link(struct link *l)
{
	struct program *p;

	do {
		while (answer(l))
			core_turn();
		p = l->domain && !l->over ? core_program(l->domain) : NULL;
		if (p && p->status.state < ABI_DISPATCHER_EXITED)
			core_ended(p, ABI_DISPATCHER_EXITED, 0);
	} while (urpc_can_recv(l->end));
	MUST(l->over || !l->domain || l->wild || core_closed_channels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint64_t caps;
	struct script s = { data, bytes };

	if (!caps) {
		core_start();
		caps = core_caps();
	}
	for (uint32_t i = 0; i < CHANNELS; i++)
		forget(i);
	while (s.left) {
		uint64_t byte = next(&s, 1);

		act(byte / ACTS % CHANNELS, byte % ACTS, &s);
		look_for_closed();
	}
	for (uint32_t i = 0; i < CHANNELS; i++) {
		if (links[i].end)
			finish_link(&links[i]);
	}
	for (uint32_t i = 0; i < CHANNELS; i++)
		forget(i);
	look_for_closed();
	MUST(known == domains_spawned() && !domains_count());
	MUST(core_caps() == caps);
	core_sound();
	return 0;
}
