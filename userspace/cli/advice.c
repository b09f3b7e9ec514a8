// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to do about errors: one paragraph for each reason. The unit tests hold this list against
 * REMORA_REASONS, so that none is forgotten.
 */
#include <errno.h>
#include <stddef.h>

#include <linux/remora.h>

#include "advice.h"

#define WHEN(name, text) [REMORA_R_##name] = text

static const char *const reasons[] = {
	WHEN(NONE, "Nothing went wrong."),
	WHEN(NAME_INVALID, "The name becomes part of a file name in /dev and in sysfs. Choose one "
	     "like 'left' or 'node-1'."),
	WHEN(NAME_EXISTS, "Choose another name, or destroy the old partition: remora destroy NAME."),
	WHEN(NAME_UNKNOWN, "'remora list' shows the partitions there are."),
	WHEN(FLAGS_UNKNOWN, "The program is newer than the module, or its flags were not "
	     "initialised. 'remora version' compares the revisions."),
	WHEN(SIZE_UNKNOWN, "The program is newer than the module. Install the module of the same "
	     "version, or do without the new feature."),
	WHEN(CPU_LIST_EMPTY, "Name the CPUs that Linux is to give up: --cpus 2-3."),
	WHEN(CPU_UNKNOWN, "'lscpu --all --extended' shows the CPUs of this machine. Count from 0."),
	WHEN(CPU_OFFLINE, "Bring it online first: echo 1 > /sys/devices/system/cpu/cpuN/online. "
	     "If it is offline because an earlier destroy failed, the kernel log says why."),
	WHEN(CPU_ZERO, "Choose other CPUs. On x86 CPU 0 cannot be taken offline from Linux 6.5 on, "
	     "and before that only at a price."),
	WHEN(CPU_TAKEN, "'remora list' shows which partition has it. Destroy that one, or choose "
	     "another CPU."),
	WHEN(CPU_LAST, "Leave at least one online CPU that is not in the list."),
	WHEN(CPU_REFUSED, "Something holds on to the CPU: a task with a deadline policy, a lack of "
	     "interrupt vectors on the CPUs that stay, or a driver. The kernel log says which. "
	     "Move the task, or take a CPU at a time."),
	WHEN(CPU_SMT_SPLIT, "Only a warning: two threads of one core share its caches and units, so "
	     "Linux and the partition slow each other down and figures mean little. Give all "
	     "threads of a core: /sys/devices/system/cpu/cpuN/topology/thread_siblings_list."),
	WHEN(CPU_TOO_MANY, "A partition has at most 63 cores. Make two partitions."),
	WHEN(CPU_NOT_HOTPLUGGABLE, "The kernel was built without CPU hotplug, or the firmware "
	     "forbids it: there is no /sys/devices/system/cpu/cpuN/online. Choose another CPU."),
	WHEN(CPU_NOT_RETURNED, "The CPU stays offline; everything else was returned. The kernel log "
	     "says why. Try by hand: echo 1 > /sys/devices/system/cpu/cpuN/online."),
	WHEN(MEMORY_NONE, "Say how much memory Linux is to give up: --memory 256M."),
	WHEN(MEMORY_TOO_SMALL, "Give more. The message says how much the cores need at least."),
	WHEN(MEMORY_UNALIGNED, "Use sizes and addresses in whole 2 MiB."),
	WHEN(MEMORY_UNAVAILABLE, "Free memory, ask for less or for several smaller extents, allow "
	     "another NUMA node, or keep a region from Linux at boot with memmap=SIZE$ADDRESS. "
	     "'remora check' shows what there is."),
	WHEN(MEMORY_OVERLAP, "Two extents name the same addresses, or another partition has them. "
	     "'remora status' shows what is in use."),
	WHEN(MEMORY_NOT_RESERVED, "reserved: takes only regions that Linux was told to leave alone: "
	     "boot with memmap=SIZE$ADDRESS (in GRUB files the $ needs a backslash). /proc/iomem, "
	     "read as root, shows them as Reserved."),
	WHEN(MEMORY_NODE_UNKNOWN, "'numactl --hardware' or /sys/devices/system/node shows the "
	     "nodes. A node without memory does not count."),
	WHEN(MEMORY_SOURCE_UNKNOWN, "Sources are auto, reserved, block and contig."),
	WHEN(MEMORY_TOO_MANY, "A partition has at most 16 extents. Use larger ones."),
	WHEN(MEMORY_NOT_RETURNED, "That memory is lost to Linux until the next boot; everything "
	     "else was returned. The kernel log says why. Please report it."),
	WHEN(IMAGE_NOT_FOUND, "Install the image below /lib/firmware (remora/cpudrv.elf is the "
	     "default), or name a file: --image FILE."),
	WHEN(IMAGE_TOO_LARGE, "The message says what the limit is. Give the partition more memory, "
	     "or make the image smaller (strip it)."),
	WHEN(IMAGE_NOT_ELF, "Is it the right file? 'readelf -h FILE' must show ELF64, x86-64, EXEC "
	     "or DYN."),
	WHEN(IMAGE_TRUNCATED, "The file was cut off, perhaps while it was copied. Install it again."),
	WHEN(IMAGE_LAYOUT, "'readelf -lW FILE' shows the segments. Link the image with Remora's "
	     "linker script."),
	WHEN(IMAGE_RIGHTS, "'readelf -lW FILE' shows a segment with W and E. Link the image with "
	     "Remora's linker script."),
	WHEN(IMAGE_ENTRY, "'readelf -h FILE' shows the entry point. Is the start symbol right?"),
	WHEN(IMAGE_NO_NOTE, "It is no Remora image, or its note was stripped. 'readelf -n FILE' "
	     "must show one."),
	WHEN(IMAGE_REVISION, "The image and the module come from different versions. Build and "
	     "install both from the same source. 'remora version' shows the module's revision."),
	WHEN(IMAGE_DYNAMIC, "Link it statically (-static, no interpreter)."),
	WHEN(STATE_WRONG, "'remora status NAME' shows the state. start wants an offline partition; "
	     "reset restarts a crashed one; stop it first where another state is needed."),
	WHEN(PARTITION_DEAD, "Start it: remora start NAME. After a crash 'remora console NAME' "
	     "and 'remora status NAME' say what happened, and 'remora reset NAME' restarts it."),
	WHEN(CORE_UNKNOWN, "Cores are numbered from 1 in each partition. 'remora status NAME' "
	     "shows them."),
	WHEN(CORE_DEAD, "'remora console NAME' and 'remora status NAME' say what happened to it; "
	     "'remora reset NAME' restarts all cores of the partition."),
	WHEN(CORE_NO_START, "The start-up message got no response. In a virtual machine: does the "
	     "hypervisor forward INIT and SIPI? If another hypervisor (KVM) runs here, its guests "
	     "may hold the CPU. Please report it with the kernel log."),
	WHEN(CORE_REFUSED_ABI, "The CPU driver and the module come from different versions. Build "
	     "and install both from the same source."),
	WHEN(CORE_NO_ANSWER, "It runs but does not serve its channels; it may hang with interrupts "
	     "off. 'remora status NAME' shows whether its heartbeat moves; 'remora reset NAME' "
	     "restarts it by force."),
	WHEN(CORE_UNSTOPPABLE, "Stop it by force: remora stop --force NAME."),
	WHEN(SERVICE_UNKNOWN, "The image on this core is older than the program, or the service's "
	     "number is wrong."),
	WHEN(SLOTS_INVALID, "Use 4, 8, 16, ... 4096, or 0 for the default of 64."),
	WHEN(USER_LIMIT, "Close channels that are no longer needed, or use fewer slots. The limits are in "
	     "/sys/module/remora/parameters/user_channels and user_memory."),
	WHEN(CHANNELS_EXHAUSTED, "Close channels that are no longer needed, use fewer slots, or "
	     "another core."),
	WHEN(CORE_JOINED, "Cores learn of each other's rings when they start together. Destroy the "
	     "partition and create it with all its CPUs, or measure from Linux."),
	WHEN(CORE_LAST, "'remora destroy' gives the last CPU back too."),
	WHEN(CHANNELS_OPEN, "Programs still use the partition ('fuser /dev/remora-NAME' helps to "
	     "find them). End them, or destroy by force: their channels will report a hang-up."),
	WHEN(FAULTS_FORBIDDEN, "Create the partition with --allow-faults to test crashes."),
	WHEN(FAULT_UNKNOWN, "'remora inject --list' shows the kinds."),
	WHEN(PLATFORM_CONFIDENTIAL, "In TDX and SEV guests the hypervisor starts CPUs by a protocol "
	     "that belongs to Linux alone. Use another machine."),
	WHEN(PLATFORM_NO_LOW_PAGE, "All pages below 1 MiB are in use by firmware. Rare: please "
	     "report it, with /proc/iomem as root shows it."),
	WHEN(PLATFORM_NO_TSC, "Remora measures time by an invariant time-stamp counter of known "
	     "frequency. In a virtual machine, let the hypervisor show one (QEMU: -cpu host)."),
	WHEN(PLATFORM_NO_IRQ, "Fewer devices or fewer queues per device leave vectors free; more "
	     "CPUs left to Linux, too. /proc/interrupts shows what is in use."),
	WHEN(PLATFORM_SUSPEND, "Try again when the machine is up; destroy partitions before "
	     "suspending."),
	WHEN(PLATFORM_UNTESTED, "Only a warning: it may well work. Please report how it went."),
	WHEN(NO_MEMORY, "The kernel could not allocate a small structure: the machine is very short "
	     "of memory. Nothing was changed."),
	WHEN(INTERRUPTED, "Nothing was changed. Do it again."),
	WHEN(PERMISSION, "Run the command as root. Messages alone need no root, only the right to "
	     "open /dev/remora-NAME."),
	WHEN(FAULT_INJECTED, "A test asked for this failure. Nothing is wrong."),
	WHEN(MESSAGE_LENGTH, "A message carries at most 56 bytes; read() and write() want whole "
	     "structures of 64 bytes."),
	WHEN(RESERVED_FIELD, "The program did not clear its structure before filling it in."),
	WHEN(PEER_UNKNOWN, "Both must be cores of the same partition, and different ones."),
	WHEN(COUNT_INVALID, "A count lies between 1 and 1000000."),
	WHEN(MEMORY_SYNTAX, "Write 256M, 128M@0,128M@1 (NUMA nodes), block:256M, contig:64M or "
	     "reserved:1G@0x140000000 (address). Units are K, M and G."),
	WHEN(CPU_DUPLICATE, "Name each CPU once."),
	WHEN(SHOOTDOWN_PROTOCOL, "The protocols are broadcast, unicast, multicast and NUMA-aware "
	     "multicast."),
	WHEN(SHOOTDOWN_METHOD, "A recipient can invalidate nothing, page by page, a context, or "
	     "everything."),
	WHEN(SHOOTDOWN_UNSUPPORTED, "INVPCID is missing on some CPUs and under emulation: choose "
	     "another way to invalidate. An image older than the module knows no shootdowns."),
	WHEN(SHOOTDOWN_NODES, "Recipients are running cores of the partition; the initiator is not "
	     "one of them."),
	WHEN(SHOOTDOWN_BUSY, "One run at a time; or a core of an earlier run does not answer: remora "
	     "reset NAME ends that."),
	WHEN(SHOOTDOWN_BROKEN, "The core's console says what it saw: remora console NAME. A fault of "
	     "its image; remora reset NAME."),
	WHEN(SHOOTDOWN_STALE, "A TLB entry outlived its invalidation. Please report it, with the CPU "
	     "or emulator in use."),
	WHEN(NAMES_MISSING, "'remora names PARTITION' lists the names there are. To wait for a record, "
	     "use remora_name_wait()."),
	WHEN(NAMES_EXISTS, "Somebody has made it: 'remora names PARTITION' says who. Choose another name, "
	     "or set it without REMORA_NAMES_CREATE."),
	WHEN(NAMES_KIND, "'remora names PARTITION' says what it is."),
	WHEN(NAMES_OWNER, "Its owner can set it with REMORA_NAMES_SHARED, so that others may change it. A "
	     "lock is let go by the file that locked it."),
	WHEN(NAMES_RECORDS, "A file has at most 32 names: close files that are not needed, or use one record "
	     "for more."),
	WHEN(NAMES_WAITS, "At most 16 threads may wait by one file: open another."),
	WHEN(NAMES_NODE, "All files of Linux together have at most 128 names and waiting requests in a "
	     "partition."),
	WHEN(NAMES_FULL, "A partition has at most 256 names and waiting requests. 'remora names PARTITION' "
	     "says whose they are."),
	WHEN(NAMES_BUSY, "Not an error: wait with a time limit that is not 0, or try again."),
	WHEN(NAMES_TIMEOUT, "Nothing was done. 'remora names PARTITION' says who holds it."),
	WHEN(NAMES_REMOVED, "Its owner removed it, or has ended. Make it anew, or wait for its name."),
	WHEN(NAMES_INVALID, "Names of up to 63 bytes, counts from 1 to 2147483648; clear a structure before "
	     "filling it in."),
	WHEN(NAMES_COUNT, "All who meet at a barrier give the same count; a semaphore counts to 2147483648."),
	WHEN(NAMES_PENDING, "At most 16 requests of one file are under way at a time: open another."),
	WHEN(NAMES_WATCHES, "A file has at most 8 watches, and those who wait for a name count: open another, "
	     "or watch a shorter prefix."),
	WHEN(NAMES_STOPPED, "The partition has ended; destroy it."),
	WHEN(NAMES_OP, "The program is newer than the module. 'remora version' compares the revisions."),
	WHEN(NAMES_USER, "Close some, or let the administrator raise user_names or user_name_files: "
	     "/sys/module/remora/parameters."),
	WHEN(NAMES_FILES, "All programs of Linux together have at most 64. Close some."),
	WHEN(PARTITION_GONE, "Open the device of another one; 'remora list' shows those there are."),
	WHEN(MEMORY_UNKNOWN, "'remora status PARTITION' shows the extents. Name one that was added by the address "
	     "where it begins (0x...), or by its size."),
	WHEN(MEMORY_INITIAL, "Only memory from 'remora add-memory' can be removed; destroy the partition, or remove "
	     "the core, to get the rest."),
	WHEN(MEMORY_IN_USE, "End the program that the message names ('remora ps PARTITION', 'remora kill'), or "
	     "remove other memory."),
	WHEN(MEMORY_REFUSED, "Give it to another core (--core N), or add it while the partition is offline."),
	WHEN(BIND_LATE_NAME, "Start the server, or allow more time. 'remora names PARTITION' lists what is offered."),
	WHEN(BIND_LATE_SERVER, "The server is there, but busy or stuck: 'remora ps PARTITION' shows the programs."),
	WHEN(BIND_NOT_OFFER, "Some program uses the name for something else: 'remora names PARTITION' says who."),
	WHEN(BIND_INTERFACE, "Ask for the interface that the server has, which came with the refusal, or for "
	     "another server."),
	WHEN(BIND_VERSION, "Build client and server of the same version. The server's came with the refusal."),
	WHEN(BIND_GONE, "Try again, or wait for the server's successor: REMORA_CONNECT_WAIT. On an offer: its "
	     "file of names was closed."),
	WHEN(BIND_REFUSED, "Only the server knows why: its number came with the refusal."),
	WHEN(BIND_BUSY, "Try again when the server has answered some."),
	WHEN(BIND_QUOTA, "Close some, or open another file of names."),
	WHEN(BIND_FULL, "A core has at most 32 channels of programs, Linux 256. Close some."),
	WHEN(BIND_MEMORY, "Close channels, or ask for fewer slots: channels of programs have a quarter of the "
	     "partition's channel memory."),
	WHEN(BIND_ABANDONED, "Accept the next one."),
	WHEN(BIND_NODE, "The core has left or is dead: 'remora status PARTITION'."),
	WHEN(BIND_WITHIN, "Use a socket: a channel of a partition has an end on one of its cores."),
	WHEN(BIND_NOBODY, "Wait in poll(), or give a time-out."),
};

const char *advice_reason(uint32_t reason)
{
	return reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[reason] : NULL;
}

static const struct {
	int error;
	const char *text;
} errors[] = {
	{ ENOENT, "/dev/remora is missing when the module is not loaded; /dev/remora-NAME when "
		  "there is no such partition." },
	{ EACCES, "The device's file mode does not let you in: /dev/remora wants root, "
		  "/dev/remora-NAME its owner or group." },
	{ ENOTTY, "The module does not know this ioctl: it is older than the program." },
	{ EAGAIN, "Not an error: no message has come, or there is no room for one, yet." },
	{ EPROTO, "The other end broke the message protocol, or sent something of another "
		  "revision. A channel on which this happened stays broken: bind a new one." },
	{ EPIPE, "The channel's core is dead." },
	{ EHOSTDOWN, "The partition or the core does not run or has crashed." },
	{ EDQUOT, "The user, or the file, has as much as one may have: remora(4) says how much." },
	{ ECHRNG, "No core of that number: they are counted from 1." },
	{ ETIMEDOUT, "The other side did not answer in time." },
	{ ENODEV, "The partition was destroyed while its device was open, or a CPU or node of that "
		  "number does not exist." },
	{ EFAULT, "The program passed a bad pointer, or memory was named that is not reserved." },
	{ EINTR, "A signal came. Do it again." },
};

const char *advice_errno(int err)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == err)
			return errors[i].text;
	return NULL;
}
