// SPDX-License-Identifier: GPL-2.0-only
#include <abi/boot.h>
#include <abi/ctl.h>
#include <base/string.h>

#include <caps.h>
#include <end.h>
#include <fault.h>
#include <memory.h>
#include <mesh.h>
#include <member.h>

#define MESSAGES_A_TURN 16u
#define NONE 0xffffu

_Static_assert(END_SLOTS < CAPS_MESH && CAPS_MESH_AT + ABI_NODES_MAX * CAPS_MESH <= CAPS_AGREED_AT &&
	       CAPS_AGREED_AT <= 1u << CAPS_TABLE_BITS, "slots");
_Static_assert(MESH_CELLS < NONE, "a cell's number");

/* A message lies in cells one behind the other; the first has the type and the bytes of all of it. */
struct cell {
	uint16_t next;
	uint16_t type;
	uint32_t bytes;
	uint8_t data[MESH_CELL];
};

static struct mesh_link {
	bool bound;
	bool sent; /* something, since the peer's sleep was looked at */
	uint16_t first, last;
	uint32_t cells;
	struct urpc_chan end;
} links[ABI_NODES_MAX];

static struct cell cells[MESH_CELLS];
static uint16_t free_cells;
static uint32_t used;

static uint32_t node_of(const struct mesh_link *l)
{
	return (uint32_t)(l - links);
}

static struct end_place place_of(const struct mesh_link *l)
{
	struct end_place place = {
		.number = ABI_CHANNEL_MONITOR(node_of(l)),
		.slot = CAPS_MESH_AT + node_of(l) * CAPS_MESH,
		.at = memory_mesh_at(node_of(l)),
		.pages = MEMORY_MESH_PAGES / 2,
	};

	place.table = memory_mesh_table(node_of(l), &place.index);
	return place;
}

static int64_t kernel(uint32_t op, uint64_t channel, uint64_t value)
{
	const uint64_t arg[3] = { channel, value, 0 };

	return mon_object(op, caps_root(ABI_SLOT_KERNEL), arg, NULL);
}

void mesh_init(void)
{
	for (uint32_t i = 0; i < ABI_NODES_MAX; i++)
		links[i] = (struct mesh_link){ .first = NONE, .last = NONE };
	for (uint32_t i = 0; i < MESH_CELLS; i++)
		cells[i].next = (uint16_t)(i + 1 < MESH_CELLS ? i + 1 : NONE);
	free_cells = 0;
	used = 0;
}

bool mesh_linked(uint32_t node)
{
	return node < ABI_NODES_MAX && links[node].bound;
}

uint32_t mesh_waiting(void)
{
	return used;
}

/* ---- queues ---- */

static uint32_t cells_of(uint32_t bytes)
{
	return bytes ? (bytes + MESH_CELL - 1) / MESH_CELL : 1;
}

static void drop_first(struct mesh_link *l)
{
	uint32_t count = cells_of(cells[l->first].bytes);

	for (uint32_t i = 0; i < count; i++) {
		uint16_t cell = l->first;

		l->first = cells[cell].next;
		cells[cell].next = free_cells;
		free_cells = cell;
	}
	if (l->first == NONE)
		l->last = NONE;
	l->cells -= count;
	used -= count;
}

static void drop_all(struct mesh_link *l)
{
	while (l->first != NONE)
		drop_first(l);
}

/* Whoever keeps most of the cells from the others. */
static struct mesh_link *greediest(void)
{
	struct mesh_link *most = &links[0];

	for (uint32_t i = 1; i < ABI_NODES_MAX; i++) {
		if (links[i].cells > most->cells)
			most = &links[i];
	}
	return most;
}

static void put(struct mesh_link *l, uint16_t type, const uint8_t *payload, uint32_t bytes)
{
	uint32_t count = cells_of(bytes);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = i * MESH_CELL, part = bytes - at < MESH_CELL ? bytes - at : MESH_CELL;
		uint16_t cell = free_cells;

		free_cells = cells[cell].next;
		cells[cell].next = NONE;
		cells[cell].type = type;
		cells[cell].bytes = bytes;
		memcpy(cells[cell].data, payload + at, part);
		if (l->last == NONE)
			l->first = cell;
		else
			cells[l->last].next = cell;
		l->last = cell;
	}
	l->cells += count;
	used += count;
}

/* The first message that waits, in one piece. */
static const uint8_t *first_message(const struct mesh_link *l)
{
	static uint8_t buffer[URPC_LONG_BYTES];
	uint32_t bytes = cells[l->first].bytes;
	uint16_t cell = l->first;

	if (bytes <= MESH_CELL)
		return cells[cell].data;
	for (uint32_t at = 0; at < bytes; at += MESH_CELL, cell = cells[cell].next)
		memcpy(buffer + at, cells[cell].data, bytes - at < MESH_CELL ? bytes - at : MESH_CELL);
	return buffer;
}

/* A broken end is found out by the next receive. */
static void send_waiting(struct mesh_link *l)
{
	while (l->first != NONE) {
		const struct cell *c = &cells[l->first];

		if (urpc_send_long(&l->end, c->type, first_message(l), c->bytes) == -URPC_EAGAIN)
			return;
		l->sent = true;
		drop_first(l);
	}
}

void mesh_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct mesh_link *l = &links[to % ABI_NODES_MAX], *most;

	(void)ctx;
	if (!mesh_linked(to) || bytes > urpc_long_max(l->end.slots) || fault_loses(type, payload, bytes))
		return;
	fault_point(FAULT_MOMENT_INSTEAD, type, payload, bytes);
	fault_point(FAULT_MOMENT_SENT, type, payload, bytes);
	if (l->first == NONE && urpc_send_long(&l->end, type, payload, bytes) != -URPC_EAGAIN) {
		l->sent = true;
		return;
	}
	while (MESH_CELLS - used < cells_of(bytes)) {
		most = greediest();
		drop_all(most);
		member_broken(node_of(most));
	}
	put(l, type, payload, bytes);
}

/* ---- links ---- */

void mesh_bind(const uint64_t word[6])
{
	const struct end_rings rings = { word[2], word[3], word[4] };
	struct mesh_link *l = &links[word[5] % ABI_NODES_MAX];
	struct end_place place = place_of(l);
	int rc = -MON_EINVAL;

	if (word[5] < ABI_NODES_MAX && word[0] == place.number && !l->bound &&
	    word[2] == ABI_MONITOR_SLOTS)
		rc = end_open(&place, &rings, &l->end);
	l->bound |= !rc;
	kernel(ABI_KERNEL_BOUND, word[0], (uint64_t)-rc);
}

static void forget(struct mesh_link *l)
{
	struct end_place place = place_of(l);

	drop_all(l);
	l->bound = false;
	l->sent = false;
	end_close(&place);
}

void mesh_unbind(uint64_t number)
{
	uint64_t node = number - ABI_CHANNEL_MONITOR(0);

	if (node < ABI_NODES_MAX && links[node].bound)
		forget(&links[node]);
	kernel(ABI_KERNEL_UNBOUND, number, 0);
}

/* ---- messages ---- */

/* Return: 0: that was all, 1: there may be more, or -URPC_EPROTO. */
static int take_messages(struct mesh_link *l)
{
	static uint8_t buffer[URPC_LONG_BYTES] __attribute__((aligned(8)));

	for (uint32_t i = 0; i < MESSAGES_A_TURN; i++) {
		uint16_t type;
		size_t bytes;
		int rc = urpc_recv_long(&l->end, &type, buffer, sizeof(buffer), &bytes);

		if (rc == -URPC_EAGAIN)
			return 0;
		if (!rc && PROTOCOL_INTERFACE_OF(type) == FAULT_INTERFACE) {
			if (fault_message(node_of(l), type, buffer, (uint32_t)bytes))
				return -URPC_EPROTO;
			continue;
		}
		if (rc)
			return -URPC_EPROTO;
		fault_point(FAULT_MOMENT_BEFORE, type, buffer, (uint32_t)bytes);
		member_message(node_of(l), type, buffer, (uint32_t)bytes);
		fault_point(FAULT_MOMENT_AFTER, type, buffer, (uint32_t)bytes);
	}
	return 1;
}

bool mesh_work(void)
{
	bool more = false;

	for (uint32_t i = 0; i < ABI_NODES_MAX; i++) {
		struct mesh_link *l = &links[i];
		int rc;

		if (!l->bound)
			continue;
		rc = take_messages(l);
		more |= rc > 0;
		if (rc >= 0)
			continue;
		forget(l);
		kernel(ABI_KERNEL_CLOSED, ABI_CHANNEL_MONITOR(i), MON_EPROTO);
		member_broken(i);
	}
	return more;
}

/*
 * A peer that sleeps is rung once for what was sent: until it wakes, its end says that something is
 * unread.
 */
static bool must_ring(struct mesh_link *l)
{
	bool sent = l->sent;

	l->sent = false;
	return urpc_ack_notify_needed(&l->end) || (sent && urpc_notify_needed(&l->end));
}

void mesh_flush(void)
{
	for (uint32_t i = 0; i < ABI_NODES_MAX; i++) {
		struct mesh_link *l = &links[i];
		struct end_place place;

		if (!l->bound)
			continue;
		send_waiting(l);
		if (!must_ring(l))
			continue;
		place = place_of(l);
		end_notify(&place);
	}
	fault_flushed();
}

bool mesh_arm(void)
{
	for (uint32_t i = 0; i < ABI_NODES_MAX; i++) {
		struct mesh_link *l = &links[i];
		struct end_place place;

		if (!l->bound)
			continue;
		if (!urpc_arm(&l->end) ||
		    (l->first != NONE &&
		     !urpc_arm_room(&l->end, urpc_slots_of(cells[l->first].bytes))))
			return false;
		if (!urpc_ack_notify_needed(&l->end))
			continue;
		place = place_of(l);
		end_notify(&place);
	}
	return true;
}

void mesh_disarm(void)
{
	for (uint32_t i = 0; i < ABI_NODES_MAX; i++) {
		if (links[i].bound)
			urpc_disarm(&links[i].end);
	}
}
