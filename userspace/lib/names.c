// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Names and sentences of the numbers in linux/remora.h, from the same lists as the numbers.
 */
#include <errno.h>

#include "private.h"

struct reason {
	uint32_t number;
	int error;
	const char *name;
	const char *text;
};

static const struct reason reasons[] = {
#define REASON(name_, number_, error_, text_)                                                      \
	{ .number = number_, .error = error_, .name = #name_, .text = text_ },
	REMORA_REASONS(REASON)
#undef REASON
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct reason *find_reason(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].number == number)
			return &reasons[i];
	return NULL;
}

REMORA_API const char *remora_reason_name(uint32_t reason)
{
	const struct reason *r = find_reason(reason);

	return r ? r->name : NULL;
}

REMORA_API const char *remora_reason_text(uint32_t reason)
{
	const struct reason *r = find_reason(reason);

	return r ? r->text : NULL;
}

REMORA_API int remora_reason_errno(uint32_t reason)
{
	const struct reason *r = find_reason(reason);

	return r ? r->error : -1;
}

REMORA_API const char *remora_state_name(uint32_t state)
{
	switch (state) {
	case REMORA_OFFLINE:
		return "offline";
	case REMORA_BOOTING:
		return "booting";
	case REMORA_RUNNING:
		return "running";
	case REMORA_STOPPING:
		return "stopping";
	case REMORA_CRASHED:
		return "crashed";
	}
	return NULL;
}

REMORA_API const char *remora_source_name(uint32_t source)
{
	switch (source) {
	case REMORA_MEMORY_AUTO:
		return "auto";
	case REMORA_MEMORY_RESERVED:
		return "reserved";
	case REMORA_MEMORY_BLOCK:
		return "block";
	case REMORA_MEMORY_CONTIGUOUS:
		return "contig";
	}
	return NULL;
}

REMORA_API const char *remora_fault_text(uint32_t kind)
{
	switch (kind) {
#define FAULT(name, number, text)                                                                  \
	case number:                                                                               \
		return text;
		REMORA_FAULTS(FAULT)
#undef FAULT
	}
	return NULL;
}

/* The names of the lists are in capitals; people write them in small letters. */
REMORA_API const char *remora_fault_name(uint32_t kind)
{
	switch (kind) {
	case REMORA_FAULT_PAGE:
		return "page";
	case REMORA_FAULT_OPCODE:
		return "opcode";
	case REMORA_FAULT_DOUBLE:
		return "double";
	case REMORA_FAULT_SPIN:
		return "spin";
	case REMORA_FAULT_SCRIBBLE:
		return "scribble";
	case REMORA_FAULT_STACK:
		return "stack";
	case REMORA_FAULT_TEXT:
		return "text";
	case REMORA_FAULT_EXEC:
		return "exec";
	case REMORA_FAULT_CHECK:
		return "check";
	case REMORA_FAULT_RINGS:
		return "rings";
	}
	return NULL;
}

REMORA_API const char *remora_service_name(uint32_t service)
{
	switch (service) {
	case REMORA_SERVICE_ECHO:
		return "echo";
	case REMORA_SERVICE_DELAY:
		return "delay";
	case REMORA_SERVICE_SINK:
		return "sink";
	case REMORA_SERVICE_SPAWN:
		return "spawn";
	case REMORA_SERVICE_PROGRAM:
		return "program";
	}
	return NULL;
}
