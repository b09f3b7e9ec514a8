/* SPDX-License-Identifier: GPL-2.0-only */
/* The channel object, shared by the three files that make it: life, input and output, mapping. */
#ifndef REMORA_CHANNEL_PRIV_H
#define REMORA_CHANNEL_PRIV_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <urpc/chan.h>

#include "partition.h"

/*
 * mmap offsets: each channel of a partition has a range of its own, never used again, in the
 * address space of the partition's inode, so that it can be unmapped alone. The transmit ring is
 * at the start of the range, the receive ring in the middle.
 */
#define CHAN_MAP_HALF (1ull << 19)
#define CHAN_MAP_STRIDE (2 * CHAN_MAP_HALF)

/**
 * struct remora_chan - Linux's end of a bound channel
 * The file owns it. When the file is closed and the core does not confirm that it forgot the rings,
 * the object stays on the list without file (@left) until the core is silenced.
 */
struct remora_chan {
	/* constant after bind */
	struct remora_partition *partition;
	struct remora_core *core;
	struct file *partition_file; /* pins partition and inode; NULL once left */
	u64 serial;
	u32 epoch; /* of the core's control node */
	u32 id;    /* as the core knows it */
	u32 service;
	u32 slots;
	u64 ring_bytes;
	u64 poll_cycles;
	int tx_numa; /* where the rings lie */
	int rx_numa;
	bool mapped;
	struct remora_usage *usage; /* charged for it; under shared_memory.lock */
	struct remora_binding *binding; /* of a channel to a program (channel_bound.c), or NULL */
	struct remora_bound *bound; /* whose rings it has then; under shared_memory.lock */

	/* under shared_memory.lock and channels_lock; either suffices for reading */
	struct list_head link;

	/* under shared_memory.lock: the rings' memory */
	struct remora_region tx_memory;
	struct remora_region rx_memory;

	/* under channels_lock */
	bool counted; /* in core->channels and core->channel[] */
	bool left;

	wait_queue_head_t wait;

	/*
	 * Under lock. The end is armed for whatever somebody on @wait was told is not there; it is
	 * disarmed by who finds @wait empty. Not used on a mapped channel.
	 */
	spinlock_t lock;
	struct urpc_ring *tx; /* NULL: revoked */
	struct urpc_ring *rx;
	struct urpc_chan end;
	bool hung;            /* the core is gone */
	bool closed;          /* the core closed it, for what this end wrote */
	bool ended;           /* the program at the other end closed it, or is gone */

	/* one reader at a time, so that a message whose copy faults goes back in its place */
	struct mutex read_lock;
	struct urpc_msg unread;
	bool has_unread;

	struct mutex map_lock; /* protects revoked against faults */
	bool revoked;
	phys_addr_t tx_phys;
	phys_addr_t rx_phys;
};

/** remora_chan_over - nobody is at the other end, or listens there. Under chan->lock. */
static inline bool remora_chan_over(const struct remora_chan *chan)
{
	return chan->hung || chan->closed || chan->ended || !chan->tx;
}

/** remora_chan_news - has what sleepers wait for happened? Under chan->lock. */
bool remora_chan_news(struct remora_chan *chan);

/** remora_chan_dispose - the file is gone or never came: unbind, free. Process context, sleeps. */
void remora_chan_dispose(struct remora_chan *chan);

/**
 * remora_usage_charge - charge the calling user for a channel, unless he holds too much already
 * @chan: with its ring_bytes
 * Context: under shared_memory.lock. Return: 0, -EDQUOT, -ENOMEM.
 */
int remora_usage_charge(struct remora_chan *chan, struct remora_error *err);
/** remora_usage_uncharge - the reverse, for the user who was charged. Under shared_memory.lock. */
void remora_usage_uncharge(struct remora_chan *chan);

/** remora_chan_slots - is it a number of slots, or 0? Return: 0 or an errno */
int remora_chan_slots(u32 slots, struct remora_error *err);
/** remora_chan_alloc - the object, without rings; freed by kfree(). Return: NULL: no memory */
struct remora_chan *remora_chan_alloc(struct remora_partition *p, const struct remora_bind *request);
/** remora_chan_reserve - a descriptor, before anybody else hears of the channel. Return: that, or an errno */
int remora_chan_reserve(u32 flags);
/**
 * remora_chan_install - let user space have it by @fd, which remora_chan_reserve() gave
 * From then on the file owns the channel. Return: @fd, or an errno: it is still reserved
 */
int remora_chan_install(struct remora_chan *chan, int fd, u32 flags, struct remora_error *err);

/* ---- channels to programs: channel_bound.c ---- */

/**
 * remora_chan_bound_create - one without rings; the calling user is charged
 * Return: to be disposed of with remora_chan_dispose() once it has a binding; or ERR_PTR()
 */
struct remora_chan *remora_chan_bound_create(struct remora_partition *p, struct file *partition_file,
					     u32 slots, u32 flags, struct remora_error *err);

/** struct remora_chan_rings - @number: of the channel at @core, which ran in @epoch */
struct remora_chan_rings {
	struct remora_core *core;
	u32 epoch;
	u32 number;
	const struct remora_region *tx;
	const struct remora_region *rx;
};

/** remora_chan_join - it is open. Under shared_memory.lock */
void remora_chan_join(struct remora_chan *chan, const struct remora_chan_rings *rings);
/** remora_chan_ended - the other end is over: EPIPE from now on. Any context. */
void remora_chan_ended(struct remora_chan *chan);
/** remora_chan_bound_dispose - what remora_chan_dispose() is for one of these */
void remora_chan_bound_dispose(struct remora_chan *chan);
/** remora_chan_bound_revoke - its rings are about to go. Under shared_memory.lock, sleeps */
void remora_chan_bound_revoke(struct remora_chan *chan);

int remora_chan_mmap(struct file *file, struct vm_area_struct *vma);
/** remora_chan_unmap - no process reaches the rings after return. Process context. */
void remora_chan_unmap(struct remora_chan *chan);

extern const struct file_operations remora_chan_fops;

static inline u64 remora_chan_tx_offset(const struct remora_chan *chan)
{
	return chan->serial * CHAN_MAP_STRIDE;
}

static inline u64 remora_chan_rx_offset(const struct remora_chan *chan)
{
	return remora_chan_tx_offset(chan) + CHAN_MAP_HALF;
}

#endif
