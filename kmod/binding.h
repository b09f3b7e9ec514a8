/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels of Linux's programs to programs on cores: node 0's machine for binding (abi/protocol/bind.h) has files
 * of names as its domains, see linux/remora_offer.h. bound.h makes the channels, channel_bound.c is Linux's end.
 */
#ifndef REMORA_BINDING_H
#define REMORA_BINDING_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/types.h>

#include "error.h"

struct bind_ask;
struct file;
struct node;
struct remora_chan;
struct remora_names_file;
struct remora_partition;

enum remora_binding_state {
	REMORA_BINDING_ASKED, /* the machine answers */
	REMORA_BINDING_OPEN,
	REMORA_BINDING_OVER,  /* the machine knows it no more */
};

/**
 * struct remora_binding - what the machine knows as a connection of a file of names
 * The channel owns it. But for @chan, @fd and @numa all is under monitor.lock.
 * @link:   in the file's bindings
 * @fd:     reserved for the channel, as long as its maker has it; then -1
 * @nf:     NULL: the file is closed, or the machine gone; then it is over
 * @tag, @handle: to the machine and by the machine
 * @error, @detail: of the machine, once over; or REMORA_NAMES_NODEV
 * @opened: it was open once; @done: that, or over without
 * @numa:   where the program runs that asked
 */
struct remora_binding {
	struct list_head link;
	struct remora_names_file *nf;
	struct remora_chan *chan;
	int fd;
	u64 tag;
	u32 handle;
	enum remora_binding_state state;
	u32 error;
	u32 detail;
	int numa;
	bool opened;
	struct completion done;
};

/**
 * remora_binding_create - a channel that is about to be asked for, and its binding
 * @slots: checked; @flags: REMORA_BIND_*, checked
 * Charges the calling user, and reserves the descriptor: who has too many hears it before anybody is asked.
 * Return: NULL: *@ret says why.
 */
struct remora_binding *remora_binding_create(struct remora_partition *p, struct file *partition_file,
					     u32 slots, u32 flags, struct remora_error *err, int *ret);
/** remora_binding_enlist - the machine is about to be told of it. Under monitor.lock */
void remora_binding_enlist(struct remora_binding *b, struct remora_names_file *nf);
/** remora_binding_unlist - it did not want it. Under monitor.lock */
void remora_binding_unlist(struct remora_binding *b);

/**
 * remora_binding_finish - wait until it is open, and give it a descriptor
 * @patient: only a deadly signal ends it; @detail: of who refused, or NULL
 * What fails is disposed of. Return: a descriptor, or an errno.
 */
int remora_binding_finish(struct remora_binding *b, u32 flags, bool patient, u32 *detail,
			  struct remora_error *err);

/** remora_binding_fail - a refusal of the machine in words. Return: an errno */
int remora_binding_fail(u32 error, u32 detail, struct remora_error *err);

/** remora_binding_flags - are they of REMORA_BIND_* or @more? Return: 0 or an errno */
int remora_binding_flags(u32 flags, u32 more, struct remora_error *err);

/** remora_binding_release - the channel goes. Process context, without monitor.lock */
void remora_binding_release(struct remora_binding *b);

/** remora_bindings_drop - the file is closed, or the machine gone: all of the file is over. Under monitor.lock */
void remora_bindings_drop(struct remora_names_file *nf, u32 error);

/* What the machine tells, under monitor.lock. */
void remora_binding_opened(struct remora_partition *p, u32 domain, u64 tag, u32 handle, u32 end);
void remora_binding_over(struct remora_partition *p, u32 domain, u64 tag, u32 error, u32 detail);
/** remora_binding_numa - of who asked for it, or NUMA_NO_NODE */
int remora_binding_numa(struct remora_partition *p, u32 domain, u64 tag);

/** remora_binding_connect - REMORA_IOC_NAMES_CONNECT on a file of names */
long remora_binding_connect(struct file *file, void *arg, struct remora_error *err);

/* ---- offer.c ---- */

/** REMORA_OFFER_ASKS - who asks and is not answered: of one file, and so of an offer */
#define REMORA_OFFER_ASKS 16u

/** remora_offer_open - REMORA_IOC_NAMES_OFFER on a file of names */
long remora_offer_open(struct file *file, void *arg, struct remora_error *err);

/** remora_offers_tidy - try again to remove the names of offers that were closed. Under monitor.lock */
void remora_offers_tidy(struct remora_names_file *nf, struct node *node);

/** remora_offers_drop - as remora_bindings_drop() */
void remora_offers_drop(struct remora_names_file *nf, u32 error);

/* What the machine tells, under monitor.lock. */
void remora_offer_asked(struct remora_partition *p, u32 domain, u64 tag, u32 handle, u32 slots,
			u32 node, u32 client);
void remora_offer_unasked(struct remora_partition *p, u32 domain, u64 tag, u32 handle);

#endif
