/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the files of the thread package and crt share. All of this runs disabled. */
#ifndef THREAD_CORE_H
#define THREAD_CORE_H

#include <lib/thread.h>

/* ---- crt_entry.S ---- */

void rt_leave(struct rt_thread *thread, struct abi_dispatcher *d);
__attribute__((noreturn)) void rt_finish(struct abi_dispatcher *d);
__attribute__((noreturn)) void rt_return(uint64_t stack_pointer);
__attribute__((noreturn)) void rt_resume(const struct abi_registers *r, uint32_t *flag, uint64_t stack);
__attribute__((noreturn)) void rt_serve_enter(uint64_t stack, uint32_t *disabled);

/* ---- crt_extended.c: extended state and FS ---- */

/** rt_extended_init - once. rt_extended_bytes - of a thread's area, which is aligned to 64 bytes. */
void rt_extended_init(void);
uint64_t rt_extended_bytes(void);

/** rt_extended_fresh - fill an area with what a new thread has: control words as they are now. */
void rt_extended_fresh(void *area);

void rt_extended_save(void *area);
void rt_extended_restore(const void *area);

/** rt_extended_reset - no x87 register in use, as a function expects; rt_return() does the rest. */
void rt_extended_reset(void);

/** rt_fs_read, rt_fs_write - of the CPU. */
uint64_t rt_fs_read(void);
void rt_fs_write(uint64_t fs);

/* ---- thread_queue.c ---- */

void rt_queue_append(struct rt_queue *queue, struct rt_thread *thread);
void rt_queue_remove(struct rt_thread *thread);

/* ---- thread_timer.c: those started ---- */

/** rt_timer_next - the earliest deadline, or RT_NEVER. */
uint64_t rt_timer_next(void);

/** rt_timer_run - expire all that are due. */
void rt_timer_run(uint64_t now);

/* ---- thread_sched.c ---- */

/** rt_sched_current - the thread that runs, or whose registers an upcall interrupted. */
extern struct rt_thread *rt_sched_current;

/** rt_dispatch - let some thread run, or sleep; on the upcalls' stack. */
__attribute__((noreturn)) void rt_dispatch(void);

/**
 * rt_sched_run - upcall `run`: go on with the interrupted thread, or another one whose turn it is
 * Also after any other upcall that may have made threads ready.
 */
__attribute__((noreturn)) void rt_sched_run(void);

/** rt_sched_ready - a thread can run from now on. */
void rt_sched_ready(struct rt_thread *thread);

/** rt_sched_asleep - no thread runs or can: the dispatcher may sleep until an event. */
bool rt_sched_asleep(void);

/** rt_sched_alone - the same but for the current thread, and none waits for something from outside. */
bool rt_sched_alone(void);

/** rt_sched_forget - the current thread never runs again. */
void rt_sched_forget(void);

/* ---- thread.c ---- */

/**
 * rt_thread_new - a thread that is not ready yet
 * @tls: with thread-local storage of the program's template
 */
struct rt_thread *rt_thread_new(bool tls);

/** rt_thread_all - the first of all; the others by @family. */
struct rt_thread *rt_thread_all(void);

/** rt_thread_gone - the current thread has ended; on the upcalls' stack. */
__attribute__((noreturn)) void rt_thread_gone(void);

/* ---- thread_keys.c ---- */

/** rt_keys_end - destructors of the calling thread's values; enabled. */
void rt_keys_end(void);

/* ---- thread_tls.c ---- */

/** rt_tls_init - the program's template. rt_tls_bytes - of a thread's block, a multiple of 64. */
void rt_tls_init(const struct abi_startup *startup);
uint64_t rt_tls_bytes(void);

/** rt_tls_make - fill a block, aligned to 64 bytes or as the template wants. Return: its FS base. */
uint64_t rt_tls_make(void *block);

#endif
