// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer entry for kmod/image.c:
 *   make -C selftests/unit/fuzz CORPUS=directory run
 * with images in the directory to begin from. Built where clang is.
 */
#include <stdint.h>
#include <stdlib.h>

#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct remora_error err = { 0 };
	struct remora_image image;
	void *memory;

	if (remora_image_parse(data, bytes, &image, &err)) {
		if (!err.reason || !err.message[0])
			abort();
		return 0;
	}
	memory = calloc(1, image.span);
	if (!memory)
		return 0;
	remora_image_copy(&image, memory);
	free(memory);
	return 0;
}
