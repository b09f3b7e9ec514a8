/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains: made of memory, loaded, run, watched, ended. */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <abi/spawn.h>

#include <mon.h>
#include <plan.h>

#define DOMAINS_MAX 48u
#define DOMAIN_SENTENCE 160u

struct session;

/**
 * struct domain
 * @number:  from 1 on, never used twice; 0: this one is free
 * @piece:   of memory.h
 * @plan:    where everything is
 * @share:   of the core's time that it was promised, in 65536ths
 * @session: whose it is; NULL: of a job (image.h)
 * @stream:  mapped in the monitor
 * @window:  offset of the frame from which on the window is mapped; UINT64_MAX: it is not
 * @notify:  its run-time library has yet to be told to look at its streams
 * @look:    it may have ended: ask the CPU driver
 * @ending:  its memory is known to other nodes, which are told that it goes: nobody gets its place yet
 * @killed:  the monitor ended it, by @how
 */
struct domain {
	uint32_t number;
	int piece;
	uint32_t share;
	struct plan plan;
	struct session *session;
	struct abi_stream *stream;
	uint64_t window;
	bool notify;
	bool look;
	bool killed;
	bool ending;
	enum abi_spawn_how how;
	char name[ABI_SPAWN_NAME_MAX];
};

/** struct domain_wish - what a domain is to be */
struct domain_wish {
	const struct abi_spawn_start *start;
	const char *strings; /* checked: start->argc + start->environ_count of them */
	uint32_t string_bytes;
	const void *head; /* of the file: ELF64_HEAD_BYTES, or all of it */
	uint64_t head_bytes;
};

/** struct domain_place - of the core and the partition */
struct domain_place {
	uint32_t node, nodes;
	uint64_t tsc_khz;
	const char *partition;
};

/** domains_init - before any other. @notices: endpoint for news, @programs: of messages of domains */
void domains_init(const struct domain_place *place, struct abi_cap_at notices,
		  struct abi_cap_at programs);

/**
 * domain_make - make a domain, all but the bytes of its file
 * @why: of DOMAIN_SENTENCE bytes: what was wrong and what was expected
 * Return: 0 and *@made, or an errno value, negative; then nothing is left of it.
 */
int domain_make(const struct domain_wish *wish, struct session *session, struct domain **made,
		char *why);

/** domain_load - the next bytes of the file, which begin at @offset of it. Return: 0 or -errno. */
int domain_load(struct domain *d, uint64_t offset, const void *bytes, uint64_t count);

/** domain_run - it is loaded: let it run. Return: 0 or -errno. */
int domain_run(struct domain *d);

/** domain_kill - it runs no more; how and why is told by domain_over() */
void domain_kill(struct domain *d, enum abi_spawn_how how);

/**
 * domain_over - has it ended?
 * @exited: how, if so; @why: a sentence for all but RETURNED, of DOMAIN_SENTENCE bytes
 */
bool domain_over(struct domain *d, struct abi_spawn_exited *exited, char *why);

/** domains_look - one of them may have ended: the CPU driver said so */
void domains_look(void);

/** domain_entry - what LIST tells of it */
void domain_entry(struct domain *d, struct abi_spawn_entry *entry);

/** domain_notify - tell its run-time library that its streams have changed, now or in a later turn */
void domain_notify(struct domain *d);

/** domain_gone - of a place whose domain has ended: its memory may be free by now */
void domain_gone(uint32_t i);

/** domain_end - everything of it is gone, but what other nodes have of its memory */
void domain_end(struct domain *d);

/** domain_find - by number; NULL: there is none. domain_at - by place, below DOMAINS_MAX; likewise */
struct domain *domain_find(uint32_t number);
struct domain *domain_at(uint32_t i);

/** domains_place - as domains_init() was told */
const struct domain_place *domains_place(void);

uint32_t domains_count(void);
uint64_t domains_spawned(void);

#endif
