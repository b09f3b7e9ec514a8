// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Names of partitions.
 */
#include <errno.h>
#include <string.h>

#include "private.h"

/* ASCII only, whatever the locale: the name becomes a file name in /dev and in sysfs. */
static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

REMORA_API int remora_name_check(const char *name, struct remora_error *error)
{
	size_t length = strnlen(name, REMORA_NAME_MAX);

	if (length == 0)
		return remora_error_set(error, -EINVAL, REMORA_R_NAME_INVALID,
					"the name is empty: 1 to %d characters were expected",
					REMORA_NAME_MAX - 1);
	if (length == REMORA_NAME_MAX)
		return remora_error_set(error, -EINVAL, REMORA_R_NAME_INVALID,
					"the name is longer than %d characters",
					REMORA_NAME_MAX - 1);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i];

		if (is_plain(c) || (c == '.' && i != 0 && i != length - 1))
			continue;
		if (c == '.')
			return remora_error_set(error, -EINVAL, REMORA_R_NAME_INVALID,
						"a name must not begin or end with '.'");
		return remora_error_set(error, -EINVAL, REMORA_R_NAME_INVALID,
					"character %zu of the name: letters, digits, '_', '-' and "
					"'.' inside are allowed", i + 1);
	}
	return 0;
}
