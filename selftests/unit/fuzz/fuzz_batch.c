// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that travel together: a batch of any bytes is refused as a whole, or read within its bounds
 * to its end. What was read goes through a batcher, in between some other messages; what comes out at
 * the other end is the same, in the same order, in messages that are no longer than a batch.
 */
#include <abi/protocol/batch.h>
#include <urpc/chan.h>

#include "fuzz.h"

#define PEERS 3u
#define SENT_MAX 4096u

static struct batch_peer peers[PEERS];
static struct batcher b;
static struct { uint16_t type; uint32_t bytes; uint8_t first; } sent[SENT_MAX];
static uint32_t sent_count, came;

static void arrives(uint16_t type, const uint8_t *payload, uint32_t bytes)
{
	MUST(came < sent_count && sent[came].type == type && sent[came].bytes == bytes);
	MUST(!bytes || sent[came].first == payload[0]);
	came++;
}

static void out(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct batch_reader r;

	(void)ctx;
	MUST(to == 1);
	if (type != BATCH_MESSAGE) {
		arrives(type, payload, bytes);
		return;
	}
	MUST(bytes <= BATCH_BYTES && !batch_open(&r, payload, bytes));
	while (batch_next(&r))
		arrives(r.type, r.payload, r.bytes);
}

static void send(uint16_t type, const uint8_t *payload, uint32_t bytes)
{
	if (sent_count == SENT_MAX)
		return;
	sent[sent_count].type = type;
	sent[sent_count].bytes = bytes;
	sent[sent_count++].first = bytes ? payload[0] : 0;
	protocol_send(&b.port, 1, type, payload, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct protocol_port port = { NULL, out };
	struct batch_reader r;
	uint8_t large[2 * BATCH_BYTES] = { 1 };
	uint32_t bytes = 0, count = 0;

	sent_count = 0;
	came = 0;
	batch_init(&b, &port, peers, PEERS);
	if (batch_open(&r, data, (uint32_t)size))
		return 0;
	while (batch_next(&r)) {
		MUST(r.payload >= data && r.payload + r.bytes <= data + size);
		MUST(PROTOCOL_INTERFACE_OF(r.type) != PROTOCOL_BATCH);
		bytes += 4 + r.bytes;
		count++;
		send(r.type, r.payload, r.bytes);
		if (r.type & 1)
			send(2, large, r.type % sizeof(large));
		if (r.type & 2)
			batch_flush_to(&b, r.type % (PEERS + 1));
	}
	MUST(bytes == size && count >= 2);
	batch_flush(&b);
	MUST(came == sent_count && !peers[1].count);
	return 0;
}
