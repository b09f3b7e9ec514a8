// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Threads from their creation to their end. */
#include <base/string.h>

#include <lib/heap.h>
#include <lib/vspace.h>

#include "thread_core.h"

#define ALIGN 64u
#define FLAGS 0x202u /* interrupts on, and the bit that is always 1 */

static unsigned int count;
static unsigned int living;
static struct rt_thread *family;
static uint32_t last_id;

struct rt_thread *rt_thread_self(void)
{
	return __atomic_load_n(&rt_sched_current, __ATOMIC_RELAXED);
}

unsigned int rt_threads(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

static uint64_t align_up(uint64_t value)
{
	return (value + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
}

/*
 * One piece of the heap: structure, extended state, thread-local storage. The heap's own alignment is
 * less than what XSAVE wants.
 */
struct rt_thread *rt_thread_new(bool tls)
{
	uint64_t extended = align_up(sizeof(struct rt_thread));
	uint64_t block = extended + align_up(rt_extended_bytes());
	uint64_t bytes = block + (tls ? rt_tls_bytes() : 0) + ALIGN;
	struct rt_thread *t;
	void *memory = rt_calloc(1, bytes);

	if (!memory)
		return NULL;
	t = (struct rt_thread *)align_up((uint64_t)memory);
	t->memory = memory;
	t->extended = (char *)t + extended;
	t->fs = tls ? rt_tls_make((char *)t + block) : 0;
	t->id = ++last_id;
	t->whole = true;
	t->extended_saved = true;
	rt_extended_fresh(t->extended);
	count++;
	living++;
	t->family = family;
	if (family)
		family->family_before = t;
	family = t;
	return t;
}

struct rt_thread *rt_thread_all(void)
{
	return family;
}

static void free_thread(struct rt_thread *t)
{
	if (t->family)
		t->family->family_before = t->family_before;
	if (t->family_before)
		t->family_before->family = t->family;
	else
		family = t->family;
	count--;
	rt_free(t->memory);
}

/* ---- beginning ---- */

__attribute__((noreturn)) static void begin(struct rt_thread *t)
{
	rt_thread_exit(t->start(t->value));
}

static int make(struct rt_thread **thread, const struct rt_thread_options *options,
		void *(*start)(void *argument), void *argument)
{
	uint64_t bytes = options && options->stack_bytes ? options->stack_bytes : RT_STACK_BYTES;
	struct rt_thread *t;
	uint64_t end;

	if (bytes < RT_STACK_MIN || bytes > 1ull << 36 || !start)
		return -RT_EINVAL;
	if (count >= RT_THREADS_MAX)
		return -RT_EAGAIN;
	t = rt_thread_new(true);
	if (!t)
		return -RT_ENOMEM;
	end = rt_vspace_stack(bytes, &t->stack_low);
	if (!end) {
		living--;
		free_thread(t);
		return -RT_ENOMEM;
	}
	t->stack_bytes = end - t->stack_low;
	t->start = start;
	t->value = argument;
	t->detached = options && options->detached;
	/* As if it had been called: the stack is 8 short of a multiple of 16. */
	t->registers = (struct abi_registers){
		.rip = (uint64_t)begin, .rdi = (uint64_t)t, .rsp = end - 8, .rflags = FLAGS,
	};
	*thread = t;
	rt_sched_ready(t);
	return 0;
}

int rt_thread_create(struct rt_thread **thread, const struct rt_thread_options *options,
		     void *(*start)(void *argument), void *argument)
{
	uint32_t was = rt_disable();
	int rc = make(thread, options, start, argument);

	rt_enable(was);
	return rc;
}

struct rt_thread *rt_thread_clone(const struct abi_registers *registers, uint64_t fs)
{
	uint32_t was = rt_disable();
	struct rt_thread *t = count < RT_THREADS_MAX ? rt_thread_new(false) : NULL;

	if (t) {
		t->registers = *registers;
		t->fs = fs;
		t->detached = true;
		rt_sched_ready(t);
	}
	rt_enable(was);
	return t;
}

/* ---- end ---- */

void rt_thread_exit(void *result)
{
	struct rt_thread *t = rt_sched_current;

	/* Disabled: for a system call of Linux, which knows of no keys. */
	if (!rt_dispatcher->disabled)
		rt_keys_end();
	rt_disable();
	t->value = result;
	rt_finish(rt_dispatcher);
}

void rt_thread_gone(void)
{
	struct rt_thread *t = rt_sched_current;

	rt_sched_forget();
	t->state = RT_THREAD_DEAD;
	if (!--living)
		rt_exit(0);
	if (t->stack_low)
		rt_vspace_unmap(t->stack_low, t->stack_bytes);
	if (t->detached)
		free_thread(t);
	else
		rt_wake(&t->joiner, 1);
	rt_dispatch();
}

int rt_thread_join(struct rt_thread *thread, void **result)
{
	uint32_t was = rt_disable();
	int rc = 0;

	if (thread == rt_sched_current)
		rc = -RT_EDEADLK;
	else if (thread->detached || thread->joiner.first)
		rc = -RT_EINVAL;
	if (!rc) {
		/* A thread that waits for its joiner must not be joined by a second one. */
		if (thread->state != RT_THREAD_DEAD)
			rt_block(&thread->joiner, RT_NEVER);
		if (result)
			*result = thread->value;
		free_thread(thread);
	}
	rt_enable(was);
	return rc;
}

int rt_thread_detach(struct rt_thread *thread)
{
	uint32_t was = rt_disable();
	int rc = thread->detached || thread->joiner.first ? -RT_EINVAL : 0;

	if (!rc && thread->state == RT_THREAD_DEAD)
		free_thread(thread);
	else if (!rc)
		thread->detached = true;
	rt_enable(was);
	return rc;
}

/* ---- FS ---- */

uint64_t rt_thread_fs(void)
{
	return rt_fs_read();
}

void rt_thread_set_fs(uint64_t fs)
{
	uint32_t was = rt_disable();

	rt_sched_current->fs = fs;
	rt_fs_write(fs);
	rt_enable(was);
}
