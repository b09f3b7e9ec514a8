/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs of the remora command share.
 */
#ifndef REMORA_CLI_H
#define REMORA_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <remora/remora.h>

#ifndef CLI_VERSION
#define CLI_VERSION "unversioned"
#endif

/** enum cli_exit - exit codes, documented in remora(1) */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,     /* the module or the kernel refused, or something went wrong */
	CLI_USAGE = 2,      /* the command line makes no sense */
	CLI_NO_SUCH = 3,    /* there is no partition of that name */
	CLI_PERMISSION = 4, /* not allowed */
	CLI_NO_MODULE = 5,  /* no device: the module is not loaded */
	CLI_TIMEOUT = 6,
	CLI_DEAD = 7, /* the partition or the core does not run or has crashed */
};

/**
 * struct cli_verb - one line of the table of verbs
 * @run:  gets argv from the verb on; returns an enum cli_exit
 * @help: one line
 */
struct cli_verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

extern const struct cli_verb cli_verbs[]; /* ends with a NULL name */

/** struct cli_number - value of a numeric option; what is there before parsing is the default */
struct cli_number {
	uint64_t value;
	uint64_t min;
	uint64_t max;
	bool given;
};

/**
 * struct cli_option - one option of a verb; exactly one of @flag, @text and @number is set
 * Or both @text and @number: it may be given several times. @text is an array with room for
 * @number->max words, of which @number->value are filled.
 * @letter: short form, 0 for none
 * @argument: name of its argument in the help text, NULL for a flag
 */
struct cli_option {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	bool *flag;
	const char **text;
	struct cli_number *number;
};

/**
 * struct cli_syntax - the command line of a verb
 * @usage:   arguments, as shown behind "usage: remora"
 * @about:   what the verb does, a paragraph
 * @options: ends with a NULL name
 * @min, @max: number of positional arguments
 */
struct cli_syntax {
	const char *usage;
	const char *about;
	const struct cli_option *options;
	int min;
	int max;
};

#define CLI_MAX_OPTIONS 24
#define CLI_PARSED (-1)

/**
 * cli_parse - parse the options of a verb; --help is always known
 * @positional: room for @syntax->max pointers; those not given are NULL
 * Return: CLI_PARSED, or the exit code to end with (help was shown, or a mistake reported).
 */
int cli_parse(int argc, char **argv, const struct cli_syntax *syntax, const char **positional);

/**
 * cli_split - where a command line of the kind "NAME [OPTIONS] [--] PROGRAM [ARGS...]" ends
 * What follows PROGRAM is the program's, and no option.
 * @end: words for cli_parse()
 * Return: index of PROGRAM; @argc: there is none.
 */
int cli_split(int argc, char **argv, const struct cli_option *options, int *end);

/** cli_usage - report a mistake on the command line. Return: CLI_USAGE. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** cli_fail - report an error of any kind. Return: @code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** cli_note - a remark on stderr that changes no exit code, "remora: VERB: ..." */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * cli_errno - report a negative errno value of libremora
 * @error: the module's words, may be NULL or empty
 * @what:  what was tried, used when the module said nothing
 * Return: the exit code that fits.
 */
int cli_errno(int err, const struct remora_error *error, const char *what);

/** cli_errno_name - "ENODEV"; "errno 4711" for an unknown one. Static storage for unknown ones. */
const char *cli_errno_name(int err);

/** cli_open_ctl - open the control device, or report why not. Return: CLI_OK or an exit code. */
int cli_open_ctl(struct remora_ctl **ctl, bool write);

/** cli_open_partition - open a partition, or report why not. Return: CLI_OK or an exit code. */
int cli_open_partition(struct remora_partition **partition, const char *name, bool write);

/**
 * cli_on_partition - open a partition for writing, do one thing to it, report, close
 * @act: of libremora's kind: 0 or -errno with the module's words; gets @arg
 * Return: CLI_OK or the exit code that fits.
 */
int cli_on_partition(const char *name,
		     int (*act)(struct remora_partition *partition, const void *arg,
				struct remora_error *error),
		     const void *arg);

/** cli_get_report - status of an open partition, or report why not. Return: CLI_OK or other. */
int cli_get_report(struct remora_partition *partition, struct remora_report **report);

/** cli_request - fill in a create request from the words of the command line */
struct cli_request {
	struct remora_create create;
	uint32_t cpus[REMORA_CPUS_MAX];
	struct remora_extent extents[REMORA_EXTENTS_MAX];
};

/** struct cli_create_words - options that create and check have in common */
struct cli_create_words {
	const char *name;
	const char *cpus;
	const char *memory;
	const char *image;
	const char *image_name;
	bool start;
	bool faults;
	bool no_sleep;
};

/**
 * cli_request_fill - parse the words that are there; opens the image
 * @request: its image_fd is to be closed with cli_request_close()
 * Return: CLI_OK or an exit code, reported.
 */
int cli_request_fill(struct cli_request *request, const struct cli_create_words *words);
void cli_request_close(struct cli_request *request);

/** cli_show_warnings - up to @count of the module's warnings about a request, as notes. */
void cli_show_warnings(const uint32_t *warnings, size_t count);

/** cli_one_cpu - a word as the number of one CPU. Return: CLI_OK, or CLI_USAGE, reported. */
int cli_one_cpu(const char *word, uint32_t *cpu);

/** cli_verb_name - the verb being run, for messages. */
const char *cli_verb_name(void);

/** cli_print_clean - print text that came from a partition: control characters as \xNN. */
void cli_print_clean(FILE *file, const char *text, size_t length);

/** cli_close_output - flush stdout. Return: @code, or CLI_FAILED when writing failed. */
int cli_close_output(int code);

/**
 * cli_core - check that a partition runs and has a core of that number; 0: any
 * Return: CLI_OK, or an exit code, reported.
 */
int cli_core(const struct remora_report *report, uint64_t core);

/* The verbs, one file each. */
int cli_create(int argc, char **argv);
int cli_start(int argc, char **argv);
int cli_stop(int argc, char **argv);
int cli_reset(int argc, char **argv);
int cli_add_cpu(int argc, char **argv);
int cli_remove_cpu(int argc, char **argv);
int cli_add_memory(int argc, char **argv);
int cli_remove_memory(int argc, char **argv);
int cli_destroy(int argc, char **argv);
int cli_list(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_console(int argc, char **argv);
int cli_wait(int argc, char **argv);
int cli_ping(int argc, char **argv);
int cli_bench(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_inject(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_ps(int argc, char **argv);
int cli_kill(int argc, char **argv);
int cli_names(int argc, char **argv);
int cli_trace(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_version(int argc, char **argv);

#endif
