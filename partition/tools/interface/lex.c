// SPDX-License-Identifier: GPL-2.0-only
/* The words of a definition. */
#include <string.h>

#include "interface.h"

void lex_begin(struct lexer *lexer, const char *file, const char *text)
{
	memset(lexer, 0, sizeof(*lexer));
	lexer->file = file;
	lexer->at = text;
	lexer->next_line = 1;
	lex_next(lexer);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip(struct lexer *lexer)
{
	for (;; lexer->at++) {
		if (*lexer->at == '#')
			lexer->at += strcspn(lexer->at, "\n");
		if (*lexer->at == '\n')
			lexer->next_line++;
		else if (*lexer->at != ' ' && *lexer->at != '\t' && *lexer->at != '\r')
			return;
	}
}

static void read_name(struct lexer *lexer)
{
	size_t length = 0;

	while (is_letter(lexer->at[length]) || is_digit(lexer->at[length]))
		length++;
	if (length > NAME_MAX_LENGTH)
		wrong(lexer->file, lexer->line, "'%.*s' has %zu characters; a name has at most %d",
		      (int)length, lexer->at, length, NAME_MAX_LENGTH);
	memcpy(lexer->name, lexer->at, length);
	lexer->name[length] = 0;
	lexer->at += length;
	lexer->word = WORD_NAME;
}

static unsigned int digit(char c)
{
	if (is_digit(c))
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A' + 10);
	return 99;
}

static void read_number(struct lexer *lexer)
{
	unsigned int base = 10;

	if (lexer->at[0] == '0' && lexer->at[1] == 'x') {
		base = 16;
		lexer->at += 2;
		if (digit(*lexer->at) >= base)
			wrong(lexer->file, lexer->line, "'0x' without digits; expected a number");
	}
	lexer->number = 0;
	while (digit(*lexer->at) < base) {
		lexer->number = lexer->number * base + digit(*lexer->at++);
		if (lexer->number > UINT32_MAX)
			wrong(lexer->file, lexer->line,
			      "a number of more than 32 bits; expected at most %u", UINT32_MAX);
	}
	if (is_letter(*lexer->at) || is_digit(*lexer->at))
		wrong(lexer->file, lexer->line, "'%c' in a number; expected digits", *lexer->at);
	lexer->word = WORD_NUMBER;
}

static void read_text(struct lexer *lexer)
{
	size_t length = strcspn(lexer->at + 1, "\"\n");

	if (lexer->at[1 + length] != '"')
		wrong(lexer->file, lexer->line, "a text without end; expected '\"' on the same line");
	if (length >= sizeof(lexer->name))
		wrong(lexer->file, lexer->line, "a text of %zu characters; expected at most %zu", length,
		      sizeof(lexer->name) - 1);
	memcpy(lexer->name, lexer->at + 1, length);
	lexer->name[length] = 0;
	lexer->at += length + 2;
	lexer->word = WORD_TEXT;
}

void lex_next(struct lexer *lexer)
{
	skip(lexer);
	lexer->line = lexer->next_line;
	if (!*lexer->at) {
		lexer->word = WORD_END;
	} else if (is_letter(*lexer->at)) {
		read_name(lexer);
	} else if (is_digit(*lexer->at)) {
		read_number(lexer);
	} else if (*lexer->at == '"') {
		read_text(lexer);
	} else {
		lexer->word = WORD_SIGN;
		lexer->sign = *lexer->at++;
		if (lexer->sign == '-' && *lexer->at == '>')
			lexer->sign = *lexer->at++;
		else if (!strchr("{}[];,=", lexer->sign))
			wrong(lexer->file, lexer->line,
			      "character '%c'; expected a name, a number, a text or one of { } [ ] ; , = ->",
			      lexer->sign);
	}
}

const char *lex_word(const struct lexer *lexer)
{
	static char text[300];

	switch (lexer->word) {
	case WORD_END:
		return "the end of the file";
	case WORD_NUMBER:
		snprintf(text, sizeof(text), "%llu", (unsigned long long)lexer->number);
		break;
	case WORD_SIGN:
		snprintf(text, sizeof(text), lexer->sign == '>' ? "'->'" : "'%c'", lexer->sign);
		break;
	case WORD_NAME:
		snprintf(text, sizeof(text), "'%s'", lexer->name);
		break;
	case WORD_TEXT:
		snprintf(text, sizeof(text), "\"%s\"", lexer->name);
		break;
	}
	return text;
}
