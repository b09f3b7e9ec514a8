// SPDX-License-Identifier: GPL-2.0-only
/* NAME.h: types, enums, and the switch over all messages. What belongs to one message: emit_wire.c. */
#include "interface.h"


static void emit_top(FILE *out, const struct interface *in)
{
	fprintf(out, "/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */\n");
	fprintf(out, "/* %s: %s. Made by remora-interface from %s.if. */\n", in->name, in->text, in->name);
	fprintf(out, "#ifndef INTERFACE_%s_H\n#define INTERFACE_%s_H\n\n", in->upper, in->upper);
	fprintf(out, "#include <urpc/marshal.h>\n");
	if (in->sets)
		fprintf(out, "#include <abi/protocol/set.h>\n");
	if (in->port)
		fprintf(out, "#include <abi/protocol/port.h>\n");
	fprintf(out, "\n#define %s_INTERFACE %uu\n", in->upper, in->number);
	fprintf(out, "#define %s_VERSION %uu\n", in->upper, in->version);
}

static void emit_types(FILE *out, const struct interface *in)
{
	char upper[80];
	uint32_t most = 0;

	fprintf(out, "\n/* Types of the messages, and the bytes that each takes at most. */\nenum {\n");
	for (unsigned int i = 0; i < in->count; i++) {
		name_upper(upper, in->message[i]->name);
		fprintf(out, "\t%s_%s = 0x%04x,\n", in->upper, upper,
			in->number << 8 | in->message[i]->number);
	}
	fprintf(out, "};\n\n");
	for (unsigned int i = 0; i < in->count; i++) {
		name_upper(upper, in->message[i]->name);
		fprintf(out, "#define %s_%s_MAX %uu\n", in->upper, upper, in->message[i]->most);
		most = in->message[i]->most > most ? in->message[i]->most : most;
	}
	fprintf(out, "#define %s_MESSAGE_MAX %uu /* of all of them */\n", in->upper, most);
}

static void emit_enumeration(FILE *out, const struct interface *in, const struct enumeration *type)
{
	char upper[80], value[80];

	name_upper(upper, type->name);
	fprintf(out, "\nenum %s_%s {\n", in->name, type->name);
	for (unsigned int i = 0; i < type->count; i++) {
		name_upper(value, type->value[i].name);
		fprintf(out, "\t%s_%s_%s = %u,\n", in->upper, upper, value, type->value[i].number);
	}
	fprintf(out, "};\n\nstatic inline bool %s_%s_valid(uint32_t value)\n{\n\tswitch (value) {\n",
		in->name, type->name);
	for (unsigned int i = 0; i < type->count; i++)
		fprintf(out, "\tcase %u:\n", type->value[i].number);
	fprintf(out, "\t\treturn true;\n\tdefault:\n\t\treturn false;\n\t}\n}\n\n");
	fprintf(out, "static inline enum %s_%s %s_%s_get(struct urpc_reader *r)\n{\n", in->name,
		type->name, in->name, type->name);
	fprintf(out, "\tuint32_t value = urpc_get_u%u(r);\n\n", type->width * 8);
	fprintf(out, "\tif (!%s_%s_valid(value)) {\n\t\tr->bad = true;\n\t\tvalue = %u;\n\t}\n",
		in->name, type->name, type->value[0].number);
	fprintf(out, "\treturn (enum %s_%s)value;\n}\n", in->name, type->name);
}

static void emit_names(FILE *out, const struct interface *in)
{
	fprintf(out, "\n/** %s_name - a message's name, NULL: no such type */\n", in->name);
	fprintf(out, "static inline const char *%s_name(uint16_t type)\n{\n\tswitch (type) {\n", in->name);
	for (unsigned int i = 0; i < in->count; i++)
		fprintf(out, "\tcase 0x%04x:\n\t\treturn \"%s\";\n",
			in->number << 8 | in->message[i]->number, in->message[i]->name);
	fprintf(out, "\tdefault:\n\t\treturn NULL;\n\t}\n}\n");
}

/* May a message come to the one end? @not: the direction that may not. */
static void emit_direction(FILE *out, const struct interface *in, const char *end, enum direction not)
{
	unsigned int some = 0;

	fprintf(out, "\n/** %s_for_%s - may a message of this type come to a %s? */\n", in->name, end,
		end);
	fprintf(out, "static inline bool %s_for_%s(uint16_t type)\n{\n\tswitch (type) {\n", in->name,
		end);
	for (unsigned int i = 0; i < in->count; i++) {
		if (in->message[i]->direction == not)
			continue;
		fprintf(out, "\tcase 0x%04x:\n", in->number << 8 | in->message[i]->number);
		some++;
	}
	fprintf(out, "%s\tdefault:\n\t\treturn false;\n\t}\n}\n", some ? "\t\treturn true;\n" : "");
}

static void emit_handlers(FILE *out, const struct interface *in)
{
	fprintf(out, "\n/**\n * struct %s_handlers - what to do with each message; NULL: it is refused\n"
		     " * @from and @ctx are those of %s_dispatch(), *@m is the handler's until it returns. What "
		     "they return\n * is what %s_dispatch() does.\n */\nstruct %s_handlers {\n",
		in->name, in->name, in->name, in->name);
	for (unsigned int i = 0; i < in->count; i++)
		fprintf(out, "\tint (*%s)(void *ctx, uint32_t from, const struct %s_%s *m);\n",
			in->message[i]->name, in->name, in->message[i]->name);
	fprintf(out, "};\n");
}

/* The structure is one function's alone, so that they do not add up on the stack. */
static void emit_handle(FILE *out, const struct interface *in, const struct message *m)
{
	fprintf(out, "\nstatic inline int %s_%s_handle(const struct %s_handlers *h, void *ctx, uint32_t from,\n"
		     "\t\tconst void *buffer, uint32_t bytes, uint32_t cap)\n{\n", in->name, m->name, in->name);
	fprintf(out, "\tstruct %s_%s m;\n\n", in->name, m->name);
	fprintf(out, "\tif (!h->%s || %s%s_%s_decode(&m, buffer, bytes))\n\t\treturn -URPC_EPROTO;\n",
		m->name, m->capability ? "" : "cap || ", in->name, m->name);
	for (unsigned int i = 0; i < m->count; i++)
		if (m->field[i].kind == KIND_CAP)
			fprintf(out, "\tm.%s = cap;\n", m->field[i].name);
	fprintf(out, "\treturn h->%s(ctx, from, &m);\n}\n", m->name);
}

static void emit_dispatch(FILE *out, const struct interface *in)
{
	for (unsigned int i = 0; i < in->count; i++)
		emit_handle(out, in, in->message[i]);
	fprintf(out, "\n/* With the slot of a capability that came along, 0: none. */\n");
	fprintf(out, "static inline int %s_dispatch_cap(const struct %s_handlers *h, void *ctx, uint32_t from,\n"
		     "\t\tuint16_t type, const void *buffer, uint32_t bytes, uint32_t cap)\n{\n"
		     "\tswitch (type) {\n", in->name, in->name);
	for (unsigned int i = 0; i < in->count; i++)
		fprintf(out, "\tcase 0x%04x:\n\t\treturn %s_%s_handle(h, ctx, from, buffer, bytes, cap);\n",
			in->number << 8 | in->message[i]->number, in->name, in->message[i]->name);
	fprintf(out, "\tdefault:\n\t\treturn -URPC_EPROTO;\n\t}\n}\n");
	fprintf(out, "\n/**\n * %s_dispatch - give a message to its handler\n"
		     " * @buffer: nobody writes there meanwhile\n"
		     " * Return: -URPC_EPROTO when the type is not known, has no handler, or the message is not a\n"
		     " * right one; else what the handler returns.\n */\n", in->name);
	fprintf(out, "static inline int %s_dispatch(const struct %s_handlers *h, void *ctx, uint32_t from,\n"
		     "\t\tuint16_t type, const void *buffer, uint32_t bytes)\n{\n"
		     "\treturn %s_dispatch_cap(h, ctx, from, type, buffer, bytes, 0);\n}\n",
		in->name, in->name, in->name);
}

void emit_header(FILE *out, const struct interface *in)
{
	emit_top(out, in);
	emit_types(out, in);
	for (unsigned int i = 0; i < in->enums; i++)
		emit_enumeration(out, in, in->enumeration[i]);
	for (unsigned int i = 0; i < in->count; i++)
		emit_wire(out, in, in->message[i]);
	emit_names(out, in);
	emit_direction(out, in, "server", DIRECTION_CLIENT);
	emit_direction(out, in, "client", DIRECTION_SERVER);
	emit_handlers(out, in);
	emit_dispatch(out, in);
	fprintf(out, "\n#endif\n");
}
