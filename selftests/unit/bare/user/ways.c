// SPDX-License-Identifier: GPL-2.0-only
/*
 * Some ways of partition/apps/hostile without a C library: what they need of one is here. Lines go to the
 * core's console.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/format.h>
#include <lib/crt.h>
#include <lib/syscall.h>

#include "../../../../partition/apps/hostile/raw.h"
#include "ways.h"

static volatile struct ways_order order = { .magic = WAYS_MAGIC };

static void print(const char *format, va_list args)
{
	char line[ABI_PRINT_MAX];
	size_t n = base_vformat(line, sizeof(line), format, args);

	n = n < sizeof(line) ? n : sizeof(line) - 1;
	while (n && line[n - 1] == '\n')
		n--;
	rt_print(line, n);
}

int printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
	return 0;
}

int breach(const char *format, ...)
{
	va_list args;

	printf("BREACH:");
	va_start(args, format);
	print(format, args);
	va_end(args);
	return 1;
}

int snprintf(char *out, size_t room, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = base_vformat(out, room, format, args);
	va_end(args);
	return (int)n;
}

int puts(const char *text)
{
	return printf("%s", text);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	(void)fd;
	rt_print(bytes, n ? n - 1 : 0);
	return (ssize_t)n;
}

void _exit(int status)
{
	rt_exit(status);
}

unsigned long long strtoull(const char *text, char **end, int base)
{
	unsigned long long value = 0;

	(void)base;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (unsigned int)(*text - '0');
	if (end)
		*end = (char *)text;
	return value;
}

unsigned long strtoul(const char *text, char **end, int base)
{
	return strtoull(text, end, base);
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static bool is(const volatile char *text, const char *name)
{
	while (*text && *text == *name) {
		text++;
		name++;
	}
	return *text == *name;
}

int rt_main(const struct abi_startup *startup)
{
	static const struct {
		const char *name;
		hostile_way *way;
	} ways[] = { { "calls", way_calls }, { "steal", way_steal }, { "suicide", way_suicide },
		     { "fuzz", way_fuzz } };
	char argument[sizeof(order.argument)];
	int status = 2;

	(void)startup;
	for (size_t i = 0; i < sizeof(argument); i++)
		argument[i] = order.argument[i];
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (is(order.way, ways[i].name))
			status = ways[i].way(argument);
	return status;
}
