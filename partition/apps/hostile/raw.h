/* SPDX-License-Identifier: GPL-2.0-only */
/* Native system calls without the run-time library's manners, and what hostile programs share. */
#ifndef RAW_H
#define RAW_H

#include <stddef.h>
#include <stdint.h>

#include <abi/domain.h>
#include <abi/invoke.h>
#include <abi/lmp.h>
#include <abi/object.h>
#include <abi/syscall.h>

#define ROOT_DEPTH ABI_DOMAIN_ROOT_BITS
#define ROOT_SLOTS (1u << ABI_DOMAIN_ROOT_BITS)

/** struct raw_call - @a: RDI, RSI, RDX, R10, R8, R9. @second: RDX afterwards */
struct raw_call {
	uint64_t number;
	uint64_t a[6];
	uint64_t second;
};

static inline int64_t raw(struct raw_call *c)
{
	register uint64_t r10 __asm__("r10") = c->a[3];
	register uint64_t r8 __asm__("r8") = c->a[4];
	register uint64_t r9 __asm__("r9") = c->a[5];
	uint64_t rax = c->number, rdi = c->a[0], rsi = c->a[1], rdx = c->a[2];

	__asm__ volatile("syscall"
			 : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
			 :
			 : "rcx", "r11", "memory");
	c->second = rdx;
	return (int64_t)rax;
}

#define RAW(number, ...) raw(&(struct raw_call){ (number), { __VA_ARGS__ }, 0 })

/** raw_type - type of the capability in a slot of the root CNode; 0: empty */
static inline unsigned int raw_type(uint64_t slot)
{
	struct raw_call c = { ABI_SYSCALL_INVOKE,
			      { ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, ROOT_DEPTH, 0, 0, 0), slot, 0,
				0, 0, ABI_INVOKE_KIND },
			      0 };

	return raw(&c) ? 0 : c.second & 0xffff;
}

static inline int64_t raw_delete(uint64_t slot)
{
	return RAW(ABI_SYSCALL_INVOKE, ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, ROOT_DEPTH, 0, 0, 0),
		   slot);
}

/** raw_empty - an empty slot of the root CNode, found from the top. Return: 0: none */
static inline uint64_t raw_empty(void)
{
	uint64_t slot;

	for (slot = ROOT_SLOTS - 1; slot >= ABI_SLOT_FREE && raw_type(slot); slot--)
		;
	return slot >= ABI_SLOT_FREE ? slot : 0;
}

/** raw_random - the next of a row of numbers that @state (not 0) begins: xorshift */
static inline uint64_t raw_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/**
 * hostile_way - one way to be hostile
 * @argument: of the command line, or "". Return: exit status, 1 for a breach that was told
 */
typedef int hostile_way(const char *argument);

/** breach - say what should have been refused. Return: 1 */
int breach(const char *format, ...) __attribute__((format(printf, 1, 2)));

hostile_way way_privileged, way_instructions;
hostile_way way_stack, way_stack_thread, way_stack_pointer, way_read, way_write, way_jump, way_execute;
hostile_way way_divide, way_float, way_step;
hostile_way way_calls, way_steal, way_suicide;
hostile_way way_memory, way_touch, way_slots, way_pieces, way_threads;
hostile_way way_loop, way_disabled, way_yield, way_alarm, way_sleep;
hostile_way way_flood, way_deaf, way_exit, way_abort, way_leave;
hostile_way way_monitor, way_streams, way_scribble, way_fuzz;

#endif
