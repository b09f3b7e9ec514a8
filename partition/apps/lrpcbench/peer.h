/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second dispatcher with an address space of its own, in which only a server of a few instructions
 * is: it answers each message at once, with word 0 one higher, and in word 1 the TSC when the message
 * arrived.
 */
#ifndef LRPCBENCH_PEER_H
#define LRPCBENCH_PEER_H

#include <abi/object.h>
#include <abi/syscall.h>

/**
 * peer_start - make it, and let it run
 * @answer:   ENDPOINT, in this program's root CNode, which it shares: where answers go
 * @endpoint: set to that of the server
 * Return: NULL, or what could not be done.
 */
const char *peer_start(struct abi_cap_at answer, struct abi_cap_at *endpoint);

/* What came back from the server, and when; written by raw_call(). */
struct raw_result {
	uint64_t stack;
	uint64_t start; /* TSC before the system call */
	uint64_t end;   /* when the answer was there */
	uint64_t words[ABI_LRPC_WORDS];
};

extern struct raw_result raw_result;

/* Entry points of the dispatcher while raw_call() is used. */
extern const char raw_answered[], raw_woken[];

/**
 * raw_call - send a message and sleep until its answer enters at raw_answered; called disabled
 * Return: 0 or the status of ABI_SYSCALL_LRPC.
 */
int64_t raw_call(uint64_t endpoint, uint64_t word, uint64_t flags);

#endif
