/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Names that all nodes of the partition know: records of four words, locks, semaphores, barriers; see
 * Documentation/services.md. Functions wait for the calling thread only, and return 0 or a negative enum
 * rt_error (rt_names_sentence() says what that means here). Times are nanoseconds from now, RT_NEVER: none.
 *
 * What a program holds goes with it: its locks to who waits for them, its records unless they are made to
 * stay (RT_NAME_STAYS). A name is the whole program's, not the thread's.
 */
#ifndef LIB_NAMES_H
#define LIB_NAMES_H

#include <abi/protocol/names_types.h>

#include <lib/waitset.h>

/* Of rt_name_set(). */
#define RT_NAME_NEW NAMES_CREATE         /* -RT_EEXIST if there is one */
#define RT_NAME_REPLACE NAMES_OVERWRITE  /* -RT_ENOENT if there is none */
#define RT_NAME_SHARED NAMES_SHARED      /* any program may change and remove it */
#define RT_NAME_STAYS 0x80u              /* it stays when this program ends, until its node goes */

/** struct rt_name - something with a name, and who made or holds it */
struct rt_name {
	enum names_kind kind;
	uint8_t flags; /* NAMES_EPHEMERAL, NAMES_SHARED */
	uint32_t node, domain;
	uint64_t value[NAMES_VALUES];
	char name[NAMES_NAME_BYTES];
};

/* ---- records ---- */

/** rt_name_set - @value: NAMES_VALUES words */
int rt_name_set(const char *name, const uint64_t *value, uint32_t flags);

/** rt_name_get - what has this name; -RT_ENOENT: nothing */
int rt_name_get(const char *name, struct rt_name *found);

/** rt_name_wait - until there is a record; -RT_ETIMEDOUT */
int rt_name_wait(const char *name, struct rt_name *found, uint64_t ns);

/** rt_name_remove - a record, or a semaphore */
int rt_name_remove(const char *name);

/** rt_name_list - the next name that begins with @prefix. @at: 0 at first. -RT_ENOENT: that was all */
int rt_name_list(const char *prefix, uint32_t *at, struct rt_name *found);

/* ---- what can be waited for: -RT_ETIMEDOUT; with 0 ns -RT_EBUSY ---- */

int rt_name_lock(const char *name, uint64_t ns);
int rt_name_unlock(const char *name);

/** rt_name_semaphore - make one; goes with this program. rt_name_post - @count more may pass */
int rt_name_semaphore(const char *name, uint64_t count);
int rt_name_post(const char *name, uint64_t count);
int rt_name_pass(const char *name, uint64_t ns);

/** rt_name_barrier - goes on when @count programs (or threads) are here. There is no try: 0 ns is little */
int rt_name_barrier(const char *name, uint64_t count, uint64_t ns);

/* ---- changes ---- */

#define RT_NAME_CHANGES 16u

/** struct rt_name_change - NAMES_MISSED: some are not told: look at the records again */
struct rt_name_change {
	enum names_what what;
	struct rt_name name;
};

/** struct rt_name_watch - the caller's memory, from rt_name_watch() to rt_name_unwatch() */
struct rt_name_watch {
	struct rt_event event; /* has something while there is a change to take */
	uint64_t number;
	uint32_t first, count;
	bool missed;
	struct rt_name_watch *next;
	struct rt_name_change change[RT_NAME_CHANGES];
};

/** rt_name_watch - be told of each record set or removed whose name begins with @prefix */
int rt_name_watch(struct rt_name_watch *watch, const char *prefix);
int rt_name_unwatch(struct rt_name_watch *watch);

/** rt_name_changed - take the next one. Return: 0, -RT_EAGAIN: none */
int rt_name_changed(struct rt_name_watch *watch, struct rt_name_change *change);

/** rt_names_sentence - what a function here returned, for people; never NULL */
const char *rt_names_sentence(int error);

#endif
