// SPDX-License-Identifier: GPL-2.0-only
/* NAME_stub.h: an end of the interface over a channel. */
#include "interface.h"


static uint32_t longest(const struct interface *in, bool replies)
{
	uint32_t most = 0;

	for (unsigned int i = 0; i < in->count; i++)
		if ((!replies || in->message[i]->call) && in->message[i]->most > most)
			most = in->message[i]->most;
	return most;
}

static void emit_top(FILE *out, const struct interface *in)
{
	uint32_t most = longest(in, false);

	fprintf(out, "/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */\n");
	fprintf(out, "/* Ends of %s over a channel. Made by remora-interface from %s.if. */\n", in->name, in->name);
	fprintf(out, "#ifndef INTERFACE_%s_STUB_H\n#define INTERFACE_%s_STUB_H\n\n", in->upper, in->upper);
	fprintf(out, "#include <urpc/bound.h>\n\n#include \"%s.h\"\n\n", in->name);
	fprintf(out, "/* @in: the message that came last; a blob of it points here. */\n");
	fprintf(out, "struct %s_end {\n\tstruct urpc_bound bound;\n\tuint8_t in[%u];\n\tuint8_t out[%u];\n};\n",
		in->name, most > 8 ? most : 8, most > 8 ? most : 8);
}

/* @role: client, server. */
static void emit_begin(FILE *out, const struct interface *in, const char *role, const char *server)
{
	fprintf(out, "\n/* Return: 0, -URPC_EMSGSIZE: the channel's rings are too small. */\n"
		     "static inline int %s_%s(struct %s_end *e, struct urpc_chan *chan)\n{\n"
		     "\treturn urpc_bound_init(&e->bound, chan, NULL, %s_INTERFACE, %s_VERSION, %s_MESSAGE_MAX, %s);\n}\n",
		in->name, role, in->name, in->upper, in->upper, in->upper, server);
	fprintf(out, "\nstatic inline void %s_%s_by(struct %s_end *e, struct urpc_carrier *carrier)\n{\n"
		     "\turpc_bound_init(&e->bound, NULL, carrier, %s_INTERFACE, %s_VERSION, %s_MESSAGE_MAX, %s);\n}\n",
		in->name, role, in->name, in->upper, in->upper, in->upper, server);
}

static const char *capability(const struct message *m)
{
	for (unsigned int i = 0; i < m->count; i++)
		if (m->field[i].kind == KIND_CAP)
			return m->field[i].name;
	return NULL;
}

/* The way out of a message that may be sent, with "return" or "err =" before it. */
static void emit_push(FILE *out, const struct interface *in, const struct message *m, const char *how)
{
	const char *cap = capability(m);
	char upper[80];

	name_upper(upper, m->name);
	fprintf(out, "\t%s urpc_bound_send(&e->bound, %s_%s, e->out, %s_%s_encode(m, e->out), %s%s);\n", how,
		in->upper, upper, in->name, m->name, cap ? "m->" : "", cap ? cap : "0");
}

static void emit_send(FILE *out, const struct interface *in, const struct message *m)
{
	const char *wrong_end = m->direction == DIRECTION_SERVER ? "e->bound.server || " :
				m->direction == DIRECTION_CLIENT ? "!e->bound.server || " : "";

	fprintf(out, "\n/* Return: 0, -URPC_EAGAIN: no room, -URPC_EINVAL: not valid, not open, or not this end's to send. */\n");
	fprintf(out, "static inline int %s_%s_%s(struct %s_end *e, ", in->name, m->name, m->reply ? "call" : "send",
		in->name);
	if (m->reply)
		fprintf(out, "struct urpc_call *call,\n\t\tstruct %s_%s *m, struct %s_%s *reply)\n{\n",
			in->name, m->name, in->name, m->reply->name);
	else
		fprintf(out, "const struct %s_%s *m)\n{\n", in->name, m->name);
	fprintf(out, "\tint err = urpc_bound_ready(&e->bound);\n\n\tif (err)\n\t\treturn err;\n");
	fprintf(out, "\tif (%s!%s_%s_valid(m))\n\t\treturn -URPC_EINVAL;\n", wrong_end, in->name, m->name);
	if (!m->reply) {
		emit_push(out, in, m, "return");
	} else {
		fprintf(out, "\tm->tag = urpc_bound_next_tag(&e->bound);\n");
		emit_push(out, in, m, "err =");
		fprintf(out, "\tif (!err)\n\t\turpc_call_begin(&e->bound, call, 0x%04x, reply);\n\treturn err;\n",
			in->number << 8 | m->reply->number);
	}
	fprintf(out, "}\n");
}

static void emit_replies(FILE *out, const struct interface *in)
{
	fprintf(out, "\n/* Give a reply to the call that waits for it. */\n"
		     "static inline int %s_reply(struct %s_end *e, uint16_t type, uint32_t bytes, uint32_t cap)\n{\n"
		     "\tstruct urpc_call *call = urpc_call_find(&e->bound, type, e->in, bytes);\n\n"
		     "\tif (bytes < 4)\n\t\treturn urpc_bound_refuse(&e->bound, cap);\n"
		     "\tif (!call) {\n\t\te->bound.strays++;\n\t\tif (cap)\n\t\t\te->bound.carrier->drop(e->bound.carrier, cap);\n"
		     "\t\treturn 0;\n\t}\n\tcall->status = -URPC_EPROTO;\n\tswitch (type) {\n",
		in->name, in->name);
	for (unsigned int i = 0; i < in->count; i++) {
		const struct message *m = in->message[i];

		if (!m->call)
			continue;
		fprintf(out, "\tcase 0x%04x:\n", in->number << 8 | m->number);
		fprintf(out, "\t\t%scall->status = %s_%s_decode((struct %s_%s *)call->reply, e->in, bytes);\n",
			capability(m) ? "" : "if (!cap)\n\t\t\t", in->name, m->name, in->name, m->name);
		if (capability(m))
			fprintf(out, "\t\tif (!call->status)\n\t\t\t((struct %s_%s *)call->reply)->%s = cap;\n", in->name,
				m->name, capability(m));
		fprintf(out, "\t\tbreak;\n");
	}
	fprintf(out, "\tdefault:\n\t\tbreak;\n\t}\n\treturn call->status ? urpc_bound_refuse(&e->bound, cap) : 0;\n}\n");
}

static void emit_is_reply(FILE *out, const struct interface *in)
{
	bool some = false;

	fprintf(out, "\nstatic inline bool %s_is_reply(uint16_t type)\n{\n\tswitch (type) {\n", in->name);
	for (unsigned int i = 0; i < in->count; i++) {
		if (!in->message[i]->call)
			continue;
		fprintf(out, "\tcase 0x%04x:\n", in->number << 8 | in->message[i]->number);
		some = true;
	}
	fprintf(out, "%s\tdefault:\n\t\treturn false;\n\t}\n}\n", some ? "\t\treturn true;\n" : "");
}

static void emit_receive(FILE *out, const struct interface *in)
{
	fprintf(out, "\n/**\n * %s_receive - take one message: a reply ends its call, all else goes to its handler\n"
		     " * @from: for the handlers. A reply's blob is good until the next call of this\n"
		     " * Return: -URPC_EAGAIN: none, or no room for a reply (@bound.room); -URPC_EPROTO: it was no right\n"
		     " * one (counted, the next may be right), or the channel is broken; -URPC_EINVAL: not open; else\n"
		     " * what the handler returned\n */\n", in->name);
	fprintf(out, "static inline int %s_receive(struct %s_end *e, const struct %s_handlers *h, void *ctx,\n"
		     "\t\tuint32_t from)\n{\n\tuint32_t bytes = 0, cap = 0;\n\tuint16_t type = 0;\n\tint err;\n\n",
		in->name, in->name, in->name);
	fprintf(out, "\terr = urpc_bound_take(&e->bound, &type, e->in, sizeof(e->in), &bytes, &cap, %u);\n"
		     "\tif (err)\n\t\treturn err;\n", longest(in, true));
	fprintf(out, "\tif (!(e->bound.server ? %s_for_server(type) : %s_for_client(type)))\n"
		     "\t\treturn urpc_bound_refuse(&e->bound, cap);\n", in->name, in->name);
	fprintf(out, "\tif (%s_is_reply(type))\n\t\treturn %s_reply(e, type, bytes, cap);\n", in->name, in->name);
	fprintf(out, "\terr = %s_dispatch_cap(h, ctx, from, type, e->in, bytes, cap);\n"
		     "\treturn err == -URPC_EPROTO ? urpc_bound_refuse(&e->bound, cap) : err;\n}\n", in->name);
}

void emit_stub(FILE *out, const struct interface *in)
{
	emit_top(out, in);
	emit_begin(out, in, "client", "false");
	emit_begin(out, in, "server", "true");
	fprintf(out, "\n/* As urpc_bind(). */\nstatic inline int %s_bind(struct %s_end *e)\n{\n"
		     "\treturn urpc_bind(&e->bound, e->out);\n}\n", in->name, in->name);
	for (unsigned int i = 0; i < in->count; i++)
		emit_send(out, in, in->message[i]);
	emit_is_reply(out, in);
	emit_replies(out, in);
	emit_receive(out, in);
	fprintf(out, "\n#endif\n");
}
