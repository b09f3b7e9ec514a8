// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rings of a channel in a process.
 *
 * Pages are entered by the fault handler, under map_lock: a fault either sees the channel revoked,
 * or has entered its pages before they are zapped. A touch after that is SIGBUS. A forked child
 * does not inherit the mapping, because an end belongs to one process.
 */
#include <linux/mm.h>

#include "channel_priv.h"
#include "compat/vma.h"

static_assert(sizeof(struct urpc_ring) + URPC_SLOTS_MAX * sizeof(struct urpc_slot) <=
	      CHAN_MAP_HALF);

static u64 vma_offset(const struct vm_area_struct *vma)
{
	return (u64)vma->vm_pgoff << PAGE_SHIFT;
}

static vm_fault_t chan_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct remora_chan *chan = vma->vm_private_data;
	bool tx = vma_offset(vma) == remora_chan_tx_offset(chan);
	unsigned long pfn = PHYS_PFN(tx ? chan->tx_phys : chan->rx_phys);
	vm_fault_t ret = VM_FAULT_SIGBUS;
	unsigned long at;

	mutex_lock(&chan->map_lock);
	if (chan->revoked)
		goto out;
	/* The whole ring at the first touch, so that no message pays for a fault later. */
	for (at = vma->vm_start; at < vma->vm_end; at += PAGE_SIZE) {
		ret = vmf_insert_pfn(vma, at, pfn++);
		if (ret & VM_FAULT_ERROR)
			break;
	}
out:
	mutex_unlock(&chan->map_lock);
	return ret;
}

static int chan_may_split(struct vm_area_struct *vma, unsigned long at)
{
	return -EINVAL;
}

static const struct vm_operations_struct chan_vm_ops = {
	.fault = chan_fault,
	.may_split = chan_may_split,
};

int remora_chan_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct remora_chan *chan = file->private_data;
	unsigned long clear = VM_MAYEXEC;

	if (!chan->mapped)
		return -EBUSY;
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_end - vma->vm_start != chan->ring_bytes)
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	if (vma_offset(vma) == remora_chan_rx_offset(chan)) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		clear |= VM_MAYWRITE;
	} else if (vma_offset(vma) != remora_chan_tx_offset(chan)) {
		return -EINVAL;
	}
	remora_vma_flags(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY, clear);
	vma->vm_private_data = chan;
	vma->vm_ops = &chan_vm_ops;
	return 0;
}

void remora_chan_unmap(struct remora_chan *chan)
{
	mutex_lock(&chan->map_lock);
	chan->revoked = true;
	mutex_unlock(&chan->map_lock);
	if (chan->partition_file)
		unmap_mapping_range(chan->partition_file->f_mapping, remora_chan_tx_offset(chan),
				    CHAN_MAP_STRIDE, 1);
}
