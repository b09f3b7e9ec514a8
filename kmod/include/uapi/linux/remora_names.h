/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Names of a partition: records, locks, semaphores, barriers; part of <linux/remora.h>, which is to be included. */
#ifndef _UAPI_LINUX_REMORA_NAMES_H
#define _UAPI_LINUX_REMORA_NAMES_H

/*
 * REMORA_IOC_NAMES makes a file descriptor, which owns what is made by it: records, locks, semaphores and
 * places in queues go when its last copy is closed. A lock is the file's, not the thread's or the process's.
 */

#define REMORA_NAMES_NAME_MAX 64 /* with the terminating 0; any bytes but 0 */
#define REMORA_NAMES_VALUES 4

#define REMORA_NAMES_CLOEXEC (1u << 0)
#define REMORA_NAMES_NONBLOCK (1u << 1) /* for read() */

/** struct remora_names_open - REMORA_IOC_NAMES: returns a descriptor */
struct remora_names_open {
	__u32 size;
	__u32 flags; /* REMORA_NAMES_CLOEXEC, REMORA_NAMES_NONBLOCK */
	struct remora_error error;
};

enum remora_names_kind {
	REMORA_NAMES_RECORD = 1,
	REMORA_NAMES_LOCK = 2,      /* owned by who holds it */
	REMORA_NAMES_SEMAPHORE = 3, /* value[0]: how many may pass */
	REMORA_NAMES_BARRIER = 4,   /* value[0]: how many must come, value[1]: how many are there */
};

/** struct remora_names_record - a name that there is */
struct remora_names_record {
	__u32 kind;    /* enum remora_names_kind */
	__u32 flags;   /* REMORA_NAMES_SHARED */
	__u32 node;    /* of the owner; 0: Linux */
	__u32 domain;  /* of the owner on its node: a program, of Linux a file; ~0: nobody's any more */
	__u64 version; /* grows with each change, over all names of the partition */
	__u64 value[REMORA_NAMES_VALUES];
	char name[REMORA_NAMES_NAME_MAX];
};

/*
 * Operations: O(NAME, number, "sentence").
 */
#define REMORA_NAMES_OPS(O)                                                                        \
	O(SET, 1, "make a record, or write it")                                                    \
	O(REMOVE, 2, "remove a record, or a semaphore: who waits there is told so")                \
	O(LOCK, 3, "wait until a lock is free, and hold it")                                       \
	O(UNLOCK, 4, "let a lock go, to who has waited longest")                                   \
	O(SEMAPHORE, 5, "make a semaphore that lets value[0] pass")                                \
	O(POST, 6, "let value[0] more pass a semaphore")                                           \
	O(WAIT, 7, "wait until a semaphore lets the caller pass")                                  \
	O(BARRIER, 8, "wait until value[0] have come")                                             \
	O(GET, 9, "look at what has a name")                                                       \
	O(AWAIT, 10, "wait until there is a record")

enum remora_names_op {
#define REMORA_NAMES_OP_ENUM(name, number, text) REMORA_NAMES_OP_##name = number,
	REMORA_NAMES_OPS(REMORA_NAMES_OP_ENUM)
#undef REMORA_NAMES_OP_ENUM
};

#define REMORA_NAMES_CREATE (1u << 0)    /* SET: there must be no such name yet */
#define REMORA_NAMES_OVERWRITE (1u << 1) /* SET: there must be such a record */
#define REMORA_NAMES_SHARED (1u << 2)    /* SET: anybody may write and remove it */

/**
 * struct remora_names_ask - REMORA_IOC_NAMES_ASK
 *
 * LOCK, WAIT, BARRIER and AWAIT wait, at most @timeout_ms; -1: without end; 0: not at all. A signal
 * ends the wait (EINTR), and then nothing was done.
 */
struct remora_names_ask {
	__u32 size;
	__u32 op;         /* enum remora_names_op */
	__u32 flags;      /* SET: REMORA_NAMES_CREATE and so on; else 0 */
	__s32 timeout_ms; /* of what waits; else 0 */
	__u64 value[REMORA_NAMES_VALUES]; /* as far as the operation uses it; else 0 */
	char name[REMORA_NAMES_NAME_MAX];
	struct remora_names_record record; /* out: of GET, AWAIT, SET */
	struct remora_error error;
};

/** struct remora_names_list - REMORA_IOC_NAMES_LIST: names, in no order */
struct remora_names_list {
	__u32 size;
	__u32 at;          /* in: 0 at first, then what the call before left here */
	__u32 count;       /* in: room in records[]; out: copied, at most REMORA_NAMES_LIST_MAX; 0: no more */
	__u32 record_size; /* in: sizeof(struct remora_names_record) as user space knows it */
	__u64 records;     /* pointer to struct remora_names_record[] */
	char prefix[REMORA_NAMES_NAME_MAX]; /* of the wanted names; "": all */
	struct remora_error error;
};

#define REMORA_NAMES_LIST_MAX 64 /* names that one call copies at most */

#define REMORA_NAMES_UNWATCH (1u << 0) /* end the watch of this tag */

/** struct remora_names_watch - REMORA_IOC_NAMES_WATCH: be told of changes of records by read() */
struct remora_names_watch {
	__u32 size;
	__u32 flags; /* REMORA_NAMES_UNWATCH, with an empty prefix */
	__u64 tag;   /* the caller's own; comes with each event */
	char prefix[REMORA_NAMES_NAME_MAX]; /* of the names to watch; "": all */
	struct remora_error error;
};

enum remora_names_what {
	REMORA_NAMES_SET = 0,    /* a record was made or written */
	REMORA_NAMES_GONE = 1,   /* a record was removed */
	REMORA_NAMES_MISSED = 2, /* there was more than fits: look at the records again */
};

/** struct remora_names_event - what read() gives, as many as fit */
struct remora_names_event {
	__u64 tag;
	__u32 what; /* enum remora_names_what */
	__u32 reserved;
	struct remora_names_record record; /* of MISSED: 0 */
};

#define REMORA_IOC_NAMES_ASK _IOWR(REMORA_IOC_MAGIC, 0x30, struct remora_names_ask)
#define REMORA_IOC_NAMES_LIST _IOWR(REMORA_IOC_MAGIC, 0x31, struct remora_names_list)
#define REMORA_IOC_NAMES_WATCH _IOWR(REMORA_IOC_MAGIC, 0x32, struct remora_names_watch)

#endif
