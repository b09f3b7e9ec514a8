/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remora-interface: headers from the definition of an interface (Documentation/interfaces.md).
 *
 *	lex.c     the text, word by word
 *	parse.c   words to a struct interface; all that can be wrong with a definition is found here
 *	names.c   reserved words, and identifiers that would be made twice
 *	emit*.c   a struct interface to C; cannot fail
 *	main.c    options, files
 */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define NAME_MAX_LENGTH 31
#define FIELDS_MAX 64
#define VALUES_MAX 256
#define ENUMS_MAX 64
#define MESSAGES_MAX 255
#define LONGEST_MESSAGE 7168 /* URPC_LONG_BYTES */
#define LARGEST_STRUCT 1536  /* of a protocol's machine: it lies on a kernel's stack */
#define OUT_ON_STACK 512     /* longest message that is marshalled there */

enum word {
	WORD_END,
	WORD_NAME,
	WORD_NUMBER,
	WORD_TEXT,
	WORD_SIGN, /* one character, or "->" as '>' */
};

/* The text, and the word that was read last. @text has a zero behind it. */
struct lexer {
	const char *file;
	const char *at;
	int line; /* of the word */
	int next_line;
	enum word word;
	char name[256]; /* of WORD_NAME and WORD_TEXT */
	uint64_t number;
	char sign;
};

enum kind {
	KIND_NUMBER,
	KIND_BOOL,
	KIND_ENUM,
	KIND_SET,
	KIND_CAP,
	KIND_STRING,
	KIND_BLOB,
};

struct value {
	char name[NAME_MAX_LENGTH + 1];
	uint32_t number;
	int line;
};

struct enumeration {
	char name[NAME_MAX_LENGTH + 1];
	int line;
	unsigned int width; /* bytes on the wire */
	unsigned int count;
	struct value value[VALUES_MAX];
};

/* @length: elements of an array at most, characters with the zero, bytes; 0: one value */
struct field {
	char name[NAME_MAX_LENGTH + 1];
	int line;
	enum kind kind;
	unsigned int width;
	bool negative;
	const struct enumeration *type;
	uint32_t length;
};

enum direction {
	DIRECTION_BOTH,
	DIRECTION_SERVER, /* to it */
	DIRECTION_CLIENT,
};

/* @reply: of a call's first message, its second one; @call: of the second, the first */
struct message {
	char name[NAME_MAX_LENGTH + 8];
	int line;
	unsigned int number;
	enum direction direction;
	const struct message *reply;
	const struct message *call;
	bool tagged;
	bool capability;
	uint32_t most; /* bytes on the wire */
	uint32_t size; /* of its structure, about */
	unsigned int count;
	struct field field[FIELDS_MAX];
};

struct interface {
	char name[NAME_MAX_LENGTH + 1];
	char upper[NAME_MAX_LENGTH + 1];
	char text[256];
	const char *file;
	unsigned int number;
	unsigned int version;
	bool port; /* for a protocol's machine */
	bool sets;
	unsigned int enums;
	struct enumeration *enumeration[ENUMS_MAX];
	unsigned int count;
	struct message *message[MESSAGES_MAX];
};

/* Says "file:line: ..." and ends the program; @line 0: none. */
void wrong(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/* Memory that is zero and is never given back: the program is short. */
void *room(size_t bytes);

void lex_begin(struct lexer *lexer, const char *file, const char *text);
void lex_next(struct lexer *lexer);
/* The word that stands there, for a sentence; valid until the next call. */
const char *lex_word(const struct lexer *lexer);

struct interface *parse(const char *file, const char *text, bool port);

/* Is it a word of C, C++ or a macro of a world that includes the header? */
bool name_reserved(const char *name);
/* Finds identifiers that the header would make twice; does not return then. */
void names_check(const struct interface *interface);
/* @to has room for @from, with letters made capital. */
void name_upper(char *to, const char *from);

/* @out: NAME.h, NAME_stub.h */
void emit_header(FILE *out, const struct interface *interface);
void emit_wire(FILE *out, const struct interface *interface, const struct message *message);
void emit_stub(FILE *out, const struct interface *interface);

#endif
