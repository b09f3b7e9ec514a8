// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Endpoints with a buffer in the shared frame, which is divided in lines of 128 bytes. */
#include <base/string.h>

#include <lib/lmp.h>
#include <lib/slot.h>

#include "lmp_core.h"

#define LINE sizeof(struct abi_lmp_record)
#define LINES ((ABI_DOMAIN_CONTROL_BYTES - ABI_LMP_FIRST_OFFSET) / LINE)

static bool line_used[LINES];
static bool number_used[ABI_LMP_BUFFERS];

/* ---- the event ---- */

static const struct abi_lmp_record *record(const struct rt_lmp *lmp)
{
	return &lmp->buffer->record[(lmp->next - 1) % lmp->records];
}

static bool ready(struct rt_event *event)
{
	const struct rt_lmp *lmp = (const struct rt_lmp *)event;

	return __atomic_load_n(&record(lmp)->number, __ATOMIC_ACQUIRE) == lmp->next;
}

static const struct rt_event_kind kind = { .ready = ready, .outside = true };

/* ---- opening and closing ---- */

int rt_lmp_attach(struct rt_lmp *lmp, uint64_t offset, uint32_t records)
{
	const struct abi_cap_at slot = lmp->slot ? rt_slot_at(lmp->slot) : (struct abi_cap_at){ 0 };
	int64_t rc;

	lmp->event.kind = &kind;
	lmp->buffer = (struct abi_lmp_buffer *)((char *)rt_dispatcher + offset);
	lmp->records = records;
	lmp->next = 1;
	rc = rt_object(ABI_OBJECT_WORD(ABI_ENDPOINT_BUFFER, lmp->endpoint.depth),
		       lmp->endpoint.address, offset, records, slot.address, slot.depth, NULL);
	return rc ? -RT_EINVAL : 0;
}

/* First line of @count free ones in a row, or LINES. */
static uint32_t find_lines(uint32_t count)
{
	uint32_t run = 0;

	/* The first endpoint's. */
	for (uint32_t i = ABI_LMP_FIRST_RECORDS + 1; i < LINES; i++) {
		run = line_used[i] ? 0 : run + 1;
		if (run == count)
			return i + 1 - count;
	}
	return LINES;
}

static void use_lines(const struct rt_lmp *lmp, bool used)
{
	for (uint32_t i = 0; i < lmp->records + 1; i++)
		line_used[lmp->line + i] = used;
}

static int make_endpoint(struct rt_lmp *lmp)
{
	const uint32_t slot = rt_slot_alloc();
	int64_t rc;

	if (!slot)
		return -RT_ENOMEM;
	lmp->endpoint = rt_slot_at(slot);
	rc = rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_ENDPOINT, ABI_DOMAIN_ROOT_BITS,
				       lmp->endpoint.depth, 0, 1),
		       ABI_SLOT_DISPATCHER, lmp->endpoint.address, 0,
		       ABI_CAP_ENDPOINTS_AT + lmp->number * ABI_CAP_ENDPOINT_BYTES,
		       ABI_CAP_ENDPOINT_BYTES, NULL);
	if (rc)
		rt_slot_free(slot);
	return rc ? -RT_ENOMEM : 0;
}

static uint32_t slot_of(struct abi_cap_at at)
{
	return (uint32_t)at.address | (at.depth == ABI_DOMAIN_ROOT_BITS ? 0 : RT_SLOT_DEEP);
}

static int open(struct rt_lmp *lmp, uint32_t records, bool caps)
{
	uint32_t number = 1;
	int rc;

	if (!records || records > ABI_LMP_RECORDS_MAX)
		return -RT_EINVAL;
	while (number < ABI_LMP_BUFFERS && number_used[number])
		number++;
	*lmp = (struct rt_lmp){ .event = lmp->event, .number = number, .records = records };
	lmp->line = find_lines(records + 1);
	if (number == ABI_LMP_BUFFERS || lmp->line == LINES)
		return -RT_ENOMEM;
	if (caps) {
		lmp->slot = rt_slot_alloc();
		if (!lmp->slot)
			return -RT_ENOMEM;
	}
	rc = make_endpoint(lmp);
	if (!rc)
		rc = rt_lmp_attach(lmp, ABI_LMP_FIRST_OFFSET + lmp->line * LINE, records);
	if (rc) {
		if (lmp->endpoint.depth && rc == -RT_EINVAL)
			rt_slot_drop(slot_of(lmp->endpoint));
		rt_slot_free(lmp->slot);
		return rc;
	}
	number_used[number] = true;
	use_lines(lmp, true);
	return 0;
}

int rt_lmp_open(struct rt_lmp *lmp, uint32_t records, bool caps)
{
	uint32_t was = rt_disable();
	int rc = open(lmp, records, caps);

	rt_enable(was);
	return rc;
}

void rt_lmp_close(struct rt_lmp *lmp)
{
	uint32_t was = rt_disable();

	rt_waitset_remove(&lmp->event);
	rt_object(ABI_OBJECT_WORD(ABI_ENDPOINT_BUFFER, lmp->endpoint.depth), lmp->endpoint.address, 0,
		  0, 0, 0, NULL);
	rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, lmp->endpoint.depth, 0, 0, 0),
		  lmp->endpoint.address, 0, 0, 0, 0, NULL);
	rt_slot_drop(slot_of(lmp->endpoint));
	rt_slot_drop(lmp->slot);
	number_used[lmp->number] = false;
	use_lines(lmp, false);
	rt_enable(was);
}

/* ---- messages ---- */

int rt_lmp_receive(struct rt_lmp *lmp, struct rt_lmp_message *message)
{
	uint32_t was = rt_disable();
	const bool some = ready(&lmp->event);

	if (some) {
		const struct abi_lmp_record *r = record(lmp);

		message->badge = r->badge;
		message->kind = r->kind;
		message->words = r->words < ABI_LMP_WORDS ? r->words : ABI_LMP_WORDS;
		message->cap = r->flags & ABI_LMP_CAP;
		memcpy(message->word, r->word, sizeof(message->word));
		__atomic_store_n(&lmp->buffer->taken, lmp->next, __ATOMIC_RELEASE);
		lmp->next++;
	}
	rt_enable(was);
	return some ? 0 : -RT_EAGAIN;
}

int rt_lmp_wait(struct rt_lmp *lmp, struct rt_lmp_message *message, uint64_t deadline)
{
	struct rt_waitset set = { NULL, NULL, { NULL, NULL }, NULL };
	struct rt_event *event;
	int rc = rt_waitset_add(&set, &lmp->event);

	if (rc)
		return rc;
	do {
		rc = rt_waitset_wait(&set, deadline, &event);
	} while (!rc && rt_lmp_receive(lmp, message));
	rt_waitset_remove(&lmp->event);
	return rc;
}

uint32_t rt_lmp_take(struct rt_lmp *lmp)
{
	uint32_t was = rt_disable(), slot = lmp->slot ? rt_slot_alloc() : 0;
	int64_t rc = -1;

	if (slot)
		rc = rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_MOVE, 0, 0, rt_slot_depth(lmp->slot),
					       rt_slot_depth(slot), 0, 0),
			       rt_slot_address(lmp->slot), rt_slot_address(slot), 0, 0, 0, NULL);
	if (rc) {
		rt_slot_free(slot);
		slot = 0;
	}
	rt_enable(was);
	return slot;
}

void rt_lmp_discard(struct rt_lmp *lmp)
{
	if (lmp->slot)
		rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, rt_slot_depth(lmp->slot), 0, 0, 0),
			  rt_slot_address(lmp->slot), 0, 0, 0, 0, NULL);
}

int rt_lmp_send(struct abi_cap_at endpoint, const uint64_t *words, unsigned int count,
		struct abi_cap_at cap)
{
	return (int)rt_syscall(ABI_SYSCALL_LMP, endpoint.address,
			       ABI_LMP_SEND_WORD(endpoint.depth, count, 0, cap.depth),
			       (uint64_t)words, cap.address, 0, 0, NULL);
}

/* The CPU driver wakes the dispatcher when there is room; the thread looks again every millisecond. */
int rt_lmp_send_wait(struct abi_cap_at endpoint, const uint64_t *words, unsigned int count,
		     struct abi_cap_at cap, uint64_t deadline)
{
	int rc;

	while ((rc = rt_lmp_send(endpoint, words, count, cap)) == -RT_EAGAIN) {
		const uint64_t next = rt_deadline_ns(1000000);

		if (rt_tsc() >= deadline)
			return -RT_ETIMEDOUT;
		rt_thread_yield();
		rt_sleep_until(next < deadline ? next : deadline);
	}
	return rc;
}
