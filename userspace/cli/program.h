/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that measure something where they run, as children of this one: on a core of a partition
 * (by `remora run`) or on a CPU of Linux.
 */
#ifndef REMORA_CLI_PROGRAM_H
#define REMORA_CLI_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** struct program_place - where one runs: a core of a partition, or, @partition NULL, a CPU */
struct program_place {
	const char *partition;
	uint32_t number;
};

/** struct program - one that runs, or has ended; all fields are private */
struct program {
	pid_t pid;
	int fd;
	char *text; /* read, and not yet given away */
	size_t have, room, given;
};

#define PROGRAM_DIRECTORY "/usr/lib/remora/programs"

/**
 * program_core - is there such a core, and does it run?
 * @cpu: set to its number in Linux
 * Return: exit code, reported.
 */
int program_core(const struct program_place *place, uint32_t *cpu);

/** program_system - "remora" or "linux": where the files for a place are. */
const char *program_system(const struct program_place *place);

/**
 * program_start - its standard output is for us, its error output is ours
 * @directory, @name: the file is @directory/remora/@name, or for Linux @directory/linux/@name
 * @args: behind its name, ends with NULL
 * Return: 0 or a negative errno value; a file that is not there is told by the end of the program.
 */
int program_start(struct program *program, const struct program_place *place,
		  const char *directory, const char *name, const char *const *args);

/**
 * program_line - the next line that it prints, without its end
 * @line: valid until the next call
 * Return: 1; 0 when nothing more comes; -ETIMEDOUT, -E2BIG or another negative errno value.
 */
int program_line(struct program *program, unsigned int timeout_ms, char **line);

/**
 * program_end - wait for it, or, @kill, end it
 * Return: its exit status, 128 and the signal that ended it, or a negative errno value.
 */
int program_end(struct program *program, bool kill);

/**
 * program_numbers - the numbers of a line "WORD N..."
 * Return: how many were put into @numbers, at most @room; -EPROTO when there are other things.
 */
int program_numbers(const char *line, const char *word, uint64_t *numbers, size_t room);

#endif
