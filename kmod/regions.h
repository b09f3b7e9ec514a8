/* SPDX-License-Identifier: GPL-2.0-only */
/* Dividing a partition's memory among its cores, and preparing it for a start. */
#ifndef REMORA_REGIONS_H
#define REMORA_REGIONS_H

#include "partition.h"

/**
 * remora_regions_alloc - give every core its regions, the partition its rings and channel memory
 * The partition has its memory, its image and its CPUs. All or nothing. Context: process.
 * Return: 0, or -EINVAL with REMORA_R_MEMORY_TOO_SMALL.
 */
int remora_regions_alloc(struct remora_partition *p, struct remora_error *err);
void remora_regions_free(struct remora_partition *p);

/**
 * remora_regions_join - the same for one core, from its own memory or from what others left
 * All or nothing. Under p->lock.
 */
int remora_regions_join(struct remora_core *core, struct remora_error *err);
/** remora_regions_leave - scrub them and give them back; the core is silent. Under p->lock, sleeps */
void remora_regions_leave(struct remora_core *core);

/** remora_regions_short - fail with REMORA_R_MEMORY_TOO_SMALL: @bytes of @what do not fit */
int remora_regions_short(const struct remora_partition *p, const char *what, u64 bytes,
			 struct remora_error *err);

/**
 * remora_ring - the ring that node @from writes and node @to reads; one of them may be 0, Linux
 * A core that joined has control rings only: the other is 0 then.
 * Control rings have REMORA_CONTROL_SLOTS, those between cores REMORA_PEER_SLOTS.
 */
struct urpc_ring *remora_ring(const struct remora_partition *p, unsigned int from, unsigned int to);
/** remora_ring_phys - its physical address */
phys_addr_t remora_ring_phys(const struct remora_partition *p, unsigned int from, unsigned int to);

/**
 * remora_boot_fill - fresh image, pages, console and boot information of a core; no core runs
 * RAM keeps what an earlier run left there; the rest of the core's own memory is zeroed.
 */
void remora_boot_fill(struct remora_core *core);

/** remora_boot_map - build the core's boot page tables. -ENOMEM; remora_tables_free() undoes it. */
int remora_boot_map(struct remora_core *core, struct remora_error *err);

/** remora_image_load - read the file, check it; sets p->image, image_data. Context: process. */
int remora_image_load(struct remora_image *image, void **data, const char *name, struct file *file,
		      struct remora_error *err);
void remora_image_unload(struct remora_image *image, void **data);

#endif
