/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ends of channels between programs: their rings and capabilities. The end of a channel to another core
 * has its channel's number, and node 0 makes and takes away its rings; the two ends of one between
 * programs of this core follow behind all numbers, client's first, with rings from a pool.
 *
 *   free -> there -> ending -> free
 * A program holds an end from bound_give() to bound_release(). While it is ending, a holder has
 * BOUND_PATIENCE_MS to finish with the rings; then they are taken from it.
 */
#ifndef BOUND_H
#define BOUND_H

#include <abi/ctl.h>

#include <domain.h>

#define BOUND_LOCALS 16u
#define BOUND_ENDS (ABI_CHANNELS_MAX + 2 * BOUND_LOCALS)
#define BOUND_PATIENCE_MS 300u /* Linux waits half a second */

/** bound_init - no ends */
void bound_init(void);

/** bound_bind, bound_unbind - as the notices of the CPU driver ask; they answer it */
void bound_bind(const uint64_t word[6]);
/** bound_unbind - Return: false: that number is none of these, nothing is done */
bool bound_unbind(uint64_t number);

/** bound_local - make both ends of a channel of this core. Return: 0 or -MON_ENOMEM: nothing is left */
int bound_local(uint32_t slots, uint32_t end[2]);
/** bound_unlocal - both are ending */
void bound_unlocal(const uint32_t end[2]);

/**
 * bound_give - an end's capabilities into slots of a program, abi/domain.h: ABI_SLOT_BOUND
 * @place: below ABI_BOUND_MAX, of slots that nothing was given to
 * @other: the program at the other end, if that is on this core
 * Return: 0; -MON_ENOENT: there is no such end, or it is ending; -MON_ENOMEM: then it has none of them.
 */
int bound_give(uint32_t end, const struct domain *d, uint32_t place, const struct domain *other);

/** bound_release - its holder has finished with it, or is gone; nothing when nobody holds it */
void bound_release(uint32_t end);

/** bound_slots - of each ring */
uint32_t bound_slots(uint32_t end);

/** bound_is_ring - is that memory for rings of channels, to whichever node? */
bool bound_is_ring(uint64_t base, uint64_t bytes);

/** bound_work - what is due. Return: TSC of the next call at the latest; UINT64_MAX */
uint64_t bound_work(void);

/** bound_count - ends that are not free; for tests */
uint32_t bound_count(void);

#endif
