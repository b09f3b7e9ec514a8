/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that programs start (abi/protocol/spawnd.h). The file stays in the memory of who asked: its
 * monitor asks it for pieces (interfaces/monitor.if), and passes them to the nodes that make the program
 * (interfaces/image.if).
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <abi/protocol/node.h>
#include <abi/protocol/spawnd.h>

#define IMAGE_PIECE 1024u

/** IMAGE_NODE - whose program has the file */
#define IMAGE_NODE(image) ((uint32_t)((image) >> 48))

/** struct image_args - what travels with a job: this, then the strings */
struct image_args {
	uint64_t ram_bytes;
	uint32_t argc;
	uint32_t environ_count;
};

/** jobs_init - for parts_init() */
void jobs_init(struct node *n);

/** jobs_machine - between member_enter() and member_leave() */
struct spawnd *jobs_machine(void);

/** jobs_work - a turn's worth. Return: true: another turn is due at once */
bool jobs_work(void);

/** jobs_note - a hook or a message left something for jobs_work(); jobs_news - since it was called last */
void jobs_note(void);
bool jobs_news(void);

/* ---- images.c: files of this core's programs ---- */

void images_init(void);

/** images_work - ask programs for what nodes want */
void images_work(void);

/** image_fetch - node @to wants a piece. Return: 0, -URPC_EPROTO */
int image_fetch(uint32_t to, uint64_t image, uint64_t offset, uint32_t bytes);

/** image_started, image_failed, image_exited, image_killed - answers of the machine to programs */
void image_started(void *ctx, uint32_t domain, uint64_t tag, uint64_t job);
void image_failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t node);
void image_exited(void *ctx, uint32_t domain, uint64_t tag, uint32_t how, int32_t status,
		  uint32_t node);
void image_killed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error);

/* ---- made.c: programs that are made here for others ---- */

#define MADE_MAX 8u

void made_init(void);

/** made_start, made_go, made_end - hooks of the machine */
void made_start(void *ctx, const struct spawnd_begin *begin);
void made_go(void *ctx, uint64_t job);
void made_end(void *ctx, uint64_t job);

/** made_piece - of a file, from the node that has it; made_gone - it has it no more */
void made_piece(uint32_t from, uint64_t image, uint64_t offset, const void *data, uint32_t bytes);
void made_gone(uint32_t from, uint64_t image);

/** made_due - when made_work() is to be called at the latest, in microseconds of the node; PROTOCOL_NEVER */
uint64_t made_due(void);

/** made_work - Return: true: there is more to do at once */
bool made_work(void);

#endif
