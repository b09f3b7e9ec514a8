/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One channel's dealings with the monitor: abi/spawn.h as a state machine. A message goes in by
 * session_message(), messages come out by session_send(), which is the channel's; what is done to
 * programs goes through domain.h. Nothing here waits: what does not fit is tried again by
 * session_work().
 *
 *   IDLE --START--> LOADING --last DATA--> RUNNING --ended, output told--> OVER
 *   IDLE, LOADING --anything wrong--> OVER, by REFUSED
 *
 * Something wrong after STARTED breaks the channel, as REFUSED may not be said any more.
 */
#ifndef SESSION_H
#define SESSION_H

#include <abi/spawn.h>
#include <base/elf64.h>

#include <domain.h>

#define SESSION_OUTPUT 4096u /* bytes of output in a message */
#define SESSION_ROUNDS 4u    /* messages of output in a turn */

enum session_state {
	SESSION_IDLE = 0,
	SESSION_LOADING = 1,
	SESSION_RUNNING = 2,
	SESSION_OVER = 3,
};

/**
 * struct session
 * @domain:  while LOADING, once the head of the file is there, and RUNNING
 * @got:     bytes of the file that have come
 * @taken:   bytes of each output, @given: of input
 * @granted: bytes of input that may be sent
 * @input_ended: INPUT_END has come
 * @listing: LIST is being answered: @list_next is the next place to tell of
 * @answer:  a message that has yet to be sent, of @answer_type; 0: none
 * @start, @strings, @head: what has come, while LOADING
 */
struct session {
	enum session_state state;
	struct domain *domain;
	uint64_t got;
	uint64_t taken[ABI_STREAMS];
	uint64_t given;
	uint64_t granted;
	bool input_ended;
	bool listing;
	uint32_t list_tag;
	uint32_t list_next;
	uint16_t answer_type;
	uint16_t answer_bytes;
	uint8_t answer[sizeof(struct abi_spawn_exited) + DOMAIN_SENTENCE];
	struct abi_spawn_start start;
	uint32_t string_bytes;
	char strings[ABI_SPAWN_ARGS_MAX];
	uint8_t head[ELF64_HEAD_BYTES];
};

/** session_begin - a channel was bound */
void session_begin(struct session *s);

/**
 * session_ready - may it be given a message?
 * Not while it has to answer the one before.
 */
bool session_ready(const struct session *s);

/**
 * session_message - @data may hold anything
 * Return: 0; 1: there is work for another session; or -errno: close the channel.
 */
int session_message(struct session *s, uint16_t type, const void *data, uint32_t bytes);

/**
 * session_work - output, the end of the program, answers
 * Return: true: there is more to do, now or when there is room in the channel.
 */
bool session_work(struct session *s);

/** session_end - the channel is gone, and with it the program */
void session_end(struct session *s);

/**
 * session_send - the channel's: send a message, whole or not at all
 * Return: 0 or -MON_EAGAIN. A message that can never be sent counts as sent.
 */
int session_send(struct session *s, uint16_t type, const void *data, uint32_t bytes);

/** session_most - bytes of the longest message that session_send() takes */
uint32_t session_most(const struct session *s);

/* ---- for the verbs ---- */

/** session_answer - send it now, or as soon as there is room. There is no other one. */
void session_answer(struct session *s, uint16_t type, const void *data, uint32_t bytes);

/** session_refuse - REFUSED, with a sentence; the session is over. Return: 0. */
int session_refuse(struct session *s, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int verb_start(struct session *s, const void *data, uint32_t bytes);
int verb_data(struct session *s, const void *data, uint32_t bytes);
int verb_input(struct session *s, const void *data, uint32_t bytes);
int verb_input_end(struct session *s, const void *data, uint32_t bytes);
int verb_interrupt(struct session *s, const void *data, uint32_t bytes);
int verb_list(struct session *s, const void *data, uint32_t bytes);
int verb_kill(struct session *s, const void *data, uint32_t bytes);

/** list_work - go on answering LIST. Return: true: not yet done. */
bool list_work(struct session *s);

/** session_refused - messages that were refused, ever, on all channels */
extern uint64_t session_refused;

#endif
