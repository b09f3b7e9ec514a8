// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>
#include <urpc/barrier.h>

#include <stream.h>

#define RING ABI_STREAM_RING

uint32_t stream_peek(const struct abi_stream *stream, uint32_t which, uint64_t own, void *to,
		     uint32_t room)
{
	uint64_t filled = urpc_load_acquire(&stream->ring[which].written) - own;
	uint32_t at = own % RING, count, first;

	if (filled > RING)
		return 0;
	count = filled < room ? (uint32_t)filled : room;
	first = count < RING - at ? count : RING - at;
	memcpy(to, &stream->bytes[which][at], first);
	memcpy((char *)to + first, stream->bytes[which], count - first);
	return count;
}

/*
 * The domain may run between any two instructions of these. What it saw last before it went to sleep is
 * looked at behind the store: before it, it could still fill the ring, or empty it, unseen.
 */
bool stream_taken(struct abi_stream *stream, uint32_t which, uint64_t *own, uint32_t count)
{
	uint64_t before = *own;

	*own += count;
	urpc_store_release(&stream->ring[which].taken, *own);
	urpc_fence_full();
	return urpc_load_relaxed(&stream->ring[which].written) - before >= RING;
}

uint32_t stream_room(const struct abi_stream *stream, uint64_t own)
{
	uint64_t filled = own - urpc_load_acquire(&stream->ring[ABI_STREAM_INPUT].taken);

	return filled > RING ? 0 : RING - (uint32_t)filled;
}

bool stream_put(struct abi_stream *stream, uint64_t *own, const void *from, uint32_t count)
{
	struct abi_stream_ring *ring = &stream->ring[ABI_STREAM_INPUT];
	uint32_t at = *own % RING, first = count < RING - at ? count : RING - at;
	uint64_t before = *own;

	memcpy(&stream->bytes[ABI_STREAM_INPUT][at], from, first);
	memcpy(stream->bytes[ABI_STREAM_INPUT], (const char *)from + first, count - first);
	*own += count;
	urpc_store_release(&ring->written, *own);
	urpc_fence_full();
	return urpc_load_relaxed(&ring->taken) == before;
}

void stream_end(struct abi_stream *stream)
{
	urpc_store_release(&stream->ring[ABI_STREAM_INPUT].ended, 1);
}

bool stream_wanted(const struct abi_stream *stream)
{
	return urpc_load_acquire(&stream->ring[ABI_STREAM_INPUT].wanted);
}
