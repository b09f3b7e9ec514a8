// SPDX-License-Identifier: GPL-2.0-only
/* Reasons and their sentences. Pure: runs in the module and in host tests. */

#include "error.h"

struct reason {
	int error;
	const char *text;
};

static const struct reason reasons[] = {
#define REMORA_REASON_ROW(name, number, errno_, sentence) \
	[number] = { .error = errno_, .text = sentence },
	REMORA_REASONS(REMORA_REASON_ROW)
#undef REMORA_REASON_ROW
};

int remora_reason_errno(unsigned int reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason].error : 0;
}

const char *remora_reason_text(unsigned int reason)
{
	if (reason >= ARRAY_SIZE(reasons) || !reasons[reason].text)
		return "unknown reason";
	return reasons[reason].text;
}

/* Sentences quote what users wrote; they go to terminals and to the kernel log. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int remora_fail(struct remora_error *err, enum remora_reason reason, const char *fmt, ...)
{
	int error = remora_reason_errno(reason);
	va_list args;

	if (err && err->reason == REMORA_R_NONE) {
		err->reason = reason;
		if (fmt) {
			va_start(args, fmt);
			vsnprintf(err->message, sizeof(err->message), fmt, args);
			va_end(args);
		} else {
			snprintf(err->message, sizeof(err->message), "%s",
				 remora_reason_text(reason));
		}
		make_printable(err->message);
	}
	return error ? -error : -EINVAL;
}
