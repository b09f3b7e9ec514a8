/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Numbers and structures of Linux' system calls on x86-64, as a C library made for it uses them. */
#ifndef LIBC_LINUX_ABI_H
#define LIBC_LINUX_ABI_H

#include <stddef.h>
#include <stdint.h>

#include <urpc/types.h>

#define NR_READ 0
#define NR_WRITE 1
#define NR_OPEN 2
#define NR_CLOSE 3
#define NR_STAT 4
#define NR_FSTAT 5
#define NR_LSTAT 6
#define NR_POLL 7
#define NR_LSEEK 8
#define NR_MMAP 9
#define NR_MPROTECT 10
#define NR_MUNMAP 11
#define NR_BRK 12
#define NR_RT_SIGACTION 13
#define NR_RT_SIGPROCMASK 14
#define NR_IOCTL 16
#define NR_READV 19
#define NR_WRITEV 20
#define NR_ACCESS 21
#define NR_SCHED_YIELD 24
#define NR_MREMAP 25
#define NR_MADVISE 28
#define NR_DUP 32
#define NR_DUP2 33
#define NR_NANOSLEEP 35
#define NR_GETPID 39
#define NR_CLONE 56
#define NR_EXIT 60
#define NR_KILL 62
#define NR_UNAME 63
#define NR_FCNTL 72
#define NR_GETCWD 79
#define NR_UNLINK 87
#define NR_READLINK 89
#define NR_GETTIMEOFDAY 96
#define NR_GETRLIMIT 97
#define NR_GETRUSAGE 98
#define NR_TIMES 100
#define NR_GETUID 102
#define NR_GETGID 104
#define NR_GETEUID 107
#define NR_GETEGID 108
#define NR_GETPPID 110
#define NR_SIGALTSTACK 131
#define NR_PRCTL 157
#define NR_ARCH_PRCTL 158
#define NR_GETTID 186
#define NR_TKILL 200
#define NR_TIME 201
#define NR_FUTEX 202
#define NR_SCHED_SETAFFINITY 203
#define NR_SCHED_GETAFFINITY 204
#define NR_SET_TID_ADDRESS 218
#define NR_CLOCK_GETTIME 228
#define NR_CLOCK_GETRES 229
#define NR_CLOCK_NANOSLEEP 230
#define NR_EXIT_GROUP 231
#define NR_TGKILL 234
#define NR_OPENAT 257
#define NR_NEWFSTATAT 262
#define NR_PPOLL 271
#define NR_SET_ROBUST_LIST 273
#define NR_DUP3 292
#define NR_PRLIMIT64 302
#define NR_GETRANDOM 318
#define NR_MEMBARRIER 324
#define NR_MAX 512 /* numbers that are counted one by one */

struct linux_iovec {
	void *base;
	uint64_t bytes;
};

struct linux_timespec {
	int64_t seconds;
	int64_t ns;
};

struct linux_timeval {
	int64_t seconds;
	int64_t us;
};

struct linux_stat {
	uint64_t dev;
	uint64_t ino;
	uint64_t nlink;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t reserved;
	uint64_t rdev;
	int64_t size;
	int64_t blksize;
	int64_t blocks;
	struct linux_timespec time[3];
	int64_t unused[3];
};

URPC_STATIC_ASSERT(sizeof(struct linux_stat) == 144, "struct stat");

#define S_IFIFO_ 0010000u
#define S_IFCHR_ 0020000u

struct linux_pollfd {
	int32_t fd;
	int16_t events;
	int16_t revents;
};

#define POLL_IN 0x001
#define POLL_OUT 0x004
#define POLL_NVAL 0x020
#define POLL_RDNORM 0x040
#define POLL_WRNORM 0x100

struct linux_winsize {
	uint16_t rows;
	uint16_t columns;
	uint16_t pixels[2];
};

#define IOCTL_TCGETS 0x5401
#define IOCTL_TIOCGWINSZ 0x5413

#define OPEN_ACCESS 3
#define OPEN_CREAT 0100
#define OPEN_NONBLOCK 04000
#define OPEN_CLOEXEC 02000000
#define AT_EMPTY_PATH_ 0x1000

#define FCNTL_DUPFD 0
#define FCNTL_GETFD 1
#define FCNTL_SETFD 2
#define FCNTL_GETFL 3
#define FCNTL_SETFL 4
#define FCNTL_DUPFD_CLOEXEC 1030

#define MAP_PRIVATE_ 0x02
#define MAP_SHARED_ 0x01
#define MAP_TYPE_ 0x0f
#define MAP_FIXED_ 0x10
#define MAP_ANONYMOUS_ 0x20
#define MAP_NORESERVE_ 0x4000
#define MAP_POPULATE_ 0x8000
#define MAP_FIXED_NOREPLACE_ 0x100000

#define MREMAP_MAYMOVE_ 1
#define MADV_DONTNEED_ 4

#define CLOCK_REALTIME_ 0
#define CLOCK_MONOTONIC_ 1
#define CLOCK_PROCESS_ 2
#define CLOCK_THREAD_ 3
#define CLOCK_MONOTONIC_RAW_ 4
#define CLOCK_REALTIME_COARSE_ 5
#define CLOCK_MONOTONIC_COARSE_ 6
#define CLOCK_BOOTTIME_ 7
#define TIMER_ABSTIME_ 1

#define FUTEX_WAIT_ 0
#define FUTEX_WAKE_ 1
#define FUTEX_REQUEUE_ 3
#define FUTEX_CMP_REQUEUE_ 4
#define FUTEX_WAIT_BITSET_ 9
#define FUTEX_WAKE_BITSET_ 10
#define FUTEX_COMMANDS 0x7f /* what is left of the operation without its flags */
#define FUTEX_REALTIME 0x100
#define FUTEX_ALL_BITS 0xffffffffu

#define CLONE_VM_ 0x00000100u
#define CLONE_THREAD_ 0x00010000u
#define CLONE_SETTLS_ 0x00080000u
#define CLONE_PARENT_SETTID_ 0x00100000u
#define CLONE_CHILD_CLEARTID_ 0x00200000u
#define CLONE_CHILD_SETTID_ 0x01000000u

#define ARCH_SET_FS_ 0x1002
#define ARCH_GET_FS_ 0x1003

#define SIGNALS 65
#define SIGABRT_ 6

struct linux_sigaction {
	uint64_t handler; /* 0: default, 1: ignore */
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

struct linux_rlimit {
	uint64_t now;
	uint64_t most;
};

#define RLIMIT_STACK_ 3
#define RLIMIT_NOFILE_ 7
#define RLIMITS 16

#define UTSNAME_FIELD 65

enum linux_aux {
	AUX_END = 0,
	AUX_PHDR = 3,
	AUX_PHENT = 4,
	AUX_PHNUM = 5,
	AUX_PAGESZ = 6,
	AUX_ENTRY = 9,
	AUX_UID = 11,
	AUX_EUID = 12,
	AUX_GID = 13,
	AUX_EGID = 14,
	AUX_HWCAP = 16,
	AUX_CLKTCK = 17,
	AUX_SECURE = 23,
	AUX_RANDOM = 25,
	AUX_EXECFN = 31,
};

struct linux_phdr {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t va;
	uint64_t pa;
	uint64_t file_bytes;
	uint64_t bytes;
	uint64_t align;
};

#define PHDR_TLS 7

#endif
