/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * System calls of Linux, served in ring 3: each is a function of the thread's registers that returns
 * what RAX becomes. Those marked "now" in the table run disabled on the upcalls' stack and never
 * wait; all others run enabled on the thread's own stack.
 *
 * Pointers of the program are used as they are: a bad one is a page fault of the program, which
 * ends it, where Linux would answer EFAULT.
 */
#ifndef LIBC_CORE_H
#define LIBC_CORE_H

#include <stdbool.h>

#include <lib/crt.h>
#include <lib/error.h>
#include <lib/stream.h>
#include <lib/sync.h>
#include <lib/vspace.h>

#include "linux_abi.h"

typedef long linux_call(struct abi_registers *r);

/* The arguments of a system call, in their order. */
#define ARG0(r) ((r)->rdi)
#define ARG1(r) ((r)->rsi)
#define ARG2(r) ((r)->rdx)
#define ARG3(r) ((r)->r10)
#define ARG4(r) ((r)->r8)
#define ARG5(r) ((r)->r9)

/* libc_file.c */
linux_call linux_read, linux_write, linux_readv, linux_writev, linux_open, linux_openat,
	linux_close, linux_stat, linux_fstat, linux_fstatat, linux_lseek, linux_ioctl, linux_dup,
	linux_dup2, linux_fcntl, linux_no_file, linux_getcwd;

/* libc_poll.c */
linux_call linux_poll, linux_ppoll;

/* libc_memory.c */
linux_call linux_mmap, linux_munmap, linux_mprotect, linux_mremap, linux_madvise, linux_brk;

/**
 * linux_short - did a call that was served "now" find no memory, where a thread might wait for more?
 * It is served again by the thread then (rt_vspace_short()).
 */
bool linux_short(uint64_t number, struct abi_registers *r, long result);

/* libc_time.c */
linux_call linux_clock_gettime, linux_clock_getres, linux_gettimeofday, linux_time, linux_times,
	linux_nanosleep, linux_clock_nanosleep, linux_getrusage;

/* libc_thread.c */
linux_call linux_clone, linux_exit, linux_set_tid_address, linux_gettid, linux_getpid, linux_futex,
	linux_arch_prctl, linux_sched_yield;

/* libc_signal.c */
linux_call linux_rt_sigaction, linux_rt_sigprocmask, linux_kill, linux_tkill, linux_tgkill;

/* libc_misc.c */
linux_call linux_uname, linux_getrandom, linux_getrlimit, linux_prlimit64, linux_getaffinity,
	linux_zero, linux_getppid;

/* libc.c */
linux_call linux_exit_group;

/** linux_deadline - TSC at a time of a clock, or from now on; -RT_EINVAL: no such clock or time. */
long linux_deadline(uint64_t clock, bool absolute, const struct linux_timespec *t,
		    uint64_t *deadline);

/** linux_file_stream - the stream behind a file descriptor. Return: false: there is none. */
bool linux_file_stream(uint64_t fd, uint32_t *stream);

/** linux_file_known - is it open? */
bool linux_file_known(uint64_t fd);

/** linux_getenv - value of a variable, or NULL. */
const char *linux_getenv(const char *name);

/** linux_begin - the stack that _start expects at @stack, then _start itself (start.S). */
__attribute__((noreturn)) void linux_begin(void *stack);

#endif
