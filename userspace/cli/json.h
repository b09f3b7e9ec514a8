/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing JSON. Strings are bytes: what is not printable ASCII becomes \u00XX, so that the output
 * is valid whatever a partition or a file name holds.
 */
#ifndef REMORA_CLI_JSON_H
#define REMORA_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 8

struct json {
	FILE *file;
	unsigned int depth;
	char close[JSON_DEPTH_MAX];
	bool filled[JSON_DEPTH_MAX];
};

/** json_begin - the outermost object ('{') or array ('['). */
void json_begin(struct json *json, FILE *file, char kind);

/** json_end - close everything that is open, end the line. */
void json_end(struct json *json);

/** json_open, json_close - an object ('{') or array ('[') inside. @key: NULL inside an array. */
void json_open(struct json *json, const char *key, char kind);
void json_close(struct json *json);

void json_string(struct json *json, const char *key, const char *value);
void json_bytes(struct json *json, const char *key, const char *value, size_t length);
void json_number(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);

/** json_hex - a 64-bit address as a string "0x...": many readers lose bits above 2^53. */
void json_hex(struct json *json, const char *key, uint64_t value);

/** json_real - with one digit after the point; the value must be finite. */
void json_real(struct json *json, const char *key, double value);

#endif
