// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command lines: one table of options per verb gives parsing and help text.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Values that getopt_long() returns for long options: out of the way of letters. */
#define FIRST_LONG 256
#define HELP (FIRST_LONG + CLI_MAX_OPTIONS)

static void show_help(const struct cli_syntax *syntax)
{
	printf("usage: remora %s\n\n%s\n\noptions:\n", syntax->usage, syntax->about);
	for (const struct cli_option *o = syntax->options; o && o->name; o++) {
		char left[48];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			 o->argument ? " " : "", o->argument ? o->argument : "");
		printf("  %-26s %s\n", left, o->help);
	}
	printf("  %-26s %s\n", "-h, --help", "show this text");
}

static int take_number(const struct cli_option *option, const char *text)
{
	struct cli_number *number = option->number;
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < number->min ||
	    value > number->max)
		return cli_usage("--%s: a number from %llu to %llu was expected, not '%s'",
				 option->name, (unsigned long long)number->min,
				 (unsigned long long)number->max, text);
	number->value = value;
	number->given = true;
	return CLI_PARSED;
}

static int take_word(const struct cli_option *option, const char *text)
{
	struct cli_number *words = option->number;

	if (words->value == words->max)
		return cli_usage("--%s was given more than %llu times", option->name,
				 (unsigned long long)words->max);
	option->text[words->value++] = text;
	return CLI_PARSED;
}

static int take(const struct cli_option *option, const char *text)
{
	if (option->text && option->number)
		return take_word(option, text);
	if (option->flag) {
		*option->flag = true;
		return CLI_PARSED;
	}
	if (option->text) {
		*option->text = text;
		return CLI_PARSED;
	}
	return take_number(option, text);
}

/* optopt is a letter, or the long option's value, or 0 for an unknown long option. */
static int complain(int what, char **argv, const struct cli_syntax *syntax)
{
	if (what == ':') {
		if (optopt >= FIRST_LONG)
			return cli_usage("--%s needs an argument",
					 syntax->options[optopt - FIRST_LONG].name);
		return cli_usage("-%c needs an argument", optopt);
	}
	if (optopt > 0 && optopt < FIRST_LONG)
		return cli_usage("there is no option -%c", optopt);
	if (optopt >= FIRST_LONG)
		return cli_usage("'%s': this option takes no argument", argv[optind - 1]);
	return cli_usage("there is no option '%s', or it is ambiguous", argv[optind - 1]);
}

static size_t build(const struct cli_syntax *syntax, struct option *longs, char *shorts)
{
	size_t count = 0;

	*shorts++ = ':';
	*shorts++ = 'h';
	for (const struct cli_option *o = syntax->options; o && o->name; o++) {
		if (count == CLI_MAX_OPTIONS)
			abort();
		longs[count].name = o->name;
		longs[count].has_arg = o->argument ? required_argument : no_argument;
		longs[count].val = FIRST_LONG + (int)count;
		count++;
		if (!o->letter)
			continue;
		*shorts++ = o->letter;
		if (o->argument)
			*shorts++ = ':';
	}
	*shorts = 0;
	longs[count].name = "help";
	longs[count].val = HELP;
	return count;
}

static const struct cli_option *option_of(const struct cli_syntax *syntax, int value)
{
	if (value >= FIRST_LONG)
		return &syntax->options[value - FIRST_LONG];
	for (const struct cli_option *o = syntax->options; o->name; o++)
		if (o->letter == value)
			return o;
	return NULL;
}

static int take_positional(int argc, char **argv, const struct cli_syntax *syntax,
			   const char **positional)
{
	int given = argc - optind;

	if (given < syntax->min)
		return cli_usage("an argument is missing: remora %s", syntax->usage);
	if (given > syntax->max)
		return cli_usage("'%s' is one argument too many", argv[optind + syntax->max]);
	for (int i = 0; i < syntax->max; i++)
		positional[i] = i < given ? argv[optind + i] : NULL;
	return CLI_PARSED;
}

int cli_parse(int argc, char **argv, const struct cli_syntax *syntax, const char **positional)
{
	struct option longs[CLI_MAX_OPTIONS + 2] = { 0 };
	char shorts[2 * CLI_MAX_OPTIONS + 3];
	int what;

	build(syntax, longs, shorts);
	opterr = 0;
	optind = 0; /* a full reset with glibc: a verb may hand on to a sub-verb */
	while ((what = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int code;

		if (what == 'h' || what == HELP) {
			show_help(syntax);
			return CLI_OK;
		}
		if (what == '?' || what == ':')
			return complain(what, argv, syntax);
		code = take(option_of(syntax, what), optarg);
		if (code != CLI_PARSED)
			return code;
	}
	return take_positional(argc, argv, syntax, positional);
}

/* Does this word of the command line take the next one as its argument? Names may be cut, as in getopt. */
static bool takes_next(const char *word, const struct cli_option *options)
{
	size_t length = strlen(word);

	for (const struct cli_option *o = options; o->name; o++) {
		if (!o->argument)
			continue;
		if (word[1] == '-' ? !strncmp(word + 2, o->name, length - 2) :
				     length == 2 && o->letter && word[1] == o->letter)
			return true;
	}
	return false;
}

int cli_split(int argc, char **argv, const struct cli_option *options, int *end)
{
	bool named = false;

	for (*end = 1; *end < argc; ++*end) {
		const char *word = argv[*end];

		if (!strcmp(word, "--"))
			return *end + 1;
		if (word[0] == '-' && word[1]) {
			*end += takes_next(word, options);
			continue;
		}
		if (named)
			return *end;
		named = true;
	}
	*end = argc;
	return argc;
}
