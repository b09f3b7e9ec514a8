// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The heap: pieces of a few sizes out of spans, each size's spans in a list of those with room.
 * What is larger than the largest size is a span of its own. A span begins at a multiple of SPAN
 * with its head, so a piece leads to it.
 */
#include <base/string.h>

#include <lib/heap.h>

#include "memory_priv.h"

#define SPAN (16ull << 10)
#define MAGIC 0x52545350414e2121ull

/*
 * @bytes:  of a piece; @span_bytes: of all
 * @used:   pieces; @fresh: offset of the first piece that was never used
 * @free:   pieces that were; @next, @prev: spans of this size with room
 */
struct span {
	uint64_t magic;
	struct span *next;
	struct span *prev;
	void *free;
	uint64_t span_bytes;
	uint64_t bytes;
	uint32_t used;
	uint32_t fresh;
	uint64_t reserved;
};

URPC_STATIC_ASSERT(sizeof(struct span) % 16 == 0, "pieces are aligned to 16 bytes");

static const uint16_t sizes[] = { 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 2048 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static struct span *room[SIZES];
static uint64_t heap_bytes;

static unsigned int size_of(size_t bytes)
{
	unsigned int i = 0;

	while (i < SIZES && sizes[i] < bytes)
		i++;
	return i;
}

static struct span *span_new(uint64_t span_bytes, uint64_t bytes)
{
	/* Larger by a span, so that an aligned one lies in it; what is before and behind goes. */
	uint64_t all = span_bytes + SPAN - 4096, va = 0, at;
	struct span *s;

	if (rt_vspace_map(&va, all, RT_NONE, 0))
		return NULL;
	at = (va + SPAN - 1) & ~(SPAN - 1);
	if ((at > va && rt_vspace_unmap(va, at - va)) ||
	    (va + all > at + span_bytes &&
	     rt_vspace_unmap(at + span_bytes, va + all - at - span_bytes)) ||
	    rt_vspace_map(&at, span_bytes, RT_READ | RT_WRITE, RT_MAP_FIXED | RT_MAP_NOW)) {
		rt_vspace_unmap(va, all);
		return NULL;
	}
	s = (struct span *)at;
	*s = (struct span){ .magic = MAGIC, .span_bytes = span_bytes, .bytes = bytes,
			    .fresh = sizeof(*s) };
	heap_bytes += span_bytes;
	return s;
}

static void span_end(struct span *s)
{
	uint64_t bytes = s->span_bytes;

	s->magic = 0;
	heap_bytes -= bytes;
	if (rt_vspace_unmap((uint64_t)s, bytes))
		memory_fatal("memory of the heap could not be given back", (int64_t)bytes);
}

static bool span_full(const struct span *s)
{
	return !s->free && s->fresh + s->bytes > s->span_bytes;
}

static void room_add(unsigned int size, struct span *s)
{
	s->prev = NULL;
	s->next = room[size];
	if (s->next)
		s->next->prev = s;
	room[size] = s;
}

static void room_remove(unsigned int size, struct span *s)
{
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		room[size] = s->next;
}

static void *piece_take(unsigned int size)
{
	struct span *s = room[size];
	void *piece;

	if (!s) {
		s = span_new(SPAN, sizes[size]);
		if (!s)
			return NULL;
		room_add(size, s);
	}
	piece = s->free;
	if (piece) {
		s->free = *(void **)piece;
	} else {
		piece = (char *)s + s->fresh;
		s->fresh += (uint32_t)s->bytes;
	}
	s->used++;
	if (span_full(s))
		room_remove(size, s);
	return piece;
}

static void *large_take(size_t bytes)
{
	struct span *s;

	if (bytes > RT_VSPACE_END - RT_VSPACE_BASE)
		return NULL;
	s = span_new((bytes + sizeof(*s) + 4095) & ~4095ull, bytes);
	return s ? s + 1 : NULL;
}

void *rt_malloc(size_t bytes)
{
	unsigned int size = size_of(bytes);
	uint32_t was;
	void *piece;

	if (!bytes)
		return NULL;
	was = memory_lock();
	piece = size < SIZES ? piece_take(size) : large_take(bytes);
	memory_unlock(was);
	return piece;
}

void *rt_calloc(size_t count, size_t bytes)
{
	void *piece;

	if (bytes && count > SIZE_MAX / bytes)
		return NULL;
	piece = rt_malloc(count * bytes);
	if (piece)
		memset(piece, 0, count * bytes);
	return piece;
}

/* The span of a piece: none ends the program. */
static struct span *span_of(const void *piece)
{
	struct span *s = (struct span *)((uint64_t)piece & ~(SPAN - 1));
	uint64_t offset = (uint64_t)piece - (uint64_t)s;

	if ((uint64_t)piece < RT_VSPACE_BASE || (uint64_t)piece >= RT_VSPACE_END ||
	    s->magic != MAGIC || offset < sizeof(*s) || (offset - sizeof(*s)) % s->bytes)
		memory_fatal("what was freed is no piece of the heap", (int64_t)piece);
	return s;
}

static void piece_free(struct span *s, void *piece)
{
	unsigned int size = size_of(s->bytes);
	bool full = span_full(s);

	*(void **)piece = s->free;
	s->free = piece;
	s->used--;
	if (full)
		room_add(size, s);
	/* The last span of a size stays: the next piece will not need a new one. */
	if (!s->used && (s->next || s->prev)) {
		room_remove(size, s);
		span_end(s);
	}
}

void rt_free(void *piece)
{
	struct span *s;
	uint32_t was;

	if (!piece)
		return;
	was = memory_lock();
	s = span_of(piece);
	if (s->bytes > sizes[SIZES - 1])
		span_end(s);
	else
		piece_free(s, piece);
	memory_unlock(was);
}

void *rt_realloc(void *piece, size_t bytes)
{
	uint64_t old;
	void *larger;

	if (!piece)
		return rt_malloc(bytes);
	if (!bytes) {
		rt_free(piece);
		return NULL;
	}
	old = span_of(piece)->bytes;
	if (bytes <= old && bytes > old / 2)
		return piece;
	larger = rt_malloc(bytes);
	if (!larger)
		return bytes <= old ? piece : NULL;
	memcpy(larger, piece, bytes < old ? bytes : old);
	rt_free(piece);
	return larger;
}

uint64_t rt_heap_bytes(void)
{
	return heap_bytes;
}
