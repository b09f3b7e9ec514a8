// SPDX-License-Identifier: GPL-2.0-only
/* One message: its structure, and the functions that put it on the wire and take it from there. */
#include "interface.h"

static const char *c_type(const struct interface *in, const struct field *f)
{
	static char text[80];

	switch (f->kind) {
	case KIND_BOOL:
		return "bool";
	case KIND_ENUM:
		snprintf(text, sizeof(text), "enum %s_%s", in->name, f->type->name);
		return text;
	case KIND_SET:
		return "struct protocol_set";
	case KIND_CAP:
		return "uint32_t";
	case KIND_STRING:
		return "char";
	default:
		snprintf(text, sizeof(text), "%sint%u_t", f->negative ? "" : "u", f->width * 8);
		return text;
	}
}

static void emit_struct(FILE *out, const struct interface *in, const struct message *m)
{
	fprintf(out, "\nstruct %s_%s {\n", in->name, m->name);
	if (m->tagged)
		fprintf(out, "\tuint32_t tag;\n");
	else if (!m->count)
		fprintf(out, "\tuint8_t nothing;\n");
	for (const struct field *f = m->field; f < m->field + m->count; f++) {
		if (f->length && f->kind != KIND_STRING)
			fprintf(out, "\tuint32_t %s_count;\n", f->name);
		if (f->kind == KIND_BLOB)
			fprintf(out, "\tconst uint8_t *%s; /* at most %u, in the buffer once decoded */\n",
				f->name, f->length);
		else if (f->length)
			fprintf(out, "\t%s %s[%u];\n", c_type(in, f), f->name, f->length);
		else
			fprintf(out, "\t%s %s;%s\n", c_type(in, f), f->name,
				f->kind == KIND_CAP ? " /* slot, 0: none; not among the bytes */" : "");
	}
	fprintf(out, "};\n");
}

static bool has_loop(const struct message *m)
{
	for (unsigned int i = 0; i < m->count; i++)
		if (m->field[i].length &&
		    (m->field[i].kind == KIND_BOOL || m->field[i].kind == KIND_ENUM))
			return true;
	return false;
}

static bool has_count(const struct message *m)
{
	for (unsigned int i = 0; i < m->count; i++)
		if (m->field[i].length && m->field[i].kind != KIND_STRING)
			return true;
	return false;
}

static void emit_valid(FILE *out, const struct interface *in, const struct message *m)
{
	fprintf(out, "\n/* Can it be sent as it is: enums and counts in their ranges, strings with an end? */\n");
	fprintf(out, "static inline bool %s_%s_valid(const struct %s_%s *m)\n{\n", in->name, m->name,
		in->name, m->name);
	fprintf(out, "\t(void)m;\n");
	for (const struct field *f = m->field; f < m->field + m->count; f++) {
		if (f->length && f->kind != KIND_STRING)
			fprintf(out, "\tif (m->%s_count > %u)\n\t\treturn false;\n", f->name, f->length);
		if (f->kind == KIND_STRING)
			fprintf(out, "\tif (m->%s[urpc_string_length(m->%s, %u)])\n\t\treturn false;\n",
				f->name, f->name, f->length);
		if (f->kind == KIND_BLOB)
			fprintf(out, "\tif (m->%s_count && !m->%s)\n\t\treturn false;\n", f->name,
				f->name);
		if (f->kind == KIND_ENUM && f->length)
			fprintf(out, "\tfor (uint32_t i = 0; i < m->%s_count; i++)\n"
				     "\t\tif (!%s_%s_valid((uint32_t)m->%s[i]))\n\t\t\treturn false;\n",
				f->name, in->name, f->type->name, f->name);
		else if (f->kind == KIND_ENUM)
			fprintf(out, "\tif (!%s_%s_valid((uint32_t)m->%s))\n\t\treturn false;\n",
				in->name, f->type->name, f->name);
	}
	fprintf(out, "\treturn true;\n}\n");
}

static void encode_array(FILE *out, const struct field *f)
{
	fprintf(out, "\tcount = urpc_put_count(&w, m->%s_count, %u);\n", f->name, f->length);
	if (f->kind == KIND_ENUM)
		fprintf(out, "\tfor (uint32_t i = 0; i < count; i++)\n"
			     "\t\turpc_put_u%u(&w, (uint%u_t)m->%s[i]);\n", f->width * 8, f->width * 8, f->name);
	else if (f->kind == KIND_BOOL)
		fprintf(out, "\tfor (uint32_t i = 0; i < count; i++)\n\t\turpc_put_u8(&w, m->%s[i]);\n",
			f->name);
	else
		fprintf(out, "\turpc_put_bytes(&w, m->%s, count * %u);\n", f->name, f->width);
}

static void encode_field(FILE *out, const struct field *f)
{
	if (f->kind == KIND_STRING)
		fprintf(out, "\turpc_put_string(&w, m->%s, %u);\n", f->name, f->length);
	else if (f->length)
		encode_array(out, f);
	else if (f->kind == KIND_SET)
		fprintf(out, "\turpc_put_bits(&w, m->%s.bits, PROTOCOL_SET_WORDS);\n", f->name);
	else if (f->kind != KIND_CAP)
		fprintf(out, "\turpc_put_u%u(&w, (uint%u_t)m->%s);\n", f->width * 8, f->width * 8, f->name);
}

static void emit_encode(FILE *out, const struct interface *in, const struct message *m)
{
	fprintf(out, "\n/* Return: the bytes. What is over a limit is cut there. */\n");
	fprintf(out, "static inline uint32_t %s_%s_encode(const struct %s_%s *m, void *buffer)\n{\n",
		in->name, m->name, in->name, m->name);
	fprintf(out, "\tstruct urpc_writer w = { (uint8_t *)buffer };\n%s\n",
		has_count(m) ? "\tuint32_t count;\n" : "");
	fprintf(out, m->tagged ? "\turpc_put_u32(&w, m->tag);\n" : "\t(void)m;\n");
	for (const struct field *f = m->field; f < m->field + m->count; f++)
		encode_field(out, f);
	fprintf(out, "\treturn (uint32_t)(w.at - (uint8_t *)buffer);\n}\n");
}

static void decode_array(FILE *out, const struct interface *in, const struct field *f)
{
	fprintf(out, "\tm->%s_count = urpc_get_count(&r, %u);\n", f->name, f->length);
	if (f->kind == KIND_ENUM)
		fprintf(out, "\tfor (i = 0; i < m->%s_count; i++)\n\t\tm->%s[i] = %s_%s_get(&r);\n",
			f->name, f->name, in->name, f->type->name);
	else if (f->kind == KIND_BOOL)
		fprintf(out, "\tfor (i = 0; i < m->%s_count; i++)\n\t\tm->%s[i] = urpc_get_bool(&r);\n",
			f->name, f->name);
	else if (f->kind == KIND_BLOB)
		fprintf(out, "\tm->%s = urpc_get_in_place(&r, m->%s_count);\n", f->name, f->name);
	else
		fprintf(out, "\turpc_get_bytes(&r, m->%s, m->%s_count * %u);\n", f->name, f->name,
			f->width);
}

static void decode_field(FILE *out, const struct interface *in, const struct field *f)
{
	if (f->kind == KIND_STRING)
		fprintf(out, "\turpc_get_string(&r, m->%s, %u);\n", f->name, f->length);
	else if (f->length)
		decode_array(out, in, f);
	else if (f->kind == KIND_SET)
		fprintf(out, "\turpc_get_bits(&r, m->%s.bits, PROTOCOL_SET_WORDS);\n", f->name);
	else if (f->kind == KIND_ENUM)
		fprintf(out, "\tm->%s = %s_%s_get(&r);\n", f->name, in->name, f->type->name);
	else if (f->kind == KIND_BOOL)
		fprintf(out, "\tm->%s = urpc_get_bool(&r);\n", f->name);
	else if (f->kind != KIND_CAP)
		fprintf(out, "\tm->%s = (%s)urpc_get_u%u(&r);\n", f->name, c_type(in, f), f->width * 8);
}

static void emit_decode(FILE *out, const struct interface *in, const struct message *m)
{
	fprintf(out, "\n/* Return: 0 or -URPC_EPROTO; *m is of no use then. Its arrays are zero behind their counts. */\n");
	fprintf(out, "static inline int %s_%s_decode(struct %s_%s *m, const void *buffer, uint32_t bytes)\n{\n",
		in->name, m->name, in->name, m->name);
	fprintf(out, "\tstruct urpc_reader r = urpc_read_begin(buffer, bytes);\n%s\n",
		has_loop(m) ? "\tuint32_t i;\n" : "");
	fprintf(out, "\t__builtin_memset(m, 0, sizeof(*m));\n");
	if (m->tagged)
		fprintf(out, "\tm->tag = urpc_get_u32(&r);\n");
	for (const struct field *f = m->field; f < m->field + m->count; f++)
		decode_field(out, in, f);
	fprintf(out, "\treturn urpc_read_end(&r);\n}\n");
}

static void emit_out(FILE *out, const struct interface *in, const struct message *m)
{
	bool stack = m->most <= OUT_ON_STACK;
	char upper[80];

	name_upper(upper, m->name);
	if (!stack)
		fprintf(out, "\n/* @buffer: room for %s_%s_MAX bytes, as they are too many for a stack. */",
			in->upper, upper);
	fprintf(out, "\nstatic inline void %s_%s_out(const struct protocol_port *port, uint32_t to,\n"
		     "\t\tconst struct %s_%s *m%s)\n{\n", in->name, m->name, in->name, m->name,
		stack ? "" : ", void *buffer");
	if (stack)
		fprintf(out, "\tuint8_t buffer[%u];\n\n", m->most ? m->most : 1);
	fprintf(out, "\tport->send(port->ctx, to, %s_%s, buffer, %s_%s_encode(m, buffer));\n}\n", in->upper,
		upper, in->name, m->name);
}

void emit_wire(FILE *out, const struct interface *in, const struct message *m)
{
	emit_struct(out, in, m);
	emit_valid(out, in, m);
	emit_encode(out, in, m);
	emit_decode(out, in, m);
	if (in->port)
		emit_out(out, in, m);
}
