// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spawn service is the cores' own; the module only carries its messages. What programs of Linux
 * know of it must be what a core's monitor knows.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/remora.h>
#include <linux/remora_spawn.h>

#include <abi/ctl.h>
#include <abi/object.h>
#include <abi/spawn.h>

#define SAME(name) static_assert(REMORA_SPAWN_##name == (int)ABI_SPAWN_##name)
#define SAME_SIZE(type)                                                                            \
	static_assert(sizeof(struct remora_spawn_##type) == sizeof(struct abi_spawn_##type))
#define SAME_PLACE(type, field)                                                                    \
	static_assert(offsetof(struct remora_spawn_##type, field) ==                               \
		      offsetof(struct abi_spawn_##type, field))

static_assert(REMORA_SERVICE_SPAWN == (int)ABI_SERVICE_SPAWN);

SAME(START);
SAME(DATA);
SAME(INPUT);
SAME(INPUT_END);
SAME(INTERRUPT);
SAME(LIST);
SAME(KILL);
SAME(REFUSED);
SAME(STARTED);
SAME(OUTPUT);
SAME(EXITED);
SAME(ENTRY);
SAME(COUNTS);
SAME(DONE);
SAME(WANTED);
SAME(ELF_MAX);
SAME(ARGS_MAX);
SAME(NAME_MAX);
SAME(RETURNED);
SAME(DIED);
SAME(KILLED);
SAME(INTERRUPTED);

static_assert(REMORA_SPAWN_IS_NEW == (int)ABI_DISPATCHER_NEW);
static_assert(REMORA_SPAWN_IS_RUNNABLE == (int)ABI_DISPATCHER_RUNNABLE);
static_assert(REMORA_SPAWN_IS_SLEEPING == (int)ABI_DISPATCHER_SLEEPING);
static_assert(REMORA_SPAWN_IS_STOPPED == (int)ABI_DISPATCHER_STOPPED);
static_assert(REMORA_SPAWN_IS_EXITED == (int)ABI_DISPATCHER_EXITED);
static_assert(REMORA_SPAWN_IS_KILLED == (int)ABI_DISPATCHER_KILLED);

SAME_SIZE(start);
SAME_SIZE(refused);
SAME_SIZE(started);
SAME_SIZE(exited);
SAME_SIZE(ask);
SAME_SIZE(entry);
SAME_SIZE(counts);
SAME_SIZE(done);
SAME_SIZE(wanted);
SAME_PLACE(start, wall_seconds);
SAME_PLACE(start, argc);
static_assert(offsetof(struct remora_spawn_start, class_) ==
	      offsetof(struct abi_spawn_start, class));
SAME_PLACE(start, budget_us);
SAME_PLACE(start, name);
SAME_PLACE(started, ram_bytes);
SAME_PLACE(exited, cycles);
SAME_PLACE(entry, state);
SAME_PLACE(entry, cycles);
SAME_PLACE(entry, name);
SAME_PLACE(counts, ram_free);
SAME_PLACE(counts, caps);
SAME_PLACE(counts, spawned);
SAME_PLACE(done, error);
