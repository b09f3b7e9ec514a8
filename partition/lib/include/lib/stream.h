/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Standard input, output and error output (struct abi_stream): rings of bytes shared with the
 * monitor. A core's first domain has none: what it writes goes to the core's console, line by line.
 */
#ifndef LIB_STREAM_H
#define LIB_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/domain.h>

/**
 * rt_stream_read - bytes of standard input; waits until there is one
 * @wait: false: -RT_EAGAIN instead
 * Return: how many, 0 at its end, -RT_EIO when the monitor broke the rules, -RT_EBADF: no stream.
 */
int64_t rt_stream_read(void *to, size_t bytes, bool wait);

/**
 * rt_stream_write - all bytes, or with @wait false what there is room for (at least 1)
 * @stream: ABI_STREAM_OUTPUT or ABI_STREAM_ERROR
 * Return: how many, -RT_EAGAIN, -RT_EIO, -RT_EBADF.
 */
int64_t rt_stream_write(uint32_t stream, const void *from, size_t bytes, bool wait);

/** rt_stream_ready - would rt_stream_read() or rt_stream_write() of one byte not wait? */
bool rt_stream_ready(uint32_t stream);

/** rt_stream_wait - until one of them has changed; called disabled. Return: 0, -RT_ETIMEDOUT. */
int rt_stream_wait(uint64_t deadline);

/** rt_stream_init - once, before all others. @streams: at ABI_DOMAIN_STREAM; NULL: there are none */
void rt_stream_init(struct abi_stream *streams);

/**
 * rt_stream_hint - tell the monitor to look at what it shares with this program; never waits
 * Return: 0, -RT_EAGAIN: it has not taken earlier ones: it will look later.
 */
int64_t rt_stream_hint(void);

/** rt_stream_tell - the same, waits until the monitor was told; by a thread. */
void rt_stream_tell(void);

/** rt_stream_event - the monitor's ABI_LMP_STREAM came: whoever waits looks again. */
void rt_stream_event(void);

/**
 * rt_complain - a line for people, on the error output or, in the monitor, the core's console;
 * never waits: what does not fit is lost. Any thread, disabled or not.
 */
void rt_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
