// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs of this core's programs, and their files, which stay with the programs. A node of a job asks for one
 * piece at a time; the program is asked for it when there is room for the question.
 */
#include <abi/if/image.h>
#include <abi/protocol/sizes.h>
#include <base/string.h>

#include <domain.h>
#include <image.h>
#include <member.h>
#include <requests.h>

#define IMAGES 32u
#define OWED 2u /* the answer, and how it ended */

enum wish { NOTHING, WANTED, ASKED };

/**
 * struct image - a job
 * @id:     the image's; 0: free
 * @number: the program's own, @tag: of its call, until @running
 * @left:   in @piece: nodes that WANT something
 */
static struct image {
	uint64_t id;
	uint32_t domain;
	uint32_t tag;
	bool running;
	uint32_t left;
	uint64_t number;
	uint64_t bytes;
	struct {
		uint64_t offset;
		uint32_t bytes;
		enum wish state;
	} piece[SIZES_NODES];
} images[IMAGES];

static uint32_t generation;

void images_init(void)
{
	memset(images, 0, sizeof(images));
}

static struct image *image_of(uint64_t id)
{
	for (uint32_t i = 0; id && i < IMAGES; i++) {
		if (images[i].id == id)
			return &images[i];
	}
	return NULL;
}

/* ---- messages to the nodes, of which this is one ---- */

static void tell_piece(uint32_t to, uint64_t id, uint64_t offset, const uint8_t *data, uint32_t bytes)
{
	const struct image_piece m = { .image = id, .offset = offset, .data_count = bytes,
				       .data = data };
	static uint8_t buffer[IMAGE_PIECE_MAX];
	struct node *n;

	if (to == domains_place()->node) {
		made_piece(to, id, offset, data, bytes);
		return;
	}
	n = member_enter();
	image_piece_out(&n->port, to, &m, buffer);
	member_leave();
}

static void tell_gone(uint32_t to, uint64_t id)
{
	const struct image_gone m = { .image = id };

	if (to == domains_place()->node) {
		made_gone(to, id);
		return;
	}
	image_gone_out(&member_enter()->port, to, &m);
	member_leave();
}

/* ---- the program ---- */

static int refuse(struct requests *r, uint32_t tag, uint32_t error, uint32_t node)
{
	const struct monitor_spawn_reply reply = { .tag = tag, .error = error, .node = node };

	return monitor_spawn_reply_send(&r->end, &reply);
}

static int begin(struct image *image, uint32_t from, const struct monitor_spawn *m)
{
	struct spawnd_wish wish = { .flags = m->flags, .image_bytes = m->elf_bytes };
	const struct image_args args = { .ram_bytes = m->ram_bytes, .argc = m->argc,
					 .environ_count = m->environ_count };
	struct node *n;
	int rc;

	*image = (struct image){ .id = (uint64_t)domains_place()->node << 48 |
				       (uint64_t)++generation << 16 | (uint64_t)(image - images),
				 .domain = from, .tag = m->tag, .number = m->image,
				 .bytes = m->elf_bytes };
	wish.image = image->id;
	wish.nodes.bits[0] = m->nodes;
	memcpy(wish.name, m->name, sizeof(wish.name));
	memcpy(wish.args, &args, sizeof(args));
	memcpy(wish.args + sizeof(args), m->strings, m->strings_count);
	wish.args_bytes = sizeof(args) + m->strings_count;
	n = member_enter();
	rc = spawnd_spawn(jobs_machine(), from, image->id, &wish, n->now);
	member_leave();
	if (rc)
		image->id = 0;
	return rc;
}

int request_spawn(void *ctx, uint32_t from, const struct monitor_spawn *m)
{
	struct requests *r = ctx;
	struct image *image = images;
	int rc;

	if (!m->image || !m->elf_bytes || m->elf_bytes > ABI_SPAWN_ELF_MAX)
		return refuse(r, m->tag, MONITOR_REFUSAL_INVALID, 0);
	while (image < images + IMAGES && image->id)
		image++;
	if (image == images + IMAGES || !requests_owe(r, OWED))
		return refuse(r, m->tag, MONITOR_REFUSAL_PENDING, 0);
	rc = begin(image, from, m);
	if (!rc)
		return 0;
	requests_pay(r);
	requests_pay(r);
	return refuse(r, m->tag, (uint32_t)rc, 0);
}

int request_spawn_kill(void *ctx, uint32_t from, const struct monitor_spawn_kill *m)
{
	struct monitor_spawn_kill_reply reply = { .tag = m->tag, .error = MONITOR_REFUSAL_PENDING };
	struct requests *r = ctx;
	struct node *n;

	if (!requests_owe(r, 1))
		return monitor_spawn_kill_reply_send(&r->end, &reply);
	n = member_enter();
	reply.error = (uint32_t)spawnd_kill(jobs_machine(), from, m->tag, m->job, n->now);
	member_leave();
	if (!reply.error)
		return 0;
	requests_pay(r);
	return monitor_spawn_kill_reply_send(&r->end, &reply);
}

/* What came too late is dropped: the job may have failed meanwhile. */
int request_image_piece(void *ctx, uint32_t from, const struct monitor_image_piece *m)
{
	(void)ctx;
	for (uint32_t i = 0; i < IMAGES; i++) {
		struct image *image = &images[i];

		if (!image->id || image->domain != from || image->number != m->image)
			continue;
		if (m->node >= SIZES_NODES || image->piece[m->node].state != ASKED)
			return 0;
		if (image->piece[m->node].offset != m->offset ||
		    image->piece[m->node].bytes != m->data_count)
			return -URPC_EPROTO;
		image->piece[m->node].state = NOTHING;
		tell_piece(m->node, image->id, m->offset, m->data, m->data_count);
	}
	return 0;
}

void request_spawn_end(struct requests *r)
{
	struct node *n = member_enter();

	spawnd_domain_end(jobs_machine(), r->domain, n->now);
	member_leave();
	for (uint32_t i = 0; i < IMAGES; i++) {
		struct image *image = &images[i];
		uint64_t id = image->id;

		if (!id || image->domain != r->domain)
			continue;
		image->id = 0;
		for (uint32_t node = 0; node < SIZES_NODES; node++) {
			if (image->piece[node].state != NOTHING)
				tell_gone(node, id);
		}
	}
}

/* ---- what nodes want ---- */

int image_fetch(uint32_t to, uint64_t id, uint64_t offset, uint32_t bytes)
{
	struct image *image = image_of(id);

	if (!image) {
		tell_gone(to, id);
		return 0;
	}
	if (to >= SIZES_NODES || !bytes || bytes > IMAGE_PIECE || offset > image->bytes ||
	    bytes > image->bytes - offset || image->piece[to].state != NOTHING)
		return -URPC_EPROTO;
	image->piece[to].offset = offset;
	image->piece[to].bytes = bytes;
	image->piece[to].state = WANTED;
	image->left++;
	jobs_note();
	return 0;
}

static void ask_program(struct image *image, struct requests *r)
{
	for (uint32_t node = 0; image->left && node < SIZES_NODES; node++) {
		const struct monitor_image_wanted m = { .image = image->number, .node = node,
							.offset = image->piece[node].offset,
							.bytes = image->piece[node].bytes };

		if (image->piece[node].state != WANTED)
			continue;
		if (!requests_room(r, MONITOR_IMAGE_WANTED_MAX))
			return;
		monitor_image_wanted_send(&r->end, &m);
		image->piece[node].state = ASKED;
		image->left--;
	}
}

void images_work(void)
{
	for (uint32_t i = 0; i < IMAGES; i++) {
		struct requests *r = images[i].id && images[i].left ? requests_of(images[i].domain) :
								      NULL;

		if (r)
			ask_program(&images[i], r);
	}
}

/* ---- hooks ---- */

/* The image of an answer; NULL when its program is gone. *@r: NULL: it is served no more. */
static struct image *answered(uint32_t domain, uint64_t tag, struct requests **r)
{
	struct image *image = image_of(tag);

	*r = image && image->domain == domain ? requests_of(domain) : NULL;
	if (*r)
		requests_pay(*r);
	return image;
}

void image_started(void *ctx, uint32_t domain, uint64_t tag, uint64_t job)
{
	struct requests *r;
	struct image *image = answered(domain, tag, &r);

	(void)ctx;
	if (!image)
		return;
	image->running = true;
	if (r) {
		const struct monitor_spawn_reply reply = { .tag = image->tag, .job = job };

		monitor_spawn_reply_send(&r->end, &reply);
	}
}

void image_failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t node)
{
	struct requests *r;
	struct image *image = answered(domain, tag, &r);

	(void)ctx;
	if (!image)
		return;
	image->id = 0;
	if (!r)
		return;
	requests_pay(r);
	refuse(r, image->tag, error, node);
}

void image_exited(void *ctx, uint32_t domain, uint64_t tag, uint32_t how, int32_t status,
		  uint32_t node)
{
	struct requests *r;
	struct image *image = answered(domain, tag, &r);

	(void)ctx;
	if (!image)
		return;
	image->id = 0;
	if (r) {
		const struct monitor_spawn_exited m = { .image = image->number, .how = how,
							.status = status, .node = node };

		monitor_spawn_exited_send(&r->end, &m);
	}
}

void image_killed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	const struct monitor_spawn_kill_reply reply = { .tag = (uint32_t)tag, .error = error };
	struct requests *r = requests_of(domain);

	(void)ctx;
	if (!r)
		return;
	requests_pay(r);
	monitor_spawn_kill_reply_send(&r->end, &reply);
}
