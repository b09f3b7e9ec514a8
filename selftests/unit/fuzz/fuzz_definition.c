// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora-interface's reader: any text is refused with one sentence that says where, or becomes headers.
 * The program ends at a mistake and gives no memory back; here both are undone.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "fuzz.h"
#include "interface.h"

static jmp_buf refused;
static void *memory[2048];
static unsigned int used;

void wrong(const char *file, int line, const char *format, ...)
{
	char sentence[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	MUST(!strcmp(file, "x.if") && line > 0 && sentence[0] && !strchr(sentence, '\n'));
	longjmp(refused, 1);
}

void *room(size_t bytes)
{
	MUST(used < sizeof(memory) / sizeof(memory[0]));
	memory[used] = calloc(1, bytes);
	MUST(memory[used]);
	return memory[used++];
}

/* Everything in a definition that was accepted is within what the headers promise. */
static void check(const struct interface *in)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	MUST(out && in->number >= 1 && in->number <= 255 && in->version >= 1 && in->version <= 65535);
	for (unsigned int i = 0; i < in->count; i++) {
		const struct message *m = in->message[i];

		MUST(m->number >= 1 && m->number <= 255 && m->most <= LONGEST_MESSAGE);
		MUST(!in->port || m->size <= LARGEST_STRUCT);
		for (unsigned int j = 0; j < i; j++)
			MUST(in->message[j]->number != m->number &&
			     strcmp(in->message[j]->name, m->name));
	}
	emit_header(out, in);
	emit_stub(out, in);
	fclose(out);
	MUST(length);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *text = bytes ? fuzz_text(data + 1, bytes - 1) : NULL;

	if (!text)
		return 0;
	if (!setjmp(refused))
		check(parse("x.if", text, data[0] & 1));
	while (used)
		free(memory[--used]);
	free(text);
	return 0;
}
