/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * libremora: texts and numbers. Pure functions: no device, no allocation, no locale.
 */
#ifndef REMORA_TEXT_H
#define REMORA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/remora.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REMORA_CPU_NUMBER_MAX 8191 /* the largest CPU number that a list may hold */

/**
 * remora_parse_cpus - read a list of CPUs
 * @text:  "1-3,5,7-15:2": numbers and ranges, ":n" takes every n-th of a range; no blanks
 * @cpus:  room for REMORA_CPUS_MAX numbers: ascending, each once
 * @count: numbers found, at least 1
 * @error: may be NULL
 * Return: 0; -EINVAL with REMORA_R_CPU_LIST_EMPTY, REMORA_R_CPU_TOO_MANY or, for a mistake of
 * spelling, REMORA_R_NONE: the message then says at which character, and what was expected.
 */
int remora_parse_cpus(const char *text, uint32_t *cpus, uint32_t *count,
		      struct remora_error *error);

/**
 * remora_format_cpus - write a list of CPUs as remora_parse_cpus() reads it
 * @cpus: @count numbers, ascending
 * Return: length of the whole text without its 0; what exceeds @size was cut off.
 */
size_t remora_format_cpus(const uint32_t *cpus, uint32_t count, char *text, size_t size);

/**
 * remora_parse_size - read a size in bytes
 * @text: "64M", "0x4000000", "1G": decimal or hexadecimal, K, M, G or T in powers of 1024
 * @end:  where reading stopped; NULL: the whole text must be a size
 * Return: 0, -EINVAL (no size), -ERANGE (more than 64 bits).
 */
int remora_parse_size(const char *text, uint64_t *bytes, const char **end);

/**
 * remora_parse_memory - read a list of memory extents
 * @text:    "[SOURCE:]SIZE[@NODE][,...]" with SOURCE one of auto, block, contig, or
 *           "reserved:SIZE[@ADDRESS]"; "64M@1,reserved:1G@0x140000000"
 * @extents: room for REMORA_EXTENTS_MAX
 * @count:   extents found, at least 1
 * @error:   may be NULL
 * Return: 0; -EINVAL with REMORA_R_MEMORY_NONE, REMORA_R_MEMORY_TOO_MANY,
 * REMORA_R_MEMORY_SOURCE_UNKNOWN or REMORA_R_MEMORY_SYNTAX; the message says where and what.
 */
int remora_parse_memory(const char *text, struct remora_extent *extents, uint32_t *count,
			struct remora_error *error);

/** remora_format_size - "64M", "1G", "1536K": exact, with the largest unit. Return: the length. */
size_t remora_format_size(uint64_t bytes, char *text, size_t size);

/** remora_name_check - may a partition have this name? Return: 0 or -EINVAL, with a reason. */
int remora_name_check(const char *name, struct remora_error *error);

/** remora_reason_name - "CPU_ZERO" for REMORA_R_CPU_ZERO; NULL for an unknown number. */
const char *remora_reason_name(uint32_t reason);

/** remora_reason_text - the general sentence of a reason; NULL for an unknown number. */
const char *remora_reason_text(uint32_t reason);

/** remora_reason_errno - errno value of a reason, positive; 0 for a warning; -1 when unknown. */
int remora_reason_errno(uint32_t reason);

/** remora_state_name - "running" for REMORA_RUNNING; NULL for an unknown number. */
const char *remora_state_name(uint32_t state);

/** remora_source_name - "contig" for REMORA_MEMORY_CONTIGUOUS; NULL for an unknown number. */
const char *remora_source_name(uint32_t source);

/** remora_fault_name - "page" for REMORA_FAULT_PAGE; NULL for an unknown number. */
const char *remora_fault_name(uint32_t kind);

/** remora_fault_text - what a fault does; NULL for an unknown number. */
const char *remora_fault_text(uint32_t kind);

/** remora_service_name - "echo" for REMORA_SERVICE_ECHO; NULL for an unknown number. */
const char *remora_service_name(uint32_t service);

#ifdef __cplusplus
}
#endif

#endif
