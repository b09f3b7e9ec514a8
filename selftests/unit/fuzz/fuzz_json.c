// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON writer: whatever values, keys and nesting, the output is one JSON value and plain ASCII.
 * Each input byte is a step; strings are what follows it. Also cli_print_clean(), the same for text.
 */
#include "fuzz.h"
#include "cli.h"
#include "json.h"

const char *cli_verb_name(void)
{
	return "fuzz";
}

/* A reader of JSON that only says yes or no: each returns what follows, or NULL. */
static const char *value(const char *at, unsigned int depth);

static const char *blanks(const char *at)
{
	return at + strspn(at, " \n\t\r");
}

static const char *string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	while (*at != '"') {
		if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
			return NULL;
		if (*at == '\\') {
			at++;
			if (*at == 'u' && strspn(at + 1, "0123456789abcdefABCDEF") >= 4)
				at += 4;
			else if (!*at || !strchr("\"\\/bfnrt", *at))
				return NULL;
		}
		at++;
	}
	return at + 1;
}

static const char *members(const char *at, char end, unsigned int depth)
{
	at = blanks(at);
	if (*at == end)
		return at + 1;
	for (;;) {
		if (end == '}') {
			at = string(blanks(at));
			if (!at || *blanks(at) != ':')
				return NULL;
			at = blanks(at) + 1;
		}
		at = value(at, depth + 1);
		if (!at)
			return NULL;
		at = blanks(at);
		if (*at == end)
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

static const char *value(const char *at, unsigned int depth)
{
	char *end;

	at = blanks(at);
	if (depth > JSON_DEPTH_MAX)
		return NULL;
	if (*at == '{' || *at == '[')
		return members(at + 1, *at == '{' ? '}' : ']', depth);
	if (*at == '"')
		return string(at);
	if (!strncmp(at, "true", 4))
		return at + 4;
	if (!strncmp(at, "false", 5))
		return at + 5;
	if (*at != '-' && (*at < '0' || *at > '9'))
		return NULL;
	strtod(at, &end);
	return end == at ? NULL : end;
}

/* One step of a document. Return: bytes of the input used. */
static size_t step(struct json *json, const uint8_t *data, size_t bytes)
{
	bool object = json->close[json->depth - 1] == '}';
	size_t length = bytes > 1 ? data[1] % 32 : 0;
	uint64_t number = 0;
	char key[33] = "";

	if (length > bytes - 1)
		length = bytes - 1;
	memcpy(&number, data, bytes < 8 ? bytes : 8);
	memcpy(key, data + 1, length);
	switch (data[0] % 9) {
	case 0: json_bytes(json, object ? key : NULL, (const char *)data + 1, length); break;
	case 1: json_string(json, object ? key : NULL, key); break;
	case 2: json_number(json, object ? key : NULL, number); break;
	case 3: json_signed(json, object ? key : NULL, (int64_t)number); break;
	case 4: json_bool(json, object ? key : NULL, number & 256); break;
	case 5: json_hex(json, object ? key : NULL, number); break;
	case 6: json_real(json, object ? key : NULL, (double)number / 3); break;
	case 7:
		if (json->depth < JSON_DEPTH_MAX)
			json_open(json, object ? key : NULL, data[0] & 64 ? '{' : '[');
		break;
	default:
		if (json->depth > 1)
			json_close(json);
		break;
	}
	return 1 + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	size_t size = 0, used = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);
	struct json json;
	const char *end;

	json_begin(&json, file, bytes && data[0] & 1 ? '{' : '[');
	while (used < bytes)
		used += step(&json, data + used, bytes - used);
	json_end(&json);
	fclose(file);
	end = value(text, 0);
	MUST(end && !*blanks(end));
	free(text);

	file = open_memstream(&text, &size);
	cli_print_clean(file, (const char *)data, bytes);
	fclose(file);
	for (size_t i = 0; i < size; i++)
		MUST((text[i] >= ' ' && text[i] <= '~') || text[i] == '\t' || text[i] == '\n');
	free(text);
	return 0;
}
