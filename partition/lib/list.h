/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Lists whose items are their owners' memory, linked by @next; called disabled. */
#ifndef LIST_H
#define LIST_H

/** list_add - at the head; @item is on no list */
#define list_add(head, item)                                                                       \
	do {                                                                                       \
		(item)->next = (head);                                                             \
		(head) = (item);                                                                   \
	} while (0)

/** list_remove - what is not on the list may be removed, too */
#define list_remove(head, item)                                                                    \
	do {                                                                                       \
		__typeof__(&(head)) at_ = &(head);                                                 \
		while (*at_ && *at_ != (item))                                                     \
			at_ = &(*at_)->next;                                                       \
		if (*at_)                                                                          \
			*at_ = (item)->next;                                                       \
	} while (0)

#endif
