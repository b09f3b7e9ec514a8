// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Names: the calls. */
#include <base/string.h>

#include <lib/monitor.h>
#include <lib/names.h>

#include "names_core.h"

RT_MONITOR_CALL(name_change)
RT_MONITOR_CALL(name_get)
RT_MONITOR_CALL(name_list)

static const char *const sentences[NAMES_ERROR_COUNT] = {
#define SENTENCE(name, sentence) [NAMES_##name] = sentence,
	NAMES_ERRORS(SENTENCE)
#undef SENTENCE
};

static const uint8_t errors[NAMES_ERROR_COUNT] = {
	[NAMES_MISSING] = RT_ENOENT, [NAMES_EXISTS] = RT_EEXIST, [NAMES_KIND] = RT_EDOM,
	[NAMES_OWNER] = RT_EPERM, [NAMES_RECORDS] = RT_EDQUOT, [NAMES_WAITS] = RT_EUSERS,
	[NAMES_NODE] = RT_ENFILE, [NAMES_FULL] = RT_ENOSPC, [NAMES_BUSY] = RT_EBUSY,
	[NAMES_TIMEOUT] = RT_ETIMEDOUT, [NAMES_REMOVED] = RT_EIDRM, [NAMES_INVALID] = RT_EINVAL,
	[NAMES_COUNT] = RT_ERANGE, [NAMES_PENDING] = RT_EAGAIN, [NAMES_WATCHES] = RT_EMFILE,
	[NAMES_STOPPED] = RT_ESHUTDOWN,
};

int rt_names_error(uint32_t error)
{
	if (error == MONITOR_REFUSAL_MISSING)
		return -RT_ENOENT;
	return error < NAMES_ERROR_COUNT ? -(int)errors[error] : -RT_EAGAIN;
}

const char *rt_names_sentence(int error)
{
	if (!error)
		return "well";
	for (uint32_t i = 1; i < NAMES_ERROR_COUNT; i++) {
		if (errors[i] == -error)
			return sentences[i];
	}
	return error == -RT_EOPNOTSUPP ? "this program has no monitor that could be asked" :
					 "the monitor's answer cannot be understood";
}

uint64_t rt_names_us(uint64_t ns)
{
	return ns == RT_NEVER ? PROTOCOL_NEVER : ns / 1000 + (ns % 1000 != 0);
}

/* Return: false: no name can be so long. */
static bool put_name(char *to, const char *name)
{
	size_t length = base_strlen(name, NAMES_NAME_BYTES);

	if (length == NAMES_NAME_BYTES)
		return false;
	memcpy(to, name, length + 1);
	return true;
}

static int change(struct monitor_name_change *m, const char *name)
{
	struct monitor_name_change_reply reply;
	int rc;

	if (!put_name(m->name, name))
		return -RT_EINVAL;
	rc = rt_monitor_call(send_name_change, m, &reply);
	return rc ? rc : rt_names_error(reply.error);
}

/* ---- records ---- */

int rt_name_set(const char *name, const uint64_t *value, uint32_t flags)
{
	struct monitor_name_change m = { .op = NAMES_OP_SET, .wait_us = PROTOCOL_NEVER,
					 .value_count = NAMES_VALUES };

	m.flags = (uint8_t)((flags & ~RT_NAME_STAYS) | (flags & RT_NAME_STAYS ? 0 : NAMES_EPHEMERAL));
	memcpy(m.value, value, sizeof(m.value));
	return change(&m, name);
}

int rt_name_remove(const char *name)
{
	struct monitor_name_change m = { .op = NAMES_OP_REMOVE, .wait_us = PROTOCOL_NEVER };

	return change(&m, name);
}

int rt_name_wait(const char *name, struct rt_name *found, uint64_t ns)
{
	struct monitor_name_get m = { .wait_us = rt_names_us(ns) };
	struct monitor_name_get_reply reply;
	int rc;

	if (!put_name(m.name, name))
		return -RT_EINVAL;
	rc = rt_monitor_call(send_name_get, &m, &reply);
	if (!rc)
		rc = rt_names_error(reply.error);
	if (rc)
		return rc;
	*found = (struct rt_name){ .kind = reply.kind, .flags = reply.flags, .node = reply.node,
				   .domain = reply.domain };
	memcpy(found->value, reply.value, sizeof(found->value));
	memcpy(found->name, m.name, sizeof(found->name));
	return 0;
}

int rt_name_get(const char *name, struct rt_name *found)
{
	return rt_name_wait(name, found, 0);
}

int rt_name_list(const char *prefix, uint32_t *at, struct rt_name *found)
{
	struct monitor_name_list m = { .at = *at };
	struct monitor_name_list_reply reply;
	int rc;

	if (!put_name(m.prefix, prefix))
		return -RT_EINVAL;
	rc = rt_monitor_call(send_name_list, &m, &reply);
	if (!rc)
		rc = rt_names_error(reply.error);
	if (rc)
		return rc;
	*at = reply.next;
	*found = (struct rt_name){ .kind = reply.kind, .flags = reply.flags, .node = reply.node,
				   .domain = reply.domain };
	memcpy(found->value, reply.value, sizeof(found->value));
	memcpy(found->name, reply.name, sizeof(found->name));
	return 0;
}

/* ---- what can be waited for ---- */

static int wait_for(uint8_t op, const char *name, uint64_t ns)
{
	struct monitor_name_change m = { .op = op, .wait_us = rt_names_us(ns),
					 .flags = ns ? 0 : NAMES_NOWAIT };

	if (!ns)
		m.wait_us = PROTOCOL_NEVER;
	return change(&m, name);
}

static int count(uint8_t op, uint8_t flags, const char *name, uint64_t value, uint64_t ns)
{
	struct monitor_name_change m = { .op = op, .flags = flags, .wait_us = rt_names_us(ns),
					 .value_count = 1, .value = { value } };

	return change(&m, name);
}

int rt_name_lock(const char *name, uint64_t ns)
{
	return wait_for(NAMES_OP_LOCK, name, ns);
}

int rt_name_unlock(const char *name)
{
	return wait_for(NAMES_OP_UNLOCK, name, RT_NEVER);
}

int rt_name_semaphore(const char *name, uint64_t value)
{
	return count(NAMES_OP_SEMAPHORE, NAMES_EPHEMERAL, name, value, RT_NEVER);
}

int rt_name_post(const char *name, uint64_t value)
{
	return count(NAMES_OP_POST, 0, name, value, RT_NEVER);
}

int rt_name_pass(const char *name, uint64_t ns)
{
	return wait_for(NAMES_OP_WAIT, name, ns);
}

int rt_name_barrier(const char *name, uint64_t value, uint64_t ns)
{
	return count(NAMES_OP_BARRIER, 0, name, value, ns);
}
