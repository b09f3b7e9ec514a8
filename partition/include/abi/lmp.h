/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Messages between dispatchers of one core, and from the CPU driver to one.
 *
 * A receiver makes an endpoint of its dispatcher's capability (retype) and gives it a buffer: a row of
 * records in its shared frame, behind the first page. Whoever holds a capability of the endpoint with
 * the right to write sends to it; the badge of that capability tells the receiver which one was used.
 *
 * Two ways: LRPC (ABI_SYSCALL_LRPC) carries four words in registers and enters the receiver by the
 * upcall `lrpc` at once, or is refused; it needs no buffer. LMP (ABI_SYSCALL_LMP) carries up to
 * ABI_LMP_WORDS words and one capability, and waits in the buffer.
 *
 * A program makes a buffer for each endpoint itself (ABI_ENDPOINT_BUFFER), that of its first one too, as
 * one of the first things it does; before, a message finds none (-ENOENT). The CPU driver clears the
 * buffer then.
 *
 * Record of message n (the first is 1): slot (n - 1) mod records. The CPU driver writes it, then
 * stores @number = n with release order, then wakes the dispatcher. The receiver stores the number of
 * the last message it has taken in the buffer's head, with release order, once it needs the record no more.
 * A full buffer refuses messages of programs (-EAGAIN); notices of the CPU driver wait until there is
 * room, and those of one kind and source become one. The buffer is full when the last message's number less
 * @taken is not below the number of records, whatever is written there.
 *
 * Sleep. No wake-up is lost between the receiver's look at its buffers and its sleep, enabled or not:
 * ABI_SYSCALL_SLEEP (and the sleep of LMP and LRPC) returns at once
 *   - when a message was put into a buffer since the last sleep of this dispatcher was asked for, and
 *     has not been taken by now. A message that is left where it is does that once, no more
 *   - when ABI_SYSCALL_ALARM's time came since then, while it was disabled
 *   - when a send was refused with -EAGAIN since then, and there is room in that buffer by now. (Room
 *     that comes later ends the sleep: at once when its receiver sleeps or yields, else within 2 ms)
 *   - while a channel for which it called ABI_URPC_WAKE is armed (urpc/abi.h) and what it is armed
 *     for has happened: so arm, then sleep, and disarm afterwards
 * It may also return early for nothing.
 */
#ifndef ABI_LMP_H
#define ABI_LMP_H

#include <abi/domain.h>

#define ABI_LMP_WORDS 12u
#define ABI_LMP_BUFFERS 24u   /* endpoints of a dispatcher that may have one, numbers 0 to 23 */
#define ABI_LMP_RECORDS_MAX 64u

/**
 * struct abi_lmp_record
 * @number: of the message
 * @badge:  of the capability that was used; ABI_LMP_KERNEL: a notice of the CPU driver
 * @words:  how many words
 * @flags:  ABI_LMP_CAP: a capability came with it, and is in the endpoint's receive slot. The next one
 *          can come when the receiver has moved it away
 * @kind:   of a notice: enum abi_lmp_notice; else 0
 */
struct abi_lmp_record {
	uint64_t number;
	uint64_t badge;
	uint16_t words;
	uint16_t flags;
	uint32_t kind;
	uint64_t reserved;
	uint64_t word[ABI_LMP_WORDS];
};

/**
 * struct abi_lmp_buffer - at an offset of the shared frame, a multiple of 128 from the second page on
 * @taken:   number of the last message taken; stored by the receiver, anything is harmless
 */
struct abi_lmp_buffer {
	uint64_t taken;
	uint64_t reserved[15];
	struct abi_lmp_record record[];
};

#define ABI_LMP_CAP 1u
#define ABI_LMP_KERNEL UINT64_MAX /* no capability can have this badge */

/**
 * enum abi_lmp_notice - what the CPU driver tells
 * @ABI_LMP_IRQ:      word 0: vector, 1: how many since the last notice
 * @ABI_LMP_BIND:     to the endpoint of ABI_KERNEL_SERVE. word 0: channel, 1: service, 2: slots,
 *                    3: physical address of the ring to write, 4: of the ring to read, 5: node of
 *                    the peer
 * @ABI_LMP_UNBIND:   word 0: channel
 * @ABI_LMP_DIED:     a dispatcher whose notices go here is over. word 0: its domain number. More is
 *                    told by ABI_DISPATCHER_STATUS
 * @ABI_LMP_LAST_COPY: to the endpoint of ABI_KERNEL_SERVE. Something dying has the last copy of an object
 *                    that other cores know, which this core owns. word 0: first byte, 1: bytes, 2: enum
 *                    abi_cap_type. It waits for ABI_KERNEL_CAP_STATE to change the object
 */
enum abi_lmp_notice {
	ABI_LMP_IRQ = 1,
	ABI_LMP_BIND = 2,
	ABI_LMP_UNBIND = 3,
	ABI_LMP_DIED = 4,
	ABI_LMP_LAST_COPY = 5,
};

/**
 * enum abi_lmp_message - word 0 of messages between a program's run-time library and its monitor
 * @ABI_LMP_STREAM: streams have changed: look at them. Both ways
 */
enum abi_lmp_message {
	ABI_LMP_STREAM = 1,
};

URPC_STATIC_ASSERT(sizeof(struct abi_lmp_record) == 128, "message record");
URPC_STATIC_ASSERT(sizeof(struct abi_lmp_buffer) == 128, "message buffer");

/* The buffer of endpoint 0, by agreement: right behind the first page, so many records. */
#define ABI_LMP_FIRST_OFFSET 4096u
#define ABI_LMP_FIRST_RECORDS 32u

#endif
