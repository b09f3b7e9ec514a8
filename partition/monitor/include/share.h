/* SPDX-License-Identifier: GPL-2.0-only */
/* Agreements on capabilities, for programs and for the monitor itself, in each turn. */
#ifndef SHARE_H
#define SHARE_H

/** share_begin - what has to be begun; before the node's turn. share_end - what has ended; after it */
void share_begin(void);
void share_end(void);

#endif
