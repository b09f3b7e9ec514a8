// SPDX-License-Identifier: GPL-2.0-only
/*
 * What wakes the monitor: notices of the CPU driver (endpoint 0), messages of programs' run-time
 * libraries (endpoint 1, so that programs cannot keep notices away), doorbells. Messages of programs
 * are only hints: each turn looks at all streams.
 */
#include <abi/ctl.h>
#include <abi/lmp.h>
#include <urpc/barrier.h>

#include <agreed.h>
#include <bindings.h>
#include <bound.h>
#include <caps.h>
#include <channel.h>
#include <domain.h>
#include <image.h>
#include <memory.h>
#include <memory_parts.h>
#include <mesh.h>
#include <member.h>
#include <requests.h>
#include <share.h>
#include <turn.h>

#define TURNS_MOST 64u /* then others may run */
#define PROGRAMS_OFFSET 8448u
#define PROGRAMS_RECORDS 32u
#define OWN_ENDPOINT (CAPS_ROOT_TABLE + 2) /* slot of the root */
#define BUFFER_BYTES(records) (sizeof(struct abi_lmp_buffer) + (records) * sizeof(struct abi_lmp_record))

_Static_assert(ABI_LMP_FIRST_OFFSET + BUFFER_BYTES(ABI_LMP_FIRST_RECORDS) <= PROGRAMS_OFFSET, "buffers");
_Static_assert(PROGRAMS_OFFSET + BUFFER_BYTES(PROGRAMS_RECORDS) <= ABI_DOMAIN_CONTROL_BYTES, "buffers");

static struct inbox {
	uint64_t offset;
	uint32_t records;
	uint64_t next; /* number of the next message */
} notices = { ABI_LMP_FIRST_OFFSET, ABI_LMP_FIRST_RECORDS, 1 },
  programs = { PROGRAMS_OFFSET, PROGRAMS_RECORDS, 1 };

static enum { NEW, AWAKE, BROKEN } state;

/* ---- start ---- */

static int64_t give_buffer(struct abi_cap_at endpoint, const struct inbox *inbox)
{
	const uint64_t arg[3] = { inbox->offset, inbox->records, 0 };

	return mon_object(ABI_ENDPOINT_BUFFER, endpoint, arg, NULL);
}

static int64_t start(void)
{
	const struct abi_startup *startup = mon_memory(ABI_DOMAIN_STARTUP, sizeof(*startup));
	const struct domain_place place = { startup->node, startup->nodes, startup->tsc_khz,
					    startup->partition };
	struct abi_cap_at first = caps_root(ABI_SLOT_ENDPOINT), second = caps_root(OWN_ENDPOINT);
	const uint64_t serve[3] = { first.address, first.depth, 0 };
	int64_t rc;

	if (startup->revision != ABI_STARTUP_REVISION)
		return -ABI_CAP_E_ARGUMENT;
	rc = memory_init(startup);
	if (!rc)
		rc = caps_retype(caps_root(ABI_SLOT_DISPATCHER), second, ABI_CAP_ENDPOINT,
				 ABI_CAP_ENDPOINTS_AT + ABI_CAP_ENDPOINT_BYTES, ABI_CAP_ENDPOINT_BYTES, 1);
	if (!rc)
		rc = give_buffer(first, &notices);
	if (!rc)
		rc = give_buffer(second, &programs);
	if (rc)
		return rc;
	domains_init(&place, first, second);
	channels_init();
	requests_init();
	mesh_init();
	if (member_init(startup->node, startup->tsc_khz))
		return -ABI_CAP_E_ARGUMENT;
	return mon_object(ABI_KERNEL_SERVE, caps_root(ABI_SLOT_KERNEL), serve, NULL);
}

/* ---- messages ---- */

static void take_notice(const struct abi_lmp_record *record)
{
	if (record->badge != ABI_LMP_KERNEL)
		return;
	if (record->kind == ABI_LMP_BIND && record->word[1] == ABI_SERVICE_MONITOR)
		mesh_bind(record->word);
	else if (record->kind == ABI_LMP_BIND && record->word[1] == ABI_SERVICE_PROGRAM)
		bound_bind(record->word);
	else if (record->kind == ABI_LMP_BIND)
		channel_bind(record->word);
	else if (record->kind == ABI_LMP_UNBIND && record->word[0] >= ABI_CHANNELS_MAX)
		mesh_unbind(record->word[0]);
	else if (record->kind == ABI_LMP_UNBIND && !bound_unbind(record->word[0]))
		channel_unbind(record->word[0]);
	else if (record->kind == ABI_LMP_LAST_COPY)
		agreed_last_copy(record->word);
	else if (record->kind == ABI_LMP_DIED)
		domains_look();
}

static bool take_all(struct inbox *inbox, void (*take)(const struct abi_lmp_record *record))
{
	struct abi_lmp_buffer *buffer = mon_memory(ABI_DOMAIN_CONTROL + inbox->offset,
						   BUFFER_BYTES(inbox->records));
	bool any = false;

	for (uint32_t i = 0; i < inbox->records; i++) {
		struct abi_lmp_record *record = &buffer->record[(inbox->next - 1) % inbox->records];

		if (urpc_load_acquire(&record->number) != inbox->next)
			break;
		if (take)
			take(record);
		urpc_store_release(&buffer->taken, inbox->next);
		inbox->next++;
		any = true;
	}
	return any;
}

static void begin(void)
{
	int64_t rc = start();

	state = rc ? BROKEN : AWAKE;
	if (rc)
		mon_print("cannot begin: error %ld", rc);
	else
		mon_print("%lu MiB for programs", memory_free() >> 20);
}

static void disarm(void)
{
	channels_disarm();
	mesh_disarm();
	requests_disarm();
}

/* Return: TSC of the next turn at the latest. */
static uint64_t work_node(void)
{
	uint64_t node, bindings;

	share_begin();
	node = member_work();
	bindings = bindings_work();
	share_end();
	if (memory_parts_work())
		return mon_cycles();
	return node < bindings ? node : bindings;
}

bool turn(uint64_t *until)
{
	*until = UINT64_MAX;
	if (state == NEW)
		begin();
	if (state == BROKEN)
		return true;
	disarm();
	for (uint32_t i = 0; i < TURNS_MOST; i++) {
		bool more = take_all(&notices, take_notice);

		more |= take_all(&programs, NULL);
		more |= channels_work();
		more |= requests_work();
		more |= jobs_work();
		more |= mesh_work();
		*until = work_node();
		more |= jobs_news();
		mesh_flush();
		requests_flush();
		if (!more && channels_arm() && mesh_arm() && requests_arm())
			return true;
		disarm();
	}
	return false;
}
