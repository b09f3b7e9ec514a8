// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine of agreement: any message from any node in any state. The input is a list of steps: a
 * message of a known type with any fields, a message of any bytes, an operation or transfer of this
 * node's, its own work, or a step of a change of view. The tables stay whole, every message is refused
 * or handled, and when the others have gone by a change of view nothing is left over.
 */
#include "fuzz.h"

#include <abi/if/agree.h>
#include <abi/protocol/agree.h>
#include <urpc/chan.h>

#define NODES 6u
#define ENTRIES 14u

static struct agree a;
static struct agree_entry entries[ENTRIES];
static uint64_t heard[ENTRIES];
static struct agree_peer peers[NODES];
static uint16_t room[ROUTE_ROOM(NODES, NODES)];
static const uint16_t package[NODES] = { 0, 0, 1, 1, 2, 2 };
static uint32_t under_way, flying, turn;

static void send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	(void)ctx;
	(void)payload;
	MUST(to < NODES && to != 1 && type >> 8 == PROTOCOL_AGREE && bytes <= AGREE_MESSAGE_MAX);
}

/* Now this, now that, but not AGAIN for ever. */
static int answer(void)
{
	static const int answers[] = { 0, 0, 0, -ABI_CAP_E_AGAIN, -ABI_CAP_E_IN_USE };

	return answers[turn++ % 5];
}

static int vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		uint32_t *relations)
{
	(void)ctx;
	(void)mine;
	(void)cookie;
	MUST(q->kind >= AGREE_RETYPE && q->kind <= AGREE_DELETE);
	MUST(q->object.bytes && !(q->object.base % 4096) && !(q->object.bytes % 4096));
	MUST(q->piece_bytes <= q->object.bytes);
	*relations = turn;
	return answer();
}

static void busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)ctx;
	(void)on;
	MUST(q->kind == AGREE_DELETE);
}

static int perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)ctx;
	(void)cookie;
	MUST(part == AGREE_MINE || q->kind == (part == AGREE_HEIR ? AGREE_DELETE : AGREE_REVOKE));
	return answer();
}

static void alone(void *ctx, const struct agree_request *q)
{
	(void)ctx;
	MUST(q->kind == AGREE_REVOKE);
}

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	(void)ctx;
	(void)cookie;
	MUST(under_way && result <= 0 && -result < AGREE_ERROR_END && relations <= AGREE_HAS_ALL);
	under_way--;
}

static int mark(void *ctx, const struct agree_object *object)
{
	(void)ctx;
	(void)object;
	return answer();
}

static int create(void *ctx, uint32_t from, const struct agree_object *o, uint8_t rights,
		  uint64_t handle)
{
	(void)ctx;
	(void)handle;
	MUST(from < NODES && o->bytes && !(rights & 0xc0));
	return answer();
}

static void given(void *ctx, uint64_t cookie, int result)
{
	(void)ctx;
	(void)cookie;
	(void)result;
	MUST(flying);
	flying--;
}

static int forget(void *ctx, uint32_t node)
{
	(void)ctx;
	MUST(node < NODES);
	return answer();
}

static struct protocol_set members_of(uint8_t mask)
{
	struct protocol_set s = protocol_set_only(1);

	for (uint32_t i = 0; i < NODES; i++) {
		if (mask >> i & 1)
			protocol_set_add(&s, i);
	}
	return s;
}

static void change(uint8_t what, const uint8_t *bytes)
{
	struct protocol_set members = members_of(bytes[0]);
	uint8_t blob[AGREE_BLOB_MAX] = { 0 };
	struct agree_merger merger;
	uint32_t size = 4;

	if (what & 1) {
		agree_merge_begin(&merger, &a.members, &members);
		size = agree_report(&a, &members, blob, sizeof(blob));
		MUST(size >= 4 && size <= AGREE_BLOB_MAX);
		if (what & 2)
			memcpy(blob, bytes, 8);
		agree_merge(&merger, blob, size);
		size = agree_outcome(&merger, blob, sizeof(blob));
	}
	agree_freeze(&a);
	if (!(what & 4))
		MUST(!agree_install(&a, a.view + 1, &members, blob, size));
	if (!(what & 8) && !a.frozen)
		agree_thaw(&a);
}

/* What others could send: small numbers, of attempts that may be under way. */
static void message(const uint8_t *in)
{
	uint8_t buffer[AGREE_MESSAGE_MAX];
	struct agree_prepare p = { a.view, in[1] % 8, 0xffff, in[2], 0, 1 + in[3], in[4] % 8 * 4096u,
				   in[5] % 8, in[6] % 4, in[7] % 4, in[8] % 5, in[9] % 6, in[10] % 20 };
	struct agree_ballot b = { a.view, in[1] % 8, in[3], in[2], in[4], in[5],
				  (enum agree_vote)(in[6] % 3), in[7] % 4, in[8] % 9, in[9] % 8 };
	struct agree_decide d = { a.view, in[1] % 8, in[3] % 8, in[2], (enum agree_outcome)(in[4] % 2),
				  in[5] % 2 };
	struct agree_ack k = { a.view, in[1] % 8, in[2] };
	struct agree_votes v = { a.view, in[1] % 8, in[3], in[2] | (uint32_t)in[4] << 28 };
	struct agree_outcomes o = { a.view, in[1] % 8, in[2], in[3] };
	struct agree_acks ks = { a.view, in[1] % 8, in[2] };
	struct agree_give g = { in[4] % 8 * 4096u, in[5] % 8, in[9] % 6, in[6] & 0x3f, 0, in[2] };
	struct agree_taken t = { in[2] | (uint32_t)in[3] << 8, in[4] % 80 };
	struct agree_released r = { 0 };
	uint32_t size = 0, type = AGREE_PREPARE + (in[0] >> 4) % 11;

	switch (type) {
	case AGREE_PREPARE:
		size = agree_prepare_encode(&p, buffer);
		break;
	case AGREE_BALLOT:
		size = agree_ballot_encode(&b, buffer);
		break;
	case AGREE_DECIDE:
		size = agree_decide_encode(&d, buffer);
		break;
	case AGREE_ACK:
		size = agree_ack_encode(&k, buffer);
		break;
	case AGREE_GIVE:
		size = agree_give_encode(&g, buffer);
		break;
	case AGREE_TAKEN:
		size = agree_taken_encode(&t, buffer);
		break;
	case AGREE_RELEASED:
		size = agree_released_encode(&r, buffer);
		break;
	case AGREE_VOTES:
		size = agree_votes_encode(&v, buffer);
		break;
	case AGREE_OUTCOMES:
		size = agree_outcomes_encode(&o, buffer);
		break;
	case AGREE_ACKS:
		size = agree_acks_encode(&ks, buffer);
		break;
	default:
		memcpy(buffer, in, 12);
		size = in[11] % 13;
	}
	agree_message(&a, in[0] % 8, (uint16_t)type, buffer, size);
}

static void own(const uint8_t *in)
{
	struct agree_request q = { in[1] % 5, in[2] % 20, { in[3] % 8 * 4096u, in[4] % 8 * 4096u,
							    in[5] % 6 },
				   in[6] % 8 * 4096u, in[7] % 4 * 4096u };
	struct agree_object o = q.object;

	if (in[8] & 1)
		under_way += !agree_start(&a, &q, in[9]);
	else
		flying += !agree_give(&a, in[9] % 8, &o, in[10] & 0x3f, 0, in[11]);
}

static void begin(void)
{
	struct agree_memory memory = { entries, heard, peers, room, ENTRIES, NODES };
	struct protocol_port port = { NULL, send };
	struct agree_local local = { NULL, vote, busy, perform, alone, done, mark, create, NULL,
				     given, forget };
	struct route_topology topology = { NODES, 3, package, NULL };
	struct protocol_set members = members_of(0x3f);

	under_way = 0;
	flying = 0;
	turn = 0;
	MUST(!agree_init(&a, 1, &memory, &port, &local, &topology, ROUTE_NUMA));
	MUST(!agree_install(&a, 1, &members, NULL, 0));
	agree_thaw(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	uint8_t last[8] = { 0 };

	begin();
	for (; bytes >= 12; data += 12, bytes -= 12) {
		switch (data[0] & 0xf) {
		case 8:
			agree_work(&a);
			break;
		case 9:
			own(data);
			break;
		case 10:
			change(data[1], data + 2);
			break;
		default:
			message(data);
		}
		MUST(!agree_check(&a));
	}
	/* All others go: what is under way ends, one way or the other. */
	change(0, last);
	for (uint32_t i = 0; i < 2000 && !agree_quiet(&a); i++)
		agree_work(&a);
	MUST(agree_quiet(&a) && !under_way && !flying && !agree_check(&a));
	return 0;
}
