/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Messages of an interface over LMP, between two dispatchers of one core: give &carrier->carrier to
 * NAME_client_by() or NAME_server_by() of <abi/if/NAME_stub.h>. Each end has an endpoint of its own,
 * which nobody else sends to, and a capability of the other one's.
 *
 * A message takes a record for each RT_CARRIER_BYTES of it. Word 0: type in bits 0 to 15, number of the
 * record in the message in 16 to 31, bytes of the message in 32 to 47. The bytes follow, with zeros up to
 * the end of the last word. A capability comes with the first record.
 */
#ifndef LIB_CARRIER_H
#define LIB_CARRIER_H

#include <urpc/bound.h>

#include <lib/lmp.h>

#define RT_CARRIER_BYTES ((ABI_LMP_WORDS - 1) * 8u)

/**
 * struct rt_carrier - @lmp: where messages come, opened with capabilities if the interface has some;
 * @to: the other end's endpoint. All else is private.
 * @rest:   what is sent last, @rest_at bytes of @rest_bytes are gone
 * @status: not 0: the other end is gone, or does not take what is sent
 * @bytes, @have, @type, @cap: of the message that comes, 0 bytes of it: none; @cap counts only with
 *          @begun
 */
struct rt_carrier {
	struct urpc_carrier carrier;
	struct rt_lmp *lmp;
	struct abi_cap_at to;
	const uint8_t *rest;
	uint32_t rest_bytes;
	uint32_t rest_at;
	uint16_t rest_type;
	uint16_t type;
	int status;
	uint32_t bytes;
	uint32_t have;
	uint32_t cap;
	bool begun;
};

/** rt_carrier_init - an end; nothing is sent. @to may be set later, before the first message. */
void rt_carrier_init(struct rt_carrier *c, struct rt_lmp *lmp, struct abi_cap_at to);

/** rt_carrier_end - give up what came of an unfinished message. @lmp and @to are the caller's. */
void rt_carrier_end(struct rt_carrier *c);

#endif
