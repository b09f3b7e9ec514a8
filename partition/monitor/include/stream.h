/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor's side of the streams of a domain, which may write anything there at any time: the
 * monitor's own counts are its own, the other ones are read once and checked. Pure.
 */
#ifndef STREAM_H
#define STREAM_H

#include <abi/domain.h>

/**
 * stream_peek - copy bytes that the domain has written
 * @own: count of bytes taken so far
 * Return: how many; they stay until stream_taken().
 */
uint32_t stream_peek(const struct abi_stream *stream, uint32_t which, uint64_t own, void *to,
		     uint32_t room);

/** stream_taken - @count more are taken. Return: true: tell the domain, the ring was full. */
bool stream_taken(struct abi_stream *stream, uint32_t which, uint64_t *own, uint32_t count);

/** stream_room - how many bytes of input fit now. @own: count of bytes written so far */
uint32_t stream_room(const struct abi_stream *stream, uint64_t own);

/** stream_put - write input, which fits. Return: true: tell the domain, the ring was empty. */
bool stream_put(struct abi_stream *stream, uint64_t *own, const void *from, uint32_t count);

/** stream_end - no more input comes */
void stream_end(struct abi_stream *stream);

/** stream_wanted - has the domain asked for input? */
bool stream_wanted(const struct abi_stream *stream);

#endif
