/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Between protocol machines and their runner's port: messages for one node that are sent in one turn
 * travel as one message, so that the many operations under way of a node share what a message costs.
 *
 * Order between two nodes is that of sending, whatever travels together. A batch arrives as a whole or
 * not at all, so that what arrives of a dead node is a prefix still. Nothing is put off beyond the
 * turn: who sends through a batcher calls batch_flush() at its end. One that is alone is sent as it is.
 */
#ifndef ABI_PROTOCOL_BATCH_H
#define ABI_PROTOCOL_BATCH_H

#include <abi/protocol/port.h>
#include <abi/protocol/set.h>

/** BATCH_MESSAGE - the type of a message that holds others */
#define BATCH_MESSAGE PROTOCOL_TYPE(PROTOCOL_BATCH, 1)
/** BATCH_BYTES - of its payload, at most */
#define BATCH_BYTES 1024u

/**
 * struct batch_head - before each message of a batch: the next begins behind its @bytes of payload
 * There is no padding; a batch has two messages or more, and no batch.
 */
struct batch_head {
	uint16_t type;
	uint16_t bytes;
};

URPC_STATIC_ASSERT(sizeof(struct batch_head) == 4, "goes over the wire");
URPC_STATIC_ASSERT(__builtin_offsetof(struct batch_head, type) == 0, "goes over the wire");
URPC_STATIC_ASSERT(__builtin_offsetof(struct batch_head, bytes) == 2, "goes over the wire");

/** struct batch_peer - what waits for one node: @count messages, @used bytes; private */
struct batch_peer {
	uint32_t used;
	uint32_t count;
	uint8_t data[BATCH_BYTES];
};

/** struct batcher - private, but for @port: what machines send through */
struct batcher {
	struct protocol_port port;
	struct protocol_port out;
	struct batch_peer *peers;
	uint32_t nodes;
	struct protocol_set waiting;
	uint32_t peers_waiting;
};

/**
 * batch_init - begin with nothing
 * @b:     stays where it is
 * @out:   the runner's port
 * @peers: @nodes of them, the batcher's as long as it is used. NULL: everything is sent at once
 */
void batch_init(struct batcher *b, const struct protocol_port *out, struct batch_peer *peers,
		uint32_t nodes);

/** batch_flush_to - send what waits for node @to; before something for it goes another way */
void batch_flush_to(struct batcher *b, uint32_t to);

/** batch_flush - send what waits, for all; at the end of each turn */
void batch_flush(struct batcher *b);

/**
 * struct batch_reader - the messages of a batch, one after the other
 * @type, @payload, @bytes: the present one, after batch_next()
 * @at, @end: private
 */
struct batch_reader {
	uint16_t type;
	const uint8_t *payload;
	uint32_t bytes;
	const uint8_t *at;
	const uint8_t *end;
};

/**
 * batch_open - a BATCH_MESSAGE came, from anybody; the payload must stay as it is
 * Return: 0; -URPC_EPROTO: too long, fewer than two messages, one that is cut off, or a batch in it:
 * then none of them is to be looked at.
 */
int batch_open(struct batch_reader *r, const void *payload, uint32_t bytes);

/** batch_next - Return: false: that was all */
bool batch_next(struct batch_reader *r);

#endif
