/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Messages of one core: abi/lmp.h. Functions return 0 or a negative enum rt_error; those that make a
 * system call, its status.
 */
#ifndef LIB_LMP_H
#define LIB_LMP_H

#include <lib/waitset.h>

/* ---- endpoints with a buffer ---- */

/**
 * struct rt_lmp - an endpoint of this dispatcher that takes messages
 * @event:    has something while there is a message; its handler receives it
 * @endpoint: capability to copy or mint for senders
 * @slot:     for received capabilities, 0: takes none
 * All else is private. @next: number of the next message.
 */
struct rt_lmp {
	struct rt_event event;
	struct abi_cap_at endpoint;
	uint32_t slot;
	uint32_t number;
	struct abi_lmp_buffer *buffer;
	uint32_t records;
	uint32_t line;
	uint64_t next;
};

/** struct rt_lmp_message - @kind: of a notice of the CPU driver, else 0. @cap: one is in the slot */
struct rt_lmp_message {
	uint64_t badge;
	uint32_t kind;
	uint16_t words;
	bool cap;
	uint64_t word[ABI_LMP_WORDS];
};

/** rt_lmp_first - ABI_SLOT_ENDPOINT; takes no capabilities. Programs leave it to the library. */
extern struct rt_lmp rt_lmp_first;

/**
 * rt_lmp_open - an endpoint more
 * @records: 1 to ABI_LMP_RECORDS_MAX; @caps: takes capabilities
 * Return: 0; -RT_ENOMEM: no slot, no room in the shared frame, or no number is left; -RT_EINVAL.
 */
int rt_lmp_open(struct rt_lmp *lmp, uint32_t records, bool caps);

/** rt_lmp_close - no message comes any more; capabilities of the endpoint that others have are dead. */
void rt_lmp_close(struct rt_lmp *lmp);

/** rt_lmp_receive - the next message. Return: 0, -RT_EAGAIN: none. */
int rt_lmp_receive(struct rt_lmp *lmp, struct rt_lmp_message *message);

/** rt_lmp_wait - the same, waits for one. Return: 0, -RT_ETIMEDOUT. Not while the event is in a set. */
int rt_lmp_wait(struct rt_lmp *lmp, struct rt_lmp_message *message, uint64_t deadline);

/**
 * rt_lmp_take - take the received capability out of the slot, so that the next one can come
 * Return: a slot that holds it, or 0: there is none, or no slot is free.
 */
uint32_t rt_lmp_take(struct rt_lmp *lmp);

/** rt_lmp_discard - delete it where it is: no slot is needed, and the next one can come */
void rt_lmp_discard(struct rt_lmp *lmp);

/**
 * rt_lmp_send - up to ABI_LMP_WORDS words and a capability (depth 0: none) to an endpoint
 * Return: 0 or what ABI_SYSCALL_LMP says; -RT_EAGAIN: the receiver's buffer is full.
 */
int rt_lmp_send(struct abi_cap_at endpoint, const uint64_t *words, unsigned int count,
		struct abi_cap_at cap);

/** rt_lmp_send_wait - the same, waits for room. Return: also -RT_ETIMEDOUT. */
int rt_lmp_send_wait(struct abi_cap_at endpoint, const uint64_t *words, unsigned int count,
		     struct abi_cap_at cap, uint64_t deadline);

/* ---- four words in registers ---- */

/**
 * struct rt_lrpc - what comes by the upcall `lrpc` through capabilities with one badge
 * @handler: called disabled on the upcalls' stack; may wake threads and answer, must not wait. It may
 *           use the extended state
 * @answer:  of rt_lrpc_call(): the words that came; private
 */
struct rt_lrpc {
	uint64_t badge;
	void (*handler)(struct rt_lrpc *lrpc, uint64_t badge, const uint64_t words[ABI_LRPC_WORDS]);
	void *context;
	uint64_t answer[ABI_LRPC_WORDS];
	bool answered;
	struct rt_queue waiter;
	struct rt_lrpc *next;
};

#define RT_LRPC_ANY UINT64_MAX /* as a badge: all that no other one is there for */

/** rt_lrpc_serve - @lrpc: @badge, @handler and @context are set. Return: 0, -RT_EEXIST. */
int rt_lrpc_serve(struct rt_lrpc *lrpc);

/** rt_lrpc_stop - nothing comes there any more. */
void rt_lrpc_stop(struct rt_lrpc *lrpc);

/**
 * rt_lrpc_answer - by a handler: send words, the receiver runs next
 * When no thread of this dispatcher can run, it sleeps at once, and the handler does not go on. To a
 * receiver that was stopped while disabled, it is sent a little later.
 * Return: 0 or the status of ABI_SYSCALL_LRPC; -RT_EBUSY: too many are to be sent later.
 */
int rt_lrpc_answer(struct abi_cap_at endpoint, const uint64_t words[ABI_LRPC_WORDS]);

/**
 * rt_lrpc_call - send words to a server, wait for its answer
 * @lrpc:   served before (its handler is not used); the server answers to an endpoint with its badge
 * @server: ENDPOINT
 * @words:  the question, then the answer
 * One call at a time for each @lrpc. A server that is busy is asked again, others run meanwhile.
 * Return: 0, -RT_ETIMEDOUT, or the status of ABI_SYSCALL_LRPC.
 */
int rt_lrpc_call(struct rt_lrpc *lrpc, struct abi_cap_at server, uint64_t words[ABI_LRPC_WORDS],
		 uint64_t deadline);

#endif
