/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files of /proc, /sys and /lib. Paths are below REMORA_SYSROOT, when that is set in the
 * environment: so are the probes of `remora check` tested against machines that are not there.
 */
#ifndef REMORA_CLI_SYSFILE_H
#define REMORA_CLI_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SYSFILE_PATH_MAX 512

/** sysfile_path - "/proc/x" below the root, into @path of SYSFILE_PATH_MAX bytes. */
void sysfile_path(char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * sysfile_read - first @size - 1 bytes of a file, without the newline at the end
 * Return: their number, or a negative errno value; @text then is "".
 */
int sysfile_read(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool sysfile_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** sysfile_number - a decimal number (or hexadecimal with @base 16). Return: 0 or -errno. */
int sysfile_number(uint64_t *value, int base, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** sysfile_open - for reading lines; NULL when it cannot be opened. */
FILE *sysfile_open(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
