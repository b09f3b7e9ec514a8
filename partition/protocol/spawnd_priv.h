/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the files of starting programs share. */
#ifndef PROTOCOL_SPAWND_PRIV_H
#define PROTOCOL_SPAWND_PRIV_H

#include <abi/if/spawn.h>
#include <abi/protocol/spawnd.h>
#include <urpc/chan.h>

/* struct spawnd_ask.state */
enum {
	ASK_FREE,
	ASK_SPAWN, /* asked */
	ASK_RUNS,  /* started */
	ASK_KILL,  /* asked to kill */
};

/* struct spawnd_part.state */
enum {
	PART_FREE,
	PART_MAKING,
	PART_READY, /* made; runs when all are */
};

/* struct spawnd_job.state */
enum {
	JOB_FREE,
	JOB_STARTING,
	JOB_RUNS,
	JOB_ENDING,
};

bool spawnd_wish_good(const struct protocol_set *nodes, const char *name, uint8_t flags);

/* spawnd.c: of the asker. */
int spawnd_on_failed(void *ctx, uint32_t from, const struct spawn_failed *m);
int spawnd_on_started(void *ctx, uint32_t from, const struct spawn_started *m);
int spawnd_on_over(void *ctx, uint32_t from, const struct spawn_over *m);
int spawnd_on_killed(void *ctx, uint32_t from, const struct spawn_killed *m);

/* spawnd_part.c: of a node that has a part. */
int spawnd_on_start(void *ctx, uint32_t from, const struct spawn_start *m);
int spawnd_on_go(void *ctx, uint32_t from, const struct spawn_go *m);
int spawnd_on_stop(void *ctx, uint32_t from, const struct spawn_stop *m);

/* spawnd_job.c: of node 0. */
int spawnd_on_spawn(void *ctx, uint32_t from, const struct spawn_spawn *m);
int spawnd_on_kill(void *ctx, uint32_t from, const struct spawn_kill *m);
int spawnd_on_forget(void *ctx, uint32_t from, const struct spawn_forget *m);
int spawnd_on_ready(void *ctx, uint32_t from, const struct spawn_ready *m);
int spawnd_on_exited(void *ctx, uint32_t from, const struct spawn_exited *m);
void spawnd_jobs_view(struct spawnd *s, const struct protocol_set *gone);
uint64_t spawnd_jobs_tick(struct spawnd *s);

#endif
