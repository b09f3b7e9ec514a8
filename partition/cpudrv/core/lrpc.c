// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages between dispatchers of this core, carried in registers: the receiver runs next, in the
 * sender's turn, with the words of the message where its upcall `lrpc` expects them.
 */
#include <abi/syscall.h>

#include <dispatcher.h>
#include <endpoint.h>
#include <errors.h>

/*
 * It can be entered by upcall: its registers are saved, or it has none to save. One that has not told
 * where it takes messages takes none.
 */
static bool takes(const struct dispatcher *d)
{
	uint64_t entry = __atomic_load_n(&d->shared->entry[ABI_UPCALL_LRPC], __ATOMIC_RELAXED);

	return d->upcall && entry && entry < ABI_USER_END;
}

int lrpc_send(struct dispatcher *from, uint64_t endpoint, uint64_t depth, bool sleep,
	      const uint64_t words[ABI_LRPC_WORDS])
{
	const struct cap_entry *cap;
	struct dispatcher *to;
	int rc = endpoint_find(from, endpoint, depth, &cap);

	if (rc)
		return rc;
	to = endpoint_owner(cap);
	if (to == from)
		return -ERR_INVAL;
	if (to->stopped || !takes(to))
		return -ERR_BUSY;
	/* Shared memory may change between two looks at it: then it is killed for that. */
	if (!dispatcher_message(to, (const uint64_t[ABI_UPCALL_ARGUMENTS]){
		cap->badge, words[0], words[1], words[2], words[3] }))
		return -ERR_BUSY;
	dispatcher_hand_over(from, to, sleep);
	return 0;
}
