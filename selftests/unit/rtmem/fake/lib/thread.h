/* SPDX-License-Identifier: GPL-2.0-only */
/* One thread, which is always enabled; who waits gets what the test says happens meanwhile. */
#ifndef LIB_THREAD_H
#define LIB_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/error.h>
#include <lib/syscall.h>

struct rt_queue {
	void *first;
	void *last;
};

extern uint32_t fake_disabled;

static inline uint32_t rt_disable(void)
{
	return fake_disabled++;
}

static inline void rt_enable(uint32_t was)
{
	fake_disabled = was;
}

uint64_t rt_deadline_ns(uint64_t ns);
int rt_block_outside(struct rt_queue *queue, uint64_t deadline);
unsigned int rt_wake(struct rt_queue *queue, unsigned int count);

#endif
