// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Streams. Barriers: who stores @written or @taken releases the bytes with it, who loads it
 * acquires them. After storing, a full fence, then a look at the other side's counter: if that side
 * had nothing to do before, it may be asleep and is told. All is done disabled, so that threads
 * do not come between, neither in a copy nor between a look and going to sleep; pages of the caller
 * that are not there yet are served all the same.
 */
#include <base/format.h>
#include <base/string.h>

#include <abi/lmp.h>
#include <lib/error.h>
#include <lib/stream.h>
#include <lib/syscall.h>
#include <lib/thread.h>

#include "memory_priv.h"

#define LINE 256
#define ROOM_NS 1000000

static struct abi_stream *streams; /* NULL: none */
static struct rt_queue waiters[ABI_STREAMS];
static struct rt_queue anything; /* who waits for any of them */
static struct rt_queue no_room; /* for a message to the monitor */
static bool asked; /* for input */

void rt_stream_init(struct abi_stream *s)
{
	streams = s;
}

int64_t rt_stream_hint(void)
{
	uint64_t word = ABI_LMP_STREAM;

	return rt_syscall(ABI_SYSCALL_LMP, ABI_SLOT_MONITOR,
			  ABI_LMP_SEND_WORD(ABI_DOMAIN_ROOT_BITS, 1, 0, 0), (uint64_t)&word, 0, 0,
			  0, NULL);
}

/*
 * Again until there is room for it, which ends the dispatcher's sleep. The caller may be disabled: then
 * a system call that gives the core away would not come back.
 */
void rt_stream_tell(void)
{
	uint32_t was = rt_disable();

	while (rt_stream_hint() == -RT_EAGAIN)
		rt_block_outside(&no_room, rt_deadline_ns(ROOM_NS));
	rt_enable(was);
}

/* Bytes in the ring. Return: -RT_EIO when the numbers make no sense. */
static int64_t fill(const struct abi_stream_ring *r)
{
	uint64_t bytes = __atomic_load_n(&r->written, __ATOMIC_ACQUIRE) -
			 __atomic_load_n(&r->taken, __ATOMIC_ACQUIRE);

	return bytes <= ABI_STREAM_RING ? (int64_t)bytes : -RT_EIO;
}

/* Copy between the ring and a program, around the ring's end. */
static void ring_copy(uint8_t *ring, uint64_t at, void *program, size_t bytes, bool out)
{
	size_t first = ABI_STREAM_RING - at % ABI_STREAM_RING;
	uint8_t *p = program;

	if (first > bytes)
		first = bytes;
	if (out) {
		memcpy(p, ring + at % ABI_STREAM_RING, first);
		memcpy(p + first, ring, bytes - first);
	} else {
		memcpy(ring + at % ABI_STREAM_RING, p, first);
		memcpy(ring, p + first, bytes - first);
	}
}

/* Return: bytes put in; whether the monitor must be told. */
static int64_t put(uint32_t stream, const void *from, size_t bytes, bool *news)
{
	struct abi_stream_ring *r = &streams->ring[stream];
	uint64_t written = r->written;
	int64_t full = fill(r);

	if (full < 0)
		return full;
	if (bytes > ABI_STREAM_RING - (uint64_t)full)
		bytes = ABI_STREAM_RING - (uint64_t)full;
	if (!bytes)
		return 0;
	ring_copy(streams->bytes[stream], written, (void *)(uintptr_t)from, bytes, false);
	__atomic_store_n(&r->written, written + bytes, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*news |= __atomic_load_n(&r->taken, __ATOMIC_ACQUIRE) == written;
	return (int64_t)bytes;
}

static int64_t take(void *to, size_t bytes, bool *news)
{
	struct abi_stream_ring *r = &streams->ring[ABI_STREAM_INPUT];
	uint64_t taken = r->taken;
	int64_t there = fill(r);

	if (there < 0)
		return there;
	if (bytes > (uint64_t)there)
		bytes = (uint64_t)there;
	if (!bytes)
		return 0;
	ring_copy(streams->bytes[ABI_STREAM_INPUT], taken, to, bytes, true);
	__atomic_store_n(&r->taken, taken + bytes, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*news |= __atomic_load_n(&r->written, __ATOMIC_ACQUIRE) - taken == ABI_STREAM_RING;
	return (int64_t)bytes;
}

static bool input_ended(void)
{
	return __atomic_load_n(&streams->ring[ABI_STREAM_INPUT].ended, __ATOMIC_ACQUIRE);
}

/* The first wish for input is told to the monitor. */
static void ask(void)
{
	if (asked)
		return;
	asked = true;
	__atomic_store_n(&streams->ring[ABI_STREAM_INPUT].wanted, 1, __ATOMIC_RELEASE);
	rt_stream_tell();
}

int64_t rt_stream_read(void *to, size_t bytes, bool wait)
{
	bool news = false, ended;
	uint32_t was;
	int64_t got;

	if (!streams)
		return -RT_EBADF;
	if (!bytes)
		return 0;
	ask();
	was = rt_disable();
	for (;;) {
		/* In this order: what was put in before the end is read before the end. */
		ended = input_ended();
		got = take(to, bytes, &news);
		if (got || ended || !wait)
			break;
		rt_block_outside(&waiters[ABI_STREAM_INPUT], RT_NEVER);
	}
	rt_enable(was);
	if (news)
		rt_stream_tell();
	return got || ended ? got : -RT_EAGAIN;
}

/* In the core's first domain: lines on the core's console. */
static int64_t console_write(const char *from, size_t bytes)
{
	for (size_t done = 0, line; done < bytes; done += line + 1) {
		for (line = 0; done + line < bytes && from[done + line] != '\n'; line++)
			;
		for (size_t at = 0; at < line; at += LINE)
			rt_print(from + done + at, line - at < LINE ? line - at : LINE);
	}
	return (int64_t)bytes;
}

int64_t rt_stream_write(uint32_t stream, const void *from, size_t bytes, bool wait)
{
	const char *next = from;
	size_t done = 0;
	uint32_t was;
	int64_t rc;

	if (stream == ABI_STREAM_INPUT || stream >= ABI_STREAMS)
		return -RT_EBADF;
	if (!streams)
		return console_write(from, bytes);
	was = rt_disable();
	for (;;) {
		bool news = false;

		rc = put(stream, next + done, bytes - done, &news);
		if (news)
			rt_stream_tell();
		if (rc < 0)
			break;
		done += (size_t)rc;
		if (done == bytes || !wait)
			break;
		if (!rc)
			rt_block_outside(&waiters[stream], RT_NEVER);
	}
	rt_enable(was);
	if (rc < 0)
		return rc;
	return done || !bytes ? (int64_t)done : -RT_EAGAIN;
}

bool rt_stream_ready(uint32_t stream)
{
	int64_t bytes;

	if (!streams || stream >= ABI_STREAMS)
		return true;
	if (stream == ABI_STREAM_INPUT)
		ask();
	bytes = fill(&streams->ring[stream]);
	return stream == ABI_STREAM_INPUT ? bytes || input_ended() : bytes != ABI_STREAM_RING;
}

int rt_stream_wait(uint64_t deadline)
{
	return rt_block_outside(&anything, deadline);
}

void rt_stream_event(void)
{
	rt_wake(&anything, UINT32_MAX);
	for (uint32_t i = 0; i < ABI_STREAMS; i++)
		rt_wake(&waiters[i], UINT32_MAX);
}

void rt_complain(const char *format, ...)
{
	static const char prefix[] = "remora: ";
	char line[LINE];
	bool news = false;
	size_t bytes;
	uint32_t was;
	va_list args;

	memcpy(line, prefix, sizeof(prefix));
	va_start(args, format);
	bytes = sizeof(prefix) - 1 +
		base_vformat(line + sizeof(prefix) - 1, LINE - sizeof(prefix), format, args);
	va_end(args);
	if (bytes > LINE - 2)
		bytes = LINE - 2;
	if (!streams) {
		rt_print(line, bytes);
		return;
	}
	line[bytes++] = '\n';
	was = rt_disable();
	put(ABI_STREAM_ERROR, line, bytes, &news);
	if (news)
		rt_stream_hint();
	rt_enable(was);
}

void memory_fatal(const char *what, int64_t rc)
{
	rt_complain("%s (%lld)", what, (long long)rc);
	rt_exit(134);
}
