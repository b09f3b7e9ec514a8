/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Messages between the CPU drivers of two partition cores, on the channels of the table of peers.
 */
#ifndef ABI_PEER_H
#define ABI_PEER_H

#include <urpc/abi.h>

/** enum abi_peer - message types */
enum abi_peer {
	ABI_PEER_PING = 1, /* struct abi_peer_ping; answered by ABI_PEER_PONG with the same payload */
	ABI_PEER_PONG = 2,
};

/** struct abi_peer_ping - @run and @number are the sender's: it drops answers of an older run */
struct abi_peer_ping {
	uint64_t run;
	uint64_t number;
};

URPC_STATIC_ASSERT(sizeof(struct abi_peer_ping) == 16, "peer message");
URPC_STATIC_ASSERT(offsetof(struct abi_peer_ping, number) == 8, "peer message");

#endif
