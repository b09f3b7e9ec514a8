// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that a program starts, and their files: right requests and pieces, spoilt ones, pieces that nobody
 * asked for, nodes that want what there is not, children and the program that end at any time. Node 0 is there with
 * the real machines. Another program's job comes to its end afterwards, and nothing is left of any.
 */
#include "../monitor/leader.h"
#include "asserts.h"
#include "fuzz.h"
#include "script.h"

#include <abi/protocol/spawnd.h>

#include <domain.h>
#include <image.h>
#include <requests.h>

enum { ASK, ANSWER, SPOIL, FETCH, PIECE, GONE, KILL, EXIT, PASS, TURN, ACTS };

#define BAD 10u /* channels */
#define GOOD 11u
#define CALLS 4u
#define JOBS 8u
#define STEP_US 10000u

/** struct asker - @wanted: the piece that its monitor wants, while @wants; @call: [CALLS] is for KILL */
struct asker {
	struct client at;
	struct monitor_image_wanted wanted;
	bool wants, good;
	struct urpc_call call[CALLS + 1];
	struct monitor_spawn_reply reply[CALLS];
	struct monitor_spawn_kill_reply killed;
	unsigned int exits;
};

static struct spawnd spawnd;
static struct spawnd_job jobs[JOBS];
static struct spawnd_ask asks[CALLS];
static struct elf file;
static uint32_t begun; /* jobs whose request had no fault that images.c sees */

/* ---- node 0 ---- */

static int spawn_message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
			 uint64_t now)
{
	return spawnd_message(&spawnd, from, type, payload, bytes, now);
}

static void spawn_install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	spawnd_view(&spawnd, &now->members, time);
}

static uint64_t spawn_tick(void *ctx, uint64_t now)
{
	return spawnd_tick(&spawnd, now);
}

static void begin(void)
{
	static const struct node_part part = { .interface = PROTOCOL_SPAWN, .message = spawn_message,
					       .install = spawn_install, .tick = spawn_tick };
	static const struct spawnd_memory tables = { .asks = asks, .ask_count = CALLS, .jobs = jobs,
						     .job_count = JOBS, .domain_jobs = CALLS,
						     .node_jobs = JOBS };
	static const struct spawnd_hooks hooks;
	static const struct agree_local local;
	static const struct names_hooks names;

	core_start();
	leader_begin(&local, &names);
	MUST(!spawnd_init(&spawnd, 0, &tables, &leader.port, &hooks, NULL));
	MUST(!node_add(&leader, &part));
	leader_join(0);
	elf_make(&file);
}

static void pass(unsigned int steps)
{
	while (steps--)
		leader_pass(STEP_US);
}

static bool is_idle(void)
{
	for (uint32_t i = 0; i < JOBS; i++) {
		if (jobs[i].state)
			return false;
	}
	return true;
}

/* ---- a program ---- */

static void give(struct asker *c, uint64_t image, uint32_t node, uint64_t offset, uint32_t bytes)
{
	const struct monitor_image_piece piece = {
		.image = image, .node = node, .offset = offset, .data_count = bytes,
		.data = (const uint8_t *)&file + (offset < sizeof(file) - IMAGE_PIECE ? offset : 0),
	};

	(void)monitor_image_piece_send(&c->at.end, &piece);
}

static void answer(struct asker *c)
{
	if (c->wants)
		give(c, c->wanted.image, c->wanted.node, c->wanted.offset, c->wanted.bytes);
	c->wants = false;
}

static int on_wanted(void *ctx, uint32_t from, const struct monitor_image_wanted *m)
{
	struct asker *c = ctx;

	MUST(m->bytes && m->bytes <= IMAGE_PIECE);
	c->wanted = *m;
	c->wants = true;
	if (c->good)
		answer(c);
	return 0;
}

static int on_exited(void *ctx, uint32_t from, const struct monitor_spawn_exited *m)
{
	struct asker *c = ctx;

	c->exits++;
	return 0;
}

static const struct monitor_handlers handlers = { .image_wanted = on_wanted, .spawn_exited = on_exited };

static void open_asker(struct asker *c, uint32_t channel, bool good)
{
	memset(c, 0, sizeof(*c));
	c->good = good;
	client_open(&c->at, channel);
	client_greet(&c->at);
}

static void ask(struct asker *c, unsigned int i, struct monitor_spawn *m)
{
	if (c->call[i].status == -URPC_EAGAIN || monitor_spawn_call(&c->at.end, &c->call[i], m, &c->reply[i]))
		return;
	begun += m->image && m->elf_bytes && m->elf_bytes <= ABI_SPAWN_ELF_MAX;
}

static struct monitor_spawn usual(void)
{
	return (struct monitor_spawn){ .image = 7, .nodes = 1 << SELF, .elf_bytes = sizeof(file),
				       .ram_bytes = 1 << 20, .argc = 2, .environ_count = 1, .name = "job",
				       .strings = (const uint8_t *)"job\0two\0A=1", .strings_count = 12 };
}

static void ask_any(struct asker *c, struct script *s)
{
	struct monitor_spawn m = usual();
	uint8_t strings[64];
	unsigned int i = next(s, 1), what = i / CALLS;

	if (what & 1)
		m.nodes = next(s, 8);
	if (what & 2)
		m.elf_bytes = next(s, 8);
	if (what & 4)
		m.ram_bytes = next(s, 8);
	if (what & 8) {
		m.argc = (uint32_t)next(s, 1);
		m.environ_count = (uint32_t)next(s, 1);
		m.strings_count = (uint32_t)next(s, 1) % sizeof(strings);
		for (uint32_t at = 0; at < m.strings_count; at++)
			strings[at] = (uint8_t)next(s, 1);
		m.strings = strings;
	}
	m.image = what & 16 ? next(s, 8) : 7 + i % CALLS;
	ask(c, i % CALLS, &m);
}

static void spoil(struct asker *c, struct script *s)
{
	uint8_t what = (uint8_t)next(s, 1);

	give(c, what & 1 ? next(s, 8) : c->wanted.image, what & 2 ? (uint32_t)next(s, 4) : c->wanted.node,
	     what & 4 ? next(s, 8) : c->wanted.offset,
	     what & 8 ? (uint32_t)next(s, 2) % (IMAGE_PIECE + 1) : c->wanted.bytes);
}

/* ---- other nodes ---- */

/* That of a job that was begun of late, as images.c numbers them, or not. */
static uint64_t image_of(struct script *s)
{
	uint8_t which = (uint8_t)next(s, 1);

	if (which & 0x80)
		return next(s, 8);
	return (uint64_t)SELF << 48 | (uint64_t)(begun - (which >> 2) % CALLS) << 16 | which % CALLS;
}

static void meddle(unsigned int what, struct script *s)
{
	uint64_t image = image_of(s), offset = next(s, 3);
	uint32_t node = (uint32_t)next(s, 1), bytes = (uint32_t)next(s, 2);

	/* Node 0 has no programs, and this one asks for itself. */
	if (what == FETCH)
		(void)image_fetch(SELF + 1 + node, image, offset, bytes);
	else if (what == PIECE)
		made_piece(node, image, offset, &file, bytes % (IMAGE_PIECE + 1));
	else
		made_gone(node, image);
}

static void end_child(const struct asker *c, const struct asker *good, struct script *s)
{
	uint32_t number = (uint32_t)domains_spawned() - (uint32_t)next(s, 1) % CALLS;
	struct program *p = core_program(number);

	if (p && p != c->at.program && p != good->at.program && p->status.state == ABI_DISPATCHER_RUNNABLE)
		core_ended(p, next(s, 1) & 1 ? ABI_DISPATCHER_EXITED : ABI_DISPATCHER_KILLED, 5);
}

static void act(struct asker *c, struct asker *good, unsigned int what, struct script *s)
{
	struct monitor_spawn_kill kill = { 0 };

	switch (what) {
	case ASK:
		ask_any(c, s);
		break;
	case ANSWER:
		answer(c);
		break;
	case SPOIL:
		spoil(c, s);
		break;
	case KILL:
		kill.job = next(s, 1) & 1 ? next(s, 8) : c->reply[next(s, 1) % CALLS].job;
		if (c->call[CALLS].status != -URPC_EAGAIN)
			(void)monitor_spawn_kill_call(&c->at.end, &c->call[CALLS], &kill, &c->killed);
		break;
	case EXIT:
		end_child(c, good, s);
		break;
	case PASS:
		pass((unsigned int)next(s, 1) % 64);
		break;
	case TURN:
		leader_talk();
		break;
	default:
		meddle(what, s);
	}
	client_take(&c->at, &handlers, c);
}

/* ---- afterwards ---- */

static void must_be_served(struct asker *c)
{
	struct monitor_spawn m = usual();
	struct program *p;

	ask(c, 0, &m);
	leader_run(&c->at, &handlers, c);
	MUST(!c->call[0].status && !c->reply[0].error);
	p = core_program((uint32_t)domains_spawned());
	MUST(p && p != c->at.program);
	core_ended(p, ABI_DISPATCHER_EXITED, 9);
	leader_run(&c->at, &handlers, c);
	MUST(c->exits == 1 && domains_count() == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct asker bad, good;
	struct script s = { data, bytes };
	static uint64_t caps;

	if (!caps) {
		begin();
		caps = core_caps();
	}
	open_asker(&good, GOOD, true);
	open_asker(&bad, BAD, false);
	for (unsigned int i = 0; s.left && i < 200; i++)
		act(&bad, &good, next(&s, 1) % ACTS, &s);
	core_unbind(BAD);
	pass(2);
	MUST(is_idle() && domains_count() == 1);
	must_be_served(&good);
	core_unbind(GOOD);
	pass(2);
	MUST(!domains_count() && core_caps() == caps);
	return 0;
}
