// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The table of system calls that are served, and the counts of those that are not. */
#include <base/format.h>
#include <base/string.h>

#include "libc_core.h"

#define LINE 96

struct row {
	linux_call *serve;
	bool now;
};

static const struct row table[NR_MAX] = {
	[NR_READ] = { linux_read, false },
	[NR_WRITE] = { linux_write, false },
	[NR_OPEN] = { linux_open, true },
	[NR_CLOSE] = { linux_close, true },
	[NR_STAT] = { linux_stat, true },
	[NR_FSTAT] = { linux_fstat, true },
	[NR_LSTAT] = { linux_stat, true },
	[NR_POLL] = { linux_poll, false },
	[NR_LSEEK] = { linux_lseek, true },
	[NR_MMAP] = { linux_mmap, true },
	[NR_MPROTECT] = { linux_mprotect, true },
	[NR_MUNMAP] = { linux_munmap, true },
	[NR_BRK] = { linux_brk, true },
	[NR_RT_SIGACTION] = { linux_rt_sigaction, true },
	[NR_RT_SIGPROCMASK] = { linux_rt_sigprocmask, true },
	[NR_IOCTL] = { linux_ioctl, true },
	[NR_READV] = { linux_readv, false },
	[NR_WRITEV] = { linux_writev, false },
	[NR_ACCESS] = { linux_no_file, true },
	[NR_SCHED_YIELD] = { linux_sched_yield, false },
	[NR_MREMAP] = { linux_mremap, true },
	[NR_MADVISE] = { linux_madvise, true },
	[NR_DUP] = { linux_dup, true },
	[NR_DUP2] = { linux_dup2, true },
	[NR_DUP3] = { linux_dup2, true },
	[NR_NANOSLEEP] = { linux_nanosleep, false },
	[NR_GETPID] = { linux_getpid, true },
	[NR_CLONE] = { linux_clone, true },
	[NR_EXIT] = { linux_exit, true },
	[NR_KILL] = { linux_kill, false },
	[NR_UNAME] = { linux_uname, true },
	[NR_FCNTL] = { linux_fcntl, true },
	[NR_GETCWD] = { linux_getcwd, true },
	[NR_UNLINK] = { linux_no_file, true },
	[NR_READLINK] = { linux_no_file, true },
	[NR_GETTIMEOFDAY] = { linux_gettimeofday, true },
	[NR_GETRLIMIT] = { linux_getrlimit, true },
	[NR_GETRUSAGE] = { linux_getrusage, true },
	[NR_TIMES] = { linux_times, true },
	[NR_GETUID] = { linux_zero, true },
	[NR_GETGID] = { linux_zero, true },
	[NR_GETEUID] = { linux_zero, true },
	[NR_GETEGID] = { linux_zero, true },
	[NR_GETPPID] = { linux_getppid, true },
	[NR_SIGALTSTACK] = { linux_zero, true },
	[NR_ARCH_PRCTL] = { linux_arch_prctl, true },
	[NR_GETTID] = { linux_gettid, true },
	[NR_TKILL] = { linux_tkill, false },
	[NR_TIME] = { linux_time, true },
	[NR_FUTEX] = { linux_futex, false },
	[NR_SCHED_SETAFFINITY] = { linux_zero, true },
	[NR_SCHED_GETAFFINITY] = { linux_getaffinity, true },
	[NR_SET_TID_ADDRESS] = { linux_set_tid_address, true },
	[NR_CLOCK_GETTIME] = { linux_clock_gettime, true },
	[NR_CLOCK_GETRES] = { linux_clock_getres, true },
	[NR_CLOCK_NANOSLEEP] = { linux_clock_nanosleep, false },
	[NR_EXIT_GROUP] = { linux_exit_group, false },
	[NR_TGKILL] = { linux_tgkill, false },
	[NR_OPENAT] = { linux_openat, true },
	[NR_NEWFSTATAT] = { linux_fstatat, true },
	[NR_PPOLL] = { linux_ppoll, false },
	[NR_SET_ROBUST_LIST] = { linux_zero, true },
	[NR_PRLIMIT64] = { linux_prlimit64, true },
	[NR_GETRANDOM] = { linux_getrandom, true },
	[NR_MEMBARRIER] = { linux_zero, true },
};

static uint32_t not_served[NR_MAX + 1]; /* the last: all larger numbers */

bool rt_linux_syscall_now(struct abi_registers *regs)
{
	uint64_t number = regs->rax;
	long result;

	if (number >= NR_MAX || !table[number].serve) {
		not_served[number < NR_MAX ? number : NR_MAX]++;
		regs->rax = (uint64_t)-RT_ENOSYS;
		return true;
	}
	if (!table[number].now)
		return false;
	result = table[number].serve(regs);
	if (linux_short(number, regs, result))
		return false;
	regs->rax = (uint64_t)result;
	return true;
}

long rt_linux_syscall(struct abi_registers *regs)
{
	return table[regs->rax].serve(regs);
}

const char *linux_getenv(const char *name)
{
	size_t bytes = base_strlen(name, SIZE_MAX);
	const char *variable;

	for (unsigned int i = 0; (variable = rt_environment(i)); i++) {
		if (!memcmp(variable, name, bytes) && variable[bytes] == '=')
			return variable + bytes + 1;
	}
	return NULL;
}

static void counts_print(void)
{
	char line[LINE];
	size_t bytes;

	for (unsigned int i = 0; i <= NR_MAX; i++) {
		if (!not_served[i])
			continue;
		bytes = base_format(line, LINE, "remora: system call %s%u of Linux is not served: "
				    "%u times\n", i == NR_MAX ? "from " : "", i, not_served[i]);
		rt_stream_write(ABI_STREAM_ERROR, line, bytes, true);
	}
}

long linux_exit_group(struct abi_registers *r)
{
	const char *debug = linux_getenv("RT_DEBUG");

	if (debug && *debug == '1')
		counts_print();
	rt_exit((int64_t)(ARG0(r) & 0xff));
}
