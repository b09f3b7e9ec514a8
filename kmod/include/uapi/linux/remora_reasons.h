/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Why calls fail; part of <linux/remora.h>. */
#ifndef _UAPI_LINUX_REMORA_REASONS_H
#define _UAPI_LINUX_REMORA_REASONS_H

/*
 * Reasons: R(NAME, number, errno, "sentence"). The sentence is generic; the message that comes
 * with it names the CPU, extent or field.
 */
#define REMORA_REASONS(R)                                                                          \
	R(NONE, 0, 0, "no error")                                                                  \
	R(NAME_INVALID, 1, EINVAL, "a name has 1 to 31 letters, digits, '_' or '-', or '.' inside") \
	R(NAME_EXISTS, 2, EEXIST, "a partition of this name exists already")                       \
	R(NAME_UNKNOWN, 3, ENOENT, "there is no partition of this name")                           \
	R(FLAGS_UNKNOWN, 4, EINVAL, "a flag bit is set that this module does not know")            \
	R(SIZE_UNKNOWN, 5, E2BIG, "the structure is newer than the module and uses its new fields") \
	R(CPU_LIST_EMPTY, 6, EINVAL, "at least one CPU is needed")                                 \
	R(CPU_UNKNOWN, 7, ENODEV, "this machine has no CPU of that number")                        \
	R(CPU_OFFLINE, 8, ENXIO, "the CPU is offline; it must be online so that Linux can give it up") \
	R(CPU_ZERO, 9, EPERM, "CPU 0 cannot be taken: Linux needs it")                             \
	R(CPU_TAKEN, 10, EBUSY, "the CPU belongs to another partition")                            \
	R(CPU_LAST, 11, EPERM, "Linux must keep at least one CPU")                                 \
	R(CPU_REFUSED, 12, EBUSY, "Linux refused to take the CPU offline")                         \
	R(CPU_SMT_SPLIT, 13, 0, "SMT siblings are split between Linux and the partition (warning)") \
	R(CPU_TOO_MANY, 14, EINVAL, "more CPUs than a partition can have")                         \
	R(CPU_NOT_HOTPLUGGABLE, 15, EOPNOTSUPP, "the CPU cannot be taken offline on this machine") \
	R(CPU_NOT_RETURNED, 16, EIO, "Linux did not take the CPU back; it stays offline")          \
	R(MEMORY_NONE, 17, EINVAL, "at least one memory extent is needed")                         \
	R(MEMORY_TOO_SMALL, 18, EINVAL, "too little memory for this number of cores")              \
	R(MEMORY_UNALIGNED, 19, EINVAL, "size and address must be multiples of 2 MiB")             \
	R(MEMORY_UNAVAILABLE, 20, ENOMEM, "there is not that much memory to be had")               \
	R(MEMORY_OVERLAP, 21, EEXIST, "memory extents overlap")                                    \
	R(MEMORY_NOT_RESERVED, 22, EFAULT, "the address range is not a region reserved at boot (memmap=)") \
	R(MEMORY_NODE_UNKNOWN, 23, ENODEV, "there is no such NUMA node with memory")               \
	R(MEMORY_SOURCE_UNKNOWN, 24, EINVAL, "unknown memory source")                              \
	R(MEMORY_TOO_MANY, 25, EINVAL, "too many memory extents")                                  \
	R(MEMORY_NOT_RETURNED, 26, EIO, "memory could not be given back to Linux")                 \
	R(IMAGE_NOT_FOUND, 27, ENOENT, "the image file cannot be read")                            \
	R(IMAGE_TOO_LARGE, 28, EFBIG, "the image file or its memory span is too large")            \
	R(IMAGE_NOT_ELF, 29, ENOEXEC, "the image is not an ELF64 x86-64 executable")               \
	R(IMAGE_TRUNCATED, 30, ENODATA, "the image ends before something its headers promise")     \
	R(IMAGE_LAYOUT, 31, ENOEXEC, "the image's segments are misplaced, misaligned or overlap")  \
	R(IMAGE_RIGHTS, 32, EACCES, "a segment of the image is writable and executable")           \
	R(IMAGE_ENTRY, 33, ENOEXEC, "the image's entry point is not in executable memory")         \
	R(IMAGE_NO_NOTE, 34, ENOEXEC, "the image has no Remora note")                              \
	R(IMAGE_REVISION, 35, EPROTO, "the image was built for another ABI revision")              \
	R(IMAGE_DYNAMIC, 36, ENOEXEC, "the image is dynamically linked; it must be static")        \
	R(STATE_WRONG, 37, EBUSY, "the partition's state does not allow this")                     \
	R(PARTITION_DEAD, 38, EHOSTDOWN, "the partition does not run")                             \
	R(CORE_UNKNOWN, 39, ECHRNG, "the partition has no such core")                              \
	R(CORE_DEAD, 40, EHOSTDOWN, "the core has crashed or does not run")                        \
	R(CORE_NO_START, 41, ETIMEDOUT, "the core did not start")                                  \
	R(CORE_REFUSED_ABI, 42, EPROTO, "the CPU driver refused the boot information")             \
	R(CORE_NO_ANSWER, 43, ETIMEDOUT, "the core does not answer")                               \
	R(CORE_UNSTOPPABLE, 44, ETIMEDOUT, "the core did not stop when asked; stop by force")      \
	R(SERVICE_UNKNOWN, 45, ENOENT, "the core offers no such service")                          \
	R(SLOTS_INVALID, 46, EINVAL, "slots must be a power of two from 4 to 4096")                \
	R(CHANNELS_EXHAUSTED, 47, ENOSPC, "no more channels or channel memory for this core")      \
	R(CHANNELS_OPEN, 48, EBUSY, "channels of the partition are open")                          \
	R(FAULTS_FORBIDDEN, 49, EPERM, "the partition was not created for fault injection")        \
	R(FAULT_UNKNOWN, 50, EINVAL, "unknown kind of fault")                                      \
	R(PLATFORM_CONFIDENTIAL, 51, EOPNOTSUPP, "confidential guests cannot start CPUs this way") \
	R(PLATFORM_NO_LOW_PAGE, 52, ENOMEM, "no free page below 1 MiB for the start-up code")      \
	R(PLATFORM_NO_TSC, 53, EOPNOTSUPP, "the time-stamp counter is missing or of unknown frequency") \
	R(PLATFORM_NO_IRQ, 54, ENOSPC, "Linux has no interrupt vector left for the doorbell")      \
	R(PLATFORM_SUSPEND, 55, EBUSY, "a suspend or reboot is under way")                         \
	R(PLATFORM_UNTESTED, 56, 0, "this kernel is newer than the tested ones (warning)")         \
	R(NO_MEMORY, 57, ENOMEM, "the kernel is out of memory")                                    \
	R(INTERRUPTED, 58, EINTR, "interrupted by a signal")                                       \
	R(PERMISSION, 59, EPERM, "this needs CAP_SYS_ADMIN and the device open for writing")       \
	R(FAULT_INJECTED, 60, EIO, "a failure was injected at this step (testing)")                \
	R(MESSAGE_LENGTH, 61, EMSGSIZE, "a message has 0 to 56 bytes of payload")                  \
	R(RESERVED_FIELD, 62, EINVAL, "a reserved field is not zero")                              \
	R(PEER_UNKNOWN, 63, ECHRNG, "the peer is not another core of the partition")               \
	R(COUNT_INVALID, 64, EINVAL, "the count is out of range")                                  \
	R(MEMORY_SYNTAX, 65, EINVAL, "memory is [reserved:|block:|contig:]SIZE[@PLACE], comma-separated") \
	R(CPU_DUPLICATE, 66, EINVAL, "a CPU is listed twice")                                      \
	R(SHOOTDOWN_PROTOCOL, 67, EINVAL, "unknown shootdown protocol")                            \
	R(SHOOTDOWN_METHOD, 68, EINVAL, "unknown way to invalidate")                               \
	R(SHOOTDOWN_UNSUPPORTED, 69, EOPNOTSUPP, "a core's CPU or image cannot invalidate this way") \
	R(SHOOTDOWN_NODES, 70, EINVAL, "the recipients must be cores of the partition, the initiator not among them") \
	R(SHOOTDOWN_BUSY, 71, EBUSY, "a shootdown of the partition is under way")                  \
	R(SHOOTDOWN_BROKEN, 72, EPROTO, "a core broke the protocol of the shootdown's lines")      \
	R(SHOOTDOWN_STALE, 73, EIO, "a core still used a translation after it had been invalidated") \
	R(USER_LIMIT, 74, EDQUOT, "the user holds as many channels, or as much of their memory, as one may") \
	R(CORE_JOINED, 75, EOPNOTSUPP, "the core joined later: other cores have no rings to it")   \
	R(CORE_LAST, 76, EPERM, "the last core cannot leave its partition; destroy that instead") \
	R(NAMES_MISSING, 77, ENOENT, "there is no such name")                                      \
	R(NAMES_EXISTS, 78, EEXIST, "the name is taken")                                           \
	R(NAMES_KIND, 79, EMEDIUMTYPE, "the name is something else: record, lock, semaphore or barrier") \
	R(NAMES_OWNER, 80, EACCES, "only who made the name, or holds the lock, may do that")       \
	R(NAMES_RECORDS, 81, EDQUOT, "the file has as many names as it may have")                  \
	R(NAMES_WAITS, 82, EDQUOT, "the file has as many waiting requests as it may have")         \
	R(NAMES_NODE, 83, ENOSPC, "Linux has as many names and waiting requests as it may have")   \
	R(NAMES_FULL, 84, ENOSPC, "the partition's table of names is full")                        \
	R(NAMES_BUSY, 85, EAGAIN, "the lock is held, or the semaphore at 0, and the caller does not wait") \
	R(NAMES_TIMEOUT, 86, ETIMEDOUT, "the time is up")                                          \
	R(NAMES_REMOVED, 87, EIDRM, "the name was removed meanwhile")                              \
	R(NAMES_INVALID, 88, EINVAL, "a name has 1 to 63 bytes, a count is 1 to 2^31, and unused fields are 0") \
	R(NAMES_COUNT, 89, ERANGE, "the barrier was entered with another count, or the semaphore would overflow") \
	R(NAMES_PENDING, 90, EDQUOT, "the file has as many unanswered requests as it may have")    \
	R(NAMES_WATCHES, 91, EDQUOT, "the file has as many watches as it may have")                \
	R(NAMES_STOPPED, 92, ESHUTDOWN, "Linux is no member of the partition any more")            \
	R(NAMES_OP, 93, EINVAL, "unknown operation on a name")                                     \
	R(NAMES_USER, 94, EDQUOT, "the user has as many names, or files of names, as one may")     \
	R(NAMES_FILES, 95, ENFILE, "the partition has as many files of names as it may have")      \
	R(PARTITION_GONE, 96, ENODEV, "the partition was destroyed")                               \
	R(MEMORY_UNKNOWN, 97, ENOENT, "no such memory was added to the partition")                 \
	R(MEMORY_INITIAL, 98, EPERM, "memory that the partition or a core came with stays until that goes") \
	R(MEMORY_IN_USE, 99, EBUSY, "somebody uses the memory")                                    \
	R(MEMORY_REFUSED, 100, ENOSPC, "the core cannot take the memory")                          \
	R(BIND_LATE_NAME, 101, ETIMEDOUT, "the time is up, and nobody offered the name")           \
	R(BIND_LATE_SERVER, 102, ETIMEDOUT, "the time is up, and the server did not answer")       \
	R(BIND_NOT_OFFER, 103, EMEDIUMTYPE, "the name is there, but names no service")             \
	R(BIND_INTERFACE, 104, EPROTONOSUPPORT, "the service speaks another interface")            \
	R(BIND_VERSION, 105, EPROTONOSUPPORT, "the service speaks another version of the interface") \
	R(BIND_GONE, 106, EPIPE, "the name is there, but its server does not offer it any more")   \
	R(BIND_REFUSED, 107, ECONNREFUSED, "the server refused")                                   \
	R(BIND_BUSY, 108, EBUSY, "the server has as many connections to answer as it may have")    \
	R(BIND_QUOTA, 109, EDQUOT, "the file has as many connections, channels or offers as it may have") \
	R(BIND_FULL, 110, ENOSPC, "a node has as many connections or channels as it can have")     \
	R(BIND_MEMORY, 111, ENOSPC, "there is no memory for the channel")                          \
	R(BIND_ABANDONED, 112, ECONNABORTED, "the client is gone")                                 \
	R(BIND_NODE, 113, EHOSTDOWN, "the node of the other end is no member of the partition")    \
	R(BIND_WITHIN, 114, EOPNOTSUPP, "both ends are programs of Linux; use a socket")           \
	R(BIND_NOBODY, 115, EAGAIN, "nobody asks")

enum remora_reason {
#define REMORA_REASON_ENUM(name, number, error, text) REMORA_R_##name = number,
	REMORA_REASONS(REMORA_REASON_ENUM)
#undef REMORA_REASON_ENUM
};

#endif
