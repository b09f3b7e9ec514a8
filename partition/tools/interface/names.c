// SPDX-License-Identifier: GPL-2.0-only
/* Names that a definition may not have. */
#include <string.h>

#include "interface.h"

/*
 * Words of C and C++, then macros of the kernel and of C libraries that are written in small letters,
 * and names that generated functions have inside.
 */
static const char *const reserved[] = {
	"alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
	"case", "catch", "char", "class", "compl", "concept", "const", "consteval", "constexpr",
	"constinit", "const_cast", "continue", "decltype", "default", "delete", "do", "double",
	"dynamic_cast", "else", "enum", "explicit", "export", "extern", "false", "float", "for",
	"friend", "goto", "if", "inline", "int", "long", "mutable", "namespace", "new", "noexcept",
	"not", "not_eq", "nullptr", "operator", "or", "or_eq", "private", "protected", "public",
	"register", "reinterpret_cast", "requires", "restrict", "return", "short", "signed",
	"sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template", "this",
	"thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "union",
	"unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
	"current", "errno", "linux", "noinline", "offsetof", "stdin", "stdout", "stderr", "unix",
};

bool name_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!strcmp(name, reserved[i]))
			return true;
	return false;
}

void name_upper(char *to, const char *from)
{
	do
		*to++ = *from >= 'a' && *from <= 'z' ? (char)(*from - 'a' + 'A') : *from;
	while (*from++);
}

/* What is made so far, with who makes it. In C++ a structure and a function are in each other's way. */
struct made {
	char name[160];
	const char *by;
	int line;
};

struct names {
	const char *file;
	struct made *made;
	size_t count;
};

#define IDENTIFIERS_MAX (MESSAGES_MAX * 16 + ENUMS_MAX * (VALUES_MAX + 4) + 64)

static void make(struct names *names, const char *by, int line, const char *part1,
		 const char *part2, const char *part3)
{
	struct made *made = &names->made[names->count++];

	snprintf(made->name, sizeof(made->name), "%s%s%s", part1, part2, part3);
	made->by = by;
	made->line = line;
	for (const struct made *other = names->made; other < made; other++)
		if (!strcmp(other->name, made->name))
			wrong(names->file, line,
			      "'%s' makes the name %s, as '%s' of line %d does; expected another name",
			      by, made->name, other->by, other->line);
}

static void make_interface(struct names *names, const struct interface *in)
{
	static const char *const functions[] = { "_dispatch", "_dispatch_cap", "_for_server",
						 "_for_client", "_name", "_end", "_client",
						 "_client_by", "_server", "_server_by", "_bind",
						 "_reply", "_is_reply", "_receive" };
	static const char *const macros[] = { "_INTERFACE", "_VERSION", "_MESSAGE_MAX" };

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		make(names, in->name, 1, in->name, functions[i], "");
	for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
		make(names, in->name, 1, in->upper, macros[i], "");
	make(names, in->name, 1, in->name, "_handlers", "");
}

static void make_enumeration(struct names *names, const struct interface *in,
			     const struct enumeration *type)
{
	char prefix[80], upper[80], value[NAME_MAX_LENGTH + 1];

	snprintf(prefix, sizeof(prefix), "%s_%s", in->name, type->name);
	name_upper(upper, prefix);
	make(names, type->name, type->line, prefix, "", "");
	make(names, type->name, type->line, prefix, "_valid", "");
	make(names, type->name, type->line, prefix, "_get", "");
	for (unsigned int i = 0; i < type->count; i++) {
		name_upper(value, type->value[i].name);
		make(names, type->value[i].name, type->value[i].line, upper, "_", value);
	}
}

static void make_message(struct names *names, const struct interface *in, const struct message *m)
{
	static const char *const functions[] = { "_valid", "_encode", "_decode", "_out", "_handle",
						 "_send", "_call" };
	char prefix[80], upper[80];

	snprintf(prefix, sizeof(prefix), "%s_%s", in->name, m->name);
	name_upper(upper, prefix);
	make(names, m->name, m->line, prefix, "", "");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		make(names, m->name, m->line, prefix, functions[i], "");
	make(names, m->name, m->line, upper, "", "");
	make(names, m->name, m->line, upper, "_MAX", "");
}

void names_check(const struct interface *in)
{
	struct names names = { .file = in->file,
			       .made = room(IDENTIFIERS_MAX * sizeof(struct made)) };

	make_interface(&names, in);
	for (unsigned int i = 0; i < in->enums; i++)
		make_enumeration(&names, in, in->enumeration[i]);
	for (unsigned int i = 0; i < in->count; i++)
		make_message(&names, in, in->message[i]);
}
