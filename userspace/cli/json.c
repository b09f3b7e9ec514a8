// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing JSON.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static void push(struct json *json, char kind)
{
	if (json->depth == JSON_DEPTH_MAX)
		abort();
	json->close[json->depth] = kind == '{' ? '}' : ']';
	json->filled[json->depth] = false;
	json->depth++;
	fputc(kind, json->file);
}

static void put_quoted(FILE *file, const char *text, size_t length)
{
	fputc('"', file);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		else if (c >= ' ' && c <= '~')
			fputc(c, file);
		else
			fprintf(file, "\\u%04x", c);
	}
	fputc('"', file);
}

/* Comma, line, indentation and key: everything before a value. */
static void lead(struct json *json, const char *key)
{
	bool *filled = &json->filled[json->depth - 1];

	if (*filled)
		fputc(',', json->file);
	*filled = true;
	fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
	if (!key)
		return;
	put_quoted(json->file, key, strlen(key));
	fputs(": ", json->file);
}

void json_begin(struct json *json, FILE *file, char kind)
{
	memset(json, 0, sizeof(*json));
	json->file = file;
	push(json, kind);
}

void json_open(struct json *json, const char *key, char kind)
{
	lead(json, key);
	push(json, kind);
}

void json_close(struct json *json)
{
	json->depth--;
	if (json->filled[json->depth])
		fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
	fputc(json->close[json->depth], json->file);
}

void json_end(struct json *json)
{
	while (json->depth)
		json_close(json);
	fputc('\n', json->file);
}

void json_bytes(struct json *json, const char *key, const char *value, size_t length)
{
	lead(json, key);
	put_quoted(json->file, value, length);
}

void json_string(struct json *json, const char *key, const char *value)
{
	json_bytes(json, key, value, strlen(value));
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	lead(json, key);
	fprintf(json->file, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
	lead(json, key);
	fprintf(json->file, "%" PRId64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	lead(json, key);
	fputs(value ? "true" : "false", json->file);
}

void json_hex(struct json *json, const char *key, uint64_t value)
{
	lead(json, key);
	fprintf(json->file, "\"0x%" PRIx64 "\"", value);
}

void json_real(struct json *json, const char *key, double value)
{
	lead(json, key);
	fprintf(json->file, "%.1f", value);
}
