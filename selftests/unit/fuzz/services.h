/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzzers of names, binding, memory and starting share: a few nodes, links between them, and
 * an input that says what happens next. Messages come as they were sent, spoilt, or from nowhere.
 */
#ifndef FUZZ_SERVICES_H
#define FUZZ_SERVICES_H

#include <abi/protocol/port.h>
#include <abi/protocol/set.h>

#include "fuzz.h"

#define NODES 3u
#define QUEUED 512u

static const uint8_t *input, *input_end;
static uint32_t numbers[NODES] = { 0, 1, 2 };

static struct {
	uint16_t type;
	uint32_t from, to, bytes;
	uint8_t payload[1024];
} queue[QUEUED];
static uint32_t queued;

static uint8_t next_byte(void)
{
	return input < input_end ? *input++ : 0;
}

static void send_message(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	MUST(to < NODES && to != *(uint32_t *)ctx && bytes <= sizeof(queue[0].payload));
	if (queued == QUEUED)
		return;
	queue[queued].type = type;
	queue[queued].from = *(uint32_t *)ctx;
	queue[queued].to = to;
	queue[queued].bytes = bytes;
	memcpy(queue[queued++].payload, payload, bytes);
}

static struct protocol_port port_of(uint32_t node)
{
	return (struct protocol_port){ &numbers[node], send_message };
}

/* In a block of its own size, so that a read past its end is seen. */
static void deliver(void (*message)(uint32_t to, uint32_t from, uint16_t type, const void *payload,
				    uint32_t bytes),
		    uint32_t at, bool spoil)
{
	uint32_t to, from, bytes, where = spoil ? next_byte() : 0;
	uint16_t type;
	uint8_t *copy;

	if (at >= queued)
		return;
	to = queue[at].to;
	from = queue[at].from;
	type = queue[at].type;
	bytes = queue[at].bytes;
	copy = malloc(bytes ? bytes : 1);
	MUST(copy);
	memcpy(copy, queue[at].payload, bytes);
	if (spoil && bytes)
		copy[where % bytes] ^= next_byte();
	memmove(&queue[at], &queue[at + 1], (--queued - at) * sizeof(queue[0]));
	message(to, from, type, copy, bytes);
	free(copy);
}

/* From nowhere: sender, receiver, type, and bytes of the input. */
static void forge(void (*message)(uint32_t to, uint32_t from, uint16_t type, const void *payload,
				  uint32_t bytes),
		  uint32_t interface)
{
	uint8_t who = next_byte(), type = next_byte() % 16, bytes = next_byte(), *copy;

	copy = malloc(bytes ? bytes : 1);
	MUST(copy);
	for (uint32_t i = 0; i < bytes; i++)
		copy[i] = next_byte();
	message(who % NODES, who / 8 % 4, PROTOCOL_TYPE(interface, type), copy, bytes);
	free(copy);
}

static struct protocol_set members_of(uint8_t bits)
{
	struct protocol_set s = protocol_set_only(0);

	s.bits[0] |= bits & 7;
	return s;
}

#endif
