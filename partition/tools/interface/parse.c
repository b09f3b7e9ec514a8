// SPDX-License-Identifier: GPL-2.0-only
/* From words to a struct interface, and everything that can be wrong with a definition. */
#include <stdlib.h>
#include <string.h>

#include "interface.h"

#define NUMBERS_MAX 255 /* of interfaces, of messages: a byte each in a message's type */
#define VERSION_MAX 65535

struct parser {
	struct lexer lexer;
	struct interface *in;
	unsigned int next; /* number of the next message without one of its own */
};

#define bad(p, ...) wrong((p)->lexer.file, (p)->lexer.line, __VA_ARGS__)

static bool at_sign(const struct parser *p, char sign)
{
	return p->lexer.word == WORD_SIGN && p->lexer.sign == sign;
}

static bool at_word(const struct parser *p, const char *word)
{
	return p->lexer.word == WORD_NAME && !strcmp(p->lexer.name, word);
}

static bool accept_sign(struct parser *p, char sign)
{
	if (!at_sign(p, sign))
		return false;
	lex_next(&p->lexer);
	return true;
}

static bool accept_word(struct parser *p, const char *word)
{
	if (!at_word(p, word))
		return false;
	lex_next(&p->lexer);
	return true;
}

static void expect_sign(struct parser *p, char sign, const char *where)
{
	if (!accept_sign(p, sign))
		bad(p, "%s; expected '%s' %s", lex_word(&p->lexer),
		    sign == '>' ? "->" : (const char[]){ sign, 0 }, where);
}

static uint32_t expect_number(struct parser *p, uint32_t least, uint32_t most, const char *what)
{
	uint32_t number;

	if (p->lexer.word != WORD_NUMBER)
		bad(p, "%s; expected %s", lex_word(&p->lexer), what);
	if (p->lexer.number < least || p->lexer.number > most)
		bad(p, "%llu as %s; expected %u to %u", (unsigned long long)p->lexer.number, what, least,
		    most);
	number = (uint32_t)p->lexer.number;
	lex_next(&p->lexer);
	return number;
}

/* A name of small letters, digits and '_'; returns its line. */
static int expect_name(struct parser *p, char *to, const char *what)
{
	int line = p->lexer.line;
	const char *name = p->lexer.name;
	size_t length;

	if (p->lexer.word != WORD_NAME)
		bad(p, "%s; expected %s", lex_word(&p->lexer), what);
	length = strlen(name);
	if (name[0] < 'a' || name[0] > 'z' || name[length - 1] == '_' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != length || strstr(name, "__"))
		bad(p, "'%s' as %s; expected small letters and digits, with single '_' between them",
		    name, what);
	if (name_reserved(name))
		bad(p, "'%s' as %s; it is a reserved word or a macro in C or C++, expected another name",
		    name, what);
	strcpy(to, name);
	lex_next(&p->lexer);
	return line;
}

static void parse_head(struct parser *p)
{
	struct interface *in = p->in;

	if (!accept_word(p, "interface"))
		bad(p, "%s; expected 'interface NAME NUMBER version NUMBER \"what it is for\"' first",
		    lex_word(&p->lexer));
	expect_name(p, in->name, "the name of an interface");
	if (strchr(in->name, '_'))
		bad(p, "'%s' as the name of an interface; expected one without '_', which separates it "
		       "from the names of messages", in->name);
	name_upper(in->upper, in->name);
	in->number = expect_number(p, 1, NUMBERS_MAX, "the number of the interface");
	if (!accept_word(p, "version"))
		bad(p, "%s; expected 'version' and its number", lex_word(&p->lexer));
	in->version = expect_number(p, 1, VERSION_MAX, "the version of the interface");
	if (p->lexer.word != WORD_TEXT || !p->lexer.name[0])
		bad(p, "%s; expected a text that says what the interface is for",
		    lex_word(&p->lexer));
	if (strstr(p->lexer.name, "*/") || strstr(p->lexer.name, "/*"))
		bad(p, "'%s' in a text; the comment of the header that it comes into cannot have it",
		    strstr(p->lexer.name, "*/") ? "*/" : "/*");
	strcpy(in->text, p->lexer.name);
	lex_next(&p->lexer);
}

static void add_value(struct parser *p, struct enumeration *type, uint32_t *next)
{
	struct value *value = &type->value[type->count];

	if (type->count == VALUES_MAX)
		bad(p, "more than %d values in enum '%s'", VALUES_MAX, type->name);
	value->line = expect_name(p, value->name, "the name of a value");
	value->number = *next;
	if (accept_sign(p, '='))
		value->number = expect_number(p, 0, INT32_MAX, "a value");
	else if (*next > INT32_MAX)
		wrong(p->lexer.file, value->line, "'%s' would have the value %u; expected at most %d", value->name,
		      *next, INT32_MAX);
	for (const struct value *other = type->value; other < value; other++) {
		if (!strcmp(other->name, value->name))
			wrong(p->lexer.file, value->line, "value '%s' stands in line %d already",
			      value->name, other->line);
		if (other->number == value->number)
			wrong(p->lexer.file, value->line, "'%s' has the value %u of '%s'; expected another",
			      value->name, value->number, other->name);
	}
	*next = value->number + 1;
	type->count++;
}

static const struct enumeration *find_enumeration(const struct interface *in, const char *name)
{
	for (unsigned int i = 0; i < in->enums; i++)
		if (!strcmp(in->enumeration[i]->name, name))
			return in->enumeration[i];
	return NULL;
}

static bool is_type(const char *name)
{
	static const char *const types[] = { "u8", "u16", "u32", "u64", "i32", "i64", "bytes",
					     "string", "blob", "set", "cap" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i], name))
			return true;
	return false;
}

static void parse_enumeration(struct parser *p)
{
	struct enumeration *type = room(sizeof(*type));
	const struct enumeration *other;
	uint32_t next = 0, most = 0;

	type->line = expect_name(p, type->name, "the name of an enum");
	other = find_enumeration(p->in, type->name);
	if (other)
		wrong(p->lexer.file, type->line, "enum '%s' stands in line %d already", type->name,
		      other->line);
	if (is_type(type->name))
		wrong(p->lexer.file, type->line, "'%s' as the name of an enum; it is a type, expected another name",
		      type->name);
	if (p->in->enums == ENUMS_MAX)
		wrong(p->lexer.file, type->line, "more than %d enums", ENUMS_MAX);
	expect_sign(p, '{', "before the values");
	do {
		add_value(p, type, &next);
	} while (accept_sign(p, ',') && !at_sign(p, '}'));
	expect_sign(p, '}', "or ',' after a value");
	for (unsigned int i = 0; i < type->count; i++)
		most = type->value[i].number > most ? type->value[i].number : most;
	type->width = most > UINT16_MAX ? 4 : most > UINT8_MAX ? 2 : 1;
	p->in->enumeration[p->in->enums++] = type;
}

static void set_type(struct parser *p, struct field *f, const char *name)
{
	f->kind = KIND_NUMBER;
	if (!strcmp(name, "u8") || !strcmp(name, "bytes")) {
		f->width = 1;
	} else if (!strcmp(name, "u16")) {
		f->width = 2;
	} else if (!strcmp(name, "u32") || !strcmp(name, "i32")) {
		f->width = 4;
	} else if (!strcmp(name, "u64") || !strcmp(name, "i64")) {
		f->width = 8;
	} else if (!strcmp(name, "bool")) {
		f->kind = KIND_BOOL;
		f->width = 1;
	} else if (!strcmp(name, "string")) {
		f->kind = KIND_STRING;
		f->width = 1;
	} else if (!strcmp(name, "blob")) {
		f->kind = KIND_BLOB;
		f->width = 1;
	} else if (!strcmp(name, "set")) {
		f->kind = KIND_SET;
	} else if (!strcmp(name, "cap")) {
		f->kind = KIND_CAP;
	} else {
		f->kind = KIND_ENUM;
		f->type = find_enumeration(p->in, name);
		if (!f->type)
			bad(p, "type '%s' is not known; expected u8, u16, u32, u64, i32, i64, bool, bytes, "
			       "string, blob, set, cap, or an enum defined above", name);
		f->width = f->type->width;
	}
	f->negative = name[0] == 'i';
}

/* "[N]" behind a field's name. */
static void parse_length(struct parser *p, struct field *f, const char *type)
{
	bool needs = f->kind == KIND_STRING || f->kind == KIND_BLOB || !strcmp(type, "bytes");

	if (!at_sign(p, '[')) {
		if (needs)
			bad(p, "%s; expected the longest '%s' of type %s in brackets: [N]",
			    lex_word(&p->lexer), f->name, type);
		return;
	}
	if (f->kind == KIND_SET || f->kind == KIND_CAP)
		bad(p, "'[' behind '%s' of type %s, of which there are no arrays; expected ';'", f->name,
		    type);
	lex_next(&p->lexer);
	/* A string has its zero too. */
	f->length = expect_number(p, f->kind == KIND_STRING ? 2 : 1, LONGEST_MESSAGE,
				  "the length of an array");
	expect_sign(p, ']', "after the length of an array");
}

/* Has @f a count in the structure, and the name of @other? */
static bool counts(const struct field *f, const struct field *other)
{
	size_t length = strlen(f->name);

	return f->length && f->kind != KIND_STRING && !strncmp(f->name, other->name, length) &&
	       !strcmp(other->name + length, "_count");
}

static void check_clash(const struct parser *p, const struct message *m, const struct field *f)
{
	if (m->tagged && !strcmp(f->name, "tag"))
		wrong(p->lexer.file, f->line, "field 'tag' in a call, which has one already; expected another name");
	for (const struct field *other = m->field; other < f; other++)
		if (!strcmp(other->name, f->name) || counts(other, f) || counts(f, other))
			wrong(p->lexer.file, f->line,
			      "field '%s' has a name in common with '%s' of line %d; expected another name",
			      f->name, other->name, other->line);
}

static void parse_field(struct parser *p, struct message *m)
{
	struct field *f = &m->field[m->count];
	char type[sizeof(p->lexer.name)];

	if (m->count == FIELDS_MAX)
		bad(p, "more than %d fields in '%s'", FIELDS_MAX, m->name);
	if (p->lexer.word != WORD_NAME)
		bad(p, "%s; expected the type of a field, or '}'", lex_word(&p->lexer));
	strcpy(type, p->lexer.name);
	set_type(p, f, type);
	if (f->kind == KIND_CAP && m->capability)
		bad(p, "a second cap in '%s'; expected at most one, as one travels with a message",
		    m->name);
	if (f->kind == KIND_SET && !p->in->port)
		bad(p, "a set in '%s'; only the protocols' machines have them, expected another type", m->name);
	lex_next(&p->lexer);
	f->line = expect_name(p, f->name, "the name of a field");
	parse_length(p, f, type);
	check_clash(p, m, f);
	expect_sign(p, ';', "after a field");
	m->capability |= f->kind == KIND_CAP;
	p->in->sets |= f->kind == KIND_SET;
	m->count++;
}

/* What the fields take on the wire at most, and in the structure; the latter rounded up. */
static void measure(struct message *m)
{
	m->most = m->size = m->tagged ? 4 : 0;
	for (const struct field *f = m->field; f < m->field + m->count; f++) {
		switch (f->kind) {
		case KIND_SET:
			m->most += 65;
			m->size += 64;
			break;
		case KIND_CAP:
			m->size += 4;
			break;
		case KIND_STRING:
			m->most += 2 + f->length - 1;
			m->size += f->length;
			break;
		case KIND_BLOB:
			m->most += 2 + f->length;
			m->size += 16;
			break;
		default:
			m->most += f->length ? 2 + f->length * f->width : f->width;
			m->size += (f->length ? 4 + f->length * (f->kind == KIND_ENUM ? 4 : f->width) : 8);
		}
		/* Far before it could wrap round: a length is LONGEST_MESSAGE at most. */
		if (m->most > LONGEST_MESSAGE)
			return;
	}
}

static void parse_body(struct parser *p, struct message *m)
{
	expect_sign(p, '{', "before the fields");
	while (!at_sign(p, '}'))
		parse_field(p, m);
	lex_next(&p->lexer);
	measure(m);
	if (m->most > LONGEST_MESSAGE)
		wrong(p->lexer.file, m->line, "'%s' takes up to %u bytes or more; expected at most %d",
		      m->name, m->most, LONGEST_MESSAGE);
	if (p->in->port && m->size > LARGEST_STRUCT)
		wrong(p->lexer.file, m->line,
		      "struct %s_%s has about %u bytes and would lie on a kernel's stack; expected at most %d: "
		      "take 'blob' for what is long", p->in->name, m->name, m->size, LARGEST_STRUCT);
}

static struct message *add_message(struct parser *p, const char *name, int line, unsigned int number)
{
	struct interface *in = p->in;
	struct message *m = room(sizeof(*m));

	strcpy(m->name, name);
	m->line = line;
	m->number = number;
	for (unsigned int i = 0; i < in->count; i++) {
		if (!strcmp(in->message[i]->name, name))
			wrong(p->lexer.file, line, "message '%s' stands in line %d already", name,
			      in->message[i]->line);
		if (in->message[i]->number == number)
			wrong(p->lexer.file, line, "'%s' has the number %u of '%s'; expected one not in use",
			      name, number, in->message[i]->name);
	}
	if (number > NUMBERS_MAX)
		wrong(p->lexer.file, line, "'%s' would have the number %u; expected at most %d", name,
		      number, NUMBERS_MAX);
	in->message[in->count++] = m;
	p->next = number + 1;
	return m;
}

static unsigned int parse_number(struct parser *p)
{
	return accept_sign(p, '=') ? expect_number(p, 1, NUMBERS_MAX, "the number of a message") :
				     p->next;
}

static void parse_message(struct parser *p)
{
	char name[NAME_MAX_LENGTH + 1];
	int line = expect_name(p, name, "the name of a message");
	struct message *m = add_message(p, name, line, parse_number(p));

	if (accept_word(p, "to"))
		m->direction = DIRECTION_SERVER;
	else if (accept_word(p, "from"))
		m->direction = DIRECTION_CLIENT;
	else if (!at_sign(p, '{'))
		bad(p, "%s; expected '{', 'to server {' or 'from server {'", lex_word(&p->lexer));
	if (m->direction != DIRECTION_BOTH && !accept_word(p, "server"))
		bad(p, "%s; expected 'server'", lex_word(&p->lexer));
	parse_body(p, m);
}

static void parse_call(struct parser *p)
{
	char name[NAME_MAX_LENGTH + 1], reply_name[NAME_MAX_LENGTH + 8];
	int line = expect_name(p, name, "the name of a call");
	struct message *call, *reply;

	call = add_message(p, name, line, parse_number(p));
	snprintf(reply_name, sizeof(reply_name), "%s_reply", name);
	call->tagged = true;
	call->direction = DIRECTION_SERVER;
	parse_body(p, call);
	expect_sign(p, '>', "and the fields of the reply");
	reply = add_message(p, reply_name, line, call->number + 1);
	reply->tagged = true;
	reply->direction = DIRECTION_CLIENT;
	parse_body(p, reply);
	call->reply = reply;
	reply->call = call;
}

struct interface *parse(const char *file, const char *text, bool port)
{
	struct parser p = { .in = room(sizeof(*p.in)), .next = 1 };

	p.in->file = file;
	p.in->port = port;
	lex_begin(&p.lexer, file, text);
	parse_head(&p);
	while (p.lexer.word != WORD_END) {
		if (accept_word(&p, "enum"))
			parse_enumeration(&p);
		else if (accept_word(&p, "message"))
			parse_message(&p);
		else if (accept_word(&p, "call"))
			parse_call(&p);
		else
			bad(&p, "%s; expected 'enum', 'message' or 'call'", lex_word(&p.lexer));
	}
	if (!p.in->count)
		bad(&p, "no message in interface '%s'; expected at least one", p.in->name);
	names_check(p.in);
	return p.in;
}
