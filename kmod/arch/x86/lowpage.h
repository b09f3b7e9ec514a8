/* SPDX-License-Identifier: GPL-2.0-only */
/* One page below 1 MiB, borrowed while a core starts. */
#ifndef REMORA_LOWPAGE_H
#define REMORA_LOWPAGE_H

#include "../../error.h"
#include "../../ledger.h"

/** remora_low_page_find - choose the page; it is not borrowed yet. Return: 0 or -errno, in @err */
int remora_low_page_find(struct remora_error *err);
/** remora_low_page_forget - the end of it */
void remora_low_page_forget(void);

/**
 * remora_low_page_borrow - the page, all zero, for the caller to write
 * Context: process; one borrower at a time, which the caller ensures. Return: its address or NULL.
 */
void *remora_low_page_borrow(struct remora_ledger *ledger, struct remora_error *err);
/** remora_low_page_return - as it was: all zero */
void remora_low_page_return(struct remora_ledger *ledger);

#endif
