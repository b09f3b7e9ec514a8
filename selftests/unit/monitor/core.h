/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A core for the monitor, on the host: the CPU driver's real capabilities on a fake machine, page
 * tables that are walked, dispatchers that do what the test says; and Linux at the other end of the
 * channels.
 */
#ifndef CORE_H
#define CORE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <elf.h>

#include <abi/ctl.h>
#include <abi/lmp.h>
#include <abi/object.h>
#include <abi/spawn.h>
#include <urpc/bulk.h>

#define CORE_RAM (68ull << 20)
#define CORE_SHARED CORE_RAM
#define CORE_SHARED_BYTES (4ull << 20)

/** core_start - everything anew, and the monitor's first activation */
void core_start(void);

/** monitor_reset - as if it had never run */
void monitor_reset(void);

/** core_turn - activations until it sleeps */
void core_turn(void);

/** core_pass - so much time passes, in cycles of 1 ns; then it has its turn */
void core_pass(uint64_t cycles);

/** core_sound - the invariants of all capabilities hold */
void core_sound(void);

/** core_caps - capabilities there are */
uint64_t core_caps(void);

/* What the next SETUP is answered with (an errno), and what the monitor has said of channels. */
extern int core_refuse_setup;
extern int core_bound, core_unbound, core_closed; /* errno, or -1: nothing was said */
extern bool core_may_fail; /* the partition was created for faults */
extern int core_failed; /* enum abi_fault, or 0 */
extern unsigned int core_bells;
extern uint64_t core_closed_channels; /* bits; the test's to clear */
extern uint64_t core_until; /* TSC that its last sleep ends at */

/**
 * core_bind - the other end of a new channel, @service and @slots as the request has them
 * One of @channel and @channel + 64 at a time: they have the same memory.
 */
struct urpc_chan *core_bind(uint32_t channel, uint32_t service, uint32_t slots);
void core_unbind(uint32_t channel);

/** struct program - a dispatcher as the CPU driver has it */
struct program {
	struct abi_dispatcher_setup setup;
	struct abi_dispatcher_status status;
	uint64_t dispatcher, root, pml4; /* physical */
	unsigned int told; /* ABI_LMP_STREAM */
};

/** core_program - by number; NULL: there is none, or its dispatcher is gone */
struct program *core_program(uint32_t domain);

/** core_at - what a program has at an address; NULL: nothing, or not with these ABI_CAP rights */
void *core_at(const struct program *p, uint64_t address, uint8_t rights);

/** core_stream - its streams */
struct abi_stream *core_stream(const struct program *p);

/** core_write - the program writes to a stream, as much as fits. Return: bytes. */
uint32_t core_write(const struct program *p, uint32_t which, const void *from, uint32_t bytes);

/** core_read - the program reads its input. Return: bytes. */
uint32_t core_read(const struct program *p, void *to, uint32_t room);

/** core_ended - it is over, and the monitor is told */
void core_ended(struct program *p, enum abi_dispatcher_state state, int64_t status);

/** core_cap - a capability of a program's root CNode */
struct abi_cap_info core_cap(const struct program *p, uint32_t slot);

/** core_invoke - ABI_SYSCALL_INVOKE of a program. Return: as that */
int core_invoke(const struct program *p, const uint64_t word[6]);

/* ---- Linux ---- */

struct message {
	uint16_t type;
	size_t bytes;
	uint8_t data[URPC_LONG_BYTES];
};

/** send_to - one message; the monitor has its turn */
void send_to(struct urpc_chan *c, uint16_t type, const void *data, size_t bytes);

/** take - the next message. Return: false: there is none. */
bool take(struct urpc_chan *c, struct message *m);

/** struct elf - a small program */
struct elf {
	Elf64_Ehdr header;
	Elf64_Phdr segment[5];
	unsigned char rest[0x5000 - sizeof(Elf64_Ehdr) - 5 * sizeof(Elf64_Phdr)];
};

/** elf_make - text, constants, data, thread-local template, stack; every byte tells its place */
void elf_make(struct elf *elf);

/** spawn - START and DATA. @start: all but the strings; its name is the first argument "prog" */
void spawn(struct urpc_chan *c, struct abi_spawn_start *start, const void *file, size_t bytes);

/** spawn_good - the usual one, until it runs. Return: its number. spawn_sized - with @ram bytes, 0: the usual */
uint32_t spawn_good(struct urpc_chan *c);
uint32_t spawn_sized(struct urpc_chan *c, uint64_t ram);

#endif
