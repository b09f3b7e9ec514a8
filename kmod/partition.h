/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The partition object and its cores.
 *
 * Locks, outermost first:
 *   remora_partitions_lock  the list of partitions and their names (mutex)
 *   partition->lock         life cycle: states, cores, memory, image (mutex; held across CPU
 *                           hotplug, so no hotplug callback takes it)
 *   shoot.lock              shootdowns: held all through a run; taken outside partition->lock
 *   mesh.lock               links between monitors; taken outside partition->lock
 *   monitor.lock            node 0's monitor; taken inside partition->lock and mesh.lock
 *   shared_memory.lock      channel memory: rings are allocated and freed under it (mutex, short)
 *   node->lock              control channel of a core (spinlock, interrupts off)
 *   partition->channels_lock  list of channels (spinlock, interrupts off)
 *   chan->lock              one channel (spinlock, interrupts off)
 *   bounds.lock             list of programs' channels (spinlock, interrupts off; no lock inside)
 *   trace_lock              rings of the trace, in trace.c; also taken inside Linux's own locks of
 *                           trace events, and inside partition->lock (mutex, no lock inside)
 * A hotplug callback and the doorbell's handler take none of the mutexes.
 */
#ifndef REMORA_PARTITION_H
#define REMORA_PARTITION_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <abi/boot.h>
#include <abi/console.h>
#include <abi/ctl.h>
#include <abi/trace.h>
#include "bound.h"
#include "cpu.h"
#include "doorbell.h"
#include "grow.h"
#include "image.h"
#include "ledger.h"
#include "lifecycle.h"
#include "memory.h"
#include "mesh.h"
#include "monitor.h"
#include "names.h"
#include "node.h"
#include "places.h"
#include "shootdown.h"
#include "storm.h"
#include "trace_ring.h"
#include "arch/x86/tables.h"

#define REMORA_CONSOLE_RECORDS 512u
#define REMORA_TRACE_RECORDS 4096u
#define REMORA_CONTROL_SLOTS 64u
#define REMORA_PEER_SLOTS 64u
#define REMORA_RAM_PIECES 8u

struct remora_chan;

/**
 * struct remora_core - one core of a partition
 * Pointers into partition memory stay valid from start until the next start or destroy, so that a
 * dead core can be examined. Everything they point to, but boot and host, is written by the core.
 */
struct remora_core {
	struct remora_partition *partition;
	unsigned int node; /* 1.. */
	bool present; /* written under partition->lock; what is not present is offline and has nothing */
	bool joined;  /* it came after create: it has no rings to other cores. As present */
	struct remora_cpu cpu;
	u32 state; /* enum remora_state; written under partition->lock or by the watch work */

	struct remora_memory *own;   /* memory that came with it, or NULL: its regions are the partition's */
	struct list_head added; /* struct remora_added: memory that came later, see grow.h; under partition->lock */
	struct remora_region control; /* its control rings when it joined, to node 0 first */

	struct remora_region image;   /* copy of the image */
	struct remora_region kernel;  /* private to the CPU driver */
	struct remora_region ram[REMORA_RAM_PIECES]; /* private to the core */
	unsigned int ram_count;
	struct remora_region pages; /* boot page, host page, core page, peer table */
	struct remora_region console_region;
	struct remora_region trace_region;
	struct abi_boot *boot;
	struct abi_host *host;
	struct abi_core *page;
	struct abi_channel *peers;
	struct abi_console *console;
	struct abi_trace_ring *trace;
	struct remora_tables tables; /* boot page tables, in Linux's memory, from start to stop */

	struct remora_node control_node;
	struct kobject *directory; /* in sysfs */
	u64 sipi_tsc;
	/* watch work's memory */
	u64 seen_heartbeat;
	u64 seen_console; /* lines, when pollers were woken last */
	u32 probe;
	unsigned int missed_probes;
	unsigned long watched_at; /* jiffies */
	bool page_ruined; /* what the core page says is rubbish */
	struct abi_crash crash; /* checked copy, taken when the crash was seen */
	/* under the lock of trace.c; the counts are also read without it */
	struct remora_trace_reader trace_reader;
	u64 trace_forced; /* bits (1 << event) recorded though nobody listens */

	unsigned int channels;  /* bound, under channels_lock */
	struct remora_chan *channel[ABI_CHANNELS_MAX]; /* by number, under channels_lock */
	u64 bound; /* bit n: number n is a channel of two programs (bound.h); under channels_lock */
};

/**
 * struct remora_shared - protects the allocators of channel memory, the pools of places
 * @users: struct remora_usage of those who hold channels, under lock
 */
struct remora_shared {
	struct mutex lock;
	struct list_head users;
};

struct remora_partition {
	char name[REMORA_NAME_MAX];
	u32 flags; /* REMORA_CREATE_* */
	struct list_head link;
	struct device dev; /* holds the reference count; class "remora", char device */
	struct cdev cdev;
	int minor;
	bool listed; /* under remora_partitions_lock: created in full, can be found */
	struct mutex lock;

	/* under lock; state is also read without it */
	u32 state; /* enum remora_state */
	unsigned int create_done; /* steps of the create table */
	unsigned int start_done;  /* steps of the start table */
	bool dead;                /* destroyed; only references are left */
	struct remora_memory memory;
	struct remora_places places; /* of rings and channel memory */
	u64 block_cycles; /* what blocking costs a task of Linux, measured at the last start */
	u64 poll_cycles;  /* what its ends poll before they block */
	struct remora_image image;
	void *image_data; /* file bytes, vmalloc */
	char image_name[REMORA_PATH_MAX];
	struct file *image_file; /* during create only; the caller's reference */
	struct remora_core *cores; /* REMORA_CPUS_MAX, by node - 1 */
	/*
	 * Numbers of nodes in use, from 1 on; some may be vacant, those of cores that left. Only grows.
	 * Written under lock, read also without it.
	 */
	unsigned int core_count;
	/* of the core that died last, also when it is not there any more; node 0: none. Read without lock */
	struct abi_crash last_crash;
	unsigned int last_crash_cpu;
	unsigned int last_crash_node;
	unsigned int vacant; /* cores' shares of memory that cores who left left behind */
	struct remora_extent want[REMORA_EXTENTS_MAX];
	unsigned int want_count;

	struct remora_doorbell doorbell;
	struct remora_storm storm;
	struct remora_ledger ledger;

	spinlock_t channels_lock;
	struct list_head channels;
	unsigned int channel_count;
	u64 channel_serial; /* of the next channel: its mmap offsets are never used again */
	struct remora_shared shared_memory;
	struct remora_shoot shoot;
	struct remora_mesh mesh;
	struct remora_bounds bounds;
	struct remora_growth growth;
	struct remora_jobs *jobs; /* under monitor.lock */
	struct remora_lend *lend; /* likewise */
	struct remora_monitor monitor;
	struct remora_names names;

	/* state changes: generation moves, waiters are woken, a uevent is sent */
	atomic64_t generation;
	wait_queue_head_t events;
	struct delayed_work watch;
	struct list_head trace_link; /* under the lock of trace.c */
};

/** remora_partition_event - state of the partition or a core changed: wake pollers, send uevent. */
void remora_partition_event(struct remora_partition *p);

/* The cores that the partition has, by node number. Under p->lock. */
#define remora_for_each_core(core, p)                                                              \
	for ((core) = (p)->cores; (core) < (p)->cores + (p)->core_count; (core)++)                  \
		if (!(core)->present) {                                                            \
		} else

/**
 * remora_partition_core - core of a node number
 * Context: caller holds p->lock. Return: the core or NULL.
 */
struct remora_core *remora_partition_core(struct remora_partition *p, unsigned int node);

/** remora_partition_cores - how many cores it has. Any context; exact under p->lock. */
unsigned int remora_partition_cores(const struct remora_partition *p);

/**
 * remora_core_unknown - fail because there is no core @node: the sentence names those there are
 * Context: under p->lock.
 */
int remora_core_unknown(const struct remora_partition *p, unsigned int node,
			enum remora_reason reason, struct remora_error *err);

/** Life cycle, process context, take p->lock themselves. */
int remora_partition_start(struct remora_partition *p, struct remora_error *err);
int remora_partition_stop(struct remora_partition *p, bool force, unsigned int timeout_ms,
			  struct remora_error *err);
int remora_partition_reset(struct remora_partition *p, struct remora_error *err);

/** struct remora_spec - a wanted partition, copied in and checked for form */
struct remora_spec {
	char name[REMORA_NAME_MAX];
	u32 flags;
	u32 cpus[REMORA_CPUS_MAX];
	unsigned int cpu_count;
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	unsigned int extent_count;
	char image_name[REMORA_PATH_MAX];
	struct file *image_file; /* or NULL */
	u32 warnings[8];
};

int remora_partition_create(struct remora_spec *spec, struct remora_error *err);
/** remora_partition_check - all checks of create, touching nothing */
int remora_partition_check(struct remora_spec *spec, struct remora_error *err);
int remora_partition_destroy(const char *name, bool force, struct remora_error *err);
void remora_partition_destroy_all(void);

/** remora_partitions_count - partitions that exist now, or are being made or destroyed */
unsigned int remora_partitions_count(void);

/**
 * remora_partitions_names - copy names out
 * @names: room for @room entries of REMORA_NAME_MAX bytes
 * Return: partitions that exist, which may be more than @room.
 */
unsigned int remora_partitions_names(char (*names)[REMORA_NAME_MAX], unsigned int room);

/**
 * remora_partitions_silence_all - INIT every core of every partition: reboot, panic
 * Context: any, also with the locks held by somebody who will never run again. Changes no state.
 */
void remora_partitions_silence_all(void);

/** remora_root_device - the module's own device, /sys/devices/remora: firmware is asked for by it */
struct device *remora_root_device(void);

/** remora_partitions_init/exit - class and device numbers; exit destroys what is left */
int remora_partitions_init(void);
void remora_partitions_exit(void);

/** remora_polling_measure - set block_cycles and poll_cycles; sleeps a millisecond. In polling.c */
void remora_polling_measure(struct remora_partition *p);

/** remora_core_crashed - a core was found dead: called by the watch work, the doorbell's follow-up or a failed start */
void remora_core_crashed(struct remora_core *core);

/**
 * remora_core_silence - INIT the core, close its control node, hang its channels up
 * The caller changes the core's state. Under lock.
 */
void remora_core_silence(struct remora_core *core);

/** remora_core_set_state - under partition->lock, or by the watch work */
void remora_core_set_state(struct remora_core *core, enum remora_state state);

#endif
