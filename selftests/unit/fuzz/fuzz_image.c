// SPDX-License-Identifier: GPL-2.0-only
/* kmod/image.c: any bytes are refused with a sentence, or make an image that can be copied. */
#include "fuzz.h"
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct remora_error err = { 0 };
	struct remora_image image;
	void *memory;

	if (remora_image_parse(data, bytes, &image, &err)) {
		MUST(err.reason);
		MUST_EXPLAIN(err);
		return 0;
	}
	memory = calloc(1, image.span);
	if (!memory)
		return 0;
	remora_image_copy(&image, memory);
	free(memory);
	return 0;
}
