// SPDX-License-Identifier: GPL-2.0-only
/* The machine that starts programs, as a part of this core's node, and the messages with their files. */
#include <abi/if/image.h>
#include <base/string.h>

#include <image.h>
#include <mesh.h>
#include <member.h>

#define ASKS 32u
#define DOMAIN_JOBS 8u

static struct spawnd machine;
static struct spawnd_ask asks[ASKS];
static struct spawnd_part parts[MADE_MAX];
static bool news;

struct spawnd *jobs_machine(void)
{
	return &machine;
}

/* ---- as a part of the node ---- */

static int message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
		   uint64_t now)
{
	(void)ctx;
	return spawnd_message(&machine, from, type, payload, bytes, now);
}

static void install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	(void)ctx, (void)old;
	spawnd_view(&machine, &now->members, time);
}

static uint64_t tick(void *ctx, uint64_t now)
{
	uint64_t due = spawnd_tick(&machine, now), made = made_due();

	(void)ctx;
	return due < made ? due : made;
}

static const struct node_part spawn_part = {
	.interface = PROTOCOL_SPAWN, .message = message, .install = install, .tick = tick,
};

/* ---- files ---- */

static int on_fetch(void *ctx, uint32_t from, const struct image_fetch *m)
{
	(void)ctx;
	return image_fetch(from, m->image, m->offset, m->bytes);
}

static int on_piece(void *ctx, uint32_t from, const struct image_piece *m)
{
	(void)ctx;
	made_piece(from, m->image, m->offset, m->data, m->data_count);
	return 0;
}

static int on_gone(void *ctx, uint32_t from, const struct image_gone *m)
{
	(void)ctx;
	made_gone(from, m->image);
	return 0;
}

static int image_message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
			 uint64_t now)
{
	static const struct image_handlers handlers = { .fetch = on_fetch, .piece = on_piece,
							.gone = on_gone };

	(void)now;
	return image_dispatch(&handlers, ctx, from, type, payload, bytes);
}

static const struct node_part image_part = { .interface = PROTOCOL_IMAGE, .message = image_message };

/* ---- for turns ---- */

void jobs_init(struct node *n)
{
	static const struct spawnd_hooks hooks = {
		.started = image_started,
		.failed = image_failed,
		.exited = image_exited,
		.killed = image_killed,
		.start = made_start,
		.go = made_go,
		.end = made_end,
	};
	const struct spawnd_memory memory = { .asks = asks, .ask_count = ASKS, .parts = parts,
					      .part_count = MADE_MAX, .domain_jobs = DOMAIN_JOBS };

	memset(asks, 0, sizeof(asks));
	memset(parts, 0, sizeof(parts));
	images_init();
	made_init();
	spawnd_init(&machine, n->view.self, &memory, &n->port, &hooks, NULL);
	node_add(n, &spawn_part);
	node_add(n, &image_part);
}

void jobs_note(void)
{
	news = true;
}

bool jobs_news(void)
{
	return news;
}

bool jobs_work(void)
{
	news = false;
	images_work();
	return made_work();
}
