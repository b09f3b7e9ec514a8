// SPDX-License-Identifier: GPL-2.0-only
/* Options and files. A header that did not change keeps its time, so that nothing is built again. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interface.h"

#define FILE_MAX_BYTES (1 << 20)

static const char usage[] =
	"usage: remora-interface [--port] [-o DIRECTORY] NAME.if\n"
	"       remora-interface --check NAME.if...\n"
	"Make NAME.h (messages) and NAME_stub.h (sending and receiving) from the definition of an interface.\n"
	"\n"
	"  -o DIRECTORY   where to (default: this one)\n"
	"  --port         for a protocol's machine: sets of nodes, and NAME_MESSAGE_out()\n"
	"  --check        make nothing; look also whether two of the files have a name or a number in common\n";

void wrong(const char *file, int line, const char *format, ...)
{
	va_list arguments;

	if (line)
		fprintf(stderr, "%s:%d: ", file, line);
	else
		fprintf(stderr, "%s: ", file);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void *room(size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (!memory)
		wrong("remora-interface", 0, "no memory");
	return memory;
}

static char *read_file(const char *path)
{
	char *text = room(FILE_MAX_BYTES + 1);
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		wrong(path, 0, "%s", strerror(errno));
	length = fread(text, 1, FILE_MAX_BYTES + 1, file);
	if (ferror(file))
		wrong(path, 0, "%s", strerror(errno));
	fclose(file);
	if (length > FILE_MAX_BYTES)
		wrong(path, 0, "more than %d bytes; expected the definition of an interface",
		      FILE_MAX_BYTES);
	if (strlen(text) != length)
		wrong(path, 0, "a zero byte in the text; expected the definition of an interface");
	return text;
}

/* The part of a path behind its folders, without ".if". */
static char *stem(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	size_t length = name ? strlen(name) : 0;

	if (!name)
		wrong("remora-interface", 0, "no memory");
	if (length < 4 || strcmp(name + length - 3, ".if"))
		wrong(path, 0, "not the name of a definition; expected NAME.if");
	name[length - 3] = 0;
	return name;
}

static bool same(const char *path, const char *text, size_t length)
{
	FILE *file = fopen(path, "r");
	char *old = room(length + 1);
	bool equal = file && fread(old, 1, length + 1, file) == length && !memcmp(old, text, length);

	if (file)
		fclose(file);
	free(old);
	return equal;
}

/* Under another name first: who reads meanwhile finds the old one or the new one whole. */
static void write_file(const char *path, const char *text, size_t length)
{
	char *new;
	FILE *file;

	if (same(path, text, length))
		return;
	if (asprintf(&new, "%s.%ld", path, (long)getpid()) < 0)
		wrong("remora-interface", 0, "no memory");
	file = fopen(new, "w");
	if (!file || fwrite(text, 1, length, file) != length || fclose(file) || rename(new, path)) {
		int error = errno;

		unlink(new);
		wrong(path, 0, "%s", strerror(error));
	}
	free(new);
}

static void make(const struct interface *in, const char *directory, const char *ending,
		 void (*emit)(FILE *out, const struct interface *in))
{
	char *path, *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		wrong("remora-interface", 0, "no memory");
	emit(out, in);
	if (fclose(out) || asprintf(&path, "%s/%s%s", directory, in->name, ending) < 0)
		wrong("remora-interface", 0, "no memory");
	write_file(path, text, length);
	free(path);
	free(text);
}

static struct interface *take(const char *path, bool port)
{
	struct interface *in = parse(path, read_file(path), port);
	char *name = stem(path);

	if (strcmp(in->name, name))
		wrong(path, 1, "interface '%s' in a file of another name; expected %s.if", in->name,
		      in->name);
	free(name);
	return in;
}

static int check(int count, char **paths)
{
	struct interface **all = room((size_t)count * sizeof(struct interface *));

	for (int i = 0; i < count; i++) {
		all[i] = take(paths[i], true);
		for (int j = 0; j < i; j++) {
			if (all[i]->number == all[j]->number)
				wrong(paths[i], 1, "number %u is that of '%s'; expected one not in use",
				      all[i]->number, all[j]->name);
			if (!strcmp(all[i]->name, all[j]->name))
				wrong(paths[i], 1, "'%s' is defined in %s; expected another name",
				      all[i]->name, paths[j]);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *directory = ".", *path = NULL;
	const struct interface *in;
	bool port = false;

	if (argc > 2 && !strcmp(argv[1], "--check"))
		return check(argc - 2, argv + 2);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help")) {
			fputs(usage, stdout);
			return 0;
		}
		if (!strcmp(argv[i], "--port")) {
			port = true;
		} else if (!strcmp(argv[i], "-o") && i + 1 < argc) {
			directory = argv[++i];
		} else if (argv[i][0] == '-' || path) {
			fprintf(stderr, "remora-interface: '%s' is one too many\n%s", argv[i], usage);
			return 2;
		} else {
			path = argv[i];
		}
	}
	if (!path) {
		fputs(usage, stderr);
		return 2;
	}
	in = take(path, port);
	make(in, directory, ".h", emit_header);
	make(in, directory, "_stub.h", emit_stub);
	return 0;
}
