// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <stdbool.h>
#include <stdint.h>

#include <base/format.h>

#define DIGITS_MAX 20 /* of a 64-bit number in decimal */

struct output {
	char *out;
	size_t room;
	size_t length; /* of the whole text, what did not fit included */
};

struct spec {
	bool left;
	bool zero;
	bool prefix;
	bool precise; /* precision is given */
	int width;
	int precision;
	int size; /* 0: int, 1: long, 2: long long; size_t is a long */
};

static void put(struct output *o, char c)
{
	if (o->length + 1 < o->room)
		o->out[o->length] = c;
	o->length++;
}

static void put_many(struct output *o, char c, int count)
{
	while (count-- > 0)
		put(o, c);
}

static void put_text(struct output *o, const struct spec *s, const char *text)
{
	int length = 0;

	if (!text)
		text = "(null)";
	while ((!s->precise || length < s->precision) && text[length])
		length++;
	if (!s->left)
		put_many(o, ' ', s->width - length);
	for (int i = 0; i < length; i++)
		put(o, text[i]);
	if (s->left)
		put_many(o, ' ', s->width - length);
}

static void put_number(struct output *o, const struct spec *s, uint64_t value, unsigned int base,
		       bool upper, bool negative)
{
	const char *digit = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	bool prefix = s->prefix && base == 16;
	char text[DIGITS_MAX];
	int length = 0;
	int pad;

	do {
		text[length++] = digit[value % base];
		value /= base;
	} while (value);
	pad = s->width - length - negative - 2 * prefix;
	if (!s->left && !s->zero)
		put_many(o, ' ', pad);
	if (negative)
		put(o, '-');
	if (prefix) {
		put(o, '0');
		put(o, 'x');
	}
	if (!s->left && s->zero)
		put_many(o, '0', pad);
	while (length)
		put(o, text[--length]);
	if (s->left)
		put_many(o, ' ', pad);
}

/* A va_list inside a structure, so that helpers can advance it on every ABI. */
struct arguments {
	va_list list;
};

static int64_t take_signed(const struct spec *s, struct arguments *a)
{
	if (s->size == 2)
		return va_arg(a->list, long long);
	return s->size ? va_arg(a->list, long) : va_arg(a->list, int);
}

static uint64_t take_unsigned(const struct spec *s, struct arguments *a)
{
	if (s->size == 2)
		return va_arg(a->list, unsigned long long);
	return s->size ? va_arg(a->list, unsigned long) : va_arg(a->list, unsigned int);
}

static int parse_count(const char **at, struct arguments *a)
{
	int n = 0;

	if (**at == '*') {
		(*at)++;
		n = va_arg(a->list, int);
		return n < 0 ? 0 : n;
	}
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		if (n < 10000)
			n = n * 10 + (**at - '0');
	}
	return n;
}

static void parse_spec(const char **at, struct spec *s, struct arguments *a)
{
	for (;; (*at)++) {
		if (**at == '-')
			s->left = true;
		else if (**at == '0')
			s->zero = true;
		else if (**at == '#')
			s->prefix = true;
		else
			break;
	}
	s->width = parse_count(at, a);
	if (**at == '.') {
		(*at)++;
		s->precise = true;
		s->precision = parse_count(at, a);
	}
	if (**at == 'z') {
		s->size = 1;
		(*at)++;
	}
	for (; **at == 'l' && s->size < 2; (*at)++)
		s->size++;
}

/* Returns false when the conversion is unknown. */
static bool convert(struct output *o, struct spec *s, char kind, struct arguments *a)
{
	int64_t n;

	switch (kind) {
	case 'd':
	case 'i':
		n = take_signed(s, a);
		put_number(o, s, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, false, n < 0);
		return true;
	case 'u':
		put_number(o, s, take_unsigned(s, a), 10, false, false);
		return true;
	case 'x':
	case 'X':
		put_number(o, s, take_unsigned(s, a), 16, kind == 'X', false);
		return true;
	case 'p':
		s->prefix = true;
		put_number(o, s, (uintptr_t)va_arg(a->list, void *), 16, false, false);
		return true;
	case 's':
		put_text(o, s, va_arg(a->list, const char *));
		return true;
	case 'c': {
		char text[2] = { (char)va_arg(a->list, int), 0 };

		put_text(o, s, text);
		return true;
	}
	case '%':
		put(o, '%');
		return true;
	}
	return false;
}

size_t base_vformat(char *out, size_t room, const char *format, va_list args)
{
	struct output o = { .out = out, .room = room };
	struct arguments a;

	va_copy(a.list, args);
	while (*format) {
		const char *start = format;
		struct spec s = { 0 };

		if (*format++ != '%') {
			put(&o, *start);
			continue;
		}
		parse_spec(&format, &s, &a);
		if (*format && convert(&o, &s, *format, &a)) {
			format++;
			continue;
		}
		while (start < format)
			put(&o, *start++);
	}
	va_end(a.list);
	if (room)
		out[o.length < room ? o.length : room - 1] = 0;
	return o.length;
}

size_t base_format(char *out, size_t room, const char *format, ...)
{
	va_list args;
	size_t length;

	va_start(args, format);
	length = base_vformat(out, room, format, args);
	va_end(args);
	return length;
}
