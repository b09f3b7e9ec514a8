/* SPDX-License-Identifier: GPL-2.0-only */
/* Two programs that talk to each other, on two cores or on one. */
#ifndef PAIR_H
#define PAIR_H

#include <stdint.h>

#include <lib/bind.h>
#include <lib/names.h>

#define PAIR_INTERFACE 77u
#define PAIR_VERSION 1u

/* Message types. */
/* PAIR_RAW: the server is to take memory for a channel without binding; then it serves both. */
enum { PAIR_ECHO = 1, PAIR_FLOOD = 2, PAIR_END = 3, PAIR_RAW = 4 };

#define PAIR_POLLS 4096u /* between looks at whether it is over */
#define RAW_POLLS 1000000000u /* who does not answer then is gone */

/** struct options - of the command line; times in ms, 0: none */
struct options {
	const char *name;
	uint32_t version;
	uint32_t count;
	uint32_t slots;
	uint64_t ms;
	uint64_t hold_ms;
	bool wait;
	bool silent;  /* offer, and never answer */
	bool refuse;
	bool flood;   /* send without end, take nothing */
	bool poll;    /* never sleep */
};

/* Verbs. Return: the exit status. */
int serve(const struct options *o);
int connect_to(const struct options *o);
int cycle(const struct options *o);
int bench(const struct options *o);

/** fail - say why a call failed; -errno of the library, and what it told. Return: 1 */
int fail(const char *what, int rc, uint32_t error, uint32_t detail);

/** receive - wait for the next message, by sleeping or (@poll) not. Return: 0, -RT_EPIPE: it is over */
int receive(struct rt_bound *b, struct urpc_msg *m, bool poll);

/** send - wait for room likewise. Return: 0, -RT_EPIPE */
int send(struct rt_bound *b, uint16_t type, const void *data, uint32_t bytes, bool poll);

/**
 * raw_give, raw_take - the two ends of a channel without binding: the client gives memory to who offers
 * @server, whose program waits in raw_take(). It stays until the two end. Return: 0, or as lib/share.h
 */
int raw_give(struct urpc_chan *c, const char *server, uint32_t slots);
int raw_take(struct urpc_chan *c, uint32_t slots);

/** raw_send, raw_receive - as send() and receive(), polling. Return: 0, or an error of URPC's, -RT_ETIMEDOUT */
int raw_send(struct urpc_chan *c, uint16_t type, const void *data, uint32_t bytes);
int raw_receive(struct urpc_chan *c, struct urpc_msg *m);

/** pair_ticks - the TSC */
static inline uint64_t pair_ticks(void)
{
	uint32_t low, high;

	__asm__ __volatile__("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#endif
