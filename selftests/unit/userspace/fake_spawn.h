/* SPDX-License-Identifier: GPL-2.0-only */
/* The monitor of a fake core: what it says is told by the arguments of the programs. */
#ifndef FAKE_SPAWN_H
#define FAKE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/remora_spawn.h>

/** struct fake_spawn - one channel to it; @send waits for room */
struct fake_spawn {
	void (*send)(void *to, uint16_t type, const void *data, size_t bytes);
	void *to;
	struct remora_spawn_start start;
	char strings[REMORA_SPAWN_ARGS_MAX];
	const char *argument[64];
	uint64_t got, taken;
	uint32_t sum; /* of the file's bytes */
	bool running;
};

/** fake_spawn_message - a message to the monitor of core @node */
void fake_spawn_message(struct fake_spawn *s, uint32_t node, uint16_t type, const char *data, size_t bytes);

#endif
